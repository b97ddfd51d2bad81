"""Records read by stepping over what nobody reads: the same as mitmproxy reads them."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from mitmproxy import http
from mitmproxy.io import compat, tnetstring
from mitmproxy.test import tflow, tutils

from addon.body import MAX_BODY_BYTES, Body
from addon.exchange import Exchange, Headers
from addon.readers.flow_exchange import OWN, PAGE_KEY
from addon.readers.flow_files import records
from addon.readers.flow_records import OtherRecord, exchange_of_record
from addon.readers.flows import exchange_of_state

from .samples import CAPTURES, NOON, flow, shop

_BROKEN = "broken"
_ODD = [(b"X-\xff", b"\xfe\x00,:;"), (b"x-empty", b""), (b"cookie", b"a=1"), (b"Cookie", b"12:b=2;")]


def facts(exchange: Exchange | None) -> dict[str, object] | None:
    """Everything in an exchange, in a form that can be compared."""

    def plain(value: object) -> object:
        match value:
            case Headers():
                return value.raw
            case Body():
                return value.raw, value._encodings
            case _:
                return value

    if exchange is None:
        return None
    return {field.name: plain(getattr(exchange, field.name)) for field in dataclasses.fields(exchange)}


def by_mitmproxy(record: bytes) -> object:
    try:
        return facts(exchange_of_state(compat.migrate_flow(tnetstring.loads(record))))  # type: ignore[arg-type]
    except Exception:
        return _BROKEN


def recorded(each: http.HTTPFlow) -> bytes:
    return tnetstring.dumps(each.get_state())


def several() -> Iterator[tuple[str, http.HTTPFlow]]:
    yield "a request without an answer", flow("https://shop.example/", status=None)
    yield (
        "a body and fields of any bytes",
        flow(
            "https://shop.example:8443/a?b=c",
            method="post",
            headers=_ODD,
            body=bytes(range(256)),
            response_headers=_ODD,
        ),
    )
    yield "coded bodies", flow("http://shop.example/", response_headers=[(b"Content-Encoding", b"GZIP, br")], body=b"x")
    transparent = flow("https://192.0.2.7/", headers=[(b"Host", b"Shop.Example:443")])
    yield "an address for a host", transparent
    newer = flow("https://192.0.2.7/", headers=[(b"host", b"other.example")])
    newer.request.http_version, newer.request.authority = "HTTP/2.0", "shop.example"
    yield "an authority", newer
    odd = flow("https://shop.example/")
    odd.request.data.path, odd.request.data.scheme = b"/caf\xe9?\xff?", b"wss"
    yield "a path that is no text", odd
    yield "a tunnel", flow("https://shop.example/", method="CONNECT")
    own = flow("https://shop.example/")
    own.metadata[OWN] = True
    yield "our own answer", own
    probed = flow("https://shop.example/")
    probed.metadata[PAGE_KEY] = "k\xe9y"
    yield "a page with the probe", probed
    marked = flow("https://shop.example/")
    marked.marked, marked.comment, marked.metadata["other"] = ":red_circle:", "a\nb", [1, {"consentwire": 1}]
    yield "marks of whoever recorded it", marked
    stranger = flow("https://shop.example/")
    stranger.client_conn.peername = ("2001:db8::7", 50_000, 0, 0)
    yield "a client with a long address", stranger
    streamed = flow("https://shop.example/")
    streamed.request.data.content = None
    assert streamed.response is not None
    streamed.response.data.content, streamed.response.timestamp_end = None, None
    yield "bodies that were not kept", streamed
    yield "a body beyond what is read", flow("https://shop.example/", response_body=b"x" * (MAX_BODY_BYTES + 2))
    edited = flow("https://shop.example/")
    edited.backup()  # type: ignore[no-untyped-call]
    edited.request.path = "/edited"
    yield "an edited flow", edited


def others() -> Iterator[tuple[str, http.HTTPFlow]]:
    yield "an error", flow("https://shop.example/", status=None, error="gone")
    yield "a websocket", tflow.twebsocketflow()
    trailing = flow("https://shop.example/")
    assert trailing.response is not None
    trailing.response.trailers = http.Headers([(b"a", b"b")])
    yield "trailers", trailing
    timed = tflow.tflow(req=tutils.treq(timestamp_start=int(NOON)), resp=True)
    yield "a time in whole seconds", timed


@pytest.mark.parametrize("each", [pytest.param(each, id=name) for name, each in several()])
def test_a_record_is_read_as_mitmproxy_reads_it(each: http.HTTPFlow) -> None:
    assert facts(exchange_of_record(recorded(each))) == by_mitmproxy(recorded(each))


@pytest.mark.parametrize("each", [pytest.param(each, id=name) for name, each in others()])
def test_what_is_rare_is_left_to_mitmproxy(each: http.HTTPFlow) -> None:
    with pytest.raises(OtherRecord):
        exchange_of_record(recorded(each))
    assert by_mitmproxy(recorded(each)) != _BROKEN


@pytest.mark.parametrize("path", sorted(CAPTURES.glob("*.mitm")), ids=lambda path: path.name)
def test_every_capture_is_read_as_mitmproxy_reads_it_and_mostly_without_it(path: Path) -> None:
    left = 0
    with path.open("rb") as file:
        read = [record for item in records(file) if isinstance(item, tuple) for record in [item[1]]]
    for record in read:
        try:
            assert facts(exchange_of_record(record)) == by_mitmproxy(record)
        except OtherRecord:
            left += 1
    assert left <= len(read) // 10


def expected(damaged: bytes, before: bytes) -> object:
    """What mitmproxy reads; where it refuses a record for what nobody reads, what it was before the damage."""
    read = by_mitmproxy(damaged)
    return by_mitmproxy(before) if read == _BROKEN else read


@pytest.mark.parametrize("seed", range(4))
def test_damage_is_never_read_as_something_else(seed: int) -> None:
    chance = random.Random(seed)
    whole = [recorded(each) for each in shop()]
    unharmed = 0
    for _ in range(800):
        before = chance.choice(whole)
        damaged, place = bytearray(before), chance.randrange(len(before))
        match chance.randrange(4):
            case 0:
                damaged[place] = chance.randrange(256)
            case 1:
                damaged[place] = chance.choice(b"0123456789:,;#^!~]}-_ ")
            case 2:
                del damaged[place : place + chance.randrange(1, 30)]
            case _:
                damaged[place:place] = chance.randbytes(chance.randrange(1, 20))
        try:
            found = facts(exchange_of_record(bytes(damaged)))
        except OtherRecord:
            continue
        unharmed += by_mitmproxy(bytes(damaged)) == _BROKEN
        assert found == expected(bytes(damaged), before)
    assert unharmed, "some damage lies where nobody reads"


@pytest.mark.parametrize("length", [b"-5", b"+1", b"1_0", b" 1", b"99999999999", b"", b"x"])
def test_lengths_of_any_spelling_end(length: bytes) -> None:
    """A negative length must not have the reader go round in circles."""
    record = recorded(flow("https://shop.example/"))
    for name in (b"9:websocket;", b"8:response;", b"4:path;", b"7:headers;", b"2:id;"):
        at = record.index(name) + len(name)
        damaged = record[:at] + length + record[record.index(b":", at) :]
        try:
            found = facts(exchange_of_record(damaged))
        except OtherRecord:
            continue
        assert found == expected(damaged, record)
