"""One message: identity, consent, integrations, surface, and what is no event at all."""

from __future__ import annotations

import pytest

from addon.decode.facts import StampShape, Surface
from addon.decode.segment.dialect import CONSENT_EVENTS, SURFACES
from addon.exchange import Exchange, Unsent
from addon.jsontext import Json
from vendor_catalog import CallKind

from .wire import EU, OWN, US, event, found, read, request, track


def consenting(consent: Json) -> dict[str, Json]:
    return track(context={"consent": consent})


# --- identity


@pytest.mark.parametrize(
    ("value", "read"),
    [("u-1", "u-1"), ("", None), (None, None), (42, "42"), (0, "0"), (True, None), ([], None), ({"id": 1}, None)],
)
@pytest.mark.parametrize("key", ["userId", "anonymousId", "messageId"])
def test_an_identifier_is_text_a_number_or_missing(key: str, value: Json, read: str | None) -> None:
    only = event(request(f"{US}/t", {**track(), key: value}))
    assert {"userId": only.user_id, "anonymousId": only.anonymous_id, "messageId": only.message_id}[key] == read


def test_a_message_may_lack_everything_but_its_type() -> None:
    only = event(request(f"{US}/p", {"type": "page"}))
    assert (only.name, only.write_key, only.message_id, only.anonymous_id, only.user_id) == (None,) * 5
    assert (only.timestamp, only.sent_at, only.library, only.bundled, only.unbundled) == (None,) * 5
    assert only.stamp.shape is StampShape.MISSING
    assert only.integrations == {}


@pytest.mark.parametrize("value", [5, None, {}, [], ""])
@pytest.mark.parametrize("key", ["context", "integrations", "_metadata", "event", "timestamp", "sentAt", "properties"])
def test_a_key_of_another_kind_is_as_good_as_missing(key: str, value: Json) -> None:
    assert event(request(f"{US}/t", {**track(), key: value})).type == "track"


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ({"type": "track", "event": "Signed Up", "name": "other"}, "Signed Up"),
        ({"type": "page", "name": "Home", "event": "other"}, "Home"),
        ({"type": "screen", "name": "Cart"}, "Cart"),
        ({"type": "identify", "traits": {"name": "Ann"}}, None),
        ({"type": "track", "event": 7}, None),
    ],
)
def test_a_track_call_is_named_by_its_event_and_others_by_their_name(sent: Json, name: str | None) -> None:
    assert event(request(f"{US}/t", sent)).name == name


def test_a_message_keeps_what_it_said() -> None:
    sent = track(properties={"a": [1, {"b": None}]})
    assert event(request(f"{US}/t", sent)).payload == sent


def test_page_app_and_bundles_are_read() -> None:
    sent = track(
        context={"page": {"url": "https://shop.example/a"}, "app": {"namespace": "com.shop"}},
        _metadata={"bundled": ["Segment.io", 3, "Amplitude"], "unbundled": [], "bundledIds": []},
    )
    only = event(request(f"{US}/t", sent))
    assert (only.page_url, only.app) == ("https://shop.example/a", "com.shop")
    assert (only.bundled, only.unbundled) == (("Segment.io", "Amplitude"), ())


# --- where it was made


@pytest.mark.parametrize(("library", "surface"), SURFACES.items())
def test_a_library_tells_the_surface_whatever_surrounds_it(library: str, surface: Surface) -> None:
    sent = track(context={"library": {"name": library}, "page": {}, "device": {}})
    only = event(request(f"{EU}/batch", {"batch": [sent]}, headers={"user-agent": "Mozilla/5.0"}))
    assert only.surface is surface


@pytest.mark.parametrize("version", ["next-1.84.1", "npm:next-1.84.1", "edge-1.0.0:next-1.5", "4.1.8"])
def test_the_version_of_analytics_js_does_not_change_its_surface(version: str) -> None:
    only = event(request(f"{US}/t", track(context={"library": {"name": "analytics.js", "version": version}})))
    assert (only.surface, only.library_version) == (Surface.WEB, version)


@pytest.mark.parametrize(
    ("context", "headers", "path", "surface"),
    [
        ({}, {"user-agent": "Mozilla/5.0 (X11)"}, "t", Surface.WEB),
        ({}, {"origin": "https://shop.example"}, "t", Surface.WEB),
        ({"page": {"url": "x"}}, {}, "batch", Surface.WEB),
        ({"device": {"id": "d"}}, {"user-agent": "okhttp/4"}, "b", Surface.MOBILE),
        ({"app": {"name": "Shop"}}, {}, "t", Surface.MOBILE),
        ({"os": {"name": "iOS"}}, {}, "import", Surface.MOBILE),
        ({"library": {"name": "analytics_flutter"}, "device": {}}, {}, "b", Surface.MOBILE),
        ({"library": {"name": "analytics-rust"}}, {}, "t", Surface.SERVER),
        ({}, {"user-agent": "curl/8"}, "batch", Surface.SERVER),
        ({}, {}, "track", Surface.UNKNOWN),
    ],
)
def test_without_a_known_library_the_surroundings_tell_the_surface(
    context: Json, headers: dict[str, str], path: str, surface: Surface
) -> None:
    body: Json = {"batch": [track(context=context)]} if path in ("b", "batch", "import") else track(context=context)
    assert event(request(f"{US}/{path}", body, headers=headers)).surface is surface


