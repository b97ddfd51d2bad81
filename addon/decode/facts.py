"""What decoders find on the wire: facts, without a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from addon.jsontext import Json
from vendor_catalog import CallKind


class Surface(StrEnum):
    """Where a message was made."""

    WEB = "web"
    MOBILE = "mobile"
    SERVER = "server"
    UNKNOWN = "unknown"

    __hash__ = str.__hash__  # an enum's own is written in Python, and this is part of every session's key


class StampShape(StrEnum):
    """How much consent a message carries; CDPs treat the shapes differently."""

    MISSING = "missing"
    """None: in Segment's dialect no ``context.consent``."""
    EMPTY_CONSENT = "empty-consent"
    """``consent: {}``, or one without ``categoryPreferences``."""
    EMPTY_PREFERENCES = "empty-preferences"
    """``categoryPreferences: {}``."""
    PREFERENCES = "preferences"


@dataclass(frozen=True, slots=True)
class Stamp:
    """The consent that a message carries, in the workspace's own category ids (case-sensitive).

    A value that is not a boolean is ``None``: what a CDP makes of it is not documented.
    """

    shape: StampShape
    preferences: Mapping[str, bool | None] = field(default_factory=dict)
    on_envelope: bool = False
    refuses_all: bool = False
    """Whether it refuses everything that may be refused, without naming categories."""
    sale_opt_out: bool | None = None
    """Whether it says that the person opted out of sale and sharing; ``None`` if it does not say."""
    provider: str | None = None
    """Whose category ids these are, where a CDP lets a destination be mapped for several consent managers."""
    any_suffices: bool = False
    """Whether one granted category is enough for a destination that is mapped to several."""


@dataclass(frozen=True, slots=True)
class Stamping:
    """How a CDP's messages carry consent, and what it makes of one that carries none."""

    place: str
    """Where a message carries it: ``context.consent``."""
    choices: str
    """The key inside it that holds the person's choices: ``categoryPreferences``."""
    unstamped: str
    """What the CDP does with a message that carries no consent, as the end of a sentence: ``Segment routes such a message to
    every destination``."""
    reported_by: str | None = None
    """The event that must report every change of a choice, whatever other messages carry; ``None`` if the CDP asks for none."""


NO_STAMP = Stamp(StampShape.MISSING)


@dataclass(frozen=True, slots=True)
class AdvertisingId:
    """An advertising id that a message carries, and what the device says of the permission to use it."""

    permission: str | None
    """``trackingStatus``, as Apple's App Tracking Transparency has it: ``authorized``, ``denied``, ``restricted``,
    ``notDetermined``."""
    tracking_enabled: bool | None
    """``adTrackingEnabled``"""
    vendor_scoped: bool
    """Whether it equals ``device.id``: then it is the id for this vendor's own apps, which needs no permission."""
    apple: bool
    """Whether the device is Apple's, where the system gives out no advertising id without permission."""
    beside_vendor_id: str | None = None
    """The library that made the message, if it puts the id for the vendor's own apps into ``device.id`` and one stands there."""


@dataclass(frozen=True, slots=True)
class Event:
    """One CDP message, its envelope merged in."""

    cdp: str
    position: int
    """Its place in the batch, from 0."""
    type: str
    name: str | None
    """The event name of a track call, the page or screen name of others."""
    write_key: str | None
    message_id: str | None
    anonymous_id: str | None
    user_id: str | None
    timestamp: str | None
    """When the client says it was made; as sent."""
    sent_at: str | None
    """When the client says it was sent; as sent."""
    waited: float | None
    """Seconds from making to sending, by the client's own clock; ``None`` if it does not say."""
    surface: Surface
    library: str | None
    library_version: str | None
    stamp: Stamp
    advertising_id: AdvertisingId | None
    """``None`` if it carries none."""
    integrations: Mapping[str, bool]
    """Destination name to on or off; an options object is on."""
    bundled: tuple[str, ...] | None
    """``_metadata.bundled``: device-mode destinations; ``None`` if the message does not say."""
    unbundled: tuple[str, ...] | None
    page_url: str | None
    app: str | None
    """Bundle id of the app that made it."""
    reports_choice: bool
    """Whether this is the event by which the CDP itself reports that the person changed their consent."""
    retry: bool
    """Whether the message says that it was sent before."""
    payload: Mapping[str, Json]
    anonymous: bool = False
    """Whether the CDP's anonymous mode is on and the message names no person: then nobody can say whether it is kept under an
    identifier."""
    previous_id: str | None = None
    """Of an alias call: the id that the person had until now."""
    device_id: str | None = None
    """``context.device.id``"""
    made_by: str | None = None
    """What made it, if not the site's or app's own code (``signal``: auto-instrumentation); ``None`` if it does not say."""
    broken: tuple[str, ...] = ()
    """Destinations in the page that it says failed to start."""


class Mode(StrEnum):
    """How a destination is fed."""

    DEVICE = "device"
    CLOUD = "cloud"
    UNKNOWN = "unknown"


