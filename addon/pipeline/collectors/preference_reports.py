"""Choices that are reported to a CDP once more although nothing changed."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable

from addon.consent.signal import Rank, Signal
from addon.consent.timeline import TESTER_ORIGIN, Need, Stretch, Timeline, history
from addon.decode.facts import StampShape, Surface
from addon.judge.acts.act import Act
from addon.judge.acts.consent import RepeatedReportAct
from addon.judge.acts.messages import EventAct
from addon.observations import BannerSeen
from addon.pipeline.capture import CaptureParts
from addon.pipeline.context import ExchangeContext, Observed
from addon.pipeline.session_state import SessionState

from .collector import Collector, Others
from .consent import GATED

_MAX_REPORTS = 2000
_SLACK = 1.0
"""Seconds by which a page may report a choice before it stores it."""


class PreferenceReportCollector(Collector):
    """Keeps what reports a choice, and compares each report with the one before it at the end, when every date is known."""

    def __init__(self, capture: CaptureParts, others: Others) -> None:
        super().__init__(capture, others)
        self._reports: defaultdict[str, deque[EventAct]] = defaultdict(lambda: deque(maxlen=_MAX_REPORTS))
        self._clicks: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_MAX_REPORTS))
        """Session -> when something was clicked in a banner."""

    def act(self, session: SessionState, act: Act) -> None:
        if isinstance(act, EventAct) and act.reports_choice and act.surface is not Surface.SERVER:
            self._reports[session.id].append(act)

    def observation(self, context: ExchangeContext, observed: Observed) -> None:
        if isinstance(observed.seen, BannerSeen) and observed.seen.event == "clicked":
            self._clicks[context.session.id].append(observed.at)

    def close(self, session: SessionState) -> None:
        clicks = self._clicks.pop(session.id, deque())
        clicks.extend(point.at for point in session.timeline.points(TESTER_ORIGIN))
        latest: dict[tuple[str, str | None], EventAct] = {}
        for act in sorted(self._reports.pop(session.id, ()), key=lambda act: act.at):
            before = latest.get((act.cdp, act.write_key))
            latest[act.cdp, act.write_key] = act
            if before is not None and _same_choice(before, act):
                self.judgements.act(session, _repeated(before, act, session.timeline, clicks))


def _same_choice(before: EventAct, act: EventAct) -> bool:
    shape, choices = act.stamp.shape, act.stamp.preferences
    return shape is StampShape.PREFERENCES and bool(choices) and choices == before.stamp.preferences


def _repeated(before: EventAct, act: EventAct, timeline: Timeline, clicks: Iterable[float]) -> RepeatedReportAct:
    since, until = before.at + _SLACK, act.at + _SLACK
    stretches = [stretch for category in GATED for stretch in history(timeline, Need((category,)))]
    recorded = [stretch for stretch in stretches if not stretch.signal.rank.claimed]
    renewed: bool | None = False if _throughout(recorded, since, act.at) is not None else None
    if any(stretch.after < until and stretch.by > since for stretch in recorded):
        renewed = True if any(since < stretch.after and stretch.by < until for stretch in recorded) else None
    if any(before.at < at <= act.at for at in clicks):
        renewed = True
    return RepeatedReportAct(
        place=act.place,
        event=act.event,
        cdp=act.cdp,
        cdp_name=act.cdp_name,
        title=act.title,
        reported_at=before.at,
        renewed=renewed,
        signal=_throughout(recorded, since, act.at) if renewed is False else None,
    )


def _throughout(stretches: Iterable[Stretch], since: float, until: float) -> Signal | None:
    """What showed one and the same answer before a time and after it."""
    found = (stretch for stretch in stretches if stretch.by <= since and stretch.seen_until >= until)
    return next((stretch.signal for stretch in found if stretch.signal.rank >= Rank.TESTER), None)


COLLECTOR = PreferenceReportCollector
