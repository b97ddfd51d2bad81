"""One exchange in its context: what every step of the pipeline needs to know about it."""

from __future__ import annotations

from dataclasses import dataclass

from addon.decode.facts import Decoded, Event, Hit
from addon.exchange import Exchange
from addon.judge.acts import Place
from vendor_catalog import CallKind, Match

from .session_state import SessionState
from .sessions import Attribution


@dataclass(frozen=True, slots=True)
class ExchangeContext:
    """One exchange, whose session it belongs to, and what was found in it."""

    exchange: Exchange
    number: str
    """Its id."""
    session: SessionState
    attribution: Attribution
    decoded: Decoded | None
    vendor: str | None
    kind: CallKind | None
    place: Place
    match: Match | None = None
    """Whom the catalogue says its address belongs to."""
    hits: tuple[Hit, ...] = ()
    """The events that a vendor's own call carries."""
    contested: bool = False
    """Whether it may as well come from another window of the browser, which is in use: then it says nothing of this one's consent."""

    @property
    def at(self) -> float:
        return self.exchange.started_at

    @property
    def events(self) -> tuple[Event, ...]:
        return self.decoded.events if self.decoded is not None else ()

    @property
    def page_host(self) -> str | None:
        return self.attribution.page_host
