"""What RudderStack's messages have of their own: the channel, the stamp by consent ids, retries, write keys in queries.

Sources: rudder-sdk-js ``eventManager/utilities.ts`` (``channel``, ``consentManagement``), ``xhrQueue/utilities.ts`` (retry
headers), ``beaconQueue/utilities.ts`` (write key in the query); rudder-server ``processor/consent.go``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl

from addon.decode.facts import Event, Problem, Stamp, StampShape, Surface
from addon.decode.message import Dialect
from addon.exchange import Exchange
from addon.jsontext import Json, mapping, strings, text_of

SURFACES = {
    "RudderLabs JavaScript SDK": Surface.WEB,
    "com.rudderstack.android.sdk.core": Surface.MOBILE,
    "rudder-ios-library": Surface.MOBILE,
}
CHANNELS = {"web": Surface.WEB, "mobile": Surface.MOBILE, "server": Surface.SERVER}
_MAX_IDS = 500
_MAX_FIELDS = 100
_ID_LENGTH = 200


def stamp(context: Mapping[str, Json], problems: list[Problem], from_query: bool) -> Stamp:
    """``context.consentManagement``: an id that is denied is refused, whatever else it stands among, as the server has it."""
    management = context.get("consentManagement")
    if not isinstance(management, dict):
        problems.append(
            Problem("bad-consent", f"context.consentManagement is {type(management).__name__}, not an object")
        )
        return Stamp(StampShape.EMPTY_CONSENT)
    allowed, denied = _ids(management, "allowedConsentIds", problems), _ids(management, "deniedConsentIds", problems)
    provider = text_of(management.get("provider"))
    strategy = text_of(management.get("resolutionStrategy"))
    both = set(allowed or ()).intersection(denied or ())
    if both:
        shown = ", ".join(sorted(both))[:_ID_LENGTH]
        problems.append(Problem("bad-consent", f"consentManagement both allows and denies {shown}; denied counts"))
    if allowed is None and denied is None:
        return Stamp(StampShape.EMPTY_CONSENT, provider=provider)
    preferences = {**dict.fromkeys(allowed or (), True), **dict.fromkeys(denied or (), False)}
    shape = StampShape.PREFERENCES if preferences else StampShape.EMPTY_PREFERENCES
    return Stamp(shape, preferences, provider=provider, any_suffices=strategy == "or")


def _ids(management: Mapping[str, Json], key: str, problems: list[Problem]) -> tuple[str, ...] | None:
    """One of the two lists; ``None`` if it is not there."""
    value = management.get(key)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        problems.append(Problem("bad-consent", f"consentManagement.{key} is not a list of texts"))
    return tuple(item for item in strings(value)[:_MAX_IDS] if item)


def _sent_before(exchange: Exchange) -> bool:
    headers = exchange.request_headers
    attempt = headers.get("rsa-retry-attempt")
    return headers.get("rsa-recovered") == "true" or (attempt is not None and bool(attempt.strip().strip("0")))


def completed(event: Event, exchange: Exchange) -> Event:
    """With the write key of a beacon's query, and the surface that the channel names."""
    write_key = event.write_key or write_key_of(exchange.query)
    surface = CHANNELS.get(text_of(event.payload.get("channel")) or "", event.surface)
    if event.library in SURFACES:
        surface = SURFACES[event.library]
    app = event.app if surface is Surface.MOBILE else None  # in browsers it names the SDK, not an app
    return replace(event, write_key=write_key, surface=surface, app=app)


def write_key_of(query: str) -> str | None:
    try:
        fields = parse_qsl(query, max_num_fields=_MAX_FIELDS)
    except ValueError:
        return None
    return next((value for name, value in fields if name == "writeKey"), None)


def is_own_library(content: Mapping[str, Json]) -> bool:
    """Whether a message says that one of RudderStack's libraries made it."""
    name = text_of(mapping(mapping(content.get("context")).get("library")).get("name")) or ""
    return name in SURFACES or name.startswith(("RudderLabs ", "rudder-", "com.rudderstack."))


DIALECT = Dialect(
    cdp="rudderstack",
    surfaces=SURFACES,
    consent_events=(),
    stamp_key="consentManagement",
    stamp=stamp,
    sent_before=_sent_before,
    completed=completed,
)
