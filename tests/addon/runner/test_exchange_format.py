"""What goes from the proxy to the analysis arrives as it was sent."""

from __future__ import annotations

from dataclasses import fields

import pytest

from addon.body import Body
from addon.exchange import Exchange, Headers, Unsent
from addon.runner.exchange_format import pack, unpack


def an_exchange(**given: object) -> Exchange:
    headers = Headers([(b"Host", b"shop.example"), (b"X", b"\xff\x00"), (b"Content-Encoding", b"gzip")])
    values: dict[str, object] = {
        "started_at": 1.5,
        "client": "192.0.2.1",
        "method": "POST",
        "scheme": "https",
        "host": "shop.example",
        "port": 443,
        "path": "/\udcff",
        "query": "a=1",
        "request_headers": headers,
        "request_body": Body(b"\x1f\x8b\x00", "gzip"),
        "status": 204,
        "response_headers": Headers([(b"Set-Cookie", b"a=b")]),
        "response_body": Body(b"{}"),
        "response_at": 2.5,
        "failure": "gone",
        "page_url": "https://shop.example/",
        "unsent": Unsent.CACHED,
        "websocket": True,
        "own": True,
        "key": "flow-1",
    }
    return Exchange(**(values | given))  # type: ignore[arg-type]


def facts(exchange: Exchange) -> dict[str, object]:
    found: dict[str, object] = {each.name: getattr(exchange, each.name) for each in fields(exchange)}
    for name in ("request_headers", "response_headers"):
        found[name] = found[name].raw  # type: ignore[attr-defined]
    for name in ("request_body", "response_body"):
        body = found[name]
        found[name] = None if body is None else (body.raw, body._encodings)  # type: ignore[attr-defined]
    return found


def test_every_field_arrives_as_it_was_sent() -> None:
    sent = an_exchange()
    (arrived,) = unpack(pack([sent]))
    assert facts(arrived) == facts(sent)


def test_what_an_exchange_does_not_have_it_does_not_get() -> None:
    bare = Exchange(0.0, "c", "GET", "https", "shop.example", 443, "/", "", Headers())
    (arrived,) = unpack(pack([bare]))
    assert facts(arrived) == facts(bare)


def test_the_order_is_kept() -> None:
    sent = [an_exchange(key=str(number)) for number in range(50)]
    assert [exchange.key for exchange in unpack(pack(sent))] == [exchange.key for exchange in sent]


def test_what_is_no_plain_value_is_refused() -> None:
    with pytest.raises(ValueError, match="unmarshallable"):
        pack([an_exchange(failure=object())])