# --- consent


@pytest.mark.parametrize(
    ("consent", "shape", "preferences"),
    [
        ({}, StampShape.EMPTY_CONSENT, {}),
        ({"version": 2}, StampShape.EMPTY_CONSENT, {}),
        ({"categoryPreferences": {}}, StampShape.EMPTY_PREFERENCES, {}),
        ({"categoryPreferences": {}, "tcString": "C"}, StampShape.EMPTY_PREFERENCES, {}),
        (
            {"categoryPreferences": {"C0001": True, "c0001": False}},
            StampShape.PREFERENCES,
            {"C0001": True, "c0001": False},
        ),
        ({"categoryPreferences": {"ta-1": False}, "version": 2}, StampShape.PREFERENCES, {"ta-1": False}),
    ],
)
def test_each_shape_of_consent_is_told_apart(consent: Json, shape: StampShape, preferences: dict[str, bool]) -> None:
    stamp = event(request(f"{US}/t", consenting(consent))).stamp
    assert (stamp.shape, stamp.preferences, stamp.on_envelope) == (shape, preferences, False)


@pytest.mark.parametrize("context", [{}, None, {"page": {}}])
def test_a_message_without_consent_is_told_from_one_with_empty_consent(context: Json) -> None:
    assert event(request(f"{US}/t", {**track(), "context": context})).stamp.shape is StampShape.MISSING


@pytest.mark.parametrize("value", ["true", "false", 1, 0, None, "N/A", {}, [True]])
def test_a_consent_value_that_is_no_boolean_is_reported_and_not_coerced(value: Json) -> None:
    decoded = found(request(f"{US}/t", consenting({"categoryPreferences": {"analytics": value, "marketing": False}})))
    (only,) = decoded.events
    assert only.stamp.shape is StampShape.PREFERENCES
    assert only.stamp.preferences == {"analytics": None, "marketing": False}
    ((kind, reason),) = [(problem.kind, problem.reason) for problem in decoded.problems]
    assert kind == "bad-consent"
    assert "'analytics'" in reason
    assert repr(value) in reason


@pytest.mark.parametrize("consent", [None, True, "granted", [], 1])
def test_consent_that_is_no_object_is_reported(consent: Json) -> None:
    decoded = found(request(f"{US}/t", consenting(consent)))
    assert decoded.events[0].stamp.shape is StampShape.EMPTY_CONSENT
    assert [problem.kind for problem in decoded.problems] == ["bad-consent"]


@pytest.mark.parametrize("preferences", [None, True, "all", ["analytics"]])
def test_preferences_that_are_no_object_are_reported(preferences: Json) -> None:
    decoded = found(request(f"{US}/t", consenting({"categoryPreferences": preferences})))
    assert decoded.events[0].stamp.shape is StampShape.EMPTY_CONSENT
    assert [problem.kind for problem in decoded.problems] == ["bad-consent"]


def test_the_old_consent_managers_stamp_is_read_by_the_same_key() -> None:
    old: Json = {
        "defaultDestinationBehavior": None,
        "categoryPreferences": {"functional": True, "advertising": None},
        "destinationPreferences": {"Amplitude": True},
    }
    decoded = found(request(f"{US}/t", consenting(old)))
    assert decoded.events[0].stamp.preferences == {"functional": True, "advertising": None}
    assert len(decoded.problems) == 1


def test_a_heap_of_categories_is_read_up_to_a_bound() -> None:
    preferences: dict[str, Json] = {f"c{number}": True for number in range(5000)}
    assert len(event(request(f"{US}/t", consenting({"categoryPreferences": preferences}))).stamp.preferences) == 500


@pytest.mark.parametrize("name", CONSENT_EVENTS)
def test_both_names_of_the_consent_event_report_a_choice(name: str) -> None:
    assert event(request(f"{US}/t", track(event=name))).reports_choice


@pytest.mark.parametrize(
    "changes",
    [
        {"event": "Consent Updated"},
        {"event": "segment consent preference updated"},
        {"type": "page", "name": CONSENT_EVENTS[0], "event": CONSENT_EVENTS[0]},
    ],
)
def test_other_messages_report_no_choice(changes: dict[str, Json]) -> None:
    assert not event(request(f"{US}/t", track(**changes))).reports_choice


