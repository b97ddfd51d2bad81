"""What Segment's libraries say of their own work in the page: failures, code that runs before destinations, messages that nobody wrote."""

from __future__ import annotations

import json
from typing import Any

import pytest

from addon.exchange import Exchange
from addon.records import EventRecord, SourceRecord, ViolationRecord
from tests.addon.building import App, Browser, Run, dated_choice, message, run, settings_of

REFUSED = dated_choice("functional", at=-5)
GRANTED = dated_choice("functional", "analytics", "marketing", at=-5)
FANOUT = "fanout-without-consent"
DEVICE = settings_of({"Mixpanel": ["analytics"]}, device=["Mixpanel"])


def counters(
    browser: Browser, at: float, *series: tuple[str, str], kind: str = "classic", method: str = "track"
) -> Exchange:
    """``series`` of destinations, each with what was counted: ``invoke`` or ``invoke.error``."""
    listed = [
        {
            "type": "Counter",
            "metric": f"analytics_js.integration.{metric}",
            "value": 1,
            "tags": {"method": method, "integration_name": name, "type": kind},
        }
        for name, metric in series
    ]
    url = "https://api.segment.io/v1/m"
    body = json.dumps({"series": listed}).encode()
    return browser.fetch(at, url, mode="cors", dest="empty", method="POST", body=body)


def page(*calls: Exchange, cookies: dict[str, str] = REFUSED, settings: dict[str, Any] = DEVICE, **more: Any) -> Run:
    browser = Browser(cookies=cookies)
    return run(browser.open(0), browser.settings(0.5, settings), *calls, browser.open(200), **more)


def outcomes(found: Run) -> list[tuple[str, str, str | None]]:
    return [(str(each.outcome), str(each.basis), each.seen) for each in found.deliveries.values()]


BEGUN, FAILED = ("Mixpanel", "invoke"), ("Mixpanel", "invoke.error")
NOT_DELIVERED = ("failed", "observed", "failure")


@pytest.mark.parametrize(
    "reports", [[[FAILED]], [[BEGUN, FAILED]], [[BEGUN], [FAILED]]], ids=["alone", "together", "later"]
)
def test_a_handover_that_failed_was_not_delivered(reports: list[list[tuple[str, str]]]) -> None:
    browser = Browser(cookies=REFUSED)
    calls = [counters(browser, 10 + n, *series) for n, series in enumerate(reports)]
    found = page(browser.send(1, message()), *calls)
    assert outcomes(found) == [NOT_DELIVERED]
    assert "invoke.error" in next(iter(found.deliveries.values())).reason
    assert found.found(FANOUT) == []


def test_a_failure_takes_back_what_was_raised_live_and_says_why() -> None:
    browser = Browser(cookies=REFUSED)
    found = page(browser.send(1, message()), counters(browser, 10, BEGUN, FAILED), live=True)
    assert found.found(FANOUT) == []
    assert found.history(FANOUT)[-1] == "cleared"
    last = [record for record in found.of(ViolationRecord) if record.rule == FANOUT][-1]
    assert "later evidence shows that handing the message over failed in the page" in last.explanation


def test_failures_that_do_not_cover_all_messages_say_of_none_which_failed() -> None:
    browser = Browser(cookies=REFUSED)
    sent = (browser.send(1, message("A")), browser.send(2, message("B")))
    found = page(*sent, counters(browser, 10, BEGUN, BEGUN, FAILED))
    assert outcomes(found) == [("flows", "predicted", None)] * 2
    both = page(*sent, counters(browser, 10, BEGUN, BEGUN, FAILED, FAILED))
    assert outcomes(both) == [NOT_DELIVERED] * 2


@pytest.mark.parametrize(
    "counted",
    [
        {"series": [("Amplitude", "invoke.error")]},
        {"series": [FAILED], "method": "page"},
        {"series": [FAILED], "method": "load"},
        {"series": [("Mixpanel", "invoke.errors")]},
    ],
    ids=str,
)
def test_a_failure_of_something_else_fails_nothing(counted: dict[str, Any]) -> None:
    browser = Browser(cookies=REFUSED)
    found = page(browser.send(1, message()), counters(browser, 10, *counted.pop("series"), **counted))
    assert outcomes(found) == [("flows", "predicted", None)]


def test_what_the_vendors_call_showed_did_happen() -> None:
    browser = Browser(cookies=REFUSED)
    call = browser.pixel(1.5, "https://api-js.mixpanel.com/track/?verbose=1", method="POST", body=b"data=e30%3D")
    found = page(browser.send(1, message()), call, counters(browser, 10, FAILED))
    assert outcomes(found) == [("flows", "observed", "call")]


def test_an_action_that_failed_may_have_had_others_beside_it() -> None:
    browser = Browser(cookies=REFUSED)
    failed = counters(browser, 10, ("Mixpanel trackEvent", "invoke.error"), kind="action")
    assert outcomes(page(browser.send(1, message()), failed)) == [("ambiguous", "observed", "failure")]


def test_a_destination_that_never_started_gets_nothing() -> None:
    browser = Browser(cookies=REFUSED)
    metadata = {"bundled": ["Mixpanel", "Segment.io"], "unbundled": [], "failedInitializations": ["Mixpanel", 7, None]}
    found = page(browser.send(1, message(_metadata=metadata)))
    assert [(str(each.outcome), each.reason) for each in found.deliveries.values()] == [
        ("failed", "the message says that it failed to start in the page")
    ]
    assert found.found(FANOUT) == []


