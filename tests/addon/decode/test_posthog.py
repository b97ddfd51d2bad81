"""PostHog's requests, as posthog-js 1.449 and posthog-node 5.70 were seen to make them, and as older clients do."""

from __future__ import annotations

import base64
import gzip
import json
from urllib.parse import quote

import pytest

from addon.decode import decode
from addon.decode.facts import StampShape, Surface
from addon.exchange import Exchange
from addon.jsontext import Json
from vendor_catalog import CallKind

from .segment.wire import event, events, found, problems, read, request

HOSTED = "https://eu.i.posthog.com"
OWN = "https://www.shop.example/ingest"
BROWSER = {
    "user-agent": "Mozilla/5.0 (X11) Chrome/140",
    "origin": "https://www.shop.example",
    "content-type": "text/plain",
}


def captured(name: str = "order completed", **changes: Json) -> dict[str, Json]:
    properties: dict[str, Json] = {
        "$current_url": "https://www.shop.example/p",
        "$lib": "web",
        "$lib_version": "1.449.2",
        "distinct_id": "01a2154b-25f3",
        "$device_id": "01a2154b-25f3",
        "$is_identified": False,
        "token": "phc_abc",
        **changes,
    }
    return {
        "uuid": "01a2154b-260f-7e20-960e-3092c68b21ef",
        "event": name,
        "properties": {key: value for key, value in properties.items() if value is not None},
        "timestamp": "2026-11-23T12:00:00.000Z",
    }


def body(*listed: Json) -> Json:
    return {"api_key": "phc_abc", "batch": list(listed), "sent_at": "2026-11-23T12:00:03.000Z"}


def zipped(url: str, document: Json) -> Exchange:
    return request(url, gzip.compress(json.dumps(document).encode()), headers=BROWSER)


@pytest.mark.parametrize("base", [HOSTED, OWN])
def test_a_page_sends_gzip_without_a_header(base: str) -> None:
    sent = event(zipped(f"{base}/e/", body(captured())))
    assert (sent.cdp, sent.type, sent.name, sent.write_key) == ("posthog", "track", "order completed", "phc_abc")
    assert (sent.message_id, sent.surface, sent.library) == ("01a2154b-260f-7e20-960e-3092c68b21ef", Surface.WEB, "web")
    assert (sent.waited, sent.page_url) == (3.0, "https://www.shop.example/p")
    assert sent.stamp.shape is StampShape.MISSING


@pytest.mark.parametrize("base", [HOSTED, OWN])
def test_older_pages_send_lists_marked_in_the_query_and_beacons_send_forms(base: str) -> None:
    older: Json = {**captured(), "offset": 1500}
    sent = event(zipped(f"{base}/e/?compression=gzip-js&ip=0&_=1795000000000&ver=1.200.0", [older]))
    assert (sent.write_key, sent.waited, sent.sent_at) == ("phc_abc", 1.5, "2026-11-18T11:06:40.000Z")
    form = f"data={quote(base64.b64encode(json.dumps(captured()).encode()).decode(), safe='')}".encode()
    beacon = request(f"{base}/i/v0/e/?compression=base64", form, headers=BROWSER)
    assert event(beacon).name == "order completed"


@pytest.mark.parametrize("base", [HOSTED, "https://ph.shop.example"])
def test_a_server_names_itself_in_its_library(base: str) -> None:
    one: Json = {"event": "paid", "properties": {"$lib": "posthog-node"}, "uuid": "u-1", "distinct_id": "user-1"}
    sent = event(request(f"{base}/batch/", body(one), headers={"user-agent": "posthog-node/5.70.0"}))
    assert (sent.surface, sent.anonymous_id, sent.write_key) == (Surface.SERVER, "user-1", "phc_abc")


def test_an_app_names_itself_too() -> None:
    one = captured(**{"$lib": "posthog-ios", "$app_namespace": "com.example.shop", "$current_url": None})
    sent = event(request(f"{HOSTED}/batch", body(one), headers={"user-agent": "posthog-ios/3.0"}))
    assert (sent.surface, sent.app) == (Surface.MOBILE, "com.example.shop")


