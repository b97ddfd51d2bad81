"""What is judged: an act of the site or app, at a moment, with what it needs consent for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from addon.consent.signal import Signal
from addon.consent.timeline import Need
from addon.decode.facts import AdvertisingId, Mode, Origin, Stamp, Stamping, Surface
from vendor_catalog import CallKind, Category


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """When and where something happened."""

    at: float
    exchange: str
    """Id of the exchange that shows it."""
    page_host: str | None = None
    """The host of the page that acted."""
    site: str | None = None
    """The visited site, or the app."""
    failure: str | None = None
    """Why the request had no response, if it had none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that the site or app did."""

    place: Place

    @property
    def at(self) -> float:
        return self.place.at


@dataclass(frozen=True, slots=True, kw_only=True)
class EventAct(Act):
    """A CDP message was sent."""

    event: str
    """Id."""
    cdp: str
    """The catalogue's id of the CDP."""
    cdp_name: str
    """Its name, for people."""
    stamping: Stamping | None
    """How its messages carry consent; ``None`` if they cannot."""
    type: str
    name: str | None
    surface: Surface
    stamp: Stamp
    stamp_needs: Mapping[str, Need]
    """What each category key of the stamp stands for, where that is known."""
    integrations: Mapping[str, bool]
    reports_choice: bool
    need: Need
    made_at: float | None
    """When the message was made, by the capture's clock (Unix time in seconds); ``None`` if that is unknown."""
    advertising_id: AdvertisingId | None
    anonymous: bool = False
    """Whether it was sent in the CDP's own anonymous mode, and names no person."""
    enforced: bool | None
    """Whether the workspace is known to enforce consent; ``None`` if its settings were not seen."""

    @property
    def title(self) -> str:
        """``track 'Order Completed'``"""
        return f"{self.type} {self.name!r}" if self.name else self.type


HIDDEN = (Origin.INFERRED, Origin.DOUBTED, Origin.COVERED)
"""Of destinations that the settings do not list."""


class Outcome(StrEnum):
    """What becomes of an event at a destination."""

    FLOWS = "flows"
    FILTERED = "filtered"
    AMBIGUOUS = "ambiguous"
    """It may flow: the CDP's own documents contradict themselves, or a filter applies of which only the CDP knows whether it matches."""
    UNKNOWN = "unknown"


class Basis(StrEnum):
    """How the outcome is known."""

    PREDICTED = "predicted"
    OBSERVED = "observed"
    DECLARED = "declared"
    """Predicted for a destination that only the policy file names."""


class Seen(StrEnum):
    """What the capture shows of a delivery in the page."""

    CALL = "call"
    """The vendor was called within seconds of the message."""
    METRIC = "metric"
    """The library counted that it handed the message over."""
    NOTHING = "not-seen"
    """The vendor was in use in the page, and no call of it followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event at one destination."""

    destination: str
    vendor: str | None
    mode: Mode
    keys: tuple[str, ...]
    """The workspace's category ids for it."""
    outcome: Outcome
    basis: Basis
    reason: str
    switched_on: bool
    """Whether the message's ``integrations`` names it and switches it on."""
    names: tuple[str, ...] = ()
    """All names of the destination."""
    predicted: Outcome | None = None
    """What was predicted before the outcome was observed; ``None`` if it was not."""
    seen: Seen | None = None
    """What the capture shows of it; ``None`` where it could show nothing."""
    origin: Origin = Origin.NAMED
    """How the destination is known."""
    owner: str | None = None
    """Who answers for it, by the policy."""

    @property
    def receiver(self) -> str:
        """The destination, in a sentence."""
        if self.origin in HIDDEN:
            return "a destination that the settings do not list"
        return self.destination if self.owner is None else f"{self.destination} (owner: {self.owner})"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryAct(Act):
    """A CDP message would flow on to a destination, or was seen to."""

    event: EventAct
    delivery: Delivery
    need: Need | None
    """``None`` if nobody knows the destination's category."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseAct(DeliveryAct):
    """Messages would flow on to a warehouse or store of which the policy declares no use: the first under a state of consent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAct(Act):
    """A vendor's address was called."""

    vendor: str
    vendor_name: str
    kind: CallKind
    host: str
    need: Need
    tells_opt_out: bool = False
    """Whether the call itself tells the vendor of an opt-out from sale and sharing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentModeAct(Act):
    """A call told Google's tags what is granted."""

    vendor: str
    vendor_name: str
    host: str
    granted: tuple[Category, ...]
    shown: str
    """The parameters, as sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAct(Act):
    """A consent manager, or a string beside it, was seen to hold consent."""

    origin: str
    origin_name: str
    carrier: str
    granted: tuple[Category, ...]
    signal: Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class CookieAct(Act):
    """A vendor's cookie was there."""

    name: str
    host: str
    vendor: str
    vendor_name: str
    seen_by: str
    need: Need


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingAct(Act):
    """A source's settings showed to which consent categories a destination is mapped."""

    write_key: str
    destination: str | None
    """``None`` for a destination that the settings count (``hasUnmappedDestinations``) but do not list."""
    vendor: str | None
    keys: tuple[str, ...]
    warehouse: bool = False
    """Whether it is a warehouse or store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentStringAct(Act):
    """A consent string was seen that is broken, or breaks its version's rules."""

    carrier: str
    problems: tuple[str, ...]
