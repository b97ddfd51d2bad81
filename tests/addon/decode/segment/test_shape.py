"""Custom domains: what is Segment's by its shape alone, and all that only looks like it."""

from __future__ import annotations

import json

import pytest

from addon.exchange import Exchange
from addon.jsontext import Json, mapping
from vendor_catalog import CallKind

from .wire import OWN, basic, event, found, plain, read, request, track

HASH = "0123456789abcdef0123456789abcdef"
METADATA: Json = {"bundled": [], "unbundled": [], "bundledIds": []}


@pytest.mark.parametrize(
    "body",
    [
        plain(_metadata=METADATA),
        plain(messageId="ajs-next-1719999999999-x"),
        plain(messageId="node-next-1719999999999-x"),
        plain(messageId=f"ajs-{HASH}"),
        plain(context={"library": {"name": "analytics.js"}}, writeKey="WK"),
        plain(context={"library": {"name": "analytics-kotlin"}}, writeKey="WK", anonymousId=None, userId=42),
    ],
    ids=["_metadata", "ajs-next", "node-next", "classic id", "library with key", "library with key and user"],
)
def test_one_mark_of_an_sdk_is_enough(body: Json) -> None:
    assert event(request("https://t.shop.example/whatever", body)).type == "track"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({"batch": [plain()], "writeKey": "WK"}, {}),
        ({"batch": [plain(writeKey="WK")], "sentAt": "now", "metadata": {}}, {}),
        ({"batch": [plain(), plain()], "messageId": "x", "context": {}}, {"authorization": basic("WK:")}),
    ],
    ids=["on the envelope", "on each message", "in authorization"],
)
def test_a_batch_of_nothing_but_messages_with_a_write_key_is_segments(body: Json, headers: dict[str, str]) -> None:
    assert found(request(f"{OWN}/b", body, headers=headers)).events


def test_a_bad_event_in_a_marked_batch_costs_that_event_alone() -> None:
    body: Json = {"batch": [track(), {"type": "nonsense"}, 7], "writeKey": "WK"}
    decoded = found(request(f"{OWN}/b", body))
    assert [each.position for each in decoded.events] == [0]
    assert [problem.kind for problem in decoded.problems] == ["bad-event", "bad-event"]


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_body_is_what_decides(method: str) -> None:
    assert found(request("https://t.shop.example/x", track(), method=method)).events


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_deliver_no_messages(method: str) -> None:
    assert read(request("https://t.shop.example/x", track(), method=method)) is None


# --- other CDPs

FOREIGN: list[tuple[str, str, dict[str, Json], dict[str, str]]] = [
    ("rudderstack-timestamp", "/v1/track", {"originalTimestamp": "2026-11-23T12:00:00Z"}, {}),
    ("rudderstack-channel", "/v1/track", {"channel": "web"}, {}),
    ("rudderstack-library", "/v1/track", {"context": {"library": {"name": "RudderLabs JavaScript SDK"}}}, {}),
    ("hightouch-library", "/v1/track", {"context": {"library": {"name": "events-sdk-js"}}}, {}),
    ("hightouch-bundle", "/v1/track", {"_metadata": {"bundled": ["Hightouch.io"], "unbundled": []}}, {}),
    ("jitsu-library", "/v1/track", {"context": {"library": {"name": "@jitsu/js"}}}, {}),
    ("jitsu-header", "/v1/track", {}, {"x-write-key": "id:***"}),
    ("jitsu-path", "/api/s/track", {}, {}),
]
each_foreign = pytest.mark.parametrize(
    ("path", "changes", "headers"), [case[1:] for case in FOREIGN], ids=[case[0] for case in FOREIGN]
)


def is_segments(exchange: Exchange) -> bool:
    decoded = read(exchange)
    return decoded is not None and decoded.vendor == "segment"


@each_foreign
def test_another_cdps_message_is_not_taken_for_segments(
    path: str, changes: dict[str, Json], headers: dict[str, str]
) -> None:
    consent: Json = {"categoryPreferences": {"analytics": True}}
    sent = track(**{"_metadata": METADATA, "writeKey": "WK", **changes})
    assert not is_segments(request(f"https://cdp.shop.example{path}", sent, headers=headers))
    stamped: Json = {**sent, "context": {**mapping(changes.get("context")), "consent": consent}}
    assert not is_segments(request(f"https://cdp.shop.example{path}", stamped, headers=headers))


@each_foreign
def test_another_cdps_batch_is_not_taken_for_segments(
    path: str, changes: dict[str, Json], headers: dict[str, str]
) -> None:
    body: Json = {"batch": [track(), track(**changes)], "sentAt": "now", "writeKey": "WK"}
    assert not is_segments(request(f"https://cdp.shop.example{path}", body, headers=headers))


def test_hightouchs_cookies_beside_an_unmarked_batch_speak_against_segment() -> None:
    body: Json = {"batch": [plain()], "writeKey": "WK"}
    headers = {"cookie": "a=b; htjs_anonymous_id=x"}
    assert read(request(f"{OWN}/b", body, headers=headers)) is None


def test_a_site_that_runs_hightouch_too_still_shows_its_segment_messages() -> None:
    headers = {"cookie": "htjs_anonymous_id=x; ajs_anonymous_id=y"}
    assert event(request(f"{OWN}/t", track(writeKey="WK"), headers=headers)).write_key == "WK"


def test_consent_in_segments_place_is_no_sign_of_segment() -> None:
    consent: Json = {"consent": {"categoryPreferences": {"analytics": True}}}
    assert read(request("https://t.shop.example/t", plain(context=consent, writeKey=None))) is None


def test_an_address_of_another_vendor_in_the_catalogue_is_that_vendors() -> None:
    url = "https://shop.example/api/1/envelope/?sentry_key=abc"
    assert read(request(url, track(writeKey="WK"))) is None


