"""Withdrawn consent, and whether the CDP was told of it while messages went on."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from addon.consent.timeline import Need, Standing, Stretch, history
from addon.decode.facts import StampShape, Surface
from addon.jsontext import mapping
from addon.judge.acts.act import Act, Place
from addon.judge.acts.consent import WithdrawalAct
from addon.judge.acts.messages import EventAct
from addon.pipeline.capture import CaptureParts
from addon.pipeline.context import ReadExchange
from addon.pipeline.session_state import SessionState
from vendor_catalog import CallKind, Category

from .collector import Collector, Others
from .consent import GATED

_MAX_SENT = 5000
_MAX_TOLD = 5000
_MAX_SUBJECTS = 100_000
_MIND_CHANGED = 10.0
"""Seconds within which a choice that is taken back again was only a step on the way to another."""
_SLACK = 1.0
"""Seconds by which a page may report a choice before it stores it."""
_UNREAD = ("undecodable-body", "body-too-large")
_PREFERENCE_TRAITS = frozenset({"customTrackingPreferences", "destinationTrackingPreferences"})
"""What ``segmentio/consent-manager`` (``preferences.ts``) puts into an identify call whenever a choice is saved."""


@dataclass(slots=True)
class _Aftermath:
    """What one session sent, in order."""

    sent: deque[EventAct] = field(default_factory=lambda: deque(maxlen=_MAX_SENT))
    ids: set[str] = field(default_factory=set)
    reported_at: float = -math.inf
    """When Segment's former consent manager last told of the choice, in an identify call."""
    unread_at: float = -math.inf
    """The latest request to a CDP that could not be read."""


