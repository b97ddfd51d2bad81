"""A record of a flow file as an exchange, by stepping over what nobody reads.

mitmproxy parses each of the nearly two hundred values of a record, and checks the types of the messages again when it makes them; an
exchange needs about a quarter of them. So the dictionaries are walked by their length prefixes, and certificates, the server's
connection, and all else that no exchange has stay bytes. What is read is held to what mitmproxy demands of it. Where anything is
not as the proxy at hand writes it, this leaves the record to mitmproxy (``OtherRecord``), which reads or refuses it: damage in what
is read here is found as ever, and damage in what is stepped over costs nothing, because no row depends on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from mitmproxy import connection, http
from mitmproxy.version import FLOW_FORMAT_VERSION

from addon.body import MAX_BODY_BYTES
from addon.exchange import Exchange, Headers

from .capture import checked_time
from .flow_exchange import NO_HEADERS, OWN, PAGE_KEY, exchange_of_parts, named_host

_BYTES, _TEXT, _INTEGER, _FLOAT, _NULL, _LIST, _DICTIONARY = b",;#^~]}"
_VERSION = str(FLOW_FORMAT_VERSION).encode()
_OWN, _PAGE_KEY = OWN.encode(), PAGE_KEY.encode()
_MAX_CACHED = 8192
"""Bytes of header fields, or of a client's connection, that are remembered: browsers send the same ones again and again."""

type Span = tuple[int, int]
"""Where a value begins, and where it ends: there stands its type."""


class _Layout:
    """The names in a dictionary as mitmproxy writes it, always in the same order: the last of a state comes first."""

    def __init__(self, state: Iterable[str]) -> None:
        self.names = tuple(reversed([*state]))
        self.heads = tuple(f"{len(name)}:{name};".encode() for name in self.names)


def _written() -> http.HTTPFlow:
    """A flow as mitmproxy makes one."""
    client = connection.Client(peername=("", 0), sockname=("", 0), timestamp_start=0)
    flow = http.HTTPFlow(client, connection.Server(address=None))
    flow.request = http.Request.make("GET", "http://shop.example/")
    flow.response = http.Response.make()
    return flow


_STATE: dict[str, dict[str, object]] = _written().get_state()
_FLOW = _Layout(_STATE)
_CLIENT, _REQUEST, _RESPONSE = (_Layout(_STATE[part]) for part in ("client_conn", "request", "response"))


class OtherRecord(Exception):
    """A record that has to be read by mitmproxy."""


def exchange_of_record(record: bytes) -> Exchange | None:
    """A whole record as an exchange; ``None`` for a tunnel, which is none.

    Raises:
        OtherRecord: if mitmproxy has to read it: no HTTP, of another version, with an error, a WebSocket or trailers, or damaged.
    """
    try:
        return _exchange(record)
    except (ValueError, KeyError, IndexError) as error:
        raise OtherRecord from error


def _exchange(data: bytes) -> Exchange | None:
    start = data.index(b":", 0, 13) + 1
    flow = _members(data, start, len(data) - 1, _FLOW)
    for name in ("error", "websocket"):
        _expect(data, flow[name], _NULL)
    if _value(data, flow["version"], _INTEGER) != _VERSION or _value(data, flow["type"], _TEXT) != b"http":
        raise OtherRecord
    request = _dictionary(data, flow["request"], _REQUEST)
    method = _method(_value(data, request["method"], _BYTES))
    key = _value(data, flow["id"], _TEXT).decode()
    own, page_key = _notes(data, flow["metadata"])
    client, connection = _client(_value(data, flow["client_conn"], _DICTIONARY))
    sent, host = _checked_request(data, request)
    response = flow["response"]
    status, received, answer, response_at = (
        (None, NO_HEADERS, None, None)
        if data[response[1]] == _NULL and response[0] == response[1]
        else _response(data, _dictionary(data, response, _RESPONSE))
    )
    if method == "CONNECT":
        return None
    return exchange_of_parts(
        at=checked_time(float(_value(data, request["timestamp_start"], _FLOAT))),
        client=client,
        method=method,
        scheme=_scheme(_value(data, request["scheme"], _BYTES)),
        host=host,
        port=int(_value(data, request["port"], _INTEGER)),
        path=_value(data, request["path"], _BYTES),
        sent=sent,
        body=_body(data, request["content"]),
        status=status,
        received=received,
        answer=answer,
        response_at=response_at,
        failure=None,
        websocket=False,
        own=own,
        page_key=page_key,
        connection=connection,
        key=key,
    )


def _checked_request(data: bytes, request: dict[str, Span]) -> tuple[Headers, str]:
    """The header fields and the host of a request that is whole."""
    _expect(data, request["trailers"], _NULL)
    _check_end(data, request["timestamp_end"])
    fields = _headers(data, request["headers"])
    version = _value(data, request["http_version"], _BYTES)
    authority = _value(data, request["authority"], _BYTES)
    return fields, named_host(_value(data, request["host"], _TEXT).decode(), version, authority, fields.raw)


