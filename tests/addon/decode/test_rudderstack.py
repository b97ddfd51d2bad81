"""RudderStack's requests, as its SDKs make them, and the configuration of its sources."""

from __future__ import annotations

import gzip
import json
from urllib.parse import quote

import pytest

from addon.decode.facts import Mode, Settings, StampShape, Surface
from addon.decode.rudderstack.settings import ConsentMapping, ConsentMappings
from addon.exchange import Exchange
from addon.jsontext import Json
from vendor_catalog import CallKind

from .segment.wire import basic, event, events, found, problems, read, request, response

HOSTED = "https://shop.dataplane.rudderstack.com"
OWN = "https://events.shop.example"
CONFIG = "https://api.rudderstack.com/sourceConfig/?p=npm&v=3.34.1&writeKey=WK"
KEYED = {"authorization": basic("WK:"), "anonymousid": "YS0x"}


def message(**changes: Json) -> dict[str, Json]:
    """A track call as rudder-sdk-js 3 makes it; ``None`` takes a key away."""
    built: dict[str, Json] = {
        "type": "track",
        "event": "Order Completed",
        "channel": "web",
        "properties": {"total": 1},
        "messageId": "6f1d4c3e-3f0c-4d0c-9a65-1b2d9f9b8b11",
        "originalTimestamp": "2026-11-23T12:00:00.000Z",
        "sentAt": "2026-11-23T12:00:02.500Z",
        "anonymousId": "a-1",
        "userId": "",
        "integrations": {"All": True},
        "context": context(),
        **changes,
    }
    return {key: value for key, value in built.items() if value is not None}


def context(**changes: Json) -> dict[str, Json]:
    return {
        "sessionId": 1795653576,
        "consentManagement": {
            "allowedConsentIds": ["C0002"],
            "deniedConsentIds": ["C0004"],
            "provider": "oneTrust",
            "resolutionStrategy": "and",
        },
        "library": {"name": "RudderLabs JavaScript SDK", "version": "3.34.1"},
        "app": {"name": "RudderLabs JavaScript SDK", "namespace": "com.rudderlabs.javascript", "version": "3.34.1"},
        "page": {"url": "https://www.shop.example/"},
        **changes,
    }


def from_node(key: str = "WK") -> Exchange:
    """What @rudderstack/rudder-sdk-node 3.0.13 was seen to send."""
    sent: Json = {
        "batch": [
            {
                "userId": "u1",
                "event": "Order Completed",
                "type": "track",
                "context": {"library": {"name": "analytics-node", "version": "3.0.13"}},
                "channel": "server",
                "_metadata": {"nodeVersion": "20.20.2"},
                "originalTimestamp": "2026-11-23T12:00:00.000Z",
                "messageId": "dcf5c096-023e-4d12-af3b-fb4bede7e63b",
                "sentAt": "2026-11-23T12:00:00.005Z",
            }
        ],
        "timestamp": "2026-11-23T12:00:00.005Z",
        "sentAt": "2026-11-23T12:00:00.005Z",
    }
    headers = {"authorization": basic(f"{key}:"), "content-encoding": "gzip", "user-agent": "analytics-node/3.0.13"}
    return request(f"{OWN}/v1/batch", gzip.compress(json.dumps(sent).encode()), headers=headers)


@pytest.mark.parametrize("base", [HOSTED, OWN])
def test_a_page_sends_one_message(base: str) -> None:
    sent = event(request(f"{base}/v1/track", message(), headers=KEYED))
    assert (sent.cdp, sent.type, sent.name, sent.write_key) == ("rudderstack", "track", "Order Completed", "WK")
    assert (sent.anonymous_id, sent.user_id, sent.surface, sent.app) == ("a-1", None, Surface.WEB, None)
    assert (sent.waited, sent.page_url) == (2.5, "https://www.shop.example/")
    assert sent.stamp.preferences == {"C0002": True, "C0004": False}
    assert (sent.stamp.provider, sent.stamp.any_suffices) == ("oneTrust", False)


@pytest.mark.parametrize("base", [HOSTED, OWN])
def test_a_batch_and_a_beacon_bring_the_write_key_each_in_its_own_place(base: str) -> None:
    batch: Json = {"batch": [message(), message(messageId="m-2")], "sentAt": "2026-11-23T12:00:02.500Z"}
    assert [sent.write_key for sent in events(request(f"{base}/v1/batch", batch, headers=KEYED))] == ["WK", "WK"]
    beacon = request(f"{base}/beacon/v1/batch?writeKey=WK", batch, headers={"content-type": "text/plain"})
    assert [(sent.cdp, sent.write_key) for sent in events(beacon)] == [("rudderstack", "WK")] * 2


