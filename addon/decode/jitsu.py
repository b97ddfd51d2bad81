"""Jitsu: messages of the analytics.js kind, whose answers say which destinations the page has to load.

Sources: jitsucom/jitsu ``libs/jitsu-js/src/analytics-plugin.ts`` (addresses, ``X-Write-Key``, masked key, consent,
``processDestinations``), ``webapps/console/pages/api/s`` (one-letter types, ``event``, batches, the answer).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from addon.body import BodyError
from addon.exchange import Exchange
from addon.jsontext import Json, JsonError, mapping, text_of
from vendor_catalog import CallKind, Match

from . import collection
from .collection import BODY_METHODS
from .envelope import Envelope
from .facts import Decoded, Event, Stamping, Surface
from .message import Dialect, category_preferences, sent_before

_PATH = re.compile(r"/api/s/(s2s/)?(track|page|identify|group|alias|screen|event|batch|[piatgse])/?$")
_MAX_DESTINATIONS = 200
_MAX_FILTERS = 1000
_NAME_LENGTH = 100


class JitsuDecoder:
    """Reads Jitsu's ingestion endpoints, on its own hosts, on learned ones, and by shape on any."""

    cdp = "jitsu"
    name = "Jitsu"
    stamping = Stamping(
        place="context.consent",
        choices="categoryPreferences",
        unstamped="nothing in it then tells Jitsu or its destinations what the person chose",
    )
    decodes = (
        "messages on Jitsu's hosts, on hosts that the policy names, and by shape on any: `/api/s/{type}`, `/api/s/s2s/{type}`,"
        " `/api/s/batch`",
        "the answer's list of destinations, which the page has to load",
        "consent in `context.consent.categoryPreferences`",
    )
    sources = ("jitsucom/jitsu libs/jitsu-js and webapps/console/pages/api/s",)

    def decode(self, exchange: Exchange, match: Match | None, learned: bool) -> Decoded | None:
        if exchange.method not in BODY_METHODS or exchange.unsent is not None:
            return None
        if match is not None and match.vendor == self.cdp:
            return collection.collect(exchange, DIALECT) if match.kind is CallKind.COLLECT else None
        if match is not None and not learned:
            return None
        return _by_shape(exchange, learned)


DECODER = JitsuDecoder()


def _by_shape(exchange: Exchange, learned: bool) -> Decoded | None:
    addressed = _PATH.search(exchange.path) is not None

    def claimed(document: Mapping[str, Json], found: Envelope) -> Decoded | None:
        certain = any(_is_marked(content, exchange, addressed) for content in collection.sent(document))
        if certain or (learned and addressed):
            return collection.events(found, exchange, DIALECT)
        return None

    def might_be(body: bytes) -> bool:
        return collection.is_object_with(body, b"@jitsu/") or (
            addressed and collection.is_object_with(body, b'"messageId"')
        )

    return collection.by_shape(exchange, cdp="jitsu", learned=learned, might_be=might_be, claimed=claimed)


def _is_marked(content: Mapping[str, Json], exchange: Exchange, addressed: bool) -> bool:
    """Whether a message bears what only Jitsu's SDK writes, or comes to its address with its header."""
    if not isinstance(content.get("messageId"), str):
        return False
    if (collection.library_of(content) or "").startswith("@jitsu/"):
        return True
    return addressed and "x-write-key" in exchange.request_headers


def _completed(event: Event, exchange: Exchange) -> Event:
    """With the public part of the write key (the body masks the rest, and the header's must not be kept), the surface that the
    library and the address state, and the destinations that the answer names."""
    key = exchange.request_headers.get("x-write-key") or event.write_key or ""
    stated = key.partition(":")[0]
    environment = mapping(mapping(event.payload.get("context")).get("library")).get("env")
    server = environment == "node" or "/api/s/s2s/" in exchange.path
    surface = Surface.SERVER if server else Surface.WEB if environment == "browser" else event.surface
    destinations = None if surface is Surface.SERVER else _destinations(exchange, event)
    return replace(event, write_key=None if stated in ("", "***") else stated, surface=surface, bundled=destinations)


def _destinations(exchange: Exchange, event: Event) -> tuple[str, ...] | None:
    """The destinations that the page passes a message to, by kind; ``None`` if the capture holds no such answer."""
    if exchange.response_body is None or exchange.status is None or not 200 <= exchange.status < 300:
        return None
    try:
        document, _ = exchange.response_body.document()
    except (BodyError, JsonError):
        return None
    listed = mapping(document).get("destinations")
    if not isinstance(listed, list):
        return None
    names = [_name(item) for item in map(mapping, listed[:_MAX_DESTINATIONS]) if _takes(item, event)]
    return tuple(dict.fromkeys(name for name in names if name is not None))


def _takes(item: Mapping[str, Json], event: Event) -> bool:
    """Whether a destination's own filters let a message through: those of Jitsu's internal plugins are checked in the page."""
    if mapping(item.get("deviceOptions")).get("type") != "internal-plugin":
        return True
    chosen = {**mapping(item.get("credentials")), **mapping(item.get("options"))}
    page = text_of(mapping(mapping(event.payload.get("context")).get("page")).get("host")) or ""
    by_host = any(_is_host(filter_, page) for filter_ in _filters(chosen.get("hosts")))
    names = {"*", event.type, (event.name or "").strip().lower()}
    return by_host and any(filter_.strip().lower() in names for filter_ in _filters(chosen.get("events")))


def _filters(value: Json) -> list[str]:
    """Lines or a list; none at all means everything."""
    if isinstance(value, list):
        return [item for item in value if isinstance(item, str)]
    return value.split("\n")[:_MAX_FILTERS] if isinstance(value, str) else ["*"]


def _is_host(filter_: str, host: str) -> bool:
    return filter_ == "*" or (host.endswith(filter_[1:]) if filter_.startswith("*.") else host == filter_)


def _name(item: Mapping[str, Json]) -> str | None:
    """A destination's kind. A tag is the site's own code, so only its id distinguishes it from another tag."""
    kind = text_of(item.get("destinationType")) or text_of(mapping(item.get("deviceOptions")).get("name"))
    identifier = text_of(item.get("id"))
    if kind == "tag" and identifier is not None:
        return f"tag {identifier[:_NAME_LENGTH]}"
    name = kind or identifier
    return None if name is None else name[:_NAME_LENGTH]


DIALECT = Dialect(
    cdp="jitsu",
    surfaces={"@jitsu/js": Surface.WEB},
    consent_events=(),
    stamp_key="consent",
    stamp=category_preferences,
    sent_before=sent_before,
    completed=_completed,
)
