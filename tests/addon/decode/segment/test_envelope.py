"""What surrounds messages: where the write key stands, what an envelope adds, pixels, damage."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus, urlencode

import pytest

from addon.body import MAX_BODY_BYTES
from addon.decode.envelope import MAX_MESSAGES, undotted
from addon.decode.facts import StampShape, Surface
from addon.jsontext import Json
from vendor_catalog import CallKind

from .wire import EU, TYPES, US, basic, event, events, found, plain, problems, read, request, track

PIXEL = f"{US}/pixel/track"


# --- the write key


def test_a_write_key_in_the_body_is_read() -> None:
    assert event(request(f"{US}/t", track(writeKey="WK"))).write_key == "WK"


def test_a_write_key_on_a_message_wins_over_the_one_around_it() -> None:
    body: Json = {"writeKey": "OUTER", "batch": [track(writeKey="OWN"), track()]}
    assert [each.write_key for each in events(request(f"{US}/b", body))] == ["OWN", "OUTER"]


@pytest.mark.parametrize("credentials", ["WK:", "WK", "WK:secret"])
@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_a_write_key_in_basic_authorization_is_read_with_or_without_its_colon(credentials: str, scheme: str) -> None:
    header = f"{scheme} {base64.b64encode(credentials.encode()).decode()}"
    for field in (header, header.rstrip("=")):
        assert event(request(f"{US}/t", track(), headers={"authorization": field})).write_key == "WK"


def test_a_write_key_in_the_body_wins_over_authorization() -> None:
    assert event(request(f"{US}/t", track(writeKey="WK"), headers={"authorization": basic("OTHER:")})).write_key == "WK"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic ",
        "Basic !!!!",
        "Basic a",
        "Basic /////w==",
        "Basic é",
        "Bearer V0s6",
        "Digest V0s6",
        basic(":"),
    ],
)
def test_authorization_that_holds_no_write_key_gives_none(header: str) -> None:
    assert event(request(f"{US}/t", track(), headers={"authorization": header})).write_key is None


@pytest.mark.parametrize("value", [None, "", 5, {}, []])
def test_a_write_key_that_is_no_text_is_none(value: Json) -> None:
    assert event(request(f"{US}/t", {**track(), "writeKey": value})).write_key is None


def test_the_edge_sdks_redacted_key_is_kept_as_it_is() -> None:
    assert event(request("https://shop.example/seg/evs/t", track(writeKey="REDACTED"))).write_key == "REDACTED"


# --- what an envelope adds


def test_consent_may_stand_on_the_envelope_alone() -> None:
    consent: Json = {"categoryPreferences": {"analytics": True, "marketing": False}}
    body: Json = {"batch": [track(context=None)], "context": {"consent": consent}}
    (only,) = events(request(f"{US}/batch", body))
    assert only.stamp.shape is StampShape.PREFERENCES
    assert only.stamp.preferences == {"analytics": True, "marketing": False}
    assert only.stamp.on_envelope


def test_a_messages_own_consent_wins_whole() -> None:
    own: Json = {"consent": {"categoryPreferences": {"analytics": False}}}
    outer: Json = {"consent": {"categoryPreferences": {"analytics": True, "marketing": True}}}
    (only,) = events(request(f"{US}/batch", {"batch": [track(context=own)], "context": outer}))
    assert only.stamp.preferences == {"analytics": False}
    assert not only.stamp.on_envelope


def test_what_the_envelopes_context_says_is_said_of_every_message() -> None:
    outer: Json = {
        "library": {"name": "analytics-go", "version": "3.0.0"},
        "page": {"url": "https://shop.example/outer"},
        "app": {"namespace": "com.shop"},
    }
    own: Json = {"page": {"url": "https://shop.example/own"}}
    first, second = events(
        request(f"{US}/batch", {"batch": [track(context=None), track(context=own)], "context": outer})
    )
    assert (first.library, first.library_version, first.app) == ("analytics-go", "3.0.0", "com.shop")
    assert first.page_url == "https://shop.example/outer"
    assert second.page_url == "https://shop.example/own"
    assert second.surface is Surface.SERVER


def test_the_envelopes_integrations_give_way_key_by_key() -> None:
    body: Json = {
        "batch": [track(integrations={"Amplitude": False}), track()],
        "integrations": {"All": False, "Amplitude": True},
    }
    first, second = events(request(f"{US}/batch", body))
    assert first.integrations == {"All": False, "Amplitude": False}
    assert second.integrations == {"All": False, "Amplitude": True}


def test_a_message_sent_alone_is_no_envelope_to_itself() -> None:
    consent: Json = {"consent": {"categoryPreferences": {"analytics": True}}}
    only = event(request(f"{US}/t", track(context=consent)))
    assert not only.stamp.on_envelope


def test_a_messages_own_sent_at_wins() -> None:
    body: Json = {"batch": [track(sentAt="own"), track()], "sentAt": "outer"}
    assert [each.sent_at for each in events(request(f"{US}/b", body))] == ["own", "outer"]


# --- damage


@pytest.mark.parametrize("bad", [None, 1, "x", [], True])
def test_a_bad_event_in_a_batch_costs_that_event_alone(bad: Json) -> None:
    decoded = found(request(f"{US}/b", {"batch": [track(), bad, track()]}))
    assert [each.position for each in decoded.events] == [0, 2]
    assert [problem.kind for problem in decoded.problems] == ["bad-event"]
    assert "batch[1]" in decoded.problems[0].reason


@pytest.mark.parametrize("kind", ["Track", "", "video", None, 5, {"a": 1}])
def test_a_message_of_a_type_that_no_sdk_sends_costs_itself_alone(kind: Json) -> None:
    decoded = found(request(f"{US}/b", {"batch": [{**track(), "type": kind}, track()]}))
    assert [each.position for each in decoded.events] == [1]
    assert [(problem.kind, "message 0" in problem.reason) for problem in decoded.problems] == [("bad-event", True)]


def test_what_stands_behind_the_json_is_a_problem_and_no_loss() -> None:
    raw = json.dumps({"batch": [track()], "writeKey": "WK"}).encode() + b'{"batch":[]}'
    for base in (US, "https://metrics.shop.example/v1"):
        decoded = found(request(f"{base}/b", raw))
        assert len(decoded.events) == 1
        assert [(problem.kind, problem.reason) for problem in decoded.problems] == [
            ("bad-event", "12 characters follow the JSON document and were not read")
        ]


def test_a_batch_without_end_is_read_up_to_a_bound() -> None:
    batch: list[Json] = [{"type": "track", "userId": "u"}] * (MAX_MESSAGES + 3)
    decoded = found(request(f"{US}/b", {"batch": batch}))
    assert len(decoded.events) == MAX_MESSAGES
    assert [problem.reason for problem in decoded.problems] == [f"3 messages beyond {MAX_MESSAGES} were not read"]


def test_an_empty_batch_holds_no_events_and_no_problem() -> None:
    decoded = found(request(f"{US}/b", {"batch": [], "writeKey": "WK"}))
    assert (decoded.kind, decoded.events, decoded.problems) == (CallKind.COLLECT, (), ())
    assert not decoded.decodes_events


@pytest.mark.parametrize("batch", [None, {}, "x", 7])
def test_a_batch_that_is_no_list_is_a_problem(batch: Json) -> None:
    assert [kind for kind, _ in problems(request(f"{US}/b", {"batch": batch}))] == ["bad-event"]


def test_a_request_without_its_body_is_a_problem() -> None:
    assert problems(request(f"{US}/t", None, method="POST")) == [
        ("undecodable-body", "the capture has no request body")
    ]
    assert problems(request(f"{US}/t", b"")) == [("undecodable-body", "the capture has no request body")]


@pytest.mark.parametrize(
    "body", [b"[]", b'"x"', b"7", b"null", b"<html>", b"a=b", b'{"type":', b"\xff\xfe{}", b"[" * 5000]
)
def test_a_body_that_is_no_object_is_a_problem(body: bytes) -> None:
    ((kind, reason),) = problems(request(f"{US}/t", body))
    assert kind == "undecodable-body"
    assert reason


def test_a_body_that_was_cut_short_is_never_decoded_in_part() -> None:
    raw = gzip.compress(json.dumps({"batch": [track()] * 50}).encode())
    decoded = found(request(f"{US}/b", raw[:-9], headers={"content-encoding": "gzip"}))
    assert decoded.events == ()
    assert [(problem.kind, problem.reason) for problem in decoded.problems] == [
        ("undecodable-body", "gzip body is cut short")
    ]


def test_a_bomb_becomes_a_problem_of_its_own_kind() -> None:
    raw = gzip.compress(b" " * (MAX_BODY_BYTES + 1))
    assert [kind for kind, _ in problems(request(f"{US}/b", raw, headers={"content-encoding": "gzip"}))] == [
        "body-too-large"
    ]


# --- pixels


def encoded(message: Json) -> str:
    return base64.b64encode(json.dumps(message).encode()).decode()


AWKWARD: dict[str, Json] = {**plain(writeKey="WK"), "properties": {"note": "???>>>~~~ÿÿÿ"}}
"""A message whose base64 holds '+', '/' and padding."""


def test_the_awkward_message_is_awkward() -> None:
    assert {"+", "/", "="} <= set(encoded(AWKWARD) + encoded({**AWKWARD, "pad": ""}) + encoded({**AWKWARD, "pad": "1"}))


@pytest.mark.parametrize("padding", ["", "1", "22"])
@pytest.mark.parametrize(
    "written",
    [
        lambda text: quote(text, safe=""),
        lambda text: text,
        lambda text: text.rstrip("="),
        lambda text: text.replace("+", "-").replace("/", "_"),
        lambda text: text.replace("+", "-").replace("/", "_").rstrip("="),
        lambda text: quote(text, safe="").replace("%2B", "+"),
        lambda text: quote(text, safe="").replace("%2B", "%20"),
    ],
    ids=["quoted", "raw", "stripped", "url-safe", "url-safe-stripped", "plus", "space"],
)
def test_a_pixels_base64_is_read_however_it_is_written(written: Callable[[str], str], padding: str) -> None:
    sent: dict[str, Json] = {**AWKWARD, "pad": padding}
    only = event(request(f"{PIXEL}?data={written(encoded(sent))}"))
    assert only.payload == sent
    assert (only.type, only.name, only.write_key) == ("track", "Order Completed", "WK")


@pytest.mark.parametrize("quoted", [quote, quote_plus])
def test_a_pixels_data_may_be_plain_json(quoted: Callable[[str], str]) -> None:
    sent = plain(event="Half + half & more", writeKey="WK")
    assert event(request(f"{PIXEL}?data={quoted(json.dumps(sent))}")).name == "Half + half & more"


def test_a_pixels_key_may_be_quoted_and_others_may_stand_beside_it() -> None:
    only = event(request(f"{PIXEL}?writeKey=WK&d%61ta={encoded(plain())}&x=y"))
    assert (only.write_key, only.name) == ("WK", "Order Completed")


@pytest.mark.parametrize("base", [US, EU])
@pytest.mark.parametrize("kind", TYPES)
def test_a_pixels_path_states_the_type(kind: str, base: str) -> None:
    assert event(request(f"{base}/pixel/{kind}?data={encoded({'userId': 'u'})}")).type == kind


def test_a_pixels_write_key_may_stand_in_authorization() -> None:
    only = event(request(f"{PIXEL}?data={encoded(plain())}", headers={"authorization": basic("WK:")}))
    assert only.write_key == "WK"


def dotted(**more: str) -> str:
    fields = {
        "writeKey": "WK",
        "anonymousId": "amp-1",
        "event": "Order Completed",
        "context.library.name": "amp",
        "context.page.url": "https://shop.example/a?b=c",
        "properties.total": "3",
        **more,
    }
    return f"{PIXEL}?{urlencode(fields)}"


def test_dotted_keys_are_put_together_again() -> None:
    only = event(request(dotted()))
    assert (only.type, only.name, only.write_key, only.anonymous_id) == ("track", "Order Completed", "WK", "amp-1")
    assert (only.library, only.surface, only.page_url) == ("amp", Surface.WEB, "https://shop.example/a?b=c")
    assert only.payload["properties"] == {"total": "3"}


def test_consent_in_dotted_keys_is_true_or_false_and_not_text() -> None:
    consent = "context.consent.categoryPreferences"
    only = event(request(dotted(**{f"{consent}.analytics": "true", f"{consent}.marketing": "false"})))
    assert only.stamp.preferences == {"analytics": True, "marketing": False}


def test_consent_in_dotted_keys_that_is_neither_is_a_problem() -> None:
    decoded = found(request(dotted(**{"context.consent.categoryPreferences.analytics": "1"})))
    assert decoded.events[0].stamp.preferences == {"analytics": None}
    assert [problem.kind for problem in decoded.problems] == ["bad-consent"]


def test_text_in_a_pixels_json_stays_text() -> None:
    sent = plain(context={"consent": {"categoryPreferences": {"analytics": "true"}}})
    decoded = found(request(f"{PIXEL}?data={encoded(sent)}"))
    assert decoded.events[0].stamp.preferences == {"analytics": None}


def test_integrations_in_dotted_keys_are_on_or_off() -> None:
    only = event(request(dotted(**{"integrations.All": "false", "integrations.Amplitude": "true"})))
    assert only.integrations == {"All": False, "Amplitude": True}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "no message"),
        ("?data=", "no object|no JSON|Expecting value"),
        ("?data", "no object|no JSON|Expecting value"),
        ("?data=%%%", "neither JSON nor base64"),
        ("?data=abcde", "neither JSON nor base64"),
        ("?data=W10=", "no object"),
        ("?data={", "Expecting|Unterminated|Expecting property name"),
        ("?data=%ff%fe", "neither JSON nor base64"),
        ("?data=e30=", "no message"),
        ("?" + "&".join(f"k{number}=1" for number in range(3000)), "more than 2000 fields"),
    ],
)
def test_a_pixel_that_holds_no_message_is_a_problem(query: str, said: str) -> None:
    ((kind, reason),) = problems(request(PIXEL + query))
    assert kind == "undecodable-body"
    assert re.search(said, reason)


def test_a_dotted_key_that_contradicts_an_earlier_one_is_dropped() -> None:
    assert undotted({"a": "1", "a.b": "2", "c.d": "3", "c": "4"}) == {"a": "1", "c": {"d": "3"}}


def test_dotted_keys_are_nested_within_bounds() -> None:
    inner: Json = undotted({".".join("x" * 5000): "1"})
    depth = 0
    while isinstance(inner, dict):
        inner, depth = inner["x"], depth + 1
    assert (inner, depth) == ("1", 16)


@pytest.mark.parametrize("url", [f"{US}/t", f"{US}/b", f"{US}/pixel/other", f"{US}/id/WK"])
def test_other_addresses_are_not_fetched_as_pixels(url: str) -> None:
    assert read(request(url)) is None