# --- code that runs before destinations


@pytest.mark.parametrize(
    "more",
    [
        {"enabledMiddleware": {"@shop/scrub": True, "off": False}},
        {"edgeFunction": {"downloadURL": "https://cdn.edgefn.segment.com/k/a.js", "version": 2}},
    ],
    ids=["middleware", "edge function"],
)
def test_code_that_may_change_a_message_leaves_open_what_destinations_in_the_page_get(more: dict[str, Any]) -> None:
    browser = Browser(cookies=REFUSED)
    settings = settings_of({"Mixpanel": ["analytics"], "Braze": ["analytics"]}, device=["Mixpanel"]) | more
    found = page(browser.send(1, message(stamp={"analytics": True})), settings=settings)
    deliveries = {
        name: (str(each.outcome), "may change the message" in each.reason)
        for (_, name), each in found.deliveries.items()
    }
    assert deliveries == {"Mixpanel": ("ambiguous", True), "Braze": ("flows", False)}
    assert {each.destination: str(each.verdict) for each in found.found(FANOUT)}["Mixpanel"] == "unproven"


@pytest.mark.parametrize(
    "more",
    [
        {"enabledMiddleware": {}},
        {"enabledMiddleware": {"a": False}},
        {"enabledMiddleware": [1]},
        {"edgeFunction": {}},
        {"edgeFunction": None},
    ],
    ids=str,
)
def test_code_that_is_not_there_changes_nothing(more: dict[str, Any]) -> None:
    browser = Browser(cookies=REFUSED)
    found = page(browser.send(1, message(stamp={"analytics": True})), settings=DEVICE | more)
    assert [str(each.outcome) for each in found.deliveries.values()] == ["flows"]


# --- messages that nobody wrote


@pytest.mark.parametrize(
    ("kind", "made_by", "said"),
    [("Signal", "signal", True), ("signals", "signal", True), ("js", "js", False), (5, None, False)],
)
def test_a_message_of_auto_instrumentation_is_said_to_be_one(kind: Any, made_by: str | None, said: bool) -> None:
    browser = Browser(cookies=REFUSED)
    found = page(browser.send(1, message("click", context={"__eventOrigin": {"type": kind}})))
    assert [each.made_by for each in found.of(EventRecord)] == [made_by]
    assert [("Nobody wrote it by hand" in each.explanation) for each in found.found("event-without-consent")] == [said]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"autoInstrumentationSettings": {"sampleRate": 0.2}}, True),
        ({"autoInstrumentation": {"enabled": True}}, True),
        ({"autoInstrumentationSettings": {"sampleRate": 0}}, False),
        ({"autoInstrumentationSettings": "on"}, False),
        ({}, False),
    ],
    ids=str,
)
def test_a_source_says_whether_its_library_makes_messages_itself(more: dict[str, Any], expected: bool) -> None:
    assert [each.auto_instrumented for each in page(settings=DEVICE | more).of(SourceRecord)] == [expected]


# --- destinations on which consent is not enforced


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("PERSONAS - Facebook Ads", "flows"),
        ("Personas Facebook Custom Audiences", "flows"),
        ("AWS S3", "flows"),
        ("AWS S3 (Actions)", "unknown"),
        ("Engage Messaging", "filtered"),
        ("Personalize", "filtered"),
    ],
)
def test_a_refusal_does_not_hold_back_what_segment_does_not_check(name: str, outcome: str) -> None:
    app = App()
    sent = app.send(1, message(stamp={"analytics": False}))
    found = run(app.settings(0.5, settings_of({name: ["analytics"]})), sent)
    assert [str(each.outcome) for each in found.deliveries.values()] == [outcome]


# --- a known fault of the consent wrapper


def plugins(*names: str) -> dict[str, Any]:
    settings = settings_of({name: ["analytics"] for name in names}, device=names)
    settings["remotePlugins"] = [
        {
            "name": name,
            "creationName": name,
            "libraryName": f"{name}Destination",
            "url": f"https://cdn.segment.com/next-integrations/actions/{n}/a.js",
            "settings": {"subscriptions": [{"enabled": True, "partnerAction": "send", "subscribe": 'type = "track"'}]},
        }
        for n, name in enumerate(names)
    ]
    return settings


FAULT = "consent-tools up to 2.0.2"


@pytest.mark.parametrize(
    ("names", "stamp", "named"),
    [
        (("Mixpanel", "Heap"), {"analytics": False}, True),
        (("Mixpanel", "Heap"), {"analytics": True}, False),
        (("Mixpanel",), {"analytics": False}, False),
        (("Heap", "Mixpanel"), {"analytics": False}, False),
    ],
    ids=["first of two refused", "granted", "alone", "last of two refused"],
)
def test_a_refused_plugin_that_is_fed_all_the_same_is_explained_by_the_known_fault(
    names: tuple[str, ...], stamp: dict[str, bool], named: bool
) -> None:
    browser = Browser(cookies=REFUSED)
    call = browser.pixel(1.5, "https://api-js.mixpanel.com/track/?verbose=1", method="POST", body=b"data=e30%3D")
    found = page(browser.send(1, message(stamp=stamp)), call, settings=plugins(*names))
    reasons = {name: each.reason for (_, name), each in found.deliveries.items()}
    assert (FAULT in reasons["Mixpanel"]) is named
    assert all(FAULT not in reason for name, reason in reasons.items() if name != "Mixpanel")
