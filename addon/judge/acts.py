"""What is judged: an act of the site or app, at a moment, with what it needs consent for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from addon.consent.signal import Signal
from addon.consent.timeline import Need
from addon.decode.facts import AdvertisingId, Mode, Origin, Stamp, Stamping, Surface
from vendor_catalog import CallKind, Category

from .conduct import Choice, Deed, Surroundings

MAX_EVENT_NAME = 60
_NUMBERED = re.compile(r"[0-9]{4}|[0-9a-fA-F]{12}")


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

    @property
    def signal_id(self) -> str | None:
        """The signal that it rests on, where the rulings have none of their own."""
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
    user_id: str | None = None
    anonymous_id: str | None = None
    device_id: str | None = None
    previous_id: str | None = None
    """The ids by which its person may be known again, as sent."""
    write_key: str | None = None

    @property
    def event_id(self) -> str:
        return self.event

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
    PING = "ping"
    """The vendor was called within seconds of the message, with nothing that tells the person apart."""
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

    @property
    def event_id(self) -> str:
        return self.event.event


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
    events: tuple[str, ...] = ()
    """The events that it names, in the vendor's words, each once."""
    ping: str | None = None
    """Of a call that Google's tags make while storage is denied, and in which nothing tells the person apart: the parameters of
    consent mode, as sent."""

    @property
    def event_name(self) -> str | None:
        """The one event that it names, if findings may be told apart by it; not one whose name has a number of its own, which
        would make every call a finding."""
        one = self.events[0] if len(self.events) == 1 else None
        return one if one is not None and len(one) <= MAX_EVENT_NAME and not _NUMBERED.search(one) else None


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
class HandoverAct(Act):
    """A third party that nobody knows got an identifier by which a known vendor knows the person."""

    host: str
    """The third party's."""
    identifier: str
    """What it is, in words, never its value: ``Segment's anonymous id``."""
    where: str
    """Where in the request it was: ``its query``."""
    need: Need
    """The consent under which the vendor has it."""
    given_by_site: bool
    """Whether the site itself gave the person this identifier, so that its own servers know it too."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalAct(Act):
    """Consent was withdrawn, and messages went on being sent."""

    event: str
    """Id of the first message after it."""
    cdp: str
    cdp_name: str
    reported_by: str
    """The message that reports a choice to it."""
    categories: tuple[Category, ...]
    """Those that were granted before and refused from then on."""
    withdrawn_by: float
    """The latest moment at which it can have happened (Unix time in seconds)."""
    signal: Signal
    """What showed the refusal first."""
    messages: int
    """How many followed, before consent was given again."""
    until: float
    """When the last of them was sent."""
    enforced: bool
    """Whether the workspace is known to enforce consent; else the messages carry stamps."""
    told_otherwise: bool
    """Whether the CDP was told of a choice after it, but of one that still grants this."""
    unread: bool
    """Whether a request to the CDP could not be read, which may have told it."""

    @property
    def event_id(self) -> str:
        return self.event


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictAct(Act):
    """A message was sent for somebody who had refused that on another surface."""

    event: str
    deed: Deed
    refusal: Choice
    refused_in: Surroundings
    acted_in: Surroundings
    link: str
    """What makes the two one person, in words: ``the same userId``."""
    certain_link: bool
    """False if two organisations may well know a person by this id, and nothing shows that both surfaces are of one."""

    @property
    def event_id(self) -> str:
        return self.event

    @property
    def signal_id(self) -> str | None:
        return self.refusal.signal


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceTokenAct(Act):
    """A page or an app called a CDP's management interface with a token of the workspace."""

    cdp: str
    cdp_name: str
    host: str
    surface: Surface


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
    doubt: str | None = None
    """What else it may well be, as a sentence."""

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
