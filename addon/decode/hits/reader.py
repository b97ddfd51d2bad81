"""The interface of a reader of one vendor's calls, and what it returns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from addon.exchange import Exchange
from addon.jsontext import Json
from vendor_catalog import Category

IDENTIFIERS: dict[str, str] = {
    "advertising_id": "The device's advertising id (Apple's IDFA, Google's GAID).",
    "click_id": "The ad click that led to the site.",
    "client_id": "The vendor's id of the browser or the installed app.",
    "cookie_id": "The vendor's id of the browser, from its own cookie.",
    "device_id": "The device, by an id that the SDK made or read.",
    "email": "An e-mail address, or what stands in its place.",
    "email_hash": "A hashed e-mail address.",
    "external_id": "The site's own id of the person, for matching.",
    "installation_id": "The installed app, by an id that several of the vendor's SDKs in it share.",
    "phone": "A phone number.",
    "phone_hash": "A hashed phone number.",
    "session_id": "The visit, where the vendor records it as a whole.",
    "user_id": "The site's own id of the person.",
    "vendor_device_id": "The device, by an id for one maker's apps (Apple's IDFV, Android's app set or ANDROID_ID).",
}
"""The kinds of identifiers, and what each tells apart."""


class NotDecoded(Exception):
    """A call that should be readable but is not; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One event as a reader finds it: values as sent, ``None`` and empty ones included."""

    name: Json = None
    account: Json = None
    identifiers: Mapping[str, Json] = field(default_factory=dict)
    page_url: Json = None
    app: Json = None
    """The bundle id of the app that sent it."""
    consent: str | None = None
    """The consent of the two storages that it carries, as ``gcs`` of Google's consent mode has it."""
    restricted: bool = False
    """Whether it asks the vendor to use the event for the sender alone, as an opt-out from sale and sharing demands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HitReader:
    """Reads one vendor's calls."""

    vendor: str
    """Catalogue id."""
    decodes: tuple[str, ...]
    """Which calls it reads, and what of each; what stays opaque is said as well."""
    sources: tuple[str, ...]
    """Where the format is described in public."""
    read: Callable[[Exchange], Iterable[Found]]
    """May raise :class:`NotDecoded`, BodyError or JsonError."""
    storage: Category | None = None
    """For Google's tags: the storage of consent mode without which they send no identifier."""
    renewed: tuple[str, ...] = ()
    """Kinds of identifiers that are made anew with every page while that storage is denied."""

    def __post_init__(self) -> None:
        if not self.sources or not self.decodes:
            raise ValueError(f"{self.vendor}: a reader states what it decodes, and from which sources")