def test_a_pixel_is_a_message() -> None:
    url = f"{HOSTED}/pixel/v1/track?writeKey=WK&event=Opened&anonymousId=a-1&context.page.url={quote('https://a.example/')}"
    sent = event(request(url))
    assert (sent.cdp, sent.type, sent.name, sent.write_key) == ("rudderstack", "track", "Opened", "WK")
    assert sent.page_url == "https://a.example/"


def test_a_servers_batch_is_known_by_its_channel_and_its_key() -> None:
    sent = event(from_node())
    assert (sent.cdp, sent.surface, sent.write_key, sent.user_id) == ("rudderstack", Surface.SERVER, "WK", "u1")
    assert sent.stamp.shape is StampShape.MISSING


def test_an_app_is_known_by_its_library_and_its_bundle() -> None:
    made = context(library={"name": "rudder-ios-library", "version": "1.31.0"}, app={"namespace": "com.example.shop"})
    sent = event(request(f"{OWN}/v1/batch", {"batch": [message(channel="mobile", context=made)]}, headers=KEYED))
    assert (sent.cdp, sent.surface, sent.app) == ("rudderstack", Surface.MOBILE, "com.example.shop")


@pytest.mark.parametrize(
    ("headers", "retry"),
    [
        ({}, False),
        ({"rsa-retry-attempt": "0"}, False),
        ({"rsa-retry-attempt": "2"}, True),
        ({"rsa-recovered": "true"}, True),
    ],
)
def test_a_retry_says_so_in_its_headers(headers: dict[str, str], retry: bool) -> None:
    assert event(request(f"{OWN}/v1/track", message(), headers={**KEYED, **headers})).retry is retry


# --- consent


@pytest.mark.parametrize(
    ("consent", "shape", "preferences"),
    [
        (None, StampShape.MISSING, {}),
        ({}, StampShape.EMPTY_CONSENT, {}),
        ({"provider": "custom"}, StampShape.EMPTY_CONSENT, {}),
        ({"allowedConsentIds": [], "deniedConsentIds": []}, StampShape.EMPTY_PREFERENCES, {}),
        ({"deniedConsentIds": ["a", ""]}, StampShape.PREFERENCES, {"a": False}),
        ({"allowedConsentIds": ["a"], "deniedConsentIds": ["b"]}, StampShape.PREFERENCES, {"a": True, "b": False}),
    ],
)
def test_consent_is_read_by_id(consent: Json, shape: StampShape, preferences: dict[str, bool]) -> None:
    made = context(consentManagement=consent) if consent is not None else {"library": context()["library"]}
    stamp = event(request(f"{HOSTED}/v1/track", message(context=made), headers=KEYED)).stamp
    assert (stamp.shape, stamp.preferences) == (shape, preferences)


@pytest.mark.parametrize(
    ("consent", "said"),
    [
        ("denied", "is str, not an object"),
        ({"deniedConsentIds": "C0004"}, "is not a list of texts"),
        ({"deniedConsentIds": [1, "C0004"]}, "is not a list of texts"),
        ({"allowedConsentIds": ["C0004"], "deniedConsentIds": ["C0004"]}, "both allows and denies C0004"),
    ],
)
def test_consent_of_another_shape_is_told_and_grants_nothing(consent: Json, said: str) -> None:
    exchange = request(f"{HOSTED}/v1/track", message(context=context(consentManagement=consent)), headers=KEYED)
    assert True not in found(exchange).events[0].stamp.preferences.values()
    ((kind, reason),) = problems(exchange)
    assert kind == "bad-consent"
    assert said in reason


# --- what is not RudderStack's


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({"type": "track", "messageId": "m-1", "userId": "u"}, KEYED),
        (message(context={"library": {"name": "analytics.js"}}), {}),
        # what Segment sends on to a site's own server
        (
            message(context={"library": {"name": "analytics.js"}}, channel="server", receivedAt="x", projectId="p"),
            KEYED,
        ),
        ({"channel": "web", "originalTimestamp": "2026-11-23T12:00:00Z", "text": "hello"}, KEYED),
        ({"batch": [{"channel": "web", "id": 1}]}, KEYED),
    ],
)
def test_what_only_looks_alike_is_left_alone(body: Json, headers: dict[str, str]) -> None:
    decoded = read(request(f"{OWN}/v1/track", body, headers=headers))
    assert decoded is None or decoded.vendor != "rudderstack"


def test_a_message_that_cannot_be_read_costs_itself_alone() -> None:
    batch: Json = {"batch": [7, message(), {"type": "party", "messageId": "m"}, message(type=None)]}
    exchange = request(f"{HOSTED}/v1/batch", batch, headers=KEYED)
    assert [sent.position for sent in found(exchange).events] == [1]
    assert [kind for kind, _ in problems(exchange)] == ["bad-event"] * 3


