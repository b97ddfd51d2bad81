"""Traffic as a browsing tester makes it, endless and always the same: pages, pictures, scripts, vendors' pixels, Segment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from urllib.parse import quote

_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36"
_CONSENT = quote(
    json.dumps(
        {
            "categories": ["necessary", "analytics"],
            "revision": 0,
            "consentTimestamp": "2026-11-01T12:00:00.000Z",
            "consentId": "5f0c1d9e-2a1b-4c3d-8e4f-000000000000",
            "lastConsentTimestamp": "2026-11-01T12:00:00.000Z",
        }
    )
)
_COOKIES = f"cc_cookie={_CONSENT}; ajs_anonymous_id=0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0; _ga=GA1.1.123456789.1700000000; sid=abcdef"


@dataclass(frozen=True)
class Request:
    """One request, as it goes to a proxy."""

    method: str
    host: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def encoded(self) -> bytes:
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {self.host}", f"User-Agent: {_AGENT}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


def _first_party(path: str, destination: str, mode: str) -> Request:
    headers = (
        ("Accept", "text/html" if destination == "document" else "*/*"),
        ("Referer", "https://www.shop.example/"),
        ("Sec-Fetch-Dest", destination),
        ("Sec-Fetch-Mode", mode),
        ("Sec-Fetch-Site", "same-origin"),
        ("Accept-Encoding", "gzip, deflate, br, zstd"),
        ("Accept-Language", "en-GB,en;q=0.9"),
        ("Cookie", _COOKIES),
    )
    return Request("GET", "www.shop.example", path, headers)


def _third_party(method: str, host: str, path: str, body: bytes = b"") -> Request:
    headers = (
        ("Accept", "*/*"),
        ("Origin", "https://www.shop.example"),
        ("Referer", "https://www.shop.example/"),
        ("Sec-Fetch-Dest", "empty"),
        ("Sec-Fetch-Mode", "cors"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Accept-Encoding", "gzip, deflate, br, zstd"),
        ("Content-Type", "text/plain"),
    )
    return Request(method, host, path, headers, body)


def message(number: int) -> dict[str, object]:
    """A track call as analytics.js sends it."""
    return {
        "timestamp": "2026-11-23T12:00:00.000Z",
        "integrations": {"Segment.io": True},
        "type": "track",
        "event": f"Event {number % 40}",
        "properties": {
            "product": "Shirt",
            "price": 42.5,
            "currency": "EUR",
            "list": ["a", "b", "c"],
            "position": number,
        },
        "anonymousId": "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0",
        "userId": None,
        "messageId": f"ajs-next-1700000000000-{number:032x}",
        "writeKey": "WK_BENCH",
        "context": {
            "page": {"path": "/", "referrer": "", "search": "", "title": "Shop", "url": "https://www.shop.example/"},
            "userAgent": _AGENT,
            "locale": "en-GB",
            "library": {"name": "analytics.js", "version": "npm:next-1.84.3"},
            "consent": {"categoryPreferences": {"analytics": True, "marketing": False}},
            "timezone": "Europe/Berlin",
        },
        "_metadata": {"bundled": ["Segment.io"], "unbundled": ["Braze", "Amplitude"], "bundledIds": []},
        "sentAt": "2026-11-23T12:00:00.010Z",
    }


def segment_single(number: int) -> Request:
    return _third_party("POST", "api.segment.io", "/v1/t", json.dumps(message(number)).encode())


def segment_batch(number: int, size: int = 20) -> Request:
    batch = {"writeKey": "WK_BENCH", "sentAt": "2026-11-23T12:00:00.010Z"}
    messages = [message(number * size + index) for index in range(size)]
    return _third_party("POST", "api.segment.io", "/v1/b", json.dumps({**batch, "batch": messages}).encode())


def browsing() -> Iterator[Request]:
    """A shop with a consent manager, Segment and two pixels: of 20 requests, 15 are the shop's own."""
    for number in count():
        yield _first_party(f"/page/{number}", "document", "navigate")
        for index in range(14):
            yield _first_party(f"/static/{number}/{index}.webp", "image", "no-cors")
        yield _third_party(
            "GET", "www.facebook.com", "/tr/?id=1234567890&ev=PageView&dl=https%3A%2F%2Fwww.shop.example%2F"
        )
        yield _third_party("GET", "www.google-analytics.com", "/g/collect?v=2&tid=G-ABC&cid=1.2&en=page_view")
        yield _third_party("GET", "fonts.gstatic.com", "/s/inter/v13/font.woff2")
        yield segment_single(2 * number)
        yield segment_single(2 * number + 1)


def segment_only() -> Iterator[Request]:
    """Nothing but batches of 20 messages: the heaviest that the addon can get."""
    for number in count():
        yield segment_batch(number)
