"""Calls to vendors, and what their readers find in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from addon.body import Body
from addon.decode.facts import Hit
from addon.decode.hits import HitReading, read_hits
from addon.exchange import Exchange, Headers
from vendor_catalog import shipped_catalogue

CATALOGUE = shipped_catalogue()
EMAIL_HASH = "55e79200c1635b37ad31a378c39feb12f120f116625093a19bc32fff15041149"


def call(
    url: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    kind: str = "text/plain",
    encoding: str | None = None,
) -> Exchange:
    split = urlsplit(url)
    return Exchange(
        started_at=0.0,
        client="127.0.0.1",
        method=method,
        scheme="https",
        host=split.hostname or "",
        port=443,
        path=split.path,
        query=split.query,
        request_headers=Headers.from_text([("content-type", kind)]),
        request_body=None if body is None else Body(body, encoding),
        status=200,
    )


def get(address: str, **parameters: str) -> Exchange:
    return call(f"{address}?{urlencode(parameters)}" if parameters else address)


def post(url: str, body: Any, *, kind: str = "application/json", encoding: str | None = None) -> Exchange:
    """A POST of bytes, of text, or of anything as JSON."""
    content = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    return call(url, method="POST", body=content, kind=kind, encoding=encoding)


def post_form(url: str, fields: Mapping[str, str]) -> Exchange:
    return post(url, urlencode(fields), kind="application/x-www-form-urlencoded")


def post_multipart(url: str, fields: Mapping[str, str], boundary: str = "b0") -> Exchange:
    parts = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    return post(url, f"{parts}--{boundary}--\r\n", kind=f"multipart/form-data; boundary={boundary}")


def reading(exchange: Exchange) -> HitReading:
    match = CATALOGUE.match(exchange.method, exchange.host, exchange.path, exchange.query)
    assert match is not None, f"the catalogue does not know {exchange.url}"
    return read_hits(exchange, match)


def hits(exchange: Exchange) -> tuple[Hit, ...]:
    """The events of a call that can be read."""
    found = reading(exchange)
    assert found.problem is None, found.problem
    return found.hits


def only(exchange: Exchange) -> Hit:
    (hit,) = hits(exchange)
    return hit


def problem(exchange: Exchange) -> str:
    found = reading(exchange).problem
    assert found is not None
    assert found.kind == "call-not-decoded"
    return found.reason
