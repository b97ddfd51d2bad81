"""What became of refusals: kept on the next page or not, and stored as what they were or as an acceptance."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from addon.consent.signal import Rank, Signal
from addon.consent.timeline import TESTER_ORIGIN, Point, Timeline
from addon.judge.acts.act import Place
from addon.judge.acts.consent import RefusalRecordAct, UnkeptRefusalAct
from addon.judge.wording import carrier
from addon.observations import BannerSeen, Mark, MarkKind, kind_of
from addon.pipeline.capture import CaptureParts
from addon.pipeline.context import ExchangeContext, Observed
from addon.pipeline.session_state import SessionState

from .collector import Collector, Others
from .consent import GATED

_MAX_OPENED, _MAX_PRESSES = 2000, 500
_STORED = 1.0
"""Seconds after a press from which on a record is the one that it made."""
_SETTLED = 5.0
"""Seconds after a press in which its record is stored."""
_REFUSALS = (MarkKind.REJECTED, MarkKind.WITHDREW)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A page that was opened."""

    place: Place
    host: str
    cookies: frozenset[str]
    """Names of the cookies that its request carried."""


@dataclass(frozen=True, slots=True)
class _Press:
    """Something that was pressed in a banner."""

    place: Place
    kind: MarkKind | None
    """What it did; ``None`` if the button does not say."""
    words: str
    """``the click on 'Reject all'``"""
    clicked: bool
    """Whether the probe saw it; else the tester told of it."""

    @property
    def at(self) -> float:
        return self.place.at


@dataclass(slots=True)
class _OfSession:
    opened: list[_Opened] = field(default_factory=list)
    presses: list[_Press] = field(default_factory=list)


class RefusalCollector(Collector):
    """Keeps what was pressed and which pages were opened, and compares both with the records at the end, when every date is known."""

    AFTER = ("marks",)
    """What a mark says is a signal by then."""

    def __init__(self, capture: CaptureParts, others: Others) -> None:
        super().__init__(capture, others)
        self._sessions: defaultdict[str, _OfSession] = defaultdict(_OfSession)

    def exchange(self, context: ExchangeContext) -> None:
        opened = self._sessions[context.session.id].opened if context.attribution.document else None
        if opened is not None and len(opened) < _MAX_OPENED:
            names = frozenset(name for name, _ in context.exchange.cookies())
            opened.append(_Opened(context.place, context.exchange.host, names))

    def observation(self, context: ExchangeContext, observed: Observed) -> None:
        presses = self._sessions[context.session.id].presses
        if len(presses) >= _MAX_PRESSES:
            return
        place = replace(context.place, at=observed.at)
        match observed.seen:
            case BannerSeen(event="clicked") as seen:
                kind = MarkKind.NOTE if seen.label is None else kind_of(seen.label)
                words = f"the click on {seen.label!r}" if seen.label else "a click in the banner"
                presses.append(_Press(place, None if kind is MarkKind.NOTE else kind, words, clicked=True))
            case Mark() as mark if mark.kind is not MarkKind.NOTE:
                pressed = mark.kind if mark.choices is None else None
                presses.append(_Press(place, pressed, f"the tester's mark {mark.text[:80]!r}", clicked=False))

    def close(self, session: SessionState) -> None:
        known = self._sessions.pop(session.id, None)
        if known is None:
            return
        known.presses.sort(key=lambda press: press.at)
        known.opened.sort(key=lambda opened: opened.place.at)
        for manager in sorted(session.managers):
            points = session.timeline.points(manager)
            if not points or points[0].signal.rank < Rank.STANDARD:
                continue
            for unkept in (*self._gone(manager, points, known), *self._asked_again(manager, points, known, session)):
                self.judgements.act(session, unkept)
            for stored in self._stored(manager, points, known.presses, session.timeline):
                self.judgements.act(session, stored)

    def _gone(self, manager: str, points: Sequence[Point], known: _OfSession) -> Iterator[UnkeptRefusalAct]:
        """Records of a refusal, each followed on a later page by nothing."""
        refused: Point | None = None
        for point in points:
            signal = point.signal
            if signal.speaks and signal.answered is True:
                refused = point if _refuses(signal) else None
            elif refused is not None and signal.answered is False and signal.host == refused.signal.host:
                opened = _opened_between(known.opened, refused.at, point.at, signal.host)
                if opened is None:
                    continue  # it was taken back on the page itself
                yield UnkeptRefusalAct(
                    place=replace(opened.place, at=point.at),
                    origin=manager,
                    origin_name=self.catalogue.name_of(manager),
                    shown=carrier(refused.signal).rstrip(","),
                    recorded=True,
                    refusal=refused.signal,
                    refused_at=refused.at,
                    found=signal,
                    others_kept=_others_kept(known.opened, refused.at, opened),
                )
                refused = None

    def _asked_again(
        self, manager: str, points: Sequence[Point], known: _OfSession, session: SessionState
    ) -> Iterator[UnkeptRefusalAct]:
        """Refusals that were pressed and of which nothing was ever stored, each with the banner that stood open on a later page."""
        marks = {point.at: point.signal for point in session.timeline.points(TESTER_ORIGIN)}
        for press, until in _refusals(known.presses):
            following = [point for point in points if press.at < point.at < until]
            answered = next((point.at for point in following if point.signal.answered is not False), until)
            for found in following:
                opened = _opened_between(known.opened, press.at, found.at, found.signal.host)
                if found.at < answered and opened is not None and _is_open_banner(found.signal):
                    yield UnkeptRefusalAct(
                        place=replace(opened.place, at=found.at),
                        origin=manager,
                        origin_name=self.catalogue.name_of(manager),
                        shown=press.words,
                        recorded=False,
                        refusal=marks.get(press.at),
                        refused_at=press.at,
                        found=found.signal,
                        others_kept=_others_kept(known.opened, press.at, opened),
                    )
                    break

    def _stored(
        self, manager: str, points: Sequence[Point], presses: Sequence[_Press], timeline: Timeline
    ) -> Iterator[RefusalRecordAct]:
        """Refusals that were pressed, each with the record that grants something after it."""
        for press, until in _refusals(presses):
            after = [point for point in points if press.at < point.at < until and point.signal.speaks]
            stored = [point for point in after if point.at >= press.at + _STORED or _is_newer(point.signal, press)]
            if not stored or any(_refuses(point.signal) for point in after):
                continue
            record = stored[-1] if _is_older(stored[0].signal, press) else stored[0]
            signal = record.signal
            granted = tuple(category for category in GATED if signal.values.get(category) is True)
            dated = _is_dated(record, press, timeline.clock_margin)
            if granted and signal.answered is True and dated is not None:
                yield RefusalRecordAct(
                    place=replace(press.place, at=record.at),
                    origin=manager,
                    origin_name=self.catalogue.name_of(manager),
                    pressed=press.words,
                    pressed_at=press.at,
                    clicked=press.clicked,
                    granted=granted,
                    dated=dated,
                    record=signal,
                )


