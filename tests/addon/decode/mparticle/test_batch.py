"""mParticle's batches: one event for each event in them, with the consent of the batch."""

from __future__ import annotations

import base64

import pytest

from addon.decode.facts import StampShape, Surface
from addon.jsontext import Json
from tests.addon.decode.segment.wire import event, events, found, problems, read, request
from vendor_catalog import CallKind

from .wire import CNAME, MADE, MOBILE, OLD_WEB, SERVER, WEB, batch, consenting, custom, mobile, purpose


def test_each_event_of_a_batch_is_one() -> None:
    view: Json = {"event_type": "screen_view", "data": {"screen_name": "Home", "source_message_id": "m-2"}}
    first, second = events(request(WEB, batch(custom(), view)))
    assert (first.cdp, first.type, first.name, first.message_id, first.position) == (
        "mparticle",
        "custom_event",
        "Order Completed",
        "m-1",
        0,
    )
    assert (second.type, second.name, second.message_id, second.position) == ("screen_view", "Home", "m-2", 1)
    assert (first.write_key, first.anonymous_id, first.user_id) == ("us1-key", "d-1", "u-1")
    assert (first.surface, first.library, first.library_version) == (Surface.WEB, "mparticle", "2.68.0")


def test_times_are_read_by_the_clients_own_clock() -> None:
    only = event(request(WEB, batch()))
    assert (only.timestamp, only.sent_at, only.waited) == ("2026-09-21T14:13:20.000Z", "2026-09-21T14:13:22.000Z", 2.0)


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ({"event_type": "commerce_event", "data": {"product_action": {"action": "purchase"}}}, "purchase"),
        ({"event_type": "user_attribute_change", "data": {"user_attribute_name": "plan"}}, "plan"),
        ({"event_type": "session_start", "data": {}}, None),
        ({"event_type": "session_start"}, None),
    ],
)
def test_other_types_are_named_by_what_they_have(sent: Json, name: str | None) -> None:
    assert event(request(WEB, batch(sent))).name == name


def test_a_site_may_have_mparticle_on_its_own_domain() -> None:
    assert event(request(CNAME, batch())).write_key == "us1-key"


def test_the_old_address_takes_one_message_with_short_keys() -> None:
    sent: Json = {"dt": 4, "n": "Signed Up", "ct": MADE, "sdk": "1.4.0", "mpid": "1", "das": "d-9", "con": {"gdpr": {}}}
    only = event(request(OLD_WEB, sent))
    assert (only.type, only.name, only.message_id, only.anonymous_id) == ("custom_event", "Signed Up", None, "d-9")
    assert only.stamp.shape is StampShape.EMPTY_PREFERENCES


def test_a_type_that_has_a_number_for_a_name_has_none() -> None:
    assert event(request(OLD_WEB, {"dt": 1, "n": "1", "sdk": "1.4.0", "mpid": "1"})).name is None


def test_a_mobile_batch_names_its_app() -> None:
    only = event(request(MOBILE, mobile(con={"gdpr": {"analytics": {"c": True, "ts": MADE}}})))
    assert (only.surface, only.app, only.message_id, only.waited) == (Surface.MOBILE, "com.shop.app", "e-1", 5.0)
    assert only.stamp.preferences == {"analytics": True}


def test_the_history_of_a_mobile_session_repeats_messages_under_their_ids() -> None:
    again = {"dt": "e", "id": "e-1", "ct": MADE, "n": "Order Completed"}
    assert [each.message_id for each in events(request(MOBILE, mobile(sh=[again])))] == ["e-1", "e-1"]


def test_a_mobile_batch_without_messages_is_none() -> None:
    assert events(request(MOBILE, {"dt": "h", "sdk": "5", "mpid": 1, "fsr": []})) == ()


def test_a_mobile_code_that_is_new_keeps_its_own_name() -> None:
    assert event(request(MOBILE, mobile({"dt": "uic", "id": "x"}))).type == "uic"


@pytest.mark.parametrize(("limited", "enabled"), [(True, False), (False, True), (None, None), ("1", None)])
def test_an_advertising_id_comes_with_the_devices_setting(limited: Json, enabled: bool | None) -> None:
    found_id = event(request(MOBILE, mobile(di={"gaid": "38400000-8cf0", "lat": limited}))).advertising_id
    assert found_id is not None
    assert (found_id.tracking_enabled, found_id.apple) == (enabled, False)


@pytest.mark.parametrize("number", [None, "", "00000000-0000-0000-0000-000000000000", 5])
def test_no_advertising_id_is_none(number: Json) -> None:
    assert event(request(MOBILE, mobile(di={"gaid": number}))).advertising_id is None


def test_a_server_signs_with_its_key() -> None:
    signed = {"authorization": f"Basic {base64.b64encode(b'us1-key:secret').decode()}"}
    first, second = events(
        request("https://s2s.mparticle.com/v2/bulkevents", [batch(), batch()], headers=signed),
    )
    assert (first.surface, first.write_key, first.app) == (Surface.SERVER, "us1-key", None)
    assert (first.position, second.position) == (0, 1)
    assert event(request("https://inbound.mparticle.com/s2s/v2/events", batch())).surface is Surface.SERVER


