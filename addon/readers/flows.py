"""mitmproxy flow files, and mitmproxy's flows as exchanges: for files and for the live door."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from mitmproxy import http
from mitmproxy.flow import Error, Flow
from mitmproxy.io import compat, tnetstring
from mitmproxy.websocket import WebSocketData, WebSocketMessage

from addon.exchange import Exchange, Headers

from .capture import CaptureFile, Identity, Unreadable, checked_time
from .flow_exchange import MAX_FAILURE, NO_HEADERS, OWN, PAGE_KEY, beginning, exchange_of_parts, host_of
from .flow_files import PREFIX, records
from .flow_records import OtherRecord, exchange_of_record
from .packed import Content
from .response_kinds import is_read
from .websocket_messages import SocketMessages

_PROGRESS_EVERY = 64
_BUFFER = 64 * 1024


def looks_like_flows(head: bytes) -> bool:
    """Whether a file starts as a flow file does: a length, a colon, and a record that names its keys."""
    prefix = PREFIX.match(head)
    return prefix is not None and PREFIX.match(head[prefix.end() :]) is not None


def open_flows(path: Path, identity: Identity, content: Content) -> CaptureFile:
    return CaptureFile(
        path, "flows", identity, content, cookies_visible=True, one_clock=False, notes=(), read=read, unsorted=read
    )


def read(path: Path, progress: Callable[[int], None]) -> Iterator[Exchange | Unreadable]:
    """Every HTTP flow of a file, in the order in which they were saved."""
    with path.open("rb", _BUFFER) as file:
        for number, record in enumerate(records(file)):
            if number % _PROGRESS_EVERY == 0:
                progress(file.tell())
            if isinstance(record, Unreadable):
                yield record
                continue
            start, content = record
            try:
                exchanges = _exchanges_of_record(content)
            except Exception as error:  # mitmproxy raises whatever a damaged state leads it to
                reason = str(error) if "flow format version" in str(error) else type(error).__name__
                yield Unreadable(
                    "broken-flow", f"the flow at byte {start} is damaged ({reason}); it was left out", count=1
                )
                continue
            yield from exchanges
        progress(file.tell())


def _exchanges_of_record(record: bytes) -> list[Exchange]:
    """A record as an exchange, with what was sent over it: the short way, or by mitmproxy.

    Raises:
        Exception: whatever a damaged record leads to.
    """
    try:
        exchange = exchange_of_record(record)
        return [] if exchange is None else [exchange]
    except OtherRecord:
        state = tnetstring.loads(record)
        return exchanges_of_state(compat.migrate_flow(cast(dict[bytes | str, Any], state)))


def exchanges_of_state(state: dict[Any, Any]) -> list[Exchange]:
    """A flow as it was saved, and after it what was sent over it if it became a WebSocket.

    Raises:
        Exception: whatever a damaged state leads to.
    """
    exchange = exchange_of_state(state)
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


def exchange_of_state(state: dict[Any, Any]) -> Exchange | None:
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
    sent = Headers(parts.headers.fields)
    received = NO_HEADERS if response is None else Headers(response.data.headers.fields)
    answer = None if response is None else beginning(response.data.content)
    if answer and not with_unread and not is_read(received.raw, answer):
        answer = None
    return exchange_of_parts(
        at=parts.timestamp_start,
        client=str(peer[0]) if peer else None,
        method=request.method,
        scheme=request.scheme,
        host=host_of(request),
        port=parts.port,
        path=parts.path,
        sent=sent,
        body=beginning(parts.content),
        status=None if response is None else response.status_code,
        received=received,
        answer=answer,
        response_at=None if response is None else response.timestamp_start,
        failure=None if error is None else error.msg[:MAX_FAILURE],
        websocket=websocket,
        own=own,
        page_key=page_key if isinstance(page_key, str) else None,
        connection=connection,
        key=key,
    )
