"""Freshpaint's HTTP API, the part of it that is publicly known."""

from __future__ import annotations

import pytest

from addon.decode.facts import StampShape, Surface
from addon.jsontext import Json
from tests.addon.decode.segment.wire import event, found, read, request
from vendor_catalog import CallKind

API = "https://api.perfalytics.com/track"


def sent(**properties: Json) -> dict[str, Json]:
    known: dict[str, Json] = {
        "token": "t-1",
        "distinct_id": "d-1",
        "time": 1_790_000_000,
        "$current_url": "https://shop.example/",
    }
    return {"event": "Signed Up", "properties": {**known, **properties}}


def test_one_call_is_one_event() -> None:
    only = event(request(API, sent(), headers={"origin": "https://shop.example"}))
    assert (only.cdp, only.type, only.name, only.write_key, only.anonymous_id) == (
        "freshpaint",
        "track",
        "Signed Up",
        "t-1",
        "d-1",
    )
    assert (only.timestamp, only.page_url, only.surface) == (
        "2026-09-21T14:13:20.000Z",
        "https://shop.example/",
        Surface.WEB,
    )
    assert (only.stamp.shape, only.message_id) == (StampShape.MISSING, None)


@pytest.mark.parametrize(
    ("time", "read"),
    [(1_790_000_000_000, "2026-09-21T14:13:20.000Z"), ("x", None), (None, None), (True, None), (1e300, None)],
)
def test_a_time_is_in_seconds_or_milliseconds(time: Json, read: str | None) -> None:
    assert event(request(API, sent(time=time))).timestamp == read


def test_without_a_browser_nothing_tells_where_it_was_made() -> None:
    assert event(request(API, sent())).surface is Surface.UNKNOWN


@pytest.mark.parametrize(
    "body", [b"data=eyJ9", b"[]", b"{}", {"event": "x"}, {"event": 5, "properties": {"token": "t"}}, b"\x00"]
)
def test_what_its_browser_library_may_send_is_a_gap(body: Json | bytes) -> None:
    decoded = found(request(API, body))
    assert (decoded.kind, decoded.events) == (CallKind.COLLECT, ())
    assert [problem.kind for problem in decoded.problems] == ["undecodable-body"]


@pytest.mark.parametrize("url", ["https://shop.example/track", "https://api.mixpanel.com/track"])
def test_the_same_body_elsewhere_is_not_freshpaints(url: str) -> None:
    assert read(request(url, sent())) is None