def _refuses(signal: Signal) -> bool:
    """Whether an answered record refuses marketing, or, where it says nothing of that, analytics."""
    values = [signal.values.get(category) for category in GATED]
    return signal.answered is True and next((value for value in values if value is not None), None) is False


def _is_open_banner(signal: Signal) -> bool:
    return signal.answered is False and not signal.absent and signal.speaks


def _refusals(presses: Sequence[_Press]) -> Iterator[tuple[_Press, float]]:
    """Presses that refuse, each with when the next thing was pressed. A mark tells of the click before it, and is none of its own."""
    for index, press in enumerate(presses):
        if press.kind not in _REFUSALS:
            continue
        if not press.clicked and any(
            other.clicked and 0 <= press.at - other.at <= _SETTLED and other.kind in _REFUSALS
            for other in presses[:index]
        ):
            continue
        following = (
            other.at
            for other in presses[index + 1 :]
            if other.clicked or not press.clicked or other.kind not in _REFUSALS
        )
        yield press, next(following, math.inf)


def _opened_between(opened: Sequence[_Opened], since: float, until: float, host: str) -> _Opened | None:
    """The last page of a host that was opened after one moment and not after another."""
    found = (page for page in reversed(opened) if page.host == host and since < page.place.at <= until)
    return next(found, None)


def _others_kept(opened: Sequence[_Opened], refused_at: float, page: _Opened) -> bool:
    """Whether a cookie that was there when the refusal was seen is there on the later page as well."""
    before = next((each for each in reversed(opened) if each.host == page.host and each.place.at <= refused_at), None)
    return before is not None and not before.cookies.isdisjoint(page.cookies)


def _is_newer(signal: Signal, press: _Press) -> bool:
    """Whether a record says itself that it was not made before a press."""
    return signal.effective_at is not None and signal.effective_at >= press.at


def _is_older(signal: Signal, press: _Press) -> bool:
    """Whether a record says itself that it was made before a press."""
    return signal.effective_at is not None and signal.effective_at < press.at - _STORED


def _is_dated(record: Point, press: _Press, margin: float) -> bool | None:
    """Whether a record is dated to the press, or to before it and was still there when the press had been stored; ``None`` if it was
    made later, or seen too early."""
    effective = record.signal.effective_at
    if effective is None:
        return False
    if _is_older(record.signal, press):
        return True if record.at >= press.at + _SETTLED else None
    return True if effective - margin <= press.at + _SETTLED else None


COLLECTOR = RefusalCollector