def test_an_opt_out_event_reports_a_choice() -> None:
    assert event(request(WEB, batch({"event_type": "opt_out", "data": {"is_opted_out": True}}))).reports_choice
    assert not event(request(WEB, batch())).reports_choice


# --- consent


@pytest.mark.parametrize("state", [None, "missing"])
def test_a_batch_without_a_consent_state_is_not_stamped(state: Json) -> None:
    sent = batch()
    if state is None:
        del sent["consent_state"]
    assert event(request(WEB, sent)).stamp.shape is StampShape.MISSING


def test_gdpr_purposes_are_a_stamp_of_the_batch() -> None:
    stamp = event(request(WEB, consenting({"analytics": purpose(True), "marketing": purpose(False)}))).stamp
    assert (stamp.shape, stamp.on_envelope) == (StampShape.PREFERENCES, True)
    assert stamp.preferences == {"analytics": True, "marketing": False}
    assert stamp.sale_opt_out is None


@pytest.mark.parametrize("consented", [True, False])
def test_ccpa_is_inverted_so_that_consented_means_opted_out(consented: bool) -> None:
    stamp = event(request(WEB, consenting(ccpa={"data_sale_opt_out": purpose(consented)}))).stamp
    assert stamp.sale_opt_out is consented
    assert (stamp.shape, stamp.preferences) == (StampShape.EMPTY_CONSENT, {})


@pytest.mark.parametrize("consented", ["true", 1, None, [], {}])
def test_what_is_not_a_boolean_grants_nothing_and_is_told(consented: Json) -> None:
    exchange = request(WEB, consenting({"analytics": purpose(consented)}, {"data_sale_opt_out": purpose(consented)}))
    (only,) = found(exchange).events
    assert only.stamp.preferences == {"analytics": None}
    assert only.stamp.sale_opt_out is None
    assert [kind for kind, _ in problems(exchange)] == ["bad-consent"]


@pytest.mark.parametrize("state", ["yes", 5, [], True])
def test_a_consent_state_of_another_kind_is_told_once_for_the_batch(state: Json) -> None:
    exchange = request(WEB, batch(custom(), custom(message_id="m-2"), consent_state=state))
    assert [each.stamp.shape for each in found(exchange).events] == [StampShape.EMPTY_CONSENT] * 2
    assert [kind for kind, _ in problems(exchange)] == ["bad-consent"]


def test_many_purposes_are_cut_and_told() -> None:
    exchange = request(WEB, consenting({f"p{number}": purpose(True) for number in range(600)}))
    assert len(found(exchange).events[0].stamp.preferences) == 500
    assert problems(exchange)[0][1] == "100 purposes beyond 500 were not read"


# --- what cannot be read


def test_a_bad_event_costs_only_itself() -> None:
    exchange = request(WEB, batch(custom(), None, {"event_type": "<b>"}, {"data": {}}, custom(message_id="m-2")))
    assert [each.message_id for each in found(exchange).events] == ["m-1", "m-2"]
    assert [kind for kind, _ in problems(exchange)] == ["bad-event"] * 3


def test_a_bad_batch_costs_only_itself() -> None:
    exchange = request("https://s2s.mparticle.com/v2/bulkevents", [batch(), 5])
    assert len(found(exchange).events) == 1
    assert problems(exchange) == [("bad-event", "batch 1 is int, not an object")]


def test_events_beyond_what_is_read_are_told() -> None:
    exchange = request(WEB, batch(*[custom()] * 5001))
    assert len(found(exchange).events) == 5000
    assert problems(exchange) == [("bad-event", "events beyond 5000 were not read")]


@pytest.mark.parametrize("url", [WEB, OLD_WEB, MOBILE, SERVER])
@pytest.mark.parametrize("raw", [b"", b"\x00", b"[]", b"7", b'{"events":', b"{}", b'{"events":[]}', b"[" * 3000])
def test_what_is_no_batch_on_mparticles_own_hosts_is_a_problem(url: str, raw: bytes) -> None:
    decoded = found(request(url, raw, method="POST"))
    assert (decoded.kind, decoded.events) == (CallKind.COLLECT, ())
    assert [problem.kind for problem in decoded.problems] == ["undecodable-body"]


@pytest.mark.parametrize("body", [{"events": [1]}, {"dt": "x"}, {"type": "track"}])
def test_what_is_no_batch_on_a_sites_own_host_is_left_to_its_address(body: Json) -> None:
    assert read(request(CNAME, body)) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/v3/JS/us1-key/events",
        "https://shop.example/v2/events",
        "https://s2s.mparticle.com/v2/other",
    ],
)
def test_another_address_is_not_mparticles(url: str) -> None:
    assert read(request(url, batch())) is None


def test_identities_and_forwarding_reports_stay_calls() -> None:
    assert read(request("https://identity.mparticle.com/v1/identify", {"known_identities": {}})) is None
    assert (
        read(request("https://jssdks.mparticle.com/v1/JS/us1-key/Forwarding", {"mid": 1, "dt": 4, "sdk": "2"})) is None
    )
