"""Is this body Segment's? For custom domains, proxies and free paths, where the address says nothing.

Strong signs only: an own API that posts ``{"batch": [...]}`` must not be taken for Segment, and neither must a CDP
that speaks a dialect of Segment's protocol. ``context.consent.categoryPreferences`` is no sign: Jitsu and Hightouch
use the same key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from addon.decode.collection import is_identified, is_object_with, library_of, sent
from addon.decode.envelope import TYPES, stated_write_key
from addon.exchange import Exchange
from addon.jsontext import Json, mapping, text_of

from .dialect import SURFACES

_ENVELOPE_KEYS = frozenset({"batch", "sentAt", "writeKey", "context", "integrations", "messageId", "metadata"})
_MESSAGE_ID = re.compile(r"^(ajs-next-|node-next-|ajs-[0-9a-f]{32}$)")
_STANDALONE = b"script[data-global-segment-analytics-key]"
_EMBEDDED = b"analyticsWriteKey"
_MAX_LIBRARY = 1024 * 1024
"""Bytes of a script that are looked through; analytics.js has some 115 thousand."""
_BEGINNING = 256
"""Bytes by which a script's text is told from what is compressed."""
_FOREIGN_LIBRARIES = ("events-sdk-", "@ht-sdks/", "@jitsu/", "RudderLabs ", "rudder-", "com.rudderstack.")


def might_be(body: bytes) -> bool:
    """A quick look, before anything is parsed."""
    return is_object_with(body, b'"messageId"', b'"series"')


def is_metrics(document: Mapping[str, Json]) -> bool:
    """The SDKs' own health metrics (``/m``): counters named ``analytics_js.*`` or ``analytics_mobile.*``."""
    series = document.get("series")
    if not isinstance(series, list) or not series:
        return False
    names = [text_of(mapping(item).get("metric")) or "" for item in series]
    return all(name.startswith(("analytics_js.", "analytics_mobile.")) for name in names)


def is_segment(document: Mapping[str, Json], exchange: Exchange) -> bool:
    """Whether a body on an unknown host is certainly Segment's: some message bears an SDK's mark, or a whole batch of
    messages comes with a write key."""
    batch = document.get("batch")
    if isinstance(batch, list) and not _ENVELOPE_KEYS.issuperset(document):
        return False
    candidates = sent(document)
    if _is_jitsu(exchange) or any(_is_foreign(message) for message in candidates):
        return False
    messages = [message for message in candidates if _is_message(message)]
    if any(_is_marked(message, document) for message in messages):
        return True
    if (
        not isinstance(batch, list)
        or not messages
        or len(messages) < len(candidates)
        or _has_hightouch_cookie(exchange)
    ):
        return False
    return stated_write_key(document, exchange) is not None or all(message.get("writeKey") for message in messages)


def is_library(exchange: Exchange) -> bool | None:
    """Whether an answer's body is analytics.js as Segment's CDN and its proxies serve it, and not a site's own script that has the
    package within it (analytics-next ``browser/standalone.ts`` against ``lib/embedded-write-key.ts``, which both contain). ``None`` if
    that cannot be told: the capture does not have the body, or has it compressed."""
    raw = b"" if exchange.response_body is None else exchange.response_body.raw[:_MAX_LIBRARY]
    if _STANDALONE in raw:
        return True
    readable = bool(raw) and raw[:_BEGINNING].isascii()
    return False if readable and _EMBEDDED not in raw else None


def _is_message(message: Mapping[str, Json]) -> bool:
    return message.get("type") in TYPES and isinstance(message.get("messageId"), str) and is_identified(message)


def _is_marked(message: Mapping[str, Json], document: Mapping[str, Json]) -> bool:
    """Whether a message bears what only Segment's SDKs write."""
    metadata = mapping(message.get("_metadata"))
    if isinstance(metadata.get("bundled"), list) and isinstance(metadata.get("unbundled"), list):
        return True
    if _MESSAGE_ID.match(text_of(message.get("messageId")) or ""):
        return True
    return library_of(message) in SURFACES and bool(message.get("writeKey") or document.get("writeKey"))


def _is_foreign(message: Mapping[str, Json]) -> bool:
    """RudderStack, Hightouch and Jitsu, each by what only it writes into a message."""
    library = library_of(message) or ""
    if library.startswith(_FOREIGN_LIBRARIES) or "originalTimestamp" in message or "channel" in message:
        return True
    bundled = mapping(message.get("_metadata")).get("bundled")
    return isinstance(bundled, list) and "Hightouch.io" in bundled


def _is_jitsu(exchange: Exchange) -> bool:
    return "x-write-key" in exchange.request_headers or "/api/s/" in exchange.path


def _has_hightouch_cookie(exchange: Exchange) -> bool:
    """This is only a hint: a site that runs both sends Hightouch's first-party cookies to its Segment domain as well."""
    return any(name.startswith("htjs_") for name, _ in exchange.cookies())
