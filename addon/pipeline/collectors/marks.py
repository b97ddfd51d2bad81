"""What the tester said was pressed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from addon.consent.signal import Rank, Signal, Unread
from addon.consent.timeline import TESTER_ORIGIN, ConsentState, Need, Standing
from addon.judge.wording import carrier, clock
from addon.observations import Mark, MarkKind
from addon.pipeline.capture import CaptureParts
from addon.pipeline.context import ConsentReading, ExchangeContext, Observed
from addon.pipeline.pages import is_bare_opening
from addon.pipeline.session_state import SessionState
from vendor_catalog import Category

from .collector import Collector, Others
from .consent import GATED
from .signals import SignalCollector

_SETTLED = 5.0
"""Seconds after a mark in which the click that it tells of has been stored."""
_REFUSED = dict.fromkeys((Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING), False)
_GRANTED = dict.fromkeys(_REFUSED, True)
_SAYS: Mapping[MarkKind, dict[Category, bool]] = {
    MarkKind.ACCEPTED: _GRANTED,
    MarkKind.REJECTED: _REFUSED,
    MarkKind.WITHDREW: _REFUSED,
}


class MarkCollector(Collector):
    """Takes marks for signals, and compares them in the end with what was recorded."""

    def __init__(self, capture: CaptureParts, others: Others) -> None:
        super().__init__(capture, others)
        self._signals = others.of(SignalCollector)
        self._marks: defaultdict[str, list[tuple[float, bool, str]]] = defaultdict(list)
        """Session -> what the tester said: when, whether it was a grant, and the words."""

    def observation(self, context: ExchangeContext, observed: Observed) -> None:
        mark, session = observed.seen, context.session
        says = _SAYS.get(mark.kind) if isinstance(mark, Mark) else None
        if not isinstance(mark, Mark) or says is None:
            return
        signal = replace(_signal_of_mark(session, f"mark {mark.kind}", mark.text, observed.at), values=says)
        self._signals.take(session, signal, observed.at, context.number, context.reading)
        self._marks[session.id].append((observed.at, says is _GRANTED, mark.text))

    def evidence(self, context: ExchangeContext) -> None:
        """After a mark, a page that was typed in and carried no cookie at all may be another window's, of which the mark says
        nothing."""
        document, session = context.attribution.document, context.session
        if document and session.id in self._marks and is_bare_opening(context.exchange, document=document):
            lost = replace(_signal_of_mark(session, "unread mark", None, None), unread=Unread.ANOTHER_WINDOW)
            self._signals.take(session, lost, context.at, context.number, ConsentReading())

    def close(self, session: SessionState) -> None:
        """Marks against which the consent manager's own record stands, at the end of a session."""
        for at, granted, text in self._marks.pop(session.id, ()):
            against = [(category, state) for category in GATED if (state := _recorded(session, category, at, granted))]
            if against:
                category, state = against[0]
                shown = "" if state.decisive is None else f", as {carrier(state.decisive)} shows"
                reason = f"the mark {text[:80]!r} at {clock(at)} is not what was recorded: {category} is {state.standing}{shown}"
                self.emitter.gap("mark-contradicted", session.site, reason)


def _signal_of_mark(session: SessionState, carrier: str, text: str | None, at: float | None) -> Signal:
    return Signal(
        origin=TESTER_ORIGIN,
        carrier=carrier,
        rank=Rank.TESTER,
        host=session.site or "",
        raw=text,
        answered=None if at is None else True,
        values={},
        keys={},
        vendors={},
        effective_at=at,
    )


def _recorded(session: SessionState, category: Category, at: float, granted: bool) -> ConsentState | None:
    """The state that the consent manager's own record shows just after a mark, if it is the other one."""
    state = session.timeline.state(Need((category,)), at + _SETTLED, direct_only=True)
    spoken = state.decisive is not None and state.decisive.rank > Rank.TESTER and state.alternative is None
    other = Standing.DENIED if granted else Standing.GRANTED
    return state if spoken and state.standing is other else None


COLLECTOR = MarkCollector
