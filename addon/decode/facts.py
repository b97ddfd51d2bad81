"""What decoders find on the wire: facts, without a verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from addon.jsontext import Json
from vendor_catalog import CallKind


class Surface(StrEnum):
    """Where a message was made."""

    WEB = "web"
    MOBILE = "mobile"
    SERVER = "server"
    UNKNOWN = "unknown"


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


class Mode(StrEnum):
    """How a destination is fed."""

    DEVICE = "device"
    CLOUD = "cloud"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that a filter or a subscription puts on a message."""

    text: str
    """As people wrote it."""
    holds: Callable[[Mapping[str, Json]], bool | None] = field(compare=False, repr=False)
    """Tests a message's payload; ``None`` if the outcome is unknown."""


class FilterEffect(StrEnum):
    """What a destination filter does to a message that matches."""

    DROPS = "drops"
    SAMPLES = "samples"
    """Lets a share of them through."""
    CHANGES = "changes"
    """Takes properties away or rewrites them, so that later filters see another message."""
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True)
class DestinationFilter:
    """A destination filter of a source."""

    destination: str | None
    """``None``: it stands for all destinations of the source or the workspace."""
    condition: Condition
    effect: FilterEffect


@dataclass(frozen=True, slots=True)
class Subscription:
    """Which messages one action of a destination takes."""

    action: str
    condition: Condition


@dataclass(frozen=True, slots=True)
class PlannedEvent:
    """What the tracking plan says of one track event."""

    enabled: bool | None
    """``None`` if the event follows the plan's default."""
    off: frozenset[str]
    """Destinations that do not receive the event."""


@dataclass(frozen=True, slots=True)
class TrackingPlan:
    """Which track events a source lets through."""

    default: bool = True
    """Whether it lets through events that it does not name."""
    events: Mapping[str, PlannedEvent] = field(default_factory=dict)

    def blocks(self, name: str) -> bool:
        """Whether an event of a name goes on to no destination."""
        planned = self.events.get(name)
        return not (self.default if planned is None or planned.enabled is None else planned.enabled)


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
class ConsentRule:
    """A consent rule of a destination that lists no categories. It holds hashes of purposes, each with a required answer; one
    match is enough."""

    includes: bool
    """True: the destination receives if one matches. False: it receives if none does."""
    answers: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class ConsentMapping:
    """The category ids of one consent manager that a destination needs."""

    provider: str
    categories: tuple[str, ...]
    any_suffices: bool | None = None
    """Whether one of them is enough; ``None`` if the message decides."""
    legacy: bool = False
    """Whether it comes from an older kind of setting, which counts only if no newer one is there."""


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
    rule: ConsentRule | None = None
    narrowed: bool = False
    """Whether other filters than consent may keep an event from it."""
    mappings: tuple[ConsentMapping, ...] = ()
    """Mappings for each consent manager, if the CDP keeps them apart; ``categories`` then holds the categories of all of them."""
    any_suffices: bool = False
    """Whether one of ``categories`` is enough."""
    subscriptions: tuple[Subscription, ...] | None = None
    """Which messages its actions in the page take, if the settings say so; actions that are switched off are left out."""
    several: bool = False
    """Whether the source is known to have it more than once, under the same name."""
    origin: Origin = Origin.NAMED
    warehouse: bool = False
    """Whether the catalogue lists it as a store (warehouse, bucket) that other systems read."""

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)

    def under(self, stamp: Stamp) -> DestinationSetting:
        """The destination with the mapping of the consent manager whose ids the message's stamp uses; unchanged if the stamp
        names none."""
        own = [each for each in self.mappings if each.provider == stamp.provider]
        chosen = next((each for each in own if not each.legacy), own[0] if own else None)
        if stamp.provider is None or not self.mappings:
            return self
        if chosen is None:
            return replace(self, categories=())
        one = stamp.any_suffices if chosen.any_suffices is None else chosen.any_suffices
        return replace(self, categories=chosen.categories, any_suffices=one)


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
    filters: tuple[DestinationFilter, ...] = ()
    """In the order in which they are applied."""
    plan: TrackingPlan = TrackingPlan()

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
