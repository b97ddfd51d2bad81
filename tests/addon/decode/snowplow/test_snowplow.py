"""Snowplow's events, and whose requests are none of them."""

from __future__ import annotations

import json

import pytest

from addon.decode.facts import StampShape, Surface
from addon.decode.snowplow.payload import TYPES
from addon.jsontext import Json
from tests.addon.decode.segment.wire import event, events, found, problems, read, request, track
from vendor_catalog import CallKind

from .wire import OWN_PATH, PIXEL, SCHEMAS, TP2, consent, described, encoded, page_view, pixel, posted


def test_each_event_of_a_post_is_one() -> None:
    first, second = events(request(TP2, posted(page_view(), page_view(e="se", se_ca="cart", se_ac="add", eid="e-2"))))
    assert (first.cdp, first.type, first.name, first.position) == ("snowplow", "page_view", "A", 0)
    assert (second.type, second.name, second.message_id, second.position) == ("struct", "add", "e-2", 1)
    assert (first.write_key, first.anonymous_id, first.user_id) == ("shop", "d-1", "u-1")
    assert (first.surface, first.library, first.library_version) == (Surface.WEB, "snowplow-js", "4.10.2")
    assert (first.page_url, first.app, first.stamp.shape) == ("https://www.shop.example/a", None, StampShape.MISSING)


def test_times_are_read_by_the_clients_own_clock() -> None:
    only = event(request(TP2, posted(page_view())))
    assert (only.timestamp, only.waited) == ("2026-09-21T14:13:20.000Z", 1.5)


def test_a_collector_may_take_events_on_a_path_of_its_own() -> None:
    assert event(request(OWN_PATH, posted(page_view()))).type == "page_view"


def test_the_schema_may_stand_behind_the_events() -> None:
    sent = posted(*[page_view()] * 5)
    assert len(events(request(OWN_PATH, {"data": sent["data"], "schema": sent["schema"]}))) == 5


def test_a_get_holds_one_event() -> None:
    assert event(request(pixel(page_view()))).message_id == "0e37d1ab-7a33-4c05-9c33-aaaaaaaaaaaa"


@pytest.mark.parametrize(("code", "kind"), TYPES.items())
def test_every_kind_of_event_is_named(code: str, kind: str) -> None:
    assert event(request(TP2, posted(page_view(e=code)))).type == kind


@pytest.mark.parametrize(
    ("platform", "surface", "app"),
    [
        ("web", Surface.WEB, None),
        ("mob", Surface.MOBILE, "shop"),
        ("srv", Surface.SERVER, None),
        ("app", Surface.UNKNOWN, None),
        ("iot", Surface.UNKNOWN, None),
        (None, Surface.UNKNOWN, None),
    ],
)
def test_the_platform_tells_the_surface(platform: Json, surface: Surface, app: str | None) -> None:
    only = event(request(TP2, posted(page_view(p=platform))))
    assert (only.surface, only.app) == (surface, app)


@pytest.mark.parametrize("plain", [True, False])
def test_self_describing_events_and_contexts_are_unpacked(plain: bool) -> None:
    said, contexts = described("link_click", {"targetUrl": "x"}), {"data": [{"schema": "iglu:a/b/jsonschema/1-0-0"}]}
    fields: dict[str, Json] = (
        {"ue_pr": json.dumps(said), "co": json.dumps(contexts)}
        if plain
        else {"ue_px": encoded(said), "cx": encoded(contexts)}
    )
    only = event(request(TP2, posted(page_view(e="ue", **fields))))
    assert (only.type, only.name) == ("unstruct", "link_click")
    assert (only.payload["ue_pr"], only.payload["co"]) == (said, contexts)
    assert not {"ue_px", "cx"}.intersection(only.payload)


# --- anonymous mode


def test_in_anonymous_mode_an_event_names_nobody() -> None:
    sent = page_view(duid=None, uid=None, sid=None)
    only = event(request(TP2, posted(sent), headers={"SP-Anonymous": "*"}))
    assert (only.anonymous, only.anonymous_id, only.user_id) == (True, None, None)