@pytest.mark.parametrize("body", [b"", b"\x1f\x8bnot", b"{", b"[]", b"null"])
def test_a_body_that_cannot_be_read_is_a_gap(body: bytes) -> None:
    decoded = found(request(f"{HOSTED}/v1/batch", body, headers=KEYED))
    assert (decoded.kind, decoded.events) == (CallKind.COLLECT, ())
    assert decoded.problems


# --- configuration


def destination(name: str = "Facebook Pixel", *, own: str = "prod", **config: Json) -> dict[str, Json]:
    return {
        "id": f"id-{own}",
        "name": own,
        "enabled": True,
        "config": {"connectionMode": "cloud", **config},
        "destinationDefinition": {"name": name.upper(), "displayName": name},
    }


def configuration(*destinations: Json, key: str | None = "WK") -> Settings:
    source: dict[str, Json] = {"id": "s", "config": {}, "destinations": list(destinations)}
    if key is not None:
        source["writeKey"] = key
    decoded = found(response(CONFIG, {"source": source}))
    assert (decoded.vendor, decoded.kind) == ("rudderstack", CallKind.CONFIG)
    assert decoded.settings is not None
    return decoded.settings


def test_the_configuration_maps_destinations_for_each_consent_manager() -> None:
    mapped: Json = [
        {"provider": "oneTrust", "resolutionStrategy": "and", "consents": [{"consent": " C0004 "}, {"consent": ""}]},
        {"provider": "custom", "resolutionStrategy": "or", "consents": [{"consent": "ads"}, {"consent": "all"}]},
        {"provider": "ketch", "consents": []},
    ]
    settings = configuration(destination(consentManagement=mapped), destination("Amplitude"))
    pixel, amplitude = settings.destinations
    assert pixel.rules == ConsentMappings(
        (
            ConsentMapping("oneTrust", ("C0004",)),
            ConsentMapping("custom", ("ads", "all"), any_suffices=True),
        )
    )
    assert pixel.categories == settings.all_categories == ("C0004", "ads", "all")
    assert (amplitude.categories, amplitude.mapping_shown) == ((), True)
    assert (settings.cdp, settings.write_key, settings.has_unmapped_destinations) == ("rudderstack", "WK", True)


def test_older_mappings_are_told_apart() -> None:
    (one,) = configuration(
        destination(
            oneTrustCookieCategories=[{"oneTrustCookieCategory": "C0002"}],
            ketchConsentPurposes=[{"purpose": "analytics"}, 7],
        )
    ).destinations
    assert one.rules == ConsentMappings(
        (
            ConsentMapping("oneTrust", ("C0002",), any_suffices=False, legacy=True),
            ConsentMapping("ketch", ("analytics",), any_suffices=True, legacy=True),
        )
    )


@pytest.mark.parametrize(
    ("config", "mode"),
    [
        ({"connectionMode": "device"}, Mode.DEVICE),
        ({"connectionMode": "cloud"}, Mode.CLOUD),
        ({"connectionMode": "hybrid"}, Mode.CLOUD),
        ({"connectionMode": None, "useNativeSDK": True}, Mode.DEVICE),
        ({"connectionMode": None}, Mode.UNKNOWN),
    ],
)
def test_the_mode_is_the_connections(config: dict[str, Json], mode: Mode) -> None:
    (one,) = configuration(destination(**config)).destinations
    assert one.mode is mode


def test_two_of_a_kind_stay_two_and_what_is_off_is_none() -> None:
    off: Json = {**destination("Braze"), "enabled": False}
    settings = configuration(destination(own="a"), destination(own="b"), off)
    assert [each.names for each in settings.destinations] == [
        ("Facebook Pixel [a]", "Facebook Pixel"),
        ("Facebook Pixel [b]", "Facebook Pixel"),
    ]
    assert settings.has_unmapped_destinations is None


def test_the_write_key_of_the_request_counts_where_the_answer_has_none() -> None:
    assert configuration(destination(), key=None).write_key == "WK"


@pytest.mark.parametrize("answer", [b"{", {"source": {}}, {"source": {"id": "s", "destinations": {}}}, [], None])
def test_a_configuration_that_was_not_seen_is_a_gap_on_rudderstacks_host_alone(answer: Json | bytes) -> None:
    assert [kind for kind, _ in problems(response(CONFIG, answer))] == ["settings-not-seen"]
    assert read(response("https://www.shop.example/sourceConfig/?writeKey=WK", answer)) is None


def test_a_configuration_on_another_host_is_read_if_it_certainly_is_one() -> None:
    source: Json = {"source": {"id": "s", "destinations": [destination()]}}
    decoded = found(response("https://config.shop.example/sourceConfig/?writeKey=WK", source))
    assert decoded.settings is not None
    assert decoded.settings.write_key == "WK"
