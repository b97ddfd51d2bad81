"""One message of Segment's protocol, or of a CDP's dialect of it -> Event, with what its envelope adds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from addon.decode.facts import NO_STAMP, AdvertisingId, Event, Problem, Stamp, StampShape, Surface
from addon.exchange import Exchange
from addon.jsontext import Json, identifier, mapping, strings, text_of
from addon.timestamps import from_iso, waited

from .envelope import TYPES, Envelope, is_batch_path

type StampReader = Callable[[Mapping[str, Json], list[Problem], bool], Stamp]
"""Reads a ``context`` and adds problems. Its last argument says whether all values are text because they came in a query."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between one CDP's messages and Segment's."""

    cdp: str
    surfaces: Mapping[str, Surface]
    """By the name of the library that made a message."""
    consent_events: tuple[str, ...]
    """Names of track events that only report a choice."""
    stamp_key: str
    """The key of ``context`` under which a message carries consent."""
    stamp: StampReader
    sent_before: Callable[[Exchange], bool]
    """Whether a request says that it is a retry."""
    completed: Callable[[Event, Exchange], Event] = lambda event, exchange: event
    """Adds what the CDP says elsewhere in the exchange, or under other keys."""


def read(
    message: Mapping[str, Json], position: int, envelope: Envelope, exchange: Exchange, dialect: Dialect
) -> tuple[Event | None, list[Problem]]:
    """The event, or ``None`` with the problem that makes it unreadable; smaller problems come beside the event."""
    kind = text_of(message.get("type")) or envelope.type_from_path
    if kind not in TYPES:
        shown = repr(str(message.get("type"))[:40])
        return None, [Problem("bad-event", f"message {position} has type {shown}, which no SDK sends")]
    problems: list[Problem] = []
    context = {**envelope.context, **mapping(message.get("context"))}
    library = mapping(context.get("library"))
    metadata = mapping(message.get("_metadata"))
    name = text_of(message.get("event")) if kind == "track" else text_of(message.get("name"))
    timestamp = text_of(message.get("timestamp"))
    made_at = text_of(message.get("originalTimestamp")) or timestamp
    sent_at = text_of(message.get("sentAt")) or envelope.sent_at
    event = Event(
        cdp=dialect.cdp,
        position=position,
        type=kind,
        name=name,
        write_key=text_of(message.get("writeKey")) or envelope.write_key,
        message_id=identifier(message.get("messageId")),
        anonymous_id=identifier(message.get("anonymousId")),
        user_id=identifier(message.get("userId")),
        timestamp=timestamp,
        sent_at=sent_at,
        waited=waited(from_iso(made_at), from_iso(sent_at)),
        surface=surface_of(text_of(library.get("name")), context, exchange, dialect.surfaces),
        library=text_of(library.get("name")),
        library_version=identifier(library.get("version")),
        stamp=_stamp(message, envelope, problems, dialect),
        advertising_id=_advertising_id(context),
        integrations=_integrations(message, envelope, problems),
        bundled=_names(metadata.get("bundled")),
        unbundled=_names(metadata.get("unbundled")),
        page_url=text_of(mapping(context.get("page")).get("url")),
        app=text_of(mapping(context.get("app")).get("namespace")),
        reports_choice=kind == "track" and name in dialect.consent_events,
        retry=dialect.sent_before(exchange) or bool(metadata.get("retryCount")),
        payload=message,
        previous_id=identifier(message.get("previousId")) if kind == "alias" else None,
        device_id=identifier(mapping(context.get("device")).get("id")),
        made_by=_made_by(context),
        broken=strings(metadata.get("failedInitializations"))[:_MAX_BROKEN],
    )
    return dialect.completed(event, exchange), problems


_MAX_BROKEN = 100
_ORIGIN_LENGTH = 40


def _made_by(context: Mapping[str, Json]) -> str | None:
    """``context.__eventOrigin.type``: Segment's auto-instrumentation writes ``Signal`` in pages and ``signals`` in apps, a function of
    the workspace that runs in an app ``js`` (analytics-signals ``sandbox.ts``, analytics-swift-live, analytics-kotlin-live)."""
    kind = text_of(mapping(context.get("__eventOrigin")).get("type"))
    if kind is None:
        return None
    return "signal" if kind.lower() in ("signal", "signals") else kind[:_ORIGIN_LENGTH].lower()


