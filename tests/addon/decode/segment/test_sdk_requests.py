"""Every SDK's request, as its source makes it: to Segment's hosts, and to a custom domain that only its shape gives away."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from segment.analytics import request as python_sdk
from segment.analytics.client import Client

from addon.decode.facts import Surface
from addon.exchange import Exchange
from addon.jsontext import Json

from .wire import EU, OWN, TYPES, US, basic, event, events, request

SENT_AT = "2026-11-23T12:00:01.000Z"
BROWSER = {"user-agent": "Mozilla/5.0 (X11) Chrome/140", "origin": "https://shop.example"}


def message(library: str, version: str, message_id: str, **more: Json) -> dict[str, Json]:
    context: dict[str, Json] = {"library": {"name": library, "version": version}}
    return {
        "type": "track",
        "event": "Order Completed",
        "messageId": message_id,
        "anonymousId": "a-1",
        "timestamp": "2026-11-23T12:00:00.000Z",
        "integrations": {},
        "context": context,
        **more,
    }


@dataclass(frozen=True)
class Sdk:
    """How one SDK sends one message."""

    name: str
    path: str
    content_type: str
    body: Json
    surface: Surface
    library: str
    headers: dict[str, str] = field(default_factory=dict)
    compressed: bool = False
    sent_at: str = SENT_AT

    def sends(self, base: str) -> Exchange:
        raw = json.dumps(self.body).encode()
        headers = {"content-type": self.content_type, **self.headers}
        if self.compressed:
            raw, headers["content-encoding"] = gzip.compress(raw), "gzip"
        return request(base + self.path, raw, headers=headers)


WEB = message("analytics.js", "next-1.84.1", "ajs-next-1719999999999-0e37d1ab-7a33-4c05-9c33-aaaaaaaaaaaa")
UPPER, LOWER = "0E37D1AB-7A33-4C05-9C33-AAAAAAAAAAAA", "0e37d1ab-7a33-4c05-9c33-aaaaaaaaaaaa"
UUID = "0123456789abcdef0123456789abcdef"
METADATA: Json = {"bundled": ["Segment.io"], "unbundled": [], "bundledIds": []}
KEY: dict[str, Json] = {"writeKey": "WK", "sentAt": SENT_AT}

SDKS = [
    Sdk(
        "analytics.js 2, one by one",
        "/t",
        "text/plain",
        {**WEB, **KEY, "_metadata": METADATA},
        Surface.WEB,
        "analytics.js",
        {**BROWSER, "authorization": basic("WK:")},
    ),
    Sdk(
        "analytics.js 2, batching",
        "/b",
        "text/plain",
        {"writeKey": "WK", "batch": [{**WEB, "writeKey": "WK", "_metadata": METADATA}], "sentAt": SENT_AT},
        Surface.WEB,
        "analytics.js",
        {**BROWSER, "authorization": basic("WK:")},
    ),
    Sdk(
        "classic analytics.js",
        "/t",
        "text/plain",
        {**message("analytics.js", "4.1.8", f"ajs-{UUID}"), **KEY},
        Surface.WEB,
        "analytics.js",
        BROWSER,
    ),
    Sdk(
        "a fork of classic analytics.js",
        "/batch",
        "text/plain",
        {
            "batch": [{**message("analytics.js", "4.1.8", f"ajs-{UUID}"), "writeKey": "WK"}],
            "sentAt": SENT_AT,
            "metadata": {},
        },
        Surface.WEB,
        "analytics.js",
        BROWSER,
    ),
    Sdk(
        "Kotlin",
        "/b",
        "text/plain",
        {"batch": [message("analytics-kotlin", "1.24.1", LOWER)], **KEY},
        Surface.MOBILE,
        "analytics-kotlin",
        {"user-agent": "analytics-kotlin/1.24.1", "transfer-encoding": "chunked"},
        compressed=True,
    ),
    Sdk(
        "Swift",
        "/b",
        "application/json; charset=utf-8",
        {"batch": [message("analytics-swift", "1.9.4", UPPER)], **KEY},
        Surface.MOBILE,
        "analytics-swift",
        {"user-agent": "analytics-ios/1.9.4"},
    ),
    Sdk(
        "React Native",
        "/b",
        "application/json; charset=utf-8",
        {"batch": [message("analytics-react-native", "2.21.4", LOWER)], **KEY},
        Surface.MOBILE,
        "analytics-react-native",
        {"user-agent": "okhttp/4.9"},
    ),
    Sdk(
        "legacy iOS",
        "/batch",
        "application/json",
        {"batch": [message("analytics-ios", "4.1.8", UPPER)], **KEY},
        Surface.MOBILE,
        "analytics-ios",
        {"user-agent": "analytics-ios/4.1.8"},
        compressed=True,
    ),
    Sdk(
        "legacy iOS before 2023",
        "/batch",
        "application/json",
        {"batch": [message("analytics-ios", "4.1.6", UPPER)], "sentAt": SENT_AT},
        Surface.MOBILE,
        "analytics-ios",
        {"user-agent": "analytics-ios/4.1.6", "authorization": basic("WK:")},
        compressed=True,
    ),
    Sdk(
        "legacy Android",
        "/import",
        "application/json",
        {"batch": [message("analytics-android", "4.11.3", LOWER)], **KEY},
        Surface.MOBILE,
        "analytics-android",
        {"user-agent": "analytics-android/4.11.3", "transfer-encoding": "chunked"},
        compressed=True,
    ),
    Sdk(
        "Node",
        "/batch",
        "application/json",
        {"batch": [message("@segment/analytics-node", "2.3.0", f"node-next-1719999999999-{LOWER}")], **KEY},
        Surface.SERVER,
        "@segment/analytics-node",
        {"user-agent": "analytics-node-next/latest", "authorization": basic("WK:")},
    ),
    Sdk(
        "Node with OAuth",
        "/batch",
        "application/json",
        {"batch": [message("@segment/analytics-node", "2.3.0", f"node-next-1719999999999-{LOWER}")], **KEY},
        Surface.SERVER,
        "@segment/analytics-node",
        {"user-agent": "analytics-node-next/latest", "authorization": "Bearer eyJhbGciOi"},
    ),
    Sdk(
        "Go",
        "/batch",
        "application/json",
        {
            "messageId": LOWER,
            "sentAt": SENT_AT,
            "batch": [message("analytics-go", "3.0.0", LOWER, context=None)],
            "context": {"library": {"name": "analytics-go", "version": "3.0.0"}},
        },
        Surface.SERVER,
        "analytics-go",
        {"user-agent": "analytics-go (version: 3.0.0)", "authorization": basic("WK:")},
    ),
    *(
        Sdk(
            library,
            "/batch",
            "application/json",
            {"batch": [message(library, "1.0.0", LOWER)], **KEY},
            Surface.SERVER,
            library,
            {"authorization": basic("WK:")},
        )
        for library in ("analytics-python", "analytics-java", "analytics-php", "analytics-ruby", "analytics-node")
    ),
]
each_sdk = pytest.mark.parametrize("sdk", SDKS, ids=lambda sdk: sdk.name)


@pytest.mark.parametrize("base", [US, EU, OWN, "https://shop.example/seg/evs"])
@each_sdk
def test_a_message_is_read_wherever_it_is_sent(sdk: Sdk, base: str) -> None:
    found = event(sdk.sends(base))
    assert (found.type, found.name) == ("track", "Order Completed")
    assert (found.write_key, found.anonymous_id) == ("WK", "a-1")
    assert (found.surface, found.library) == (sdk.surface, sdk.library)
    assert (found.timestamp, found.sent_at) == ("2026-11-23T12:00:00.000Z", sdk.sent_at)
    assert not found.retry


@each_sdk
def test_a_content_type_says_nothing(sdk: Sdk) -> None:
    sent = sdk.sends(US)
    for content_type in ("text/plain", "application/json", "application/octet-stream", ""):
        again = Sdk(sdk.name, sdk.path, content_type, sdk.body, sdk.surface, sdk.library, sdk.headers, sdk.compressed)
        assert event(again.sends(US)) == event(sent)


@pytest.mark.parametrize("base", [US, OWN])
def test_gzip_is_recognised_without_its_header(base: str) -> None:
    raw = json.dumps({"batch": [message("analytics-kotlin", "1", LOWER)], **KEY}).encode()
    assert event(request(f"{base}/b", gzip.compress(raw))).library == "analytics-kotlin"


@pytest.mark.parametrize("base", [US, OWN])
def test_a_gzip_header_over_an_inflated_body_is_not_believed(base: str) -> None:
    raw = json.dumps({"batch": [message("analytics-kotlin", "1", LOWER)], **KEY}).encode()
    assert event(request(f"{base}/b", raw, headers={"content-encoding": "gzip"})).library == "analytics-kotlin"


def test_the_space_that_swift_writes_first_is_no_obstacle() -> None:
    batch = json.dumps(message("analytics-swift", "1.9.4", UPPER))
    raw = f'{{ "batch": [{batch}],"sentAt":"{SENT_AT}","writeKey":"WK"}}'.encode()
    assert event(request(f"{OWN}/b", raw)).library == "analytics-swift"


@pytest.mark.parametrize("start", [b"\xef\xbb\xbf", b"\r\n\t ", b"\n"])
def test_what_may_stand_before_json_is_no_obstacle_on_a_custom_domain(start: bytes) -> None:
    assert event(request(f"{OWN}/t", start + json.dumps({**WEB, **KEY}).encode())).library == "analytics.js"


@pytest.mark.parametrize("path", ["/t", "/anything/at/all", "/"])
def test_react_native_may_send_to_a_path_of_the_apps_own(path: str) -> None:
    body: Json = {"batch": [message("analytics-react-native", "2.21.4", LOWER)], **KEY}
    assert event(request(f"https://proxy.shop.example{path}", body)).surface is Surface.MOBILE


@pytest.mark.parametrize("base", [US, EU])
@pytest.mark.parametrize("kind", TYPES)
def test_a_letter_and_a_word_in_the_path_state_the_type(kind: str, base: str) -> None:
    body: dict[str, Json] = {"userId": "u-1", "writeKey": "WK"}
    for path in (kind, kind[0], f"{kind}/"):
        assert event(request(f"{base}/{path}", body)).type == kind


def test_the_body_states_the_type_before_the_path_does() -> None:
    assert event(request(f"{US}/track", {"type": "page", "userId": "u-1"})).type == "page"


@pytest.mark.parametrize("path", ["b", "batch", "import"])
def test_a_batch_is_read_in_order(path: str) -> None:
    batch: list[Json] = [{"type": kind, "userId": "u-1"} for kind in TYPES]
    found = events(request(f"{US}/{path}", {"batch": batch, "writeKey": "WK"}))
    assert [(each.position, each.type) for each in found] == list(enumerate(TYPES))


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("host", ["https://api.segment.io", "https://metrics.shop.example"])
def test_what_the_real_python_sdk_sends_is_read(host: str, compress: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Exchange] = []

    def posted(url: str, *, data: str | bytes, headers: dict[str, str], **_: Any) -> SimpleNamespace:
        raw = data.encode() if isinstance(data, str) else data
        seen.append(request(url, raw, headers={name.lower(): value for name, value in headers.items()}))
        return SimpleNamespace(status_code=200)

    monkeypatch.setattr(python_sdk._session, "post", posted)
    client = Client("WK", send=False)
    _, made = client.track("u-1", "Order Completed", {"total": 3}, context={"ip": "192.0.2.1"})
    for retry in (0, 2):
        python_sdk.post("WK", host, gzip=compress, batch=[made], retry_count=retry)
    first, again = (event(exchange) for exchange in seen)
    assert (first.write_key, first.user_id, first.name) == ("WK", "u-1", "Order Completed")
    assert (first.surface, first.library) == (Surface.SERVER, "analytics-python")
    assert first.sent_at is not None
    assert (first.retry, again.retry) == (False, True)
    assert first.message_id == again.message_id
