"""Is this body Segment's? For custom domains, proxies and free paths, where the address says nothing.

Strong signs only: an own API that posts ``{"batch": [...]}`` must not be taken for Segment, and neither must a CDP
that speaks a dialect of Segment's protocol. ``context.consent.categoryPreferences`` is no sign: Jitsu and Hightouch
use the same key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from addon.exchange import Exchange
from addon.jsontext import Json, mapping, text_of

from .envelope import TYPES
from .message import SURFACES

_ENVELOPE_KEYS = frozenset({"batch", "sentAt", "writeKey", "context", "integrations", "messageId", "metadata"})
_MESSAGE_ID = re.compile(r"^(ajs-next-|node-next-|ajs-[0-9a-f]{32}$)")
_FOREIGN_LIBRARIES = ("events-sdk-js", "@jitsu/js", "RudderLabs JavaScript SDK")


def might_be(body: bytes) -> bool:
    """A quick look, before anything is parsed."""
    return body[:1] in (b"{", b" ", b"\n") and (b'"messageId"' in body or b'"series"' in body)


def is_metrics(document: Mapping[str, Json]) -> bool:
    """The SDKs' own health metrics (``/m``): counters named ``analytics_js.*`` or ``analytics_mobile.*``."""
    series = document.get("series")
    if not isinstance(series, list) or not series:
        return False
    names = [text_of(mapping(item).get("metric")) or "" for item in series]
    return all(name.startswith(("analytics_js.", "analytics_mobile.")) for name in names)


def is_segment(document: Mapping[str, Json], exchange: Exchange) -> bool:
    """Whether a body on an unknown host is certainly Segment's."""
    batch = document.get("batch")
    if isinstance(batch, list):
        messages = [message for message in batch if isinstance(message, dict)]
        if not messages or not _ENVELOPE_KEYS.issuperset(document):
            return False
    else:
        messages = [dict(document)]
    if any(_is_foreign(message, exchange) for message in messages):
        return False
    return all(_is_message(message) for message in messages) and any(
        _is_marked(message, document) or isinstance(batch, list) for message in messages
    )


def _is_message(message: Mapping[str, Json]) -> bool:
    identified = any(message.get(key) for key in ("anonymousId", "userId", "previousId", "groupId"))
    return message.get("type") in TYPES and isinstance(message.get("messageId"), str) and identified


def _is_marked(message: Mapping[str, Json], document: Mapping[str, Json]) -> bool:
    metadata = mapping(message.get("_metadata"))
    if isinstance(metadata.get("bundled"), list) and isinstance(metadata.get("unbundled"), list):
        return True
    if _MESSAGE_ID.match(text_of(message.get("messageId")) or ""):
        return True
    library = text_of(mapping(mapping(message.get("context")).get("library")).get("name"))
    return library in SURFACES and bool(message.get("writeKey") or document.get("writeKey"))


def _is_foreign(message: Mapping[str, Json], exchange: Exchange) -> bool:
    """RudderStack, Hightouch and Jitsu, each by what only it sends."""
    context = mapping(message.get("context"))
    library = text_of(mapping(context.get("library")).get("name"))
    if library in _FOREIGN_LIBRARIES or "x-write-key" in exchange.request_headers:
        return True
    if "originalTimestamp" in message or "channel" in message:
        return True
    bundled = mapping(message.get("_metadata")).get("bundled")
    if isinstance(bundled, list) and "Hightouch.io" in bundled:
        return True
    return "/api/s/" in exchange.path or any(name.startswith("htjs_") for name, _ in exchange.cookies())
