"""Is this body RudderStack's? For data planes that somebody runs under a name of their own.

Strong signs only: what its SDKs write into every message. ``originalTimestamp`` and ``channel`` alone are none, because
Segment adds both to what it sends on to other servers.
"""

from __future__ import annotations

from collections.abc import Mapping

from addon.decode.collection import is_object_with, sent
from addon.decode.envelope import TYPES, basic_write_key
from addon.exchange import Exchange
from addon.jsontext import Json, mapping

from .dialect import CHANNELS, is_own_library, write_key_of

_SERVER_SIDE = ("receivedAt", "projectId")
"""What Segment adds beside them."""


def might_be(body: bytes) -> bool:
    """A quick look, before anything is parsed."""
    return is_object_with(body, b'"messageId"')


def is_rudderstack(document: Mapping[str, Json], exchange: Exchange) -> bool:
    """Whether a body on an unknown host is certainly RudderStack's: a message bears an SDK's mark, or what every SDK writes
    comes with a write key where only RudderStack's clients put it."""
    messages = [content for content in sent(document) if _is_message(content)]
    if any(is_own_library(content) for content in messages):
        return True
    keyed = basic_write_key(exchange) is not None or write_key_of(exchange.query) is not None
    return keyed and "writeKey" not in document and any(_is_timed(content) for content in messages)


def _is_message(content: Mapping[str, Json]) -> bool:
    return content.get("type") in TYPES and isinstance(content.get("messageId"), str)


def _is_timed(content: Mapping[str, Json]) -> bool:
    """What the SDKs write and Segment's do not: ``channel`` and ``originalTimestamp``, with a session or the server's mark."""
    own = content.get("channel") in CHANNELS and isinstance(content.get("originalTimestamp"), str)
    session = "sessionId" in mapping(content.get("context")) or content.get("channel") == "server"
    return own and session and not any(key in content for key in _SERVER_SIDE)
