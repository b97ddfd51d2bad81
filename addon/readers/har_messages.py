"""The messages over a WebSocket that a HAR has: ``_webSocketMessages``, as Chrome writes them and others after it.

Source: ChromeDevTools/devtools-frontend ``models/har/Log.ts``: ``type`` (``send``, ``receive``), ``time`` (Unix time in seconds),
``opcode`` (RFC 6455: 1 is text, 2 is binary and written in base64), ``data``.
"""

from __future__ import annotations

from collections.abc import Iterator

from addon.exchange import Exchange
from addon.jsontext import Json, mapping

from .websocket_messages import SocketMessages

_TEXT = 1
_LEAST_MILLISECONDS = 1e11
"""A number from here on is no time in seconds: it would be in the year 5138."""
_LONGEST_SOCKET = 7 * 86400.0
"""Seconds."""


def has_messages(entry: Json) -> bool:
    """Whether an entry lists what its socket carried."""
    return isinstance(mapping(entry).get("_webSocketMessages"), list)


def messages_of(entry: Json, socket: Exchange) -> Iterator[Exchange]:
    """What was sent over the socket of an entry, in order."""
    listed = mapping(entry).get("_webSocketMessages")
    sent = SocketMessages()
    for item in listed if isinstance(listed, list) else []:
        message = mapping(item)
        if message.get("type") not in ("send", "sent", "request", "outgoing"):
            continue
        data = message.get("data")
        is_text = message.get("opcode", _TEXT) == _TEXT and isinstance(data, str)
        content = data.encode("utf-8", "surrogatepass") if is_text and isinstance(data, str) else None
        yield from sent.exchanges(socket, _time(message.get("time"), socket), content)


def _time(time: Json, socket: Exchange) -> float:
    """When a message was sent (Unix time in seconds): not before its socket was opened, which stands for a time that is none."""
    if not isinstance(time, (int, float)) or isinstance(time, bool):
        return socket.started_at
    at = time / 1000 if time >= _LEAST_MILLISECONDS else float(time)
    return at if socket.started_at <= at <= socket.started_at + _LONGEST_SOCKET else socket.started_at
