"""Requests as Segment's SDKs make them, and what becomes of them at the door of the decoder."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from addon.body import Body
from addon.decode import decode
from addon.decode.facts import Decoded, Event, Settings
from addon.exchange import Exchange, Headers, Unsent
from addon.jsontext import Json
from vendor_catalog import CallKind, shipped_catalogue

US = "https://api.segment.io/v1"
EU = "https://events.eu1.segmentapis.com/v1"
OWN = "https://metrics.shop.example/v1"
"""A custom domain: nothing in its address says Segment."""
CDN = "https://cdn.segment.com/v1/projects/WK/settings"
TYPES = ("track", "identify", "page", "screen", "group", "alias")


def track(**changes: Json) -> dict[str, Json]:
    """A track call as analytics-next makes it; ``None`` takes a key away."""
    message: dict[str, Json] = {
        "type": "track",
        "event": "Order Completed",
        "messageId": "ajs-next-1719999999999-0e37d1ab-7a33-4c05-9c33-aaaaaaaaaaaa",
        "anonymousId": "a-1",
        "timestamp": "2026-11-23T12:00:00.000Z",
        "context": {"library": {"name": "analytics.js", "version": "next-1.84.1"}},
        **changes,
    }
    return {key: value for key, value in message.items() if value is not None}


def plain(**changes: Json) -> dict[str, Json]:
    """A track call that no SDK has marked: only what the HTTP API asks for."""
    return track(**{"context": None, "messageId": "0e37d1ab-7a33-4c05-9c33-aaaaaaaaaaaa", **changes})


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


def request(
    url: str = f"{US}/t",
    body: Json | bytes = None,
    *,
    method: str | None = None,
    headers: Mapping[str, str] | None = None,
    unsent: Unsent | None = None,
) -> Exchange:
    """One request. A body that is not bytes is sent as JSON, with no space in it, as the SDKs write it."""
    parts = urlsplit(url)
    raw = body if isinstance(body, bytes) or body is None else json.dumps(body, separators=(",", ":")).encode()
    fields = dict(headers or {})
    return Exchange(
        started_at=1_800_000_000.0,
        client="192.0.2.7",
        method=method or ("GET" if raw is None else "POST"),
        scheme=parts.scheme,
        host=parts.hostname or "",
        port=parts.port or 443,
        path=parts.path or "/",
        query=parts.query,
        request_headers=Headers.from_text(fields.items()),
        request_body=None if raw is None else Body(raw, fields.get("content-encoding")),
        unsent=unsent,
    )


def response(
    url: str = CDN,
    body: Json | bytes = None,
    *,
    status: int | None = 200,
    method: str = "GET",
    unsent: Unsent | None = None,
    failure: str | None = None,
) -> Exchange:
    """One request with what it was answered with; no body at all for ``None``."""
    sent = request(url)
    raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    return Exchange(
        started_at=sent.started_at,
        client=sent.client,
        method=method,
        scheme=sent.scheme,
        host=sent.host,
        port=sent.port,
        path=sent.path,
        query=sent.query,
        request_headers=sent.request_headers,
        status=status,
        response_body=None if raw is None else Body(raw),
        failure=failure,
        unsent=unsent,
    )


def read(exchange: Exchange, learned: Iterable[str] = ()) -> Decoded | None:
    """What the pipeline would be told: the shipped catalogue says whom the address belongs to."""
    match = shipped_catalogue().match(exchange.method, exchange.host, exchange.path, exchange.query)
    return decode(exchange, match, dict.fromkeys(learned, "segment"))


def found(exchange: Exchange, learned: Iterable[str] = ()) -> Decoded:
    decoded = read(exchange, learned)
    assert decoded is not None, f"nothing was found in {exchange.method} {exchange.url}"
    return decoded


def events(exchange: Exchange, learned: Iterable[str] = ()) -> tuple[Event, ...]:
    """The events of a delivery that holds nothing unreadable."""
    decoded = found(exchange, learned)
    assert decoded.problems == ()
    assert decoded.kind is CallKind.COLLECT
    return decoded.events


def event(exchange: Exchange, learned: Iterable[str] = ()) -> Event:
    """The only event of a delivery."""
    (only,) = events(exchange, learned)
    return only


def problems(exchange: Exchange, learned: Iterable[str] = ()) -> list[tuple[str, str]]:
    return [(problem.kind, problem.reason) for problem in found(exchange, learned).problems]


def settings(document: Json, url: str = CDN) -> Settings:
    """What a settings response says."""
    decoded = found(response(url, document))
    assert decoded.problems == ()
    assert decoded.kind is CallKind.CONFIG
    assert decoded.settings is not None
    return decoded.settings
