"""PostHog: events alone or in lists, under a project's key that stands in the body. Messages have no place for consent.

Session recordings (``/s/``) and feature flags (``/flags/``) are no events: the first are calls that collect, the second
configuration. Sources: PostHog documentation, Capture API; PostHog/posthog-js ``request.ts`` (gzip without a header, base64
forms, ``sent_at``, ``_``), ``retry-queue.ts``, ``consent.ts`` (``$opt_in``), ``constants.ts`` (``$posthog_cookieless``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from addon.body import BodyError
from addon.exchange import Exchange
from addon.jsontext import Json, JsonError, identifier, mapping, parse, text_of
from addon.timestamps import from_iso, waited
from vendor_catalog import CallKind, Match

from .body import body_of, from_base64
from .collection import BODY_METHODS, unreadable
from .envelope import MAX_MESSAGES
from .facts import NO_STAMP, Decoded, Event, Problem, Stamping, Surface

_PATH = re.compile(r"/(e|capture|batch|track|engage|i/v0/e|s|flags|decide)/?$")
_CONFIG = ("flags", "decide")
_RECORDING = "s"
_FORM = b"data="
_COOKIELESS = "$posthog_cookieless"
"""Stands where an identifier would, in cookieless mode."""
_RECORDINGS = ("$snapshot", "$snapshot_items", "$performance_event")
_TYPES = {
    "$pageview": "page",
    "$screen": "screen",
    "$identify": "identify",
    "$groupidentify": "group",
    "$create_alias": "alias",
    "$merge_dangerously": "alias",
}
_MOBILE = ("posthog-ios", "posthog-android", "posthog-react-native", "posthog-flutter")
_WEB = ("web", "js", "posthog-js", "posthog-js-lite")
_MAX_FIELDS = 100


class PostHogDecoder:
    """Reads PostHog's capture endpoints, on its own hosts, on learned ones, and by shape on any."""

    cdp = "posthog"
    name = "PostHog"
    stamping: Stamping | None = None
    decodes = (
        "events on PostHog's hosts, on hosts that the policy names, and by shape on any: `/e/`, `/i/v0/e/`, `/batch/`,"
        " `/capture/`, as JSON, as gzip without a header, and as base64 forms",
        "session recordings (`/s/`) and feature flags (`/flags/`, `/decide/`) are told apart from events",
    )
    sources = ("PostHog documentation, Capture API", "PostHog/posthog-js")

    def decode(self, exchange: Exchange, match: Match | None, learned: bool) -> Decoded | None:
        if exchange.method not in BODY_METHODS or exchange.unsent is not None:
            return None
        own = match is not None and match.vendor == self.cdp
        if match is not None and not own and not learned:
            return None
        found = _PATH.search(exchange.path)
        if found is None or (match is not None and own and match.kind is not CallKind.COLLECT):
            return None
        promised = own or learned
        kind = found.group(1)
        if kind == _RECORDING or kind in _CONFIG:
            return Decoded("posthog", CallKind.COLLECT if kind == _RECORDING else CallKind.CONFIG) if promised else None
        try:
            document = _document(exchange, promised)
        except (BodyError, JsonError) as error:
            return unreadable(self.cdp, error) if promised else None
        if not (promised or _is_posthog(document)):
            return None
        return _events(document, exchange)


DECODER = PostHogDecoder()


def _document(exchange: Exchange, promised: bool) -> Json:
    """What a request carries; ``None`` on an unknown host if it is nothing of the kind.

    Raises:
        BodyError: if the body cannot be decoded.
        JsonError: if it holds no JSON.
    """
    body = body_of(exchange)
    content = body.content()
    form = _of_form(content) if content.startswith(_FORM) else None
    if not promised and b"distinct_id" not in (content if form is None else form):
        return None
    return body.document()[0] if form is None else parse(form)[0]


def _of_form(content: bytes) -> bytes:
    """``data=`` with base64, or with plain JSON."""
    try:
        fields = dict(parse_qsl(content.decode("utf-8", "replace"), max_num_fields=_MAX_FIELDS))
    except ValueError:
        raise JsonError(f"the form has more than {_MAX_FIELDS} fields") from None
    text = fields.get("data", "").strip()
    if text.startswith(("{", "[")):
        return text.encode()
    return from_base64(text, "data= is neither JSON nor base64")


def _listed(document: Json) -> list[Json]:
    """The events in a body: a list, a batch, or one alone."""
    if isinstance(document, list):
        return document
    batch = mapping(document).get("batch")
    return batch if isinstance(batch, list) else [document]


def _is_posthog(document: Json) -> bool:
    """Whether a body on an unknown host is certainly PostHog's: a project's key, and an event with what every client writes."""
    key = text_of(mapping(document).get("api_key")) or ""
    for content in map(mapping, _listed(document)[:MAX_MESSAGES]):
        properties = mapping(content.get("properties"))
        token = key or text_of(content.get("api_key")) or text_of(properties.get("token")) or ""
        named = "distinct_id" in properties or "distinct_id" in content
        marked = token.startswith("phc_") or ("$lib" in properties and bool(token))
        if marked and named and text_of(content.get("event")):
            return True
    return False