def _response(data: bytes, response: dict[str, Span]) -> tuple[int, Headers, bytes | None, float]:
    """Status, header fields, body and time of a response that is whole."""
    _expect(data, response["trailers"], _NULL)
    _check_end(data, response["timestamp_end"])
    _value(data, response["http_version"], _BYTES)
    _value(data, response["reason"], _BYTES)
    return (
        int(_value(data, response["status_code"], _INTEGER)),
        _headers(data, response["headers"]),
        _body(data, response["content"]),
        float(_value(data, response["timestamp_start"], _FLOAT)),
    )


def _members(data: bytes, place: int, end: int, layout: _Layout) -> dict[str, Span]:
    """The values of a dictionary between two places, by their names."""
    spans: list[Span] = []
    add, index, begins = spans.append, data.index, data.startswith
    for name in layout.heads:
        if not begins(name, place):
            raise OtherRecord
        place += len(name)
        start = index(b":", place, end) + 1
        stop = start + int(data[place : start - 1])
        if not start <= stop < end:
            raise OtherRecord
        add((start, stop))
        place = stop + 1
    if place != end:
        raise OtherRecord
    return dict(zip(layout.names, spans, strict=True))


def _expect(data: bytes, span: Span, kind: int) -> None:
    start, stop = span
    if data[stop] != kind or (kind == _NULL and start != stop):
        raise OtherRecord


def _value(data: bytes, span: Span, kind: int) -> bytes:
    """The bytes of a value, if it is of a type."""
    start, stop = span
    if data[stop] != kind:
        raise OtherRecord
    return data[start:stop]


def _dictionary(data: bytes, span: Span, layout: _Layout) -> dict[str, Span]:
    start, stop = span
    if data[stop] != _DICTIONARY:
        raise OtherRecord
    return _members(data, start, stop, layout)


def _notes(data: bytes, span: Span) -> tuple[bool, str | None]:
    """What consentwire noted in a flow's metadata: whether it answered it itself, and the key of a page with the probe."""
    metadata = _value(data, span, _DICTIONARY)
    listed = _items(metadata)
    if len(listed) % 2:
        raise OtherRecord
    values = {_value(metadata, name, _TEXT): value for name, value in zip(listed[::2], listed[1::2], strict=True)}
    key = values.get(_PAGE_KEY)
    return _OWN in values, None if key is None else _value(metadata, key, _TEXT).decode()


def _check_end(data: bytes, span: Span) -> None:
    """When a message ended, which nobody reads, is a number or missing."""
    start, stop = span
    if data[stop] == _FLOAT:
        float(data[start:stop])
    else:
        _expect(data, span, _NULL)


def _body(data: bytes, span: Span) -> bytes | None:
    """A body, as far as it is read."""
    start, stop = span
    if data[stop] == _BYTES:
        return data[start : min(stop, start + MAX_BODY_BYTES + 1)]
    _expect(data, span, _NULL)
    return None


def _headers(data: bytes, span: Span) -> Headers:
    listed = _value(data, span, _LIST)
    return _remembered_headers(listed) if len(listed) <= _MAX_CACHED else _read_headers(listed)


def _read_headers(listed: bytes) -> Headers:
    """Header fields: a list of pairs of bytes."""
    pairs = []
    for start, stop in _items(listed):
        if listed[stop] != _LIST:
            raise OtherRecord
        pair = listed[start:stop]
        name, value = _items(pair)
        pairs.append((_value(pair, name, _BYTES), _value(pair, value, _BYTES)))
    return Headers(pairs)


_remembered_headers = lru_cache(maxsize=1024)(_read_headers)


def _items(data: bytes) -> list[Span]:
    """The values of a list, or the names and values of a dictionary."""
    found = []
    index, place, end = data.index, 0, len(data)
    while place < end:
        start = index(b":", place, end) + 1
        stop = start + int(data[place : start - 1])
        if not start <= stop < end:
            raise OtherRecord
        found.append((start, stop))
        place = stop + 1
    return found


def _client(state: bytes) -> tuple[str, str]:
    return _remembered_client(state) if len(state) <= _MAX_CACHED else _read_client(state)


def _read_client(state: bytes) -> tuple[str, str]:
    """The address of a client, and the id of its connection."""
    members = _members(state, 0, len(state), _CLIENT)
    address = _value(state, members["peername"], _LIST)
    return _value(address, _items(address)[0], _TEXT).decode(), _value(state, members["id"], _TEXT).decode()


_remembered_client = lru_cache(maxsize=1024)(_read_client)


@lru_cache(maxsize=64)
def _method(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape").upper()


@lru_cache(maxsize=64)
def _scheme(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