@pytest.mark.parametrize("field", ["duid", "uid", "sid", "nuid"])
def test_an_event_that_names_somebody_is_not_anonymous_whatever_the_header_says(field: str) -> None:
    sent = page_view(**{"duid": None, "uid": None, "sid": None, field: "x"})
    assert not event(request(TP2, posted(sent), headers={"SP-Anonymous": "*"})).anonymous


def test_without_the_header_the_collector_may_still_set_its_cookie() -> None:
    assert not event(request(TP2, posted(page_view(duid=None, uid=None, sid=None)))).anonymous


# --- consent


@pytest.mark.parametrize("kind", ["allow_all", "allow_selected"])
def test_allowed_scopes_are_a_stamp_that_reports_a_choice(kind: str) -> None:
    only = event(request(TP2, posted(consent(kind, ["analytics", "ads"]))))
    assert (only.name, only.reports_choice) == ("consent_preferences", True)
    assert only.stamp.preferences == {"analytics": True, "ads": True}
    assert not only.stamp.refuses_all


@pytest.mark.parametrize(("kind", "scopes"), [("deny_all", []), ("deny_all", ["necessary"]), ("withdrawn", [])])
def test_a_refusal_of_everything_needs_no_names(kind: str, scopes: Json) -> None:
    only = event(request(TP2, posted(consent(kind, scopes))))
    assert (only.stamp.refuses_all, only.stamp.preferences, only.reports_choice) == (True, {}, True)


@pytest.mark.parametrize("kind", ["pending", "implicit_consent", "expired", "withdrawn", "other", None, 5])
def test_what_is_no_plain_answer_says_nothing(kind: str) -> None:
    stamp = event(request(TP2, posted(consent(kind, ["analytics"])))).stamp
    assert (stamp.shape, stamp.refuses_all) == (StampShape.MISSING, False)


@pytest.mark.parametrize(("scopes", "read"), [("analytics", {}), (None, {}), (["a", 5], {"a": True}), ([], None)])
def test_scopes_of_another_kind_are_told_and_grant_nothing(scopes: Json, read: dict[str, bool] | None) -> None:
    exchange = request(TP2, posted(consent("allow_all", scopes)))
    (only,) = found(exchange).events
    assert only.stamp.preferences == (read or {})
    assert [kind for kind, _ in problems(exchange)] == ([] if read is None else ["bad-consent"])


@pytest.mark.parametrize(
    ("said", "refused"), [({"all": True}, True), ({"all": False}, False), ({}, False), ([], False)]
)
def test_the_core_events_report_a_choice_without_purposes(said: Json, refused: bool) -> None:
    withdrawn, granted = (
        event(request(TP2, posted(page_view(e="ue", ue_pr=json.dumps(described(name, said))))))
        for name in ("consent_withdrawn", "consent_granted")
    )
    assert (withdrawn.reports_choice, withdrawn.stamp.refuses_all) == (True, refused)
    assert (granted.reports_choice, granted.stamp.shape) == (True, StampShape.MISSING)


def test_an_event_of_the_same_name_by_another_vendor_reports_nothing() -> None:
    said = described("consent_granted", {}, "com.acme")
    assert not event(request(TP2, posted(page_view(e="ue", ue_pr=json.dumps(said))))).reports_choice


def test_the_lawful_basis_of_an_event_is_no_choice_of_the_person() -> None:
    gdpr: Json = {"data": [{"schema": f"{SCHEMAS}/gdpr/jsonschema/1-0-0", "data": {"basisForProcessing": "consent"}}]}
    only = event(request(TP2, posted(page_view(cx=encoded(gdpr)))))
    assert (only.stamp.shape, only.payload["co"]) == (StampShape.MISSING, gdpr)


def test_a_banner_that_is_shown_is_no_choice() -> None:
    said = described("cmp_visible", {"elapsedTime": 1.5})
    assert not event(request(TP2, posted(page_view(e="ue", ue_pr=json.dumps(said))))).reports_choice


