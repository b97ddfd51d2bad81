"""One exchange or observation in its context: what every collector needs to know about it."""

from __future__ import annotations

from dataclasses import dataclass, field

from addon.consent.reader import Parameters
from addon.consent.signal import Signal
from addon.decode.facts import Decoded, Event
from addon.decode.hits import HitReading
from addon.exchange import Exchange
from addon.judge.acts.act import Place
from addon.observations import Mark, Observation
from vendor_catalog import CallKind, Match

from .session_state import SessionState
from .sessions import Attribution


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadExchange:
    """One exchange and what was found in it, whoever made it, and whether or not it left the browser."""

    exchange: Exchange
    number: str
    """Its id."""
    session: SessionState | None
    """``None`` if it names no page and no app."""
    attribution: Attribution
    decoded: Decoded | None = None
    vendor: str | None = None
    kind: CallKind | None = None
    match: Match | None = None
    """Whom the catalogue says its address belongs to."""
    hits: HitReading
    """The events that a vendor's own call carries."""

    @property
    def at(self) -> float:
        return self.exchange.started_at

    @property
    def events(self) -> tuple[Event, ...]:
        return self.decoded.events if self.decoded is not None else ()


@dataclass(slots=True)
class ConsentReading:
    """What an exchange, or a report of a page's, brought to a timeline."""

    spoke: bool = False
    """Whether it shed any light: a signal, or a first-party request that shows there is none."""
    reach: float = 0.0
    """How far back it says something new, in seconds; 0 if it repeats what was known."""
    invalid_strings: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    parameters: Parameters = field(default_factory=Parameters)
    records: list[Signal] = field(default_factory=list)
    """Signals that are news, of consent managers and the strings beside them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeContext(ReadExchange):
    """One exchange of a session."""

    session: SessionState
    place: Place
    contested: bool = False
    """Whether it may as well come from another window of the browser, which is in use: then it says nothing of this one's consent."""
    reading: ConsentReading = field(default_factory=ConsentReading)
    """What it tells of consent; the collector of signals fills it in."""

    @property
    def page_host(self) -> str | None:
        return self.attribution.page_host


@dataclass(frozen=True, slots=True)
class Observed:
    """One thing that the in-page probe, an extension or the tester reported."""

    seen: Observation | Mark
    at: float
    """When it happened, by the capture's clock (Unix time in seconds)."""
    chosen_at: float | None = None
    """When the person clicked, just before a script interface told of the answer; likewise."""
    framed: bool = False
    """Whether it was seen in a frame, which may be somebody else's page."""