# --- the site's own interfaces


@pytest.mark.parametrize(
    "body",
    [
        {"batch": [{"id": 1}, {"id": 2}]},
        {"batch": [{"type": "track", "path": "/songs/1"}]},
        {"batch": [{"type": "group", "messageId": "m-1", "userId": "u-1", "text": "hello"}]},
        {"batch": [plain()], "writeKey": "WK", "api_key": "phc_"},
        {"batch": [], "messageId": "x"},
        {"batch": "messageId"},
        {"type": "page", "title": "About us"},
        {"type": "page", "messageId": "m-1", "userId": "u-1"},
        {"type": "group", "messageId": "m-1", "userId": "u-1", "context": {"library": {"name": "chat"}}},
        {"type": "video", "messageId": "ajs-next-1", "anonymousId": "a"},
        {"type": "track", "messageId": 7, "anonymousId": "a", "writeKey": "WK"},
        {"type": "track", "messageId": "ajs-next-1"},
        {"type": "identify", "email": "a@b.example", "messageId": "m"},
        {"query": "mutation { track(messageId: 1) }", "variables": {"type": "track", "messageId": "m", "userId": "u"}},
        {"operationName": "page", "query": "{ messageId }", "extensions": {}},
        [track()],
        "messageId",
        {"series": [{"metric": "http.requests", "value": 1}]},
        {"series": []},
        {"series": ["analytics_js.x"]},
    ],
    ids=lambda body: json.dumps(body)[:60],
)
@pytest.mark.parametrize("path", ["/api/items", "/v1/batch", "/graphql"])
def test_a_sites_own_interface_is_not_taken_for_segment(body: Json, path: str) -> None:
    assert read(request(f"https://shop.example{path}", body)) is None


@pytest.mark.parametrize(
    "raw",
    [
        b'{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc","dsn":"https://k@sentry.example/1","messageId":1}\n'
        b'{"type":"event"}\n{"type":"track","messageId":"ajs-next-1","anonymousId":"a"}\n',
        b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nmessageId\r\n--x--",
        b"type=track&messageId=ajs-next-1&userId=1",
        b'  {"messageId": ',
        b"\x1f\x8bmessageId",
        b"<messageId/>",
        b"",
    ],
)
def test_a_body_that_is_no_message_is_left_to_others(raw: bytes) -> None:
    for headers in ({}, {"content-encoding": "br"}, {"content-encoding": "sdch"}):
        assert read(request("https://shop.example/v1/t", raw, headers=headers)) is None


# --- hosts of which it is known that they take messages

LEARNED = ["metrics.shop.example"]


def test_on_a_learned_host_an_unmarked_message_is_read() -> None:
    sent: Json = {"type": "track", "event": "Order Completed", "userId": "u-1"}
    assert read(request(f"{OWN}/track", sent)) is None
    assert event(request(f"{OWN}/track", sent), LEARNED).user_id == "u-1"
    assert event(request("https://metrics.shop.example/free/path", sent), LEARNED).user_id == "u-1"


def test_on_a_learned_host_the_path_may_state_the_type() -> None:
    assert event(request(f"{OWN}/identify", {"anonymousId": "a"}), LEARNED).type == "identify"


def test_on_a_learned_host_a_batch_may_hold_bad_events() -> None:
    decoded = found(request(f"{OWN}/b", {"batch": [{"type": "x"}, None]}), LEARNED)
    assert [problem.kind for problem in decoded.problems] == ["bad-event", "bad-event"]


@pytest.mark.parametrize("body", [b"\x00", b"[]", b"7", b'{"type":', b"[" * 3000])
@pytest.mark.parametrize("path", ["/t", "/batch", "/identify"])
def test_what_cannot_be_read_on_a_learned_hosts_ingestion_path_is_a_problem(path: str, body: bytes) -> None:
    decoded = found(request(OWN + path, body), LEARNED)
    assert [problem.kind for problem in decoded.problems] == ["undecodable-body"]
    assert (decoded.kind, decoded.events) == (CallKind.COLLECT, ())


def test_what_is_compressed_and_broken_on_a_learned_hosts_ingestion_path_is_a_problem() -> None:
    decoded = found(request(f"{OWN}/b", b"\x1f\x8b\x08", headers={"content-encoding": "gzip"}), LEARNED)
    assert [problem.kind for problem in decoded.problems] == ["undecodable-body"]


@pytest.mark.parametrize(
    ("path", "raw"),
    [
        ("/login", b"user=a&password=b"),
        ("/api/content", b'{"type":"page","title":"About"}'),
        ("/api/content", b'{"batch":[{"type":"page"}]}'),
        ("/api/group", b'{"groupId":5,"name":"Friends"}'),
        ("/api/list", b"[1,2]"),
        ("/upload", b"\x89PNG\r\n"),
        ("/api/broken", b'{"type":"track","userId":'),
        ("/pixel/logo.png", None),
        ("/pixel/track.gif", None),
        ("/", None),
    ],
)
def test_a_site_that_sends_through_its_own_host_is_not_accused_of_its_own_requests(
    path: str, raw: bytes | None
) -> None:
    assert read(request(f"https://shop.example{path}", raw), ["shop.example"]) is None


def test_a_pixel_is_read_on_a_learned_host_alone() -> None:
    url = f"{OWN}/pixel/page?writeKey=WK&anonymousId=a&context.library.name=amp"
    assert read(request(url)) is None
    assert event(request(url), LEARNED).type == "page"


def test_a_learned_host_wins_over_what_its_address_looks_like() -> None:
    url = "https://metrics.shop.example/api/1/envelope/?sentry_key=abc"
    assert event(request(url, track(writeKey="WK")), LEARNED).write_key == "WK"