class RoutingRules:
    """What settings say of routing in one CDP's own way: its decoder makes it, its routing reads it, and everybody else only
    hands it on."""

    __slots__ = ()


class Origin(StrEnum):
    """How it is known that a source has a destination."""

    NAMED = "named"
    """Its settings or messages name it."""
    INFERRED = "inferred"
    """The settings only count it, or they map a category that belongs to no destination they list."""
    DOUBTED = "doubted"
    """Inferred from the settings; it may be the same as a named destination of unknown purpose."""
    COVERED = "covered"
    """Inferred from the settings; it may be the same as a named destination, which is judged under its own name."""
    DECLARED = "declared"
    """Only the policy says so."""


@dataclass(frozen=True, slots=True)
class DestinationSetting:
    """One destination of a source, as the settings show it."""

    name: str
    aliases: tuple[str, ...]
    mode: Mode
    categories: tuple[str, ...]
    """The workspace category ids that it needs; empty if it has none."""
    mapping_shown: bool
    """False if only the name is known: then empty ``categories`` says nothing."""
    any_suffices: bool = False
    """Whether one of ``categories`` is enough."""
    rules: RoutingRules | None = None
    """What else decides whether it receives, as its CDP has it."""
    origin: Origin = Origin.NAMED
    warehouse: bool = False
    """Whether the catalogue lists it as a store (warehouse, bucket) that other systems read."""

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a source's settings say; from the settings of an SDK or the list that a consent manager fetches."""

    cdp: str
    write_key: str
    origin: str
    """``settings`` or ``integrations``."""
    destinations: tuple[DestinationSetting, ...]
    all_categories: tuple[str, ...]
    has_unmapped_destinations: bool | None
    """``None`` if the workspace does not use the CDP's consent categories."""
    api_hosts: tuple[str, ...]
    """Ingestion hosts that the settings name."""
    rules: RoutingRules | None = None
    """What they say of all messages of the source, as its CDP has it."""
    auto_instrumented: bool = False
    """Whether the library makes messages of what the person does, which nobody wrote."""

    @property
    def enforces_consent(self) -> bool:
        return self.has_unmapped_destinations is not None


@dataclass(frozen=True, slots=True)
class Regulation:
    """A call to a CDP's privacy interface: it orders that people be suppressed or deleted, or it looks up the state of such an
    order."""

    action: str
    """``request`` (it orders something), ``status`` (it asks about one), ``list`` or ``suppressions`` (it lists)."""
    type: str | None
    """``SUPPRESS_ONLY``, ``DELETE_ONLY``, ...: in capitals, as the current interface spells them."""
    subject_type: str | None
    """``USER_ID`` or ``OBJECT_ID``."""
    subjects: tuple[str, ...]
    """The people a request is about; never stored. At most ``MAX_SUBJECTS`` of them."""
    subject_count: int
    source: str | None
    """The one source that it is about; ``None`` for the whole workspace."""
    status: str | None
    """The status in the answer: ``INITIALIZED``, ``RUNNING``, ``FINISHED``, ..."""

    @property
    def stops_collection(self) -> bool:
        """Whether what is collected of its subjects from then on is to be discarded."""
        return self.action == "request" and self.type is not None and self.type.startswith("SUPPRESS")


MAX_SUBJECTS = 5000
"""As many ids as Segment takes in one call."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One event that a vendor's own call carries, as the vendor's format has it."""

    vendor: str
    position: int
    """Its place in the call, from 0."""
    name: str | None
    """The event, in the vendor's words (``page_view``, ``PageView``); ``None`` if the call names none."""
    account: str | None
    """Whose data it is: a measurement id, a pixel id, a project token."""
    identifiers: Mapping[str, str]
    """Identifiers of the person or the device: kind (one of :data:`addon.decode.hits.IDENTIFIERS`) -> value, as sent."""
    page_url: str | None
    app: str | None = None
    """Bundle id of the app that sent it, if the call says so."""
    consent: str | None = None
    """The consent of the two storages that it carries, as ``gcs`` of Google's consent mode has it."""
    restricted: bool = False
    """Whether it asks the vendor to use the event for the sender alone, as an opt-out from sale and sharing demands."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be decoded: becomes a gap."""

    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Invocation:
    """How often a library says that it handed messages of one type to a destination in the page."""

    integration: str
    """The destination's name, and behind it the action's if it is one."""
    type: str
    """Of the messages: ``track``, ``page``, ..."""
    action: bool
    count: int
    """How often it began to; those that failed may be among them or not."""
    failed: int = 0
    """How often that failed."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Everything that one exchange holds for one decoder."""

    vendor: str
    kind: CallKind
    events: tuple[Event, ...] = ()
    settings: Settings | None = None
    problems: tuple[Problem, ...] = ()
    regulation: Regulation | None = None
    workspace_token: bool = False
    """Whether it carries a token that administers a workspace."""
    invocations: tuple[Invocation, ...] = ()

    @property
    def decodes_events(self) -> bool:
        """True if the call holds events: then the events are judged, and the call itself is not."""
        return bool(self.events)
