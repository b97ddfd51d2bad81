"""mitmproxy flow files, and mitmproxy's flows as exchanges: for files and for the live door.

A flow file is a row of length-prefixed records (tnetstrings). The prefix is used to step over a record that is broken, and
where the prefix itself is broken the next record is looked for, so that only the damaged flow is lost; the records themselves,
and the messages in them, are read by mitmproxy.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, cast

from mitmproxy import http
from mitmproxy.flow import Error, Flow
from mitmproxy.io import compat, tnetstring
from mitmproxy.net.http.url import parse_authority
from mitmproxy.websocket import WebSocketData, WebSocketMessage

from addon.body import MAX_BODY_BYTES
from addon.exchange import Exchange, Headers, body_of, raw_field

from .capture import CaptureFile, Identity, Unreadable, checked_time
from .packed import Content
from .response_kinds import is_read
from .websocket_messages import SocketMessages

_NO_HEADERS = Headers()
_PREFIX = re.compile(rb"^(\d{1,12}):")
_START = re.compile(rb"(?=(\d{1,12}):\d{1,3}:[a-z_]{1,40}[,;])")
"""The start of a record: its length, and its first key. A digit may stand before it, of what was overwritten."""

_MAX_RECORD = 512 * 1024 * 1024
_PROGRESS_EVERY = 64
_WITH_AUTHORITY = (b"HTTP/2.0", b"HTTP/3")


def looks_like_flows(head: bytes) -> bool:
    """Whether a file starts as a flow file does: a length, a colon, and a record that names its keys."""
    prefix = _PREFIX.match(head)
    return prefix is not None and _PREFIX.match(head[prefix.end() :]) is not None


def open_flows(path: Path, identity: Identity, content: Content) -> CaptureFile:
    return CaptureFile(
        path, "flows", identity, content, cookies_visible=True, one_clock=False, notes=(), read=read, unsorted=read
    )


def read(path: Path, progress: Callable[[int], None]) -> Iterator[Exchange | Unreadable]:
    """Every HTTP flow of a file, in the order in which they were saved."""
    with path.open("rb") as file:
        for number, record in enumerate(_records(file)):
            if number % _PROGRESS_EVERY == 0:
                progress(file.tell())
            if isinstance(record, Unreadable):
                yield record
                continue
            start, content = record
            try:
                state = tnetstring.loads(content)
                exchanges = _exchanges_of_state(compat.migrate_flow(cast(dict[bytes | str, Any], state)))
            except Exception as error:  # mitmproxy raises whatever a damaged state leads it to
                reason = str(error) if "flow format version" in str(error) else type(error).__name__
                yield Unreadable(
                    "broken-flow", f"the flow at byte {start} is damaged ({reason}); it was left out", count=1
                )
                continue
            yield from exchanges
        progress(file.tell())


def _exchanges_of_state(state: dict[Any, Any]) -> list[Exchange]:
    """A flow as it was saved, and after it what was sent over it if it became a WebSocket.

    Raises:
        Exception: whatever a damaged state leads to.
    """
    exchange = _exchange_of_state(state)
    if exchange is None or not exchange.websocket:
        return [] if exchange is None else [exchange]
    sent = SocketMessages()
    messages = WebSocketData.from_state(state["websocket"]).messages
    return [exchange, *(each for message in messages for each in messages_of(sent, exchange, message))]


def messages_of(sent: SocketMessages, socket: Exchange, message: WebSocketMessage) -> Iterator[Exchange]:
    """The exchange of a message, if the client sent it.

    Raises:
        ValueError: if its time is none.
    """
    if message.from_client and not message.injected:
        content = message.content if message.is_text else None
        yield from sent.exchanges(socket, checked_time(message.timestamp), content)


def _exchange_of_state(state: dict[Any, Any]) -> Exchange | None:
    """A flow as it was saved, in the format of this mitmproxy. What surrounds the messages (connections, certificates) is left
    unread but for the client's address: it takes mitmproxy longer than the messages, and nothing needs it.

    Raises:
        Exception: whatever a damaged state leads to.
    """
    if state["type"] != "http":
        Flow.from_state(state)  # of what mitmproxy does not know either, it is told
        return None
    request = http.Request.from_state(state["request"])
    response, error = state["response"], state["error"]
    client, metadata, key = state["client_conn"], state["metadata"], state["id"]
    peer, connection = client["peername"], client["id"]
    if not (isinstance(key, str) and isinstance(metadata, dict) and (peer is None or isinstance(peer[0], str))):
        raise TypeError("not the state of a flow")
    if request.method == "CONNECT":
        return None
    checked_time(request.timestamp_start)
    return _exchange(
        request,
        None if response is None else http.Response.from_state(response),
        peer=peer,
        error=None if error is None else Error.from_state(error),
        websocket=state["websocket"] is not None,
        own=OWN in metadata,
        page_key=metadata.get(PAGE_KEY),
        key=key,
        connection=connection if isinstance(connection, str) else None,
    )


def _records(file: BinaryIO) -> Iterator[tuple[int, bytes] | Unreadable]:
    """Each record with its place in the file, and the damaged parts between records."""
    while True:
        start = file.tell()
        head = file.read(13)
        if not head:
            return
        length = _length(file, start, head)
        if length is not None:
            file.seek(start)
            yield start, file.read(length)
            continue
        following = _next_record(file, start)
        if following is None:
            reason = f"the flow at byte {start} is cut short or damaged, and no other follows; it was left out"
            yield Unreadable("truncated-capture", reason)
            return
        reason = f"bytes {start} to {following} hold no flow that can be read; they were left out"
        yield Unreadable("broken-flow", reason)
        file.seek(following)


def _length(file: BinaryIO, start: int, head: bytes) -> int | None:
    """Bytes of the whole record that starts at a place with a head; ``None`` if none does. Looks at its last byte alone: a false
    length would have much of the file read for nothing, again and again."""
    prefix = _PREFIX.match(head)
    if prefix is None or int(prefix.group(1)) > _MAX_RECORD:
        return None
    length = prefix.end() + int(prefix.group(1)) + 1
    file.seek(start + length - 1)
    return length if file.read(1) == b"}" else None


def _next_record(file: BinaryIO, start: int) -> int | None:
    """Where the next whole flow starts behind a place; ``None`` if none does.

    Every dictionary within a flow looks like a flow too, but only a flow states its version and type. Each is looked for once
    and remembered, not once for each that looks like a flow: there may be as many of those as a file has bytes.
    """
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        version, kind = _Marker(content, b"7:version"), _Marker(content, b"4:type")
        for found in _START.finditer(content, start + 1):
            begin, end = found.start(1), found.end(1) + 1 + int(found.group(1))
            if content[end : end + 1] == b"}" and version.stands_in(begin, end) and kind.stands_in(begin, end):
                return begin
    return None


class _Marker:
    """Some bytes in a file, looked for behind places that only grow."""

    def __init__(self, content: mmap.mmap, marker: bytes) -> None:
        self._content = content
        self._marker = marker
        self._place = -1
        """The first one behind the last place."""

    def stands_in(self, begin: int, end: int) -> bool:
        """Whether it stands between two places."""
        if self._place < begin:
            found = self._content.find(self._marker, begin)
            self._place = found if found >= 0 else len(self._content)
        return self._place + len(self._marker) <= end


OWN = "consentwire"
"""Metadata of a flow that consentwire answered itself; mitmproxy keeps it in flow files, and nothing on the wire can set it."""
PAGE_KEY = "consentwire-page"
"""Metadata of a page with the in-page probe: the part of its key by which its reports are known."""


def exchange_of(flow: http.HTTPFlow) -> Exchange:
    """A mitmproxy flow as an exchange, whether or not it got a response, and without a response body that nobody reads."""
    return _exchange(
        flow.request,
        flow.response,
        peer=flow.client_conn.peername,
        error=flow.error,
        websocket=flow.websocket is not None,
        own=OWN in flow.metadata,
        page_key=flow.metadata.get(PAGE_KEY),
        key=flow.id,
        connection=flow.client_conn.id,
        with_unread=False,
    )


def _exchange(
    request: http.Request,
    response: http.Response | None,
    *,
    peer: Sequence[Any] | None,
    error: Error | None,
    websocket: bool,
    own: bool,
    page_key: object,
    key: str,
    connection: str | None,
    with_unread: bool = True,
) -> Exchange:
    parts = request.data  # every request passes here, and mitmproxy's own properties take their time
    path, _, query = parts.path.decode("utf-8", "surrogateescape").partition("?")
    sent = Headers(parts.headers.fields)
    received = _NO_HEADERS if response is None else Headers(response.data.headers.fields)
    answer = None if response is None else _beginning(response.data.content)
    if answer and not with_unread and not is_read(received.raw, answer):
        answer = None
    return Exchange(
        started_at=parts.timestamp_start,
        client=str(peer[0]) if peer else "unknown",
        method=request.method,
        scheme=request.scheme,
        host=host_of(request).lower(),
        port=parts.port,
        path=path or "/",
        query=query,
        request_headers=sent,
        request_body=body_of(_beginning(parts.content), sent),
        status=None if response is None else response.status_code,
        response_headers=received,
        response_body=body_of(answer, received),
        response_at=None if response is None else response.timestamp_start,
        failure=None if error is None else error.msg[:300],
        websocket=websocket,
        messages_follow=websocket,
        own=own,
        page_key=page_key if isinstance(page_key, str) else None,
        connection=connection,
        key=key,
    )


def _beginning(content: bytes | None) -> bytes | None:
    """A body, or its beginning if it is longer than what is read."""
    return content[: MAX_BODY_BYTES + 1] if content is not None and len(content) > MAX_BODY_BYTES else content


def host_of(request: http.Request) -> str:
    """The host's name: in transparent modes the flow has an address, and a header has the name."""
    parts = request.data
    if not (parts.host[:1].isdigit() or ":" in parts.host):
        return parts.host
    authority = parts.authority if parts.http_version in _WITH_AUTHORITY else b""
    return _named(authority or raw_field(parts.headers.fields, b"host")) or parts.host


@lru_cache(maxsize=5000)
def _named(header: bytes | None) -> str:
    return parse_authority(header.decode("utf-8", "surrogateescape"), check=False)[0] if header else ""