def _events(document: Json, exchange: Exchange) -> Decoded:
    """The events of a request; one that cannot be read costs itself alone."""
    found: list[Event] = []
    problems: list[Problem] = []
    listed, envelope = _listed(document), mapping(document)
    sent_at, retry = _sent_at(envelope, exchange), _retried(exchange.query)
    for position, content in enumerate(listed[:MAX_MESSAGES]):
        name = text_of(mapping(content).get("event"))
        if name is None:
            shown = f"is {type(content).__name__}" if not isinstance(content, dict) else "names no event"
            problems.append(Problem("bad-event", f"event {position} {shown}"))
        elif name not in _RECORDINGS:
            found.append(_event(mapping(content), position, name, envelope, exchange, sent_at=sent_at, retry=retry))
    if len(listed) > MAX_MESSAGES:
        problems.append(
            Problem("bad-event", f"{len(listed) - MAX_MESSAGES} events beyond {MAX_MESSAGES} were not read")
        )
    return Decoded("posthog", CallKind.COLLECT, tuple(found), problems=tuple(problems))


def _event(
    content: Mapping[str, Json],
    position: int,
    name: str,
    envelope: Mapping[str, Json],
    exchange: Exchange,
    *,
    sent_at: str | None,
    retry: bool,
) -> Event:
    properties = mapping(content.get("properties"))
    keys = (content.get("api_key"), content.get("token"), properties.get("token"), envelope.get("api_key"))
    anonymous, user = _identity(content, properties)
    timestamp = text_of(content.get("timestamp"))
    library = text_of(properties.get("$lib"))
    return Event(
        cdp="posthog",
        position=position,
        type=_TYPES.get(name, "track"),
        name=name,
        write_key=next((key for key in map(text_of, keys) if key is not None), None),
        message_id=identifier(content.get("uuid")),
        anonymous_id=anonymous,
        user_id=user,
        timestamp=timestamp,
        sent_at=sent_at,
        waited=_waited(content.get("offset"), timestamp, sent_at),
        surface=_surface(library, exchange),
        library=library,
        library_version=identifier(properties.get("$lib_version")),
        stamp=NO_STAMP,
        advertising_id=None,
        integrations={},
        bundled=None,
        unbundled=None,
        page_url=text_of(properties.get("$current_url")),
        app=text_of(properties.get("$app_namespace")),
        reports_choice=name == "$opt_in",
        retry=retry,
        payload=content,
        anonymous=user is None and _COOKIELESS in (properties.get("distinct_id"), content.get("distinct_id")),
    )


def _identity(content: Mapping[str, Json], properties: Mapping[str, Json]) -> tuple[str | None, str | None]:
    """The anonymous and the known identifier; PostHog has one for both, and says beside it which it is."""
    distinct = _no_sentinel(properties.get("distinct_id")) or _no_sentinel(content.get("distinct_id"))
    device = _no_sentinel(properties.get("$device_id")) or _no_sentinel(properties.get("$anon_distinct_id"))
    user = _no_sentinel(properties.get("$user_id"))
    if (
        user is None
        and distinct is not None
        and (properties.get("$is_identified") is True or distinct != (device or distinct))
    ):
        user = distinct
    return (device or (distinct if distinct != user else None)), user


def _no_sentinel(value: Json) -> str | None:
    found = identifier(value)
    return None if found == _COOKIELESS else found


def _fields(query: str) -> Iterator[tuple[str, str]]:
    try:
        yield from parse_qsl(query, max_num_fields=_MAX_FIELDS)
    except ValueError:
        return


def _sent_at(envelope: Mapping[str, Json], exchange: Exchange) -> str | None:
    """When a request was sent: in the body, or in milliseconds in the query."""
    stated = text_of(envelope.get("sent_at")) or text_of(envelope.get("sentAt"))
    milliseconds = next((value for name, value in _fields(exchange.query) if name in ("sent_at", "_")), "")
    if stated is not None or not milliseconds.isascii() or not milliseconds.isdigit() or len(milliseconds) > 14:
        return stated
    return (
        datetime.fromtimestamp(int(milliseconds) / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def _waited(offset: Json, timestamp: str | None, sent_at: str | None) -> float | None:
    if isinstance(offset, (int, float)) and not isinstance(offset, bool) and 0 <= offset < 1e12:
        return offset / 1000
    return waited(from_iso(timestamp), from_iso(sent_at))


def _retried(query: str) -> bool:
    return any(name == "retry_count" and bool(value.strip("0")) for name, value in _fields(query))


def _surface(library: str | None, exchange: Exchange) -> Surface:
    if library in _WEB or exchange.from_browser:
        return Surface.WEB
    if library is None:
        return Surface.UNKNOWN
    return Surface.MOBILE if library.startswith(_MOBILE) else Surface.SERVER
