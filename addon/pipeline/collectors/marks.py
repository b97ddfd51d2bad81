"""What the tester said was pressed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from addon.consent.signal import Rank, Signal, Unread
from addon.consent.timeline import TESTER_ORIGIN, ConsentState, Need, Standing, Stretch, history
from addon.judge.wording import carrier, clock
from addon.observations import BannerSeen, Mark, MarkKind, kind_of
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
_AFTER_THE_CLICK = 5.0
"""Seconds within which a tester says what was pressed in the page: the choice was made that much earlier at most."""
_MAX_CLICKS = 20
_REFUSED = dict.fromkeys((Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING), False)
_GRANTED = dict.fromkeys(_REFUSED, True)
_SAYS: Mapping[MarkKind, dict[Category, bool]] = {
    MarkKind.ACCEPTED: _GRANTED,
    MarkKind.REJECTED: _REFUSED,
    MarkKind.WITHDREW: _REFUSED,
}


@dataclass(frozen=True, slots=True)
class MarkedChoice:
    """A choice that the tester told of."""

    at: float
    """When it was made, at the latest (Unix time in seconds)."""
    values: Mapping[Category, bool]
    text: str


@dataclass(slots=True)
class _OfSession:
    choices: list[MarkedChoice] = field(default_factory=list)
    clicks: list[tuple[float, MarkKind]] = field(default_factory=list)
    """The latest clicks in a banner whose button says what it does, as the in-page probe saw them."""


class MarkCollector(Collector):
    """Takes marks for signals, and compares them in the end with what was recorded."""

    def __init__(self, capture: CaptureParts, others: Others) -> None:
        super().__init__(capture, others)
        self._signals = others.of(SignalCollector)
        self._sessions: defaultdict[str, _OfSession] = defaultdict(_OfSession)

    def observation(self, context: ExchangeContext, observed: Observed) -> None:
        match observed.seen:
            case BannerSeen(event="clicked", label=str(label)) if (kind := kind_of(label)) in _SAYS:
                clicks = self._sessions[context.session.id].clicks
                clicks.append((observed.at, kind))
                del clicks[:-_MAX_CLICKS]
            case Mark() as mark if mark.kind in _SAYS:
                self._mark(context, mark, observed.at)

    def _mark(self, context: ExchangeContext, mark: Mark, at: float) -> None:
        session, known = context.session, self._sessions[context.session.id]
        values = _SAYS[mark.kind] if mark.choices is None else mark.choices
        clicked = next((when for when, kind in reversed(known.clicks) if _tells_of(mark, at, when, kind)), None)
        made_at = at if clicked is None else clicked
        signal = replace(
            _signal_of_mark(session, f"mark {mark.kind}", mark.text, made_at),
            values=values,
            not_before=at - _AFTER_THE_CLICK if clicked is None else None,
        )
        self._signals.take(session, signal, made_at, context.number, context.reading)
        known.choices.append(MarkedChoice(made_at, values, mark.text))

    def evidence(self, context: ExchangeContext) -> None:
        """After a mark, a page that was typed in and carried no cookie at all may be another window's, of which the mark says
        nothing."""
        document, session = context.attribution.document, context.session
        known = self._sessions.get(session.id) if document else None
        if known is not None and known.choices and is_bare_opening(context.exchange, document=document):
            lost = replace(_signal_of_mark(session, "unread mark", None, None), unread=Unread.ANOTHER_WINDOW)
            self._signals.take(session, lost, context.at, context.number, ConsentReading())

    def close(self, session: SessionState) -> None:
        """Marks against which the consent manager's own record stands, at the end of a session."""
        known = self._sessions.pop(session.id, None)
        choices = sorted(known.choices, key=lambda choice: choice.at) if known is not None else []
        for index, choice in enumerate(choices):
            following = choices[index + 1].at - _AFTER_THE_CLICK if index + 1 < len(choices) else choice.at + _SETTLED
            until = max(choice.at, min(choice.at + _SETTLED, following))
            against = _against(session, choice, until)
            if against is not None:
                category, state = against
                shown = "" if state.decisive is None else f", as {carrier(state.decisive)} shows"
                reason = (
                    f"the mark {choice.text[:80]!r} at {clock(choice.at)} is not what was recorded: {category} is"
                    f" {state.standing}{shown}"
                )
                self.emitter.gap("mark-contradicted", session.site, reason)


def _tells_of(mark: Mark, at: float, clicked: float, kind: MarkKind) -> bool:
    """Whether a mark tells of a click: one just before it, on a button that says the same. Who withdraws presses a refusal."""
    says = MarkKind.REJECTED if mark.kind is MarkKind.WITHDREW and kind is MarkKind.REJECTED else mark.kind
    return kind is says and mark.choices is None and 0 <= at - clicked <= _AFTER_THE_CLICK


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


def _against(session: SessionState, choice: MarkedChoice, until: float) -> tuple[Category, ConsentState] | None:
    """The first category of which the consent manager's own record shows the opposite of a marked choice, with its state."""
    for category in GATED:
        granted = choice.values.get(category)
        if granted is None:
            continue
        state = session.timeline.state(Need((category,)), until, direct_only=True)
        spoken = state.decisive is not None and state.decisive.rank > Rank.TESTER and state.alternative is None
        marked, other = (Standing.GRANTED, Standing.DENIED) if granted else (Standing.DENIED, Standing.GRANTED)
        if spoken and state.standing is other and not _recorded_then(session, category, choice.at, until, marked):
            return category, state
    return None


def _recorded_then(session: SessionState, category: Category, at: float, until: float, marked: Standing) -> bool:
    """Whether the record came to say what was marked, around the mark: then what it says afterwards was chosen later."""
    return any(
        stretch.standing is marked and _begun_between(stretch, at - _AFTER_THE_CLICK, until)
        for stretch in history(session.timeline, Need((category,)))
        if stretch.signal.rank > Rank.TESTER
    )


def _begun_between(stretch: Stretch, since: float, until: float) -> bool:
    return stretch.by >= since and stretch.after <= until


COLLECTOR = MarkCollector