class WithdrawalCollector(Collector):
    """Keeps what withdrawals are held against, and finds them at the end, when every date is known."""

    def __init__(self, capture: CaptureParts, others: Others) -> None:
        super().__init__(capture, others)
        self._after: defaultdict[str, _Aftermath] = defaultdict(_Aftermath)
        self._reports: deque[tuple[str, EventAct]] = deque(maxlen=_MAX_TOLD)
        """Messages that report a choice, with their aftermath."""
        self._suppressed: dict[str, float] = {}
        """Whoever is to be suppressed, and when that was last ordered."""
        self._reported_of: dict[str, float] = {}
        """Whose choice was reported by a request that names no page or app, and when."""

    def act(self, session: SessionState, act: Act) -> None:
        """Takes note of a message."""
        if not isinstance(act, EventAct):
            return
        aftermath = self._after[session.id]
        if len(aftermath.ids) < _MAX_TOLD:
            aftermath.ids.update(each for each in (act.user_id, act.anonymous_id) if each is not None)
        if act.reports_choice:
            self._reports.append((session.id, act))
        elif act.surface is not Surface.SERVER:
            aftermath.sent.append(act)

    def facts(self, read: ReadExchange) -> None:
        """Takes note of a suppression, of a report without a page, or of a request that could not be read."""
        decoded, at, session = read.decoded, read.at, read.session
        if decoded is None:
            return
        if decoded.regulation is not None and decoded.regulation.stops_collection:
            for subject in decoded.regulation.subjects:
                if len(self._suppressed) < _MAX_SUBJECTS or subject in self._suppressed:
                    self._suppressed[subject] = max(at, self._suppressed.get(subject, at))
        for event in decoded.events:
            if session is not None:
                if event.type == "identify" and _PREFERENCE_TRAITS & mapping(event.payload.get("traits")).keys():
                    self._after[session.id].reported_at = at
            elif event.reports_choice and len(self._reported_of) < _MAX_SUBJECTS:
                self._reported_of |= dict.fromkeys(filter(None, (event.user_id, event.anonymous_id)), at)
        unread = decoded.kind is CallKind.COLLECT and any(problem.kind in _UNREAD for problem in decoded.problems)
        if session is not None and unread:
            aftermath = self._after[session.id]
            aftermath.unread_at = max(at, aftermath.unread_at)

    def close(self, session: SessionState) -> None:
        for withdrawal in self._withdrawals(session):
            self.judgements.act(session, withdrawal)

    def _withdrawals(self, session: SessionState) -> list[WithdrawalAct]:
        """A session's withdrawals that messages followed of which the CDP was not told."""
        aftermath = self._after.get(session.id)
        if aftermath is None or not aftermath.sent or session.key.surface is Surface.SERVER:
            return []
        judged: list[WithdrawalAct | None] = []
        for hosts, timeline in session.timeline.parts():
            found: dict[int, list[tuple[Category, Stretch, float]]] = {}
            for category in GATED:
                for stretch, until in _withdrawn(history(timeline, Need((category,)))):
                    found.setdefault(id(stretch.signal), []).append((category, stretch, until))
            sent = [act for act in aftermath.sent if not hosts or act.place.page_host in hosts]
            judged += [self._judged(session, aftermath, sent, withdrawn) for withdrawn in found.values()]
        return [act for act in judged if act is not None]

    def _judged(
        self,
        session: SessionState,
        aftermath: _Aftermath,
        sent: list[EventAct],
        withdrawn: list[tuple[Category, Stretch, float]],
    ) -> WithdrawalAct | None:
        """What followed one withdrawal, of what was sent where it holds; ``None`` if it was told, or nothing followed."""
        _, stretch, until = withdrawn[0]
        categories = tuple(category for category, _, _ in withdrawn)
        since = min(stretch.after, stretch.by) - _SLACK
        followed = [act for act in sent if stretch.seen_at < act.at < until and _went_on(act, stretch.by)]
        if not followed or aftermath.reported_at >= since or self._is_settled(aftermath, since):
            return None
        reports = [
            act
            for where, act in self._reports
            if since <= act.at < until + _SLACK
            and (where == session.id or {act.user_id, act.anonymous_id} & aftermath.ids)
        ]
        # one that says nothing that can be understood of what was withdrawn may well refuse it
        if any(not act.stamp_grants(categories) for act in reports):
            return None
        first = followed[0]
        return WithdrawalAct(
            place=Place(
                at=stretch.by, exchange=first.place.exchange, page_host=first.place.page_host, site=session.site
            ),
            event=first.event,
            cdp=first.cdp,
            cdp_name=first.cdp_name,
            reported_by=_reported_by(first) or "",
            categories=categories,
            withdrawn_by=stretch.by,
            signal=stretch.signal,
            messages=len(followed),
            until=followed[-1].at,
            enforced=any(act.enforced for act in followed),
            reported_otherwise=bool(reports),
            unread=aftermath.unread_at >= since,
        )

    def _is_settled(self, aftermath: _Aftermath, since: float) -> bool:
        """Whether somebody of the aftermath was suppressed, or reported from elsewhere; where nobody is known by an id, whoever
        was suppressed may be meant."""
        if not aftermath.ids:
            return any(at >= since for at in self._suppressed.values())
        return any(
            _at(self._suppressed, each) >= since or _at(self._reported_of, each) >= since for each in aftermath.ids
        )


def _at(moments: dict[str, float], whose: str) -> float:
    return moments.get(whose, -math.inf)


def _withdrawn(stretches: Iterable[Stretch]) -> list[tuple[Stretch, float]]:
    """Refusals right after a grant, each with the moment at which it may have been taken back."""
    listed = list(stretches)
    found = []
    for before, stretch, following in zip(listed, listed[1:], [*listed[2:], None], strict=False):
        if before.standing is not Standing.GRANTED or stretch.standing is not Standing.DENIED:
            continue
        until = math.inf if following is None else following.after
        if until - stretch.by > _MIND_CHANGED:
            found.append((stretch, until))
    return found


def _went_on(act: EventAct, withdrawn_by: float) -> bool:
    """Whether a message was made after the withdrawal, and belongs to a source that cares for consent, at a CDP to which every
    change has to be reported."""
    made_at = act.at if act.made_at is None else act.made_at
    cares = act.enforced is True or act.stamp.shape is StampShape.PREFERENCES
    return cares and _reported_by(act) is not None and made_at > withdrawn_by


def _reported_by(act: EventAct) -> str | None:
    return None if act.stamping is None else act.stamping.reported_by


COLLECTOR = WithdrawalCollector