def _advertising_id(context: Mapping[str, Json]) -> AdvertisingId | None:
    device = mapping(context.get("device"))
    number = text_of(device.get("advertisingId"))
    if number is None or not number.strip("0-"):  # all zeros: what a system gives out instead of one
        return None
    enabled = device.get("adTrackingEnabled")
    maker = text_of(device.get("manufacturer")) or text_of(device.get("type")) or ""
    return AdvertisingId(
        permission=text_of(device.get("trackingStatus")),
        tracking_enabled=enabled if isinstance(enabled, bool) else None,
        vendor_scoped=number.lower() == (text_of(device.get("id")) or "").lower(),
        apple=maker.lower() in _APPLE or (text_of(mapping(context.get("os")).get("name")) or "").lower() in _APPLE,
    )


_APPLE = ("apple", "ios", "ipados", "iphone os")


def sent_before(exchange: Exchange) -> bool:
    """The SDKs leave the count out of a first attempt; 0 says the same."""
    count = exchange.request_headers.get("x-retry-count")
    return count is not None and bool(count.strip().strip("0"))


def _names(value: Json) -> tuple[str, ...] | None:
    return strings(value) if isinstance(value, list) else None


def surface_of(
    library: str | None, context: Mapping[str, Json], exchange: Exchange, surfaces: Mapping[str, Surface]
) -> Surface:
    """Where a message was made: by its library's name, else by what surrounds it."""
    known = surfaces.get(library or "")
    if known is not None:
        return known
    if exchange.from_browser or "page" in context:
        return Surface.WEB
    if "device" in context or "app" in context or "os" in context:
        return Surface.MOBILE
    if library or is_batch_path(exchange.path):
        return Surface.SERVER
    return Surface.UNKNOWN


def _stamp(message: Mapping[str, Json], envelope: Envelope, problems: list[Problem], dialect: Dialect) -> Stamp:
    own = mapping(message.get("context"))
    if dialect.stamp_key in own:
        return dialect.stamp(own, problems, envelope.from_query)
    if dialect.stamp_key in envelope.context:
        inherited = dialect.stamp(envelope.context, problems, False)
        return Stamp(inherited.shape, inherited.preferences, on_envelope=True)
    return NO_STAMP


def category_preferences(context: Mapping[str, Json], problems: list[Problem], from_query: bool) -> Stamp:
    """``context.consent.categoryPreferences``, as Segment has it, and those who took it over."""
    return stamp_of(context.get("consent"), problems, from_query=from_query)


def stamp_of(consent: Json, problems: list[Problem], *, from_query: bool = False) -> Stamp:
    """A ``context.consent`` value, strictly: what is not a boolean is reported, not coerced. A query has only text, so there
    ``true`` and ``false`` are the booleans."""
    if not isinstance(consent, dict):
        problems.append(Problem("bad-consent", f"context.consent is {type(consent).__name__}, not an object"))
        return Stamp(StampShape.EMPTY_CONSENT)
    if "categoryPreferences" not in consent:
        return Stamp(StampShape.EMPTY_CONSENT)
    preferences = consent["categoryPreferences"]
    if not isinstance(preferences, dict):
        problems.append(Problem("bad-consent", f"categoryPreferences is {type(preferences).__name__}, not an object"))
        return Stamp(StampShape.EMPTY_CONSENT)
    if not preferences:
        return Stamp(StampShape.EMPTY_PREFERENCES)
    values: dict[str, bool | None] = {}
    for category, value in list(preferences.items())[:500]:
        if isinstance(value, bool):
            values[category] = value
        elif from_query and value in ("true", "false"):
            values[category] = value == "true"
        else:
            values[category] = None
            shown = repr(value)[:40]
            problems.append(Problem("bad-consent", f"categoryPreferences[{category[:40]!r}] is {shown}, not a boolean"))
    return Stamp(StampShape.PREFERENCES, values)


def _integrations(message: Mapping[str, Json], envelope: Envelope, problems: list[Problem]) -> dict[str, bool]:
    merged = {**envelope.integrations, **mapping(message.get("integrations"))}
    choices: dict[str, bool] = {}
    for name, value in list(merged.items())[:1000]:
        if isinstance(value, bool):
            choices[name] = value
        elif isinstance(value, dict):
            choices[name] = True
        elif envelope.from_query and value in ("true", "false"):
            choices[name] = value == "true"
        else:
            problems.append(
                Problem("bad-event", f"integrations[{name[:40]!r}] is {str(value)[:40]!r}, neither boolean nor object")
            )
    return choices