# --- integrations


def test_an_integration_is_on_off_or_on_with_options() -> None:
    sent: Json = {"All": False, "Segment.io": True, "Amplitude": {"session_id": 1}, "Braze": {}}
    only = event(request(f"{US}/t", track(integrations=sent)))
    assert only.integrations == {"All": False, "Segment.io": True, "Amplitude": True, "Braze": True}


@pytest.mark.parametrize("value", [None, "true", "false", 1, 0, []])
def test_an_integration_that_is_neither_boolean_nor_object_is_reported_and_left_out(value: Json) -> None:
    decoded = found(request(f"{US}/t", track(integrations={"Amplitude": value, "Braze": False})))
    assert decoded.events[0].integrations == {"Braze": False}
    assert [(problem.kind, "'Amplitude'" in problem.reason) for problem in decoded.problems] == [("bad-event", True)]


def test_a_heap_of_integrations_is_read_up_to_a_bound() -> None:
    sent: dict[str, Json] = {f"d{number}": True for number in range(5000)}
    assert len(event(request(f"{US}/t", track(integrations=sent))).integrations) == 1000


# --- sent again


@pytest.mark.parametrize(
    ("headers", "metadata", "retry"),
    [
        ({}, None, False),
        ({}, {"retryCount": 0}, False),
        ({}, {"retryCount": 2}, True),
        ({"x-retry-count": "1"}, None, True),
        ({"x-retry-count": "10"}, None, True),
        ({"x-retry-count": "0"}, None, False),
        ({"x-retry-count": ""}, None, False),
        ({"x-retry-count": "1"}, {"retryCount": 0}, True),
    ],
)
def test_a_message_says_that_it_was_sent_before(headers: dict[str, str], metadata: Json, retry: bool) -> None:
    assert event(request(f"{US}/t", track(_metadata=metadata), headers=headers)).retry is retry


# --- what is no event

METRICS: Json = {
    "series": [
        {
            "type": "Counter",
            "metric": "analytics_js.integration.invoke",
            "value": 1,
            "tags": {"method": "track", "integration_name": "Amplitude", "type": "classic"},
        },
        {"type": "Counter", "metric": "analytics_mobile.invoke.error", "value": 1, "tags": {}},
    ]
}


@pytest.mark.parametrize("url", [f"{US}/m", f"{EU}/m", f"{OWN}/m", f"{US}/b", "https://proxy.shop.example/x"])
def test_an_sdks_metrics_are_no_events(url: str) -> None:
    decoded = found(request(url, METRICS, headers={"content-type": "text/plain"}))
    assert (decoded.kind, decoded.events, decoded.problems) == (CallKind.CONFIG, (), ())


def test_metrics_that_cannot_be_read_are_still_metrics() -> None:
    assert found(request(f"{US}/m", b"\x00junk")).kind is CallKind.CONFIG


@pytest.mark.parametrize(
    "signal",
    [
        request("https://signals.segment.io/v1/b", {"batch": [track(event="anything")], "writeKey": "WK"}),
        request(f"{US}/b", {"batch": [track(event="Segment Signal Generated")], "writeKey": "WK"}),
        request(f"{OWN}/b", {"batch": [track(event="Segment Signal Generated")], "writeKey": "WK"}),
    ],
    ids=["their host", "their name", "their name on a custom domain"],
)
def test_auto_instrumentation_is_a_call_and_no_event(signal: Exchange) -> None:
    decoded = found(signal)
    assert (decoded.kind, decoded.events, decoded.problems) == (CallKind.COLLECT, (), ())
    assert not decoded.decodes_events


def test_events_between_signals_are_events() -> None:
    batch: Json = [track(event="Segment Signal Generated"), track()]
    decoded = found(request(f"{US}/b", {"batch": batch}))
    assert [(each.position, each.name) for each in decoded.events] == [(1, "Order Completed")]
    assert decoded.decodes_events


@pytest.mark.parametrize(
    ("url", "body"),
    [
        ("https://cdn.segment.com/analytics.js/v1/WK/analytics.min.js", None),
        ("https://cdn.shop.example/analytics.js/v1/WK/analytics.min.js", None),
        ("https://debug-api.segment.com/v1/b", {"batch": [track()], "writeKey": "WK"}),
        ("https://oauth2.segment.io/token", {"grant_type": "client_credentials"}),
    ],
)
def test_segments_other_addresses_deliver_no_messages(url: str, body: Json) -> None:
    assert read(request(url, body)) is None


@pytest.mark.parametrize("base", [US, EU, OWN])
def test_a_preflight_and_what_was_never_sent_deliver_no_messages(base: str) -> None:
    assert read(request(f"{base}/t", track(), method="OPTIONS")) is None
    for unsent in Unsent:
        assert read(request(f"{base}/t", track(), unsent=unsent)) is None