@pytest.mark.parametrize(
    ("changes", "anonymous", "user"),
    [
        ({}, "01a2154b-25f3", None),
        ({"distinct_id": "u1", "$is_identified": True, "$user_id": "u1"}, "01a2154b-25f3", "u1"),
        ({"distinct_id": "u1"}, "01a2154b-25f3", "u1"),
        ({"distinct_id": "u1", "$device_id": None, "$is_identified": True}, None, "u1"),
        ({"distinct_id": "$posthog_cookieless", "$device_id": None}, None, None),
        ({"distinct_id": "$posthog_cookieless", "$device_id": "$posthog_cookieless"}, None, None),
        ({"distinct_id": 7, "$device_id": None}, "7", None),
    ],
)
def test_one_identifier_serves_for_both_and_the_cookieless_one_is_none(
    changes: dict[str, Json], anonymous: str | None, user: str | None
) -> None:
    sent = event(zipped(f"{HOSTED}/e/", body(captured(**changes))))
    assert (sent.anonymous_id, sent.user_id) == (anonymous, user)


@pytest.mark.parametrize(
    ("name", "kind", "reports"),
    [
        ("$pageview", "page", False),
        ("$identify", "identify", False),
        ("$groupidentify", "group", False),
        ("$create_alias", "alias", False),
        ("$screen", "screen", False),
        ("$opt_in", "track", True),
        ("$autocapture", "track", False),
    ],
)
def test_its_own_events_are_told_by_what_they_are(name: str, kind: str, reports: bool) -> None:
    sent = event(zipped(f"{HOSTED}/e/", body(captured(name))))
    assert (sent.type, sent.name, sent.reports_choice) == (kind, name, reports)


def test_a_retry_says_so_in_its_query() -> None:
    assert not event(zipped(f"{HOSTED}/e/?retry_count=0", body(captured()))).retry
    assert event(zipped(f"{HOSTED}/e/?retry_count=2", body(captured()))).retry


# --- what is no event


def test_a_session_recording_is_a_call_that_collects_and_no_event() -> None:
    decoded = found(zipped(f"{HOSTED}/s/", body(captured("$snapshot"))))
    assert (decoded.kind, decoded.events, decoded.decodes_events) == (CallKind.COLLECT, (), False)
    mixed = found(zipped(f"{HOSTED}/e/", body(captured("$snapshot"), captured())))
    assert [sent.name for sent in mixed.events] == ["order completed"]


def test_feature_flags_are_configuration() -> None:
    assert (
        read(request(f"{HOSTED}/flags/?v=2", {"token": "phc_abc", "distinct_id": "a"})) is None
    )  # as the catalogue says
    sent = request("https://ph.shop.example/flags/?v=2", {"token": "phc_abc", "distinct_id": "a"})
    decoded = decode(sent, None, {"ph.shop.example": "posthog"})
    assert decoded is not None
    assert (decoded.kind, decoded.events) == (CallKind.CONFIG, ())


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("/e/", {"event": "x", "distinct_id": "a"}),
        ("/batch/", {"batch": [{"event": "x", "properties": {"distinct_id": "a", "token": "abc"}}]}),
        ("/batch/", {"api_key": "phc_abc", "batch": []}),
        ("/batch/", {"api_key": "phc_abc", "batch": [{"distinct_id": "a"}]}),
        ("/orders", {"api_key": "phc_abc", "event": "x", "distinct_id": "a"}),
        ("/capture", {"amount": 1}),
    ],
)
def test_what_only_looks_alike_is_left_alone(path: str, document: Json) -> None:
    assert read(request(f"https://www.shop.example{path}", document)) is None


def test_segments_batches_and_posthogs_are_not_mistaken_for_each_other() -> None:
    segments: Json = {"batch": [{"type": "track", "messageId": "ajs-next-1", "userId": "u"}], "writeKey": "WK"}
    assert [sent.cdp for sent in events(request("https://t.shop.example/batch", segments))] == ["segment"]
    assert [sent.cdp for sent in events(zipped("https://t.shop.example/batch/", body(captured())))] == ["posthog"]


def test_an_event_that_cannot_be_read_costs_itself_alone() -> None:
    exchange = zipped(f"{HOSTED}/e/", body(7, captured(), {"properties": {}}))
    assert [sent.position for sent in found(exchange).events] == [1]
    assert problems(exchange) == [("bad-event", "event 0 is int"), ("bad-event", "event 2 names no event")]


@pytest.mark.parametrize("raw", [b"", b"\x1f\x8bnot", b"{", b"data=%%%", b"data=", b"data=bm90IGpzb24="])
def test_a_body_that_cannot_be_read_is_a_gap_on_its_own_host_alone(raw: bytes) -> None:
    exchange = request(f"{HOSTED}/e/", raw, method="POST")
    assert [kind for kind, _ in problems(exchange)] == ["undecodable-body"]
    assert read(request(f"{OWN}/e/", raw, method="POST")) is None
