"""What a client sent over a WebSocket: each message is an exchange of its own, with its own time.

A message has the address of its socket, and of the handshake's header fields those that name the page; not its cookies, which were
those of an earlier moment. What cannot be read (binary, too long, too many) is an exchange without a body whose ``failure`` says why,
so that it becomes a gap.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from addon.body import Body
from addon.exchange import WEBSOCKET, Exchange, Headers

MAX_MESSAGES = 10_000
"""Of one socket that are read."""
MAX_MESSAGE_BYTES = 1024 * 1024
MAX_SOCKET_BYTES = 64 * 1024 * 1024
"""Of all messages of one socket."""
_NAMES_THE_PAGE = (b"origin", b"referer", b"user-agent")
_NO_HEADERS = Headers()


@dataclass(slots=True)
class SocketMessages:
    """The messages that one socket carried so far."""

    count: int = 0
    size: int = 0
    """Bytes."""

    def exchanges(self, socket: Exchange, at: float, content: bytes | None) -> Iterator[Exchange]:
        """The exchange for the next message, if one is due: of what is beyond the bounds the first message stands for all.

        Args:
            socket: the handshake.
            at: Unix time in seconds.
            content: the text, in UTF-8; ``None`` if the message is binary.
        """
        if self.count > MAX_MESSAGES or self.size > MAX_SOCKET_BYTES:
            return
        self.count += 1
        self.size += len(content or b"")
        if self.count > MAX_MESSAGES or self.size > MAX_SOCKET_BYTES:
            unread = f"more than {MAX_MESSAGES} messages or {MAX_SOCKET_BYTES} bytes over one WebSocket; the rest was not read"
        elif content is None:
            unread = "a binary message over a WebSocket"
        elif len(content) > MAX_MESSAGE_BYTES:
            unread = f"a message of more than {MAX_MESSAGE_BYTES} bytes over a WebSocket"
        else:
            unread = None
        yield replace(
            socket,
            started_at=at,
            method=WEBSOCKET,
            request_headers=_page_headers(socket.request_headers),
            request_body=None if unread is not None or content is None else Body(content),
            status=None,
            response_headers=_NO_HEADERS,
            response_body=None,
            response_at=None,
            failure=unread,
            websocket=False,
            messages_follow=False,
        )


def _page_headers(sent: Headers) -> Headers:
    return Headers((name, value) for name, value in sent.raw if name.lower() in _NAMES_THE_PAGE)
