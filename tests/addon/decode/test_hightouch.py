"""Hightouch's requests, as its fork of analytics.js makes them, and its settings."""

from __future__ import annotations

import pytest

from addon.decode import decode
from addon.decode.facts import StampShape, Surface
from addon.jsontext import Json
from vendor_catalog import CallKind

from .segment.wire import event, events, found, problems, read, request, response

HOSTED = "https://us-east-1.hightouch-events.com"
OWN = "https://ht.shop.example"
CDN = "https://cdn.hightouch-events.com/v1/projects/WK/settings"


def message(**changes: Json) -> dict[str, Json]:
    """A track call as events-sdk-js 1.5 makes it; ``None`` takes a key away."""
    built: dict[str, Json] = {
        "type": "track",
        "event": "Order Completed",
        "messageId": "0b2e1d4c5f60718293a4b5c6d7e8f901",
        "anonymousId": "a-1",
        "timestamp": "2026-11-23T12:00:00.000Z",
        "sentAt": "2026-11-23T12:00:00.100Z",
        "writeKey": "WK",
        "context": {"library": {"name": "events-sdk-js", "version": "1.5.1"}},
        "integrations": {},
        **changes,
    }
    return {key: value for key, value in built.items() if value is not None}


def stamped(preferences: Json) -> Json:
    return {"library": {"name": "events-sdk-js"}, "consent": {"categoryPreferences": preferences}}


@pytest.mark.parametrize("base", [HOSTED, OWN])
def test_a_page_sends_one_message(base: str) -> None:
    sent = event(request(f"{base}/v1/track", message(context=stamped({"ads": False}))))
    assert (sent.cdp, sent.type, sent.write_key, sent.surface) == ("hightouch", "track", "WK", Surface.WEB)
    assert sent.stamp.preferences == {"ads": False}


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/b"])
@pytest.mark.parametrize("base", [HOSTED, OWN])
def test_a_batch_is_read(base: str, path: str) -> None:
    batch: Json = {"writeKey": "WK", "batch": [message(), message(messageId="m-2")], "sentAt": "2026-11-23T12:00:01Z"}
    assert [(sent.cdp, sent.write_key) for sent in events(request(f"{base}{path}", batch))] == [("hightouch", "WK")] * 2


def test_its_name_among_the_bundled_destinations_is_enough() -> None:
    sent = event(request(f"{OWN}/x", message(context={}, _metadata={"bundled": ["Hightouch.io"], "unbundled": []})))
    assert (sent.cdp, sent.bundled) == ("hightouch", ("Hightouch.io",))


def test_the_report_of_a_choice_is_known() -> None:
    sent = event(request(f"{HOSTED}/v1/track", message(event="Hightouch Consent Preference")))
    assert (sent.reports_choice, sent.stamp.shape) == (True, StampShape.MISSING)


def test_segments_messages_stay_segments() -> None:
    sent = event(
        request(f"{OWN}/v1/t", message(messageId="ajs-next-1-a", context={"library": {"name": "analytics.js"}}))
    )
    assert sent.cdp == "segment"


def test_a_learned_host_takes_messages_that_nothing_marks() -> None:
    plain = request(f"{OWN}/v1/track", message(context={}, messageId="m"))
    assert read(plain) is None
    decoded = decode(plain, None, {"ht.shop.example": "hightouch"})
    assert decoded is not None
    assert decoded.events[0].cdp == "hightouch"


def test_a_message_that_cannot_be_read_costs_itself_alone() -> None:
    decoded = found(request(f"{HOSTED}/v1/batch", {"batch": [7, message(), {"type": "party"}]}))
    assert [sent.position for sent in decoded.events] == [1]
    assert [problem.kind for problem in decoded.problems] == ["bad-event", "bad-event"]


# --- settings


def test_settings_are_read_as_the_fork_they_are() -> None:
    document: Json = {
        "integrations": {
            "Hightouch.io": {"apiKey": "WK", "apiHost": "ht.shop.example/v1"},
            "Braze": {"bundlingStatus": "unbundled", "consentSettings": {"categories": ["ads"]}},
        }
    }
    for url in (CDN, "https://cdn.shop.example/v1/projects/WK/settings"):
        decoded = found(response(url, document))
        assert (decoded.vendor, decoded.kind) == ("hightouch", CallKind.CONFIG)
        assert decoded.settings is not None
        assert (decoded.settings.cdp, decoded.settings.write_key) == ("hightouch", "WK")
        assert [(each.name, each.categories) for each in decoded.settings.destinations] == [("Braze", ("ads",))]
        assert decoded.settings.api_hosts == ("ht.shop.example",)


def test_segments_settings_are_not_hightouchs() -> None:
    document: Json = {"integrations": {"Segment.io": {"apiKey": "WK"}}}
    decoded = found(response("https://cdn.shop.example/v1/projects/WK/settings", document))
    assert decoded.vendor == "segment"
    assert [kind for kind, _ in problems(response(CDN, document))] == ["settings-not-seen"]


def test_a_list_of_names_on_an_unknown_host_is_not_taken_for_hightouchs() -> None:
    decoded = found(response("https://cdn.shop.example/v1/projects/WK/integrations", [{"creationName": "Braze"}]))
    assert decoded.vendor == "segment"
