"""Traffic as a browsing tester makes it, endless and always the same: pages, pictures, scripts, vendors' pixels, Segment.

It exercises all that is looked at: calls of vendors in every form (queries, forms, JSON), whose events are read; settings with
filters and destinations in the page; messages with personal data, in their traits and in the page's address; and third parties that
no catalogue lists, one of which gets an identifier.
"""

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
_ANONYMOUS = "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0"
_COOKIES = f"cc_cookie={_CONSENT}; ajs_anonymous_id={_ANONYMOUS}; _ga=GA1.1.123456789.1700000000; sid=abcdef"
_DEVICE = "6f1d7c52-93ab-4e0b-8f5e-1c2d3e4f5061"
_HASH = "b4c9a289323b21a01c3e940f150eb9b8c542587f1abfd8f0e1cc1ffc5e475514"
_SETTINGS_PATH = "/v1/projects/WK_BENCH/settings"


def _consent(*categories: str) -> dict[str, object]:
    return {"consentSettings": {"categories": categories}}


_SETTINGS = json.dumps(
    {
        "integrations": {
            "Segment.io": {"apiKey": "WK_BENCH", "apiHost": "api.segment.io/v1", "unbundledIntegrations": ["Braze"]},
            "Braze": {"bundlingStatus": "unbundled", **_consent("marketing")},
            "Amplitude": {"bundlingStatus": "unbundled", **_consent("analytics")},
            "Facebook Pixel": {"bundlingStatus": "bundled", "type": "browser", **_consent("marketing")},
            "Google Analytics 4 Web": {"bundlingStatus": "bundled", "type": "browser", **_consent("analytics")},
        },
        "consentSettings": {"allCategories": ["analytics", "marketing"], "hasUnmappedDestinations": False},
        "middlewareSettings": {
            "routingRules": [
                {
                    "matchers": [{"ir": '["=","event",{"value":"Event 7"}]', "type": "fql"}],
                    "scope": "destinations",
                    "target_type": "workspace::project::destination::config",
                    "transformers": [[{"type": "drop"}]],
                    "destinationName": "Facebook Pixel",
                }
            ]
        },
        "plan": {"track": {"__default": {"enabled": True, "integrations": {}}}},
    }
).encode()
_GIF = b"x" * 1024


def answer_to(path: str) -> tuple[str, bytes]:
    """What servers answer: the ``Content-Type``, and the body."""
    return ("application/json", _SETTINGS) if path.startswith(_SETTINGS_PATH) else ("image/gif", _GIF)


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


_SEARCH = "?utm_source=news&email=ada.lovelace%40mail.example&order=4711"
_PAGE = f"https://www.shop.example/{_SEARCH}"


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
        "anonymousId": _ANONYMOUS,
        "userId": None,
        "messageId": f"ajs-next-1700000000000-{number:032x}",
        "writeKey": "WK_BENCH",
        "context": {
            "page": {"path": "/", "referrer": "", "search": _SEARCH, "title": "Shop", "url": _PAGE},
            "userAgent": _AGENT,
            "locale": "en-GB",
            "library": {"name": "analytics.js", "version": "npm:next-1.84.3"},
            "consent": {"categoryPreferences": {"analytics": True, "marketing": False}},
            "traits": {"email": "ada.lovelace@mail.example", "firstName": "Ada", "phone": "+49 30 901820"},
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


def _amplitude(number: int) -> bytes:
    events = [
        {
            "device_id": _DEVICE,
            "event_type": f"Event {(number + index) % 40}",
            "time": 1_790_000_000_000 + number,
            "event_properties": {"product": "Shirt", "price": 42.5, "[Amplitude] Page Location": _PAGE},
            "user_properties": {"plan": "free", "visits": number},
        }
        for index in range(3)
    ]
    return json.dumps({"api_key": "0123456789abcdef0123456789abcdef", "events": events}).encode()


def _tiktok(number: int) -> bytes:
    context = {
        "pixel": {"code": "CBENCH00000000000000"},
        "page": {"url": _PAGE, "referrer": ""},
        "user": {"anonymous_id": _DEVICE, "email": _HASH},
        "userAgent": _AGENT,
    }
    return json.dumps({"event": "ViewContent", "event_id": f"e{number}", "context": context}).encode()


def _vendors(number: int) -> Iterator[Request]:
    """What vendors' libraries send of one page."""
    page = quote(_PAGE, safe="")
    meta = f"id=1234567890&ev=PageView&dl={page}&fbp=fb.1.1700000000000.1234567890&ud[em]={_HASH}&cd[price]=42.5"
    yield _third_party("GET", "www.facebook.com", f"/tr/?{meta}")
    analytics = f"v=2&tid=G-ABC&cid=123456789.1700000000&dl={page}&dt=Shop&gcs=G111&gcd=13r3r3r3r5l1"
    events = b"\r\n".join(f"en=view_item&epn.value={number + index}&ep.list=a".encode() for index in range(3))
    yield _third_party("POST", "www.google-analytics.com", f"/g/collect?{analytics}", events)
    yield _third_party("POST", "api2.amplitude.com", "/2/httpapi", _amplitude(number))
    yield _third_party("POST", "analytics.tiktok.com", "/api/v2/pixel", _tiktok(number))


def _unlisted(number: int) -> Iterator[Request]:
    """Third parties that no catalogue knows."""
    body = {"session": f"{number:016x}", "page": _PAGE, "events": [{"name": "view", "at": number}] * 5}
    yield _third_party("POST", "collect.nobody.example", f"/v1/e?u={_ANONYMOUS}&n={number}", json.dumps(body).encode())
    yield _third_party("GET", "cdn.widgets.example", f"/w/{number}/widget.js?v=3&key=8f14e45fceea167a5a36dedd4bea2543")


def browsing() -> Iterator[Request]:
    """A shop with a consent manager, Segment, four vendors and two parties unknown: of 20 requests, 11 are the shop's own. A browser
    keeps the settings of a source for a while, and asks for them on every fifth page."""
    for number in count():
        yield _first_party(f"/page/{number}", "document", "navigate")
        for index in range(10):
            yield _first_party(f"/static/{number}/{index}.webp", "image", "no-cors")
        if number % 5 == 0:
            yield _third_party("GET", "cdn.segment.com", _SETTINGS_PATH)
        else:
            yield _third_party("GET", "fonts.gstatic.com", "/s/inter/v13/font.woff2")
        yield from _vendors(number)
        yield from _unlisted(number)
        yield segment_single(2 * number)
        yield segment_single(2 * number + 1)


def segment_only() -> Iterator[Request]:
    """Nothing but batches of 20 messages: the heaviest that the addon can get."""
    for number in count():
        yield segment_batch(number)
