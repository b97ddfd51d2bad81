"""The rules hold for every CDP, in its own words and by its own semantics; what it has no place for is not asked of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from addon.body import Body
from addon.exchange import Exchange
from addon.records import SourceRecord
from tests.addon.building import BANNER, META_PIXEL, SHOP, Browser, dated_choice, message, request, run, settings_of
from tests.addon.decode.segment.wire import basic
from tests.addon.decode.test_hightouch import message as hightouch_message
from tests.addon.decode.test_jitsu import internal
from tests.addon.decode.test_jitsu import message as jitsu_message
from tests.addon.decode.test_posthog import body as posthog_body
from tests.addon.decode.test_posthog import captured
from tests.addon.decode.test_rudderstack import context, destination, from_node
from tests.addon.decode.test_rudderstack import message as rudderstack_message

RUDDER = "https://events.shop.example"
CONFIG = "https://api.rudderstack.com/sourceConfig/?writeKey=WK"
BASIC = {"authorization": basic("WK:")}


def post(browser: Browser, at: float, url: str, body: Any, **headers: str) -> Exchange:
    raw = json.dumps(body).encode()
    return browser.fetch(at, url, mode="cors", dest="empty", method="POST", body=raw, headers=headers)


def consents(*allowed: str, denied: tuple[str, ...] = (), provider: str = "custom") -> dict[str, Any]:
    stamp = {"allowedConsentIds": list(allowed), "deniedConsentIds": list(denied), "provider": provider}
    return {"consentManagement": stamp}


def rudder(browser: Browser, at: float, *, key: str = "WK", message_id: str = "m-1", **consent: Any) -> Exchange:
    made = {name: value for name, value in context().items() if name != "consentManagement"} | consent
    sent = rudderstack_message(context=made, messageId=message_id, originalTimestamp=None, sentAt=None)
    return post(browser, at, f"{RUDDER}/v1/track", sent, authorization=basic(f"{key}:"))


def configured(browser: Browser, at: float, *destinations: Any) -> Exchange:
    source = {"source": {"id": "s", "writeKey": "WK", "config": {}, "destinations": list(destinations)}}
    return browser.fetch(at, CONFIG, mode="cors", dest="empty", answer=json.dumps(source).encode())


def hightouch(browser: Browser, at: float, **changes: Any) -> Exchange:
    sent = hightouch_message(timestamp=None, sentAt=None, **changes)
    return post(browser, at, "https://us-east-1.hightouch-events.com/v1/track", sent)


def jitsu(browser: Browser, at: float, answer: Any = None, **changes: Any) -> Exchange:
    sent = jitsu_message(timestamp=None, sentAt=None, **changes)
    asked = post(browser, at, "https://cdp.shop.example/api/s/track", sent)
    return replace(asked, response_body=Body(json.dumps(answer or {"ok": True}).encode()))


def posthog(browser: Browser, at: float, name: str = "order completed") -> Exchange:
    sent = posthog_body({**captured(name), "timestamp": None})
    return post(browser, at, "https://eu.i.posthog.com/e/", sent)


SENDERS = {"RudderStack": rudder, "Hightouch": hightouch, "Jitsu": jitsu, "PostHog": posthog}
each_cdp = pytest.mark.parametrize("name", SENDERS)
CONTEXTS = {"library": {"name": "events-sdk-js"}}


def refused() -> Browser:
    return Browser(cookies=dated_choice(at=-60))


def agreed() -> Browser:
    return Browser(cookies=dated_choice("analytics", "marketing", at=-60))


# --- every CDP


@each_cdp
def test_a_message_without_consent_is_told_by_the_cdps_own_name(name: str) -> None:
    browser = refused()
    found = run(browser.open(0), browser.fetch(1, BANNER), SENDERS[name](browser, 2), browser.open(3))
    (violation,) = found.found("event-without-consent")
    assert (violation.verdict, violation.vendor) == ("confirmed", name.lower())
    assert f"was sent to {name}." in violation.explanation
    assert not found.found("destination-without-consent")


@each_cdp
def test_a_message_with_consent_accuses_nobody_of_sending_it(name: str) -> None:
    browser = agreed()
    found = run(browser.open(0), browser.fetch(1, BANNER), SENDERS[name](browser, 2), browser.open(3))
    assert len(found.events) == 1
    assert not found.rules & {"event-without-consent", "stamp-contradicts-choice", "fanout-without-consent"}


@each_cdp
def test_no_text_about_another_cdps_message_speaks_of_segment(name: str) -> None:
    browser = refused()
    found = run(browser.open(0), browser.fetch(1, BANNER), SENDERS[name](browser, 2), browser.open(3))
    assert found.violations
    assert not [each.explanation for each in found.violations if "Segment" in each.explanation]
    assert not [gap for gap in found.gap("settings-not-seen") if "Segment" in gap]


def test_a_cdp_whose_messages_have_no_place_for_consent_is_not_asked_for_a_stamp() -> None:
    browser = agreed()
    found = run(browser.open(0), browser.fetch(1, BANNER), posthog(browser, 2), browser.open(3))
    assert found.violations == []
    assert "settings-not-seen" not in [kind for kind, _ in found.gaps]
    one = {"event": "paid", "properties": {"$lib": "posthog-node"}, "distinct_id": "user-1"}
    url, raw = "https://eu.i.posthog.com/batch/", json.dumps(posthog_body(one)).encode()
    server = run(request(0, url, method="POST", body=raw, headers={"user-agent": "posthog-node/5"}))
    assert [event.surface for event in server.events] == ["server"]
    assert server.violations == []


@pytest.mark.parametrize(
    ("name", "place", "reason"),
    [
        ("RudderStack", "context.consentManagement", "RudderStack filters by denied ids alone"),
        ("Hightouch", "context.consent", "Hightouch or its destinations"),
        ("Jitsu", "context.consent", "Jitsu or its destinations"),
    ],
)
def test_a_message_without_a_stamp_is_told_by_where_the_cdp_has_it(name: str, place: str, reason: str) -> None:
    browser = agreed()
    library = {"Hightouch": "events-sdk-js", "Jitsu": "@jitsu/js"}.get(name)
    unstamped: dict[str, Any] = {} if library is None else {"context": {"library": {"name": library}}}
    found = run(browser.open(0), browser.fetch(1, BANNER), SENDERS[name](browser, 2, **unstamped), browser.open(3))
    (violation,) = found.found("consent-not-stamped")
    assert f"carries no {place}, on itself or on its envelope; " in violation.explanation
    assert reason in violation.explanation


def test_an_opt_in_reports_a_choice_and_needs_none() -> None:
    browser = refused()
    found = run(browser.open(0), browser.fetch(1, BANNER), posthog(browser, 2, "$opt_in"), browser.open(3))
    assert not found.found("event-without-consent")


def test_two_cdps_may_use_one_write_key() -> None:
    browser = agreed()
    found = run(
        browser.open(0),
        browser.fetch(1, BANNER),
        browser.settings(2, settings_of({"Amplitude": ["analytics"]}, key="WK"), key="WK"),
        configured(browser, 3, destination("Braze")),
        browser.send(4, message(stamp={"analytics": True}, message_id="m-1"), key="WK"),
        rudder(browser, 5, **consents("analytics")),
        browser.open(6),
    )
    assert sorted((record.cdp, record.id) for record in found.of(SourceRecord)) == [
        ("rudderstack", "1.rudderstack.WK"),
        ("segment", "1.segment.WK"),
    ]
    by_cdp = {event.id: event.cdp for event in found.events}
    assert {(by_cdp[event], destination) for event, destination in found.deliveries} == {
        ("segment", "Amplitude"),
        ("rudderstack", "Braze"),
    }


def test_the_policy_says_whose_messages_a_host_takes() -> None:
    browser = refused()
    sent = {"type": "track", "event": "Paid", "messageId": "m", "anonymousId": "a"}
    plain = post(browser, 2, f"{RUDDER}/v1/track", sent, authorization=basic("WK:"))
    assert run(browser.open(0), plain).events == []
    policy = "[sites.'shop.example']\ningestion_hosts = [{host = 'Events.shop.example', cdp = 'rudderstack'}]\n"
    found = run(browser.open(0), browser.fetch(1, BANNER), plain, browser.open(3), policy=policy)
    assert [(event.cdp, event.write_key) for event in found.events] == [("rudderstack", "WK")]


# --- RudderStack


def facebook(*ids: str, provider: str = "custom", strategy: str = "and", **more: Any) -> dict[str, Any]:
    mapped = [{"provider": provider, "resolutionStrategy": strategy, "consents": [{"consent": key} for key in ids]}]
    return destination("Facebook Pixel", consentManagement=mapped if ids else [], **more)


def test_what_the_message_denies_is_filtered_and_accuses_nobody() -> None:
    browser = Browser(cookies=dated_choice("analytics", at=-60))
    found = run(
        browser.open(0),
        browser.fetch(1, BANNER),
        configured(browser, 2, facebook("marketing")),
        rudder(browser, 3, **consents("analytics", denied=("marketing",))),
        browser.open(4),
    )
    assert found.outcomes == {"Facebook Pixel": ("filtered", "predicted")}
    assert found.violations == []


def test_what_is_only_not_allowed_flows_on_all_the_same() -> None:
    browser = Browser(cookies=dated_choice("analytics", at=-60))
    found = run(
        browser.open(0),
        browser.fetch(1, BANNER),
        configured(browser, 2, facebook("marketing")),
        rudder(browser, 3, **consents("analytics")),
        browser.open(4),
    )
    (violation,) = found.found("fanout-without-consent")
    assert (violation.verdict, violation.vendor) == ("confirmed", "meta-pixel")
    assert "denies no consent id" in violation.explanation


def test_a_destination_that_one_of_two_consents_suffices_for_is_judged_by_what_its_vendor_is() -> None:
    browser = Browser(cookies=dated_choice("analytics", at=-60))
    either = facebook("analytics", "marketing", strategy="or")
    amplitude = {**destination("Amplitude", own="a"), "config": either["config"]}
    found = run(
        browser.open(0),
        browser.fetch(1, BANNER),
        configured(browser, 2, amplitude, either),
        rudder(browser, 3, **consents("analytics", denied=("marketing",))),
        browser.open(4),
    )
    assert set(found.outcomes.values()) == {("flows", "predicted")}
    assert [violation.destination for violation in found.found("fanout-without-consent")] == ["Facebook Pixel"]


def test_of_two_destinations_of_a_kind_the_unmapped_one_is_not_lost() -> None:
    browser = Browser(cookies=dated_choice("analytics", at=-60))
    found = run(
        browser.open(0),
        browser.fetch(1, BANNER),
        configured(browser, 2, facebook("marketing", own="eu"), facebook(own="us")),
        rudder(browser, 3, **consents("analytics", denied=("marketing",))),
        browser.open(4),
    )
    assert found.outcomes == {
        "Facebook Pixel [eu]": ("filtered", "predicted"),
        "Facebook Pixel [us]": ("flows", "predicted"),
    }
    assert [each.destination for each in found.found("fanout-without-consent")] == ["Facebook Pixel [us]"]
    assert [each.destination for each in found.found("unmapped-destination")] == ["Facebook Pixel [us]"]


def test_a_workspace_that_maps_nothing_is_not_told_that_a_destination_is_unmapped() -> None:
    browser = agreed()
    found = run(browser.open(0), browser.fetch(1, BANNER), configured(browser, 2, facebook()), browser.open(4))
    assert not found.found("unmapped-destination")


def test_a_stamp_that_allows_what_was_refused_contradicts_the_choice() -> None:
    browser = Browser(cookies=dated_choice("analytics", at=-60))
    found = run(
        browser.open(0),
        browser.fetch(1, BANNER),
        rudder(browser, 2, **consents("analytics", "marketing")),
        browser.open(3),
    )
    (violation,) = found.found("stamp-contradicts-choice")
    assert "grants marketing" in violation.explanation


def test_a_stamp_that_denies_what_was_granted_loses_data() -> None:
    browser = agreed()
    sent = rudder(browser, 2, **consents("analytics", denied=("marketing",)))
    found = run(browser.open(0), browser.fetch(1, BANNER), sent, browser.open(3))
    assert found.rules == {"stamp-denies-granted"}


def test_a_destination_in_the_page_is_shown_by_its_own_call() -> None:
    browser = Browser(cookies=dated_choice("analytics", at=-60))
    found = run(
        browser.open(0),
        browser.fetch(1, BANNER),
        configured(browser, 2, facebook("marketing", connectionMode="device")),
        rudder(browser, 3, **consents("analytics", denied=("marketing",))),
        browser.pixel(4, META_PIXEL),
        browser.open(5),
    )
    assert found.outcomes == {"Facebook Pixel": ("flows", "observed")}


def test_a_servers_message_without_consent_is_told() -> None:
    found = run(from_node())
    (violation,) = found.found("server-event-without-consent")
    assert "carries no context.consentManagement" in violation.explanation


def test_a_re_sent_message_is_a_duplicate() -> None:
    browser = agreed()
    found = run(browser.open(0), rudder(browser, 2), rudder(browser, 3), browser.open(4))
    assert len(found.events) == 1


# --- Jitsu and Hightouch


def test_what_jitsus_answer_tells_the_page_to_load_flows_on() -> None:
    browser = Browser(cookies=dated_choice("analytics", at=-60))
    answer = {"destinations": [internal("ga4-tag"), internal("gtm"), {"id": "x", "destinationType": "hotjar"}]}
    found = run(browser.open(0), browser.fetch(1, BANNER), jitsu(browser, 2, answer), browser.open(3))
    assert {name: one.mode for (_, name), one in found.deliveries.items()} == dict.fromkeys(
        ("ga4-tag", "gtm", "hotjar"), "device"
    )
    assert found.deliveries[found.events[0].id, "ga4-tag"].vendor == "google-analytics-4"
    assert not [each for each in found.found("fanout-without-consent") if each.category == "analytics"]
    assert found.gap("settings-not-seen") == [
        "1 messages of source kid of Jitsu: pages are told only what they feed, so not all of its destinations are known"
    ]


def test_what_hightouch_makes_of_a_refusal_is_not_held_against_anybody() -> None:
    browser = Browser(cookies=dated_choice("analytics", at=-60))
    document = {"integrations": {"Hightouch.io": {"apiKey": "WK"}, "Facebook Pixel": {"bundlingStatus": "unbundled"}}}
    document["integrations"]["Facebook Pixel"]["consentSettings"] = {"categories": ["marketing"]}  # type: ignore[assignment]
    url = "https://cdn.hightouch-events.com/v1/projects/WK/settings"
    stamped = {**CONTEXTS, "consent": {"categoryPreferences": {"analytics": True, "marketing": False}}}
    found = run(
        browser.open(0),
        browser.fetch(1, BANNER),
        browser.fetch(2, url, mode="cors", dest="empty", answer=json.dumps(document).encode()),
        hightouch(browser, 3, context=stamped),
        browser.open(4),
    )
    assert found.outcomes == {"Facebook Pixel": ("unknown", "predicted")}
    assert found.violations == []


def test_a_page_of_the_shop_is_where_all_this_happens() -> None:
    browser = agreed()
    found = run(browser.open(0), *(SENDERS[name](browser, 2) for name in SENDERS), browser.open(3))
    assert found.sites == ["shop.example"] * len(found.sites)
    assert SHOP.endswith("shop.example")
