"""Google Analytics in apps (Firebase): batches of events in Protocol Buffers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from addon.decode.protobuf import Value, WireError, fields
from addon.exchange import Exchange
from vendor_catalog import Category

from .reader import Found, HitReader, NotDecoded
from .wire import content_of

_MAX_BUNDLES = 200
_MAX_EVENTS = 1000
_MAX_TEXT = 500
_CONSENT = re.compile(r"G1[01-]{2}")
_NAMES = {
    "_cd": "app_clear_data",
    "_ae": "app_exception",
    "_ui": "app_remove",
    "_ug": "app_upgrade",
    "_in": "app_install",
    "_au": "app_update",
    "_cmp": "firebase_campaign",
    "_err": "error",
    "_f": "first_open",
    "_v": "first_visit",
    "_iap": "in_app_purchase",
    "_nd": "notification_dismiss",
    "_nf": "notification_foreground",
    "_no": "notification_open",
    "_nr": "notification_receive",
    "_ou": "os_update",
    "_s": "session_start",
    "_e": "user_engagement",
    "_xa": "ad_exposure",
    "_xu": "adunit_exposure",
    "_aq": "ad_query",
    "_aa": "ad_activeview",
    "_ai": "ad_impression",
    "_ac": "ad_click",
    "_ar": "ad_reward",
    "_vs": "screen_view",
    "_ab": "app_background",
}
"""How the SDK shortens the names of events that it makes itself."""


@dataclass(slots=True)
class _Bundle:
    """What one app sends at once."""

    events: list[str | None] = field(default_factory=list)
    texts: dict[int, str] = field(default_factory=dict)
    """Number of the field -> its text."""
    user_id: str | None = None


_APP, _APP_INSTANCE, _APP_OF_GOOGLE, _DEVICE, _INSTALLATION, _CONSENT_SIGNALS = 14, 21, 25, 27, 30, 52
_TEXTS = (_APP, _APP_INSTANCE, _APP_OF_GOOGLE, _DEVICE, _INSTALLATION, _CONSENT_SIGNALS)
_EVENT, _USER_PROPERTY = 2, 3


def _read(exchange: Exchange) -> Iterator[Found]:
    found = 0
    try:
        for number, value in fields(content_of(exchange)):
            if number != 1 or not isinstance(value, bytes):
                continue
            found += 1
            if found > _MAX_BUNDLES:
                raise NotDecoded(f"more than {_MAX_BUNDLES} bundles")
            yield from _events(_bundle(value))
    except WireError as error:
        raise NotDecoded(f"no Protocol Buffers: {error}") from None
    if not found:
        raise NotDecoded("it holds no bundle of events")


def _bundle(message: bytes) -> _Bundle:
    bundle = _Bundle()
    for number, value in fields(message):
        if number in _TEXTS:
            bundle.texts[number] = _text(value) or ""
        elif number == _EVENT and isinstance(value, bytes):
            if len(bundle.events) == _MAX_EVENTS:
                raise NotDecoded(f"more than {_MAX_EVENTS} events in one bundle")
            bundle.events.append(_only(value, 2))
        elif number == _USER_PROPERTY and isinstance(value, bytes) and _only(value, 2) in ("_id", "user_id"):
            bundle.user_id = _only(value, 3)
    return bundle


def _events(bundle: _Bundle) -> Iterator[Found]:
    """The events of a bundle; one without a name, if it has none but tells something of the person."""
    texts = bundle.texts
    signals = texts.get(_CONSENT_SIGNALS, "")
    for name in bundle.events or [None]:
        yield Found(
            name=_NAMES.get(name or "", name),
            account=texts.get(_APP_OF_GOOGLE) or texts.get(_APP),
            identifiers={
                "client_id": texts.get(_APP_INSTANCE),
                "device_id": texts.get(_DEVICE),
                "installation_id": texts.get(_INSTALLATION),
                "user_id": bundle.user_id,
            },
            app=texts.get(_APP),
            consent=signals if _CONSENT.fullmatch(signals) else None,
        )


def _only(message: bytes, wanted: int) -> str | None:
    """The text under a number of a message; the last, if there are several."""
    found = None
    for number, value in fields(message):
        if number == wanted:
            found = _text(value)
    return found


def _text(value: Value) -> str | None:
    return value[:_MAX_TEXT].decode("utf-8", "replace") if isinstance(value, bytes) else None


READER = HitReader(
    vendor="firebase",
    decodes=(
        "/a of app-measurement.com: bundles of events with the app, its instance, installation and device id, user id, and the consent"
        " of the two storages (`consent_signals`, as `gcs` of the web); the events' parameters are not listed",
    ),
    sources=(
        "lari/firebase-ga4-app-measurement-protobuf, app-measurement.proto (numbers of the fields, values of 52)",
        "Google Play services, AppMeasurement: UserProperty and Event (short names), the bundle's fields by name (consent_signals)",
        "tweaselORG/TrackHAR (the app's id under 14)",
    ),
    read=_read,
    storage=Category.ANALYTICS,
)