# --- what cannot be read


def test_a_bad_event_costs_only_itself() -> None:
    exchange = request(TP2, posted(page_view(), 5, {"e": "zz"}, {"e": []}, page_view(eid="e-2")))
    assert [each.position for each in found(exchange).events] == [0, 4]
    assert [kind for kind, _ in problems(exchange)] == ["bad-event"] * 3


@pytest.mark.parametrize(
    ("field", "text"), [("ue_pr", "{"), ("ue_px", "%%%"), ("ue_px", "e30"), ("cx", "AAAA"), ("co", "x")]
)
def test_a_bad_document_in_an_event_costs_only_itself(field: str, text: str) -> None:
    exchange = request(TP2, posted(page_view(e="ue", **{field: text})))
    (only,) = found(exchange).events
    assert (only.type, only.name, only.reports_choice) == ("unstruct", None, False)
    assert [kind for kind, _ in problems(exchange)] == ([] if text == "e30" else ["bad-event"])


def test_events_beyond_what_is_read_are_told() -> None:
    exchange = request(TP2, posted(*[{"e": "pv"}] * 5001))
    assert len(found(exchange).events) == 5000
    assert problems(exchange) == [("bad-event", "1 events beyond 5000 were not read")]


@pytest.mark.parametrize("raw", [b"\x00", b"[]", b"7", b"{}", b'{"schema":', b"[" * 3000, b'{"schema":"x","data":[]}'])
def test_what_cannot_be_read_on_a_collectors_own_path_is_a_problem(raw: bytes) -> None:
    decoded = found(request(TP2, raw))
    assert (decoded.kind, decoded.events) == (CallKind.COLLECT, ())
    assert [problem.kind for problem in decoded.problems] == ["undecodable-body"]


# --- what is not Snowplow's


@pytest.mark.parametrize(
    "url",
    [
        PIXEL,
        f"{PIXEL}?e=pv",
        f"{PIXEL}?e=pv&p=web&tv=js-4.0.0",
        f"{PIXEL}?e=pv&p=web&tv=js-4.0.0&eid=1",
        pixel(page_view(e="zz")),
        pixel(page_view(p="phone")),
        pixel(page_view(tv="")),
        pixel(page_view(), "https://shop.example/images/i/1"),
        "https://shop.example/i?id=5&e=order&page=2&eid=0e37d1ab-7a33-4c05-9c33-aaaaaaaaaaaa",
        f"{PIXEL}?{'&'.join(f'eid={number}' for number in range(2100))}",
    ],
)
def test_a_get_of_another_i_is_not_taken(url: str) -> None:
    assert read(request(url)) is None


@pytest.mark.parametrize(
    "body",
    [
        {"schema": "iglu:com.acme/payload_data/jsonschema/1-0-0", "data": [{"e": "pv"}]},
        {"data": [page_view()]},
        [page_view()],
        page_view(),
        {"note": f"{SCHEMAS}/payload_data/jsonschema/1-0-4", "data": []},
        b"iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4",
    ],
)
def test_a_post_to_another_api_is_not_taken(body: Json | bytes) -> None:
    assert read(request("https://shop.example/api/events", body)) is None


def test_segments_messages_stay_segments_even_there() -> None:
    sent = track(writeKey="WK", note=f"{SCHEMAS}/payload_data/jsonschema/1-0-4")
    assert event(request("https://metrics.shop.example/v1/t", sent)).cdp == "segment"


def test_snowplows_events_stay_snowplows_on_a_host_that_takes_segments_too() -> None:
    for exchange in (request(TP2, posted(page_view())), request(pixel(page_view()))):
        assert event(exchange, ["collector.shop.example"]).cdp == "snowplow"


def test_the_collectors_other_paths_are_left_alone() -> None:
    assert read(request("https://collector.shop.example/com.snowplowanalytics.iglu/v1", {"a": 1})) is None
