"""What is judged: an act of the site or app, at a moment, with what it needs consent for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from addon.consent.signal import Signal
from addon.consent.timeline import Need
from addon.decode.facts import AdvertisingId, Mode, Stamp, Stamping, Surface
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

    @property
    def event_id(self) -> str | None:
        """The message that it is about, if it is about one."""
        return None


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
    def event_id(self) -> str:
        return self.event

    @property
    def title(self) -> str:
        """``track 'Order Completed'``"""
        return f"{self.type} {self.name!r}" if self.name else self.type


class Outcome(StrEnum):
    """What becomes of an event at a destination."""

    FLOWS = "flows"
    FILTERED = "filtered"
    AMBIGUOUS = "ambiguous"
    """The CDP's own documents contradict themselves."""
    UNKNOWN = "unknown"


class Basis(StrEnum):
    """How the outcome is known."""

    PREDICTED = "predicted"
    OBSERVED = "observed"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryAct(Act):
    """A CDP message would flow on to a destination, or was seen to."""

    event: EventAct
    delivery: Delivery
    need: Need | None
    """``None`` if nobody knows the destination's category."""

    @property
    def event_id(self) -> str:
        return self.event.event


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentStringAct(Act):
    """A consent string was seen that is broken, or breaks its version's rules."""

    carrier: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalDataAct(Act):
    """What looks like personal data was sent."""

    kind: str
    told: str
    """The kind, for people: ``an e-mail address``."""
    where: str
    """``traits.email``, ``query.em``. Never the data itself."""
    vendor: str
    vendor_name: str
    host: str
    event: EventAct | None
    """The message that carries it; ``None`` for a call."""

    @property
    def event_id(self) -> str | None:
        return None if self.event is None else self.event.event


@dataclass(frozen=True, slots=True, kw_only=True)
class LastingCookieAct(Act):
    """A response set a cookie that has a limit."""

    name: str
    host: str
    vendor: str | None
    vendor_name: str | None
    category: Category | None
    """``None`` if nobody knows what it is for."""
    lasts: float
    """Seconds for which it asks to be kept."""
    limit: int
    """Days that the policy allows."""

    @property
    def outlives(self) -> bool:
        """Whether it asks for more; a day more is the difference of two clocks, or how somebody rounds."""
        return self.lasts > (self.limit + 1) * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionAct(Act):
    """A vendor was sent something at an address that is known to be served from certain regions."""

    vendor: str
    vendor_name: str
    host: str
    regions: tuple[str, ...]
    wanted: str
    """The region in which data has to stay."""
    inside: bool
    """Whether one of the regions lies in it."""
    settings_host: str | None = None
    """An address in the wanted region that the source's own settings name."""
