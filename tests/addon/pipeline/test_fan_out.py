"""Where messages go on beyond consent: filters, plans, subscriptions; what was seen beside what was predicted; and destinations that
settings do not list."""

from __future__ import annotations

import json
from typing import Any

import pytest

from addon.exchange import Exchange
from addon.records import DeliveryRecord
from tests.addon.building import AMPLITUDE, KEY, App, Browser, Run, message, run, settings_of, undated_choice

REFUSED = undated_choice(analytics=False, marketing=False)
GRANTED = undated_choice(analytics=True, marketing=True)
FANOUT, WAREHOUSE = "fanout-without-consent", "warehouse-ungated"
HIDDEN = "(not listed in the settings; needs C0004)"
DROP = {"type": "drop"}


def filtered(
    settings: dict[str, Any], name: str | None, *transformers: dict[str, Any], ir: Any = None
) -> dict[str, Any]:
    """Settings with a destination filter."""
    ir = ["=", "event", {"value": "Order Completed"}] if ir is None else ir
    rule: dict[str, Any] = {
        "scope": "destinations",
        "matchers": [{"type": "fql", "ir": json.dumps(ir), "config": {"expr": 'event = "Order Completed"'}}],
        "transformers": [list(transformers or (DROP,))],
    }
    if name is not None:
        rule["destinationName"] = name
    rules = settings.get("middlewareSettings", {}).get("routingRules", [])
    return {**settings, "middlewareSettings": {"routingRules": [*rules, rule]}}


def subscribed(settings: dict[str, Any], name: str, *subscriptions: str, **more: Any) -> dict[str, Any]:
    """Settings with an action destination of the page."""
    listed = [{"partnerAction": "send", "subscribe": text, "enabled": True} for text in subscriptions]
    plugin = {
        "creationName": name,
        "name": f"{name} (Actions)",
        "libraryName": "x",
        "settings": {"subscriptions": listed},
        **more,
    }
    return {**settings, "remotePlugins": [plugin]}


def session(
    settings: dict[str, Any],
    *messages: dict[str, Any],
    cookies: dict[str, str] = REFUSED,
    policy: str = "",
    **more: Any,
) -> Run:
    browser = Browser(cookies=cookies)
    sent = [browser.send(1 + number, each) for number, each in enumerate(messages or (message(),))]
    return run(browser.open(0), browser.settings(0.5, settings), *sent, browser.open(90), policy=policy, **more)


def delivery(found: Run, destination: str = "Amplitude") -> DeliveryRecord:
    return next(one for (_, name), one in found.deliveries.items() if name == destination)


def called(browser: Browser, at: float) -> Exchange:
    return browser.fetch(at, AMPLITUDE, mode="cors", dest="empty", method="POST", body=b"{}")


CLOUD = settings_of({"Amplitude": ["analytics"]})
DEVICE = settings_of({"Amplitude": ["analytics"]}, device=["Amplitude"])


# --- destination filters


@pytest.mark.parametrize("settings", [CLOUD, DEVICE])
def test_what_a_filter_drops_is_held_back_and_nobody_is_accused(settings: dict[str, Any]) -> None:
    found = session(filtered(settings, "Amplitude"))
    one = delivery(found)
    assert (one.outcome, one.basis) == ("filtered", "predicted")
    assert 'a destination filter (event = "Order Completed") drops it' in one.reason
    assert found.found(FANOUT) == []


def test_what_a_filter_does_not_match_goes_on() -> None:
    assert session(filtered(CLOUD, "Amplitude"), message("Viewed")).verdicts(FANOUT) == [("confirmed", "after-denial")]


@pytest.mark.parametrize(
    ("transformers", "ir"),
    [
        ([{"type": "sample_event", "config": {"sample": {"percent": 0.5}}}], None),
        ([DROP], ["soundex", "event"]),
        ([{"type": "teleport"}], None),
        ([DROP], ["=", "context.ip", {"value": "1.2.3.4"}]),
    ],
    ids=str,
)
def test_a_filter_that_cannot_be_decided_here_leaves_it_open(transformers: list[Any], ir: Any) -> None:
    found = session(filtered(CLOUD, "Amplitude", *transformers, ir=ir))
    assert delivery(found).outcome == "ambiguous"
    assert found.verdicts(FANOUT) == [("unproven", "after-denial")]


def test_a_filter_that_rewrites_the_message_leaves_later_ones_open_and_itself_changes_nothing() -> None:
    changed = filtered(CLOUD, "Amplitude", {"type": "map_properties"})
    assert delivery(session(changed)).outcome == "flows"
    assert delivery(session(filtered(changed, "Amplitude"))).outcome == "ambiguous"


def test_a_filter_for_all_destinations_is_run_by_the_servers_but_not_by_the_page() -> None:
    assert delivery(session(filtered(CLOUD, None))).outcome == "filtered"
    assert delivery(session(filtered(DEVICE, None))).outcome == "flows"
    assert (
        delivery(session(filtered(filtered(DEVICE, None), "Amplitude", {"type": "hash_properties"}))).outcome
        == "filtered"
    )


def test_a_filter_of_one_of_several_instances_or_of_an_app_is_not_certain() -> None:
    twice = filtered(settings_of({"Amplitude": ["analytics"]}), "Amplitude")
    twice["integrations"]["Segment.io"]["maybeBundledConfigIds"] = {"Amplitude": ["a", "b"]}
    assert delivery(session(twice)).outcome == "ambiguous"
    app = App()
    found = run(app.settings(0, filtered(DEVICE, "Amplitude")), app.send(1, message()))
    assert "if the app has Segment's plugin" in delivery(found).reason


def test_the_classic_library_applies_no_filters_in_the_page() -> None:
    classic = message(context={"library": {"name": "analytics.js", "version": "4.1.8"}})
    assert delivery(session(filtered(DEVICE, "Amplitude"), classic)).outcome == "ambiguous"
    assert delivery(session(filtered(CLOUD, "Amplitude"), classic)).outcome == "filtered"


def test_a_filter_of_another_destination_says_nothing() -> None:
    assert delivery(session(filtered(CLOUD, "Mixpanel"))).outcome == "flows"


# --- the tracking plan


def planned(settings: dict[str, Any], **events: Any) -> dict[str, Any]:
    return {**settings, "plan": {"track": {"__default": {"enabled": True}, **events}}}


def test_what_the_plan_blocks_goes_nowhere_in_cloud_mode() -> None:
    blocked = session(planned(CLOUD, **{"Order Completed": {"enabled": False}}))
    assert delivery(blocked).outcome == "filtered"
    assert "the source's tracking plan blocks 'Order Completed'" in delivery(blocked).reason
    partly = planned(CLOUD, **{"Order Completed": {"enabled": True, "integrations": {"Amplitude": False}}})
    assert delivery(session(partly)).outcome == "filtered"
    assert delivery(session(partly, message("Viewed"))).outcome == "flows"


def test_a_block_that_the_page_did_not_apply_is_not_certain_there() -> None:
    blocked = planned(DEVICE, **{"Order Completed": {"enabled": False}})
    assert delivery(session(blocked)).outcome == "ambiguous"
    applied = delivery(session(blocked, message(integrations={"All": False, "Segment.io": True})))
    assert applied.outcome == "filtered"
    assert "as the source's tracking plan blocks" in applied.reason


# --- subscriptions


def test_a_message_that_no_action_takes_is_held_back() -> None:
    settings = subscribed(
        settings_of({"Amplitude": ["analytics"]}, device=["Amplitude"]), "Amplitude", 'type = "identify"'
    )
    found = session(settings)
    assert delivery(found).outcome == "filtered"
    assert 'none of its actions takes it (send: type = "identify")' in delivery(found).reason
    assert found.found(FANOUT) == []


@pytest.mark.parametrize(
    ("texts", "outcome"), [(['type = "track"', "x"], "flows"), (["type = *"], "ambiguous"), ([], "filtered")]
)
def test_a_message_that_an_action_takes_or_may_take_goes_on(texts: list[str], outcome: str) -> None:
    assert delivery(session(subscribed(DEVICE, "Amplitude", *texts))).outcome == outcome


def test_an_action_that_integrations_switches_off_takes_nothing() -> None:
    settings = subscribed(DEVICE, "Amplitude", 'type = "track"')
    off = message(integrations={"Amplitude (Actions) send": False})
    assert delivery(session(settings, off)).outcome == "filtered"


# --- what was seen beside what was predicted


def test_a_call_against_the_prediction_is_shown_beside_it_and_accuses_nobody() -> None:
    browser = Browser(cookies=GRANTED)
    settings = filtered(DEVICE, "Amplitude")
    found = run(
        browser.open(0),
        browser.settings(0.5, settings),
        browser.send(1, message(stamp={"analytics": True})),
        called(browser, 2),
        browser.open(90),
    )
    one = delivery(found)
    assert (one.outcome, one.predicted, one.seen) == ("filtered", "filtered", "call")
    assert one.reason.startswith("predicted filtered (a destination filter")
    assert "its vendor (amplitude) was called by the page" in one.reason
    assert "or by something else on the page" in one.reason
    assert found.violations == []


def test_a_call_that_another_message_explains_speaks_against_nothing() -> None:
    browser = Browser(cookies=GRANTED)
    both = [browser.send(1, message("Viewed")), browser.send(1.5, message())]
    found = run(browser.open(0), browser.settings(0.5, filtered(DEVICE, "Amplitude")), *both, called(browser, 2))
    assert sorted((str(one.outcome), one.seen) for one in found.deliveries.values()) == [
        ("filtered", None),
        ("flows", "call"),
    ]


def test_an_observed_delivery_keeps_what_was_predicted() -> None:
    browser = Browser(cookies=GRANTED)
    found = run(browser.open(0), browser.settings(0.5, DEVICE), browser.send(1, message()), called(browser, 2))
    assert (delivery(found).outcome, delivery(found).predicted, delivery(found).seen) == ("flows", "flows", "call")


def test_a_vendor_in_use_that_was_not_called_is_said_to_be_not_seen_and_stays_predicted() -> None:
    browser = Browser(cookies=GRANTED)
    library = browser.fetch(0.7, "https://cdn.amplitude.com/libs/analytics-browser-2.0.0-min.js.gz")
    story = [browser.open(0), browser.settings(0.5, DEVICE), library, browser.send(1, message())]
    found = run(*story, browser.open(90))
    one = delivery(found)
    assert (one.outcome, one.basis, one.seen) == ("flows", "predicted", "not-seen")
    assert "no call of it followed within seconds" in one.reason
    assert delivery(run(*story)).seen is None, "the capture ended before a call was due"
    assert delivery(run(*story, called(browser, 30))).seen == "not-seen"
    assert delivery(run(*story[:2], browser.send(1, message()), browser.open(90))).seen is None, (
        "nothing showed it in use"
    )


def metrics(
    browser: Browser, at: float, *names: str, method: str = "track", kind: str = "classic", metric: str = "invoke"
) -> Any:
    series = [
        {
            "type": "Counter",
            "metric": f"analytics_js.integration.{metric}",
            "value": 1,
            "tags": {"method": method, "integration_name": name, "type": kind, "library": "analytics.js"},
        }
        for name in names
    ]
    body = json.dumps({"series": series}).encode()
    return browser.fetch(at, "https://api.segment.io/v1/m", mode="cors", dest="empty", method="POST", body=body)


def test_the_librarys_own_count_shows_a_delivery_in_the_page() -> None:
    browser = Browser(cookies=REFUSED)
    story = [browser.open(0), browser.settings(0.5, DEVICE), browser.send(1, message())]
    found = run(*story, metrics(browser, 20, "Amplitude"), browser.open(90))
    one = delivery(found)
    assert (one.outcome, one.basis, one.seen) == ("flows", "observed", "metric")
    assert "analytics_js.integration.invoke" in one.reason
    assert "appears to have reached Amplitude" in found.found(FANOUT)[0].explanation


@pytest.mark.parametrize(
    "metric",
    [
        {"names": ("Mixpanel",)},
        {"names": ("Amplitude",), "method": "page"},
        {"names": ("Amplitude",), "method": "initialize"},
        {"names": ("Amplitude",), "at": 130},
        {"names": ("Amplitude",), "kind": "action"},
        {"names": ()},
    ],
    ids=str,
)
def test_a_count_of_something_else_shows_nothing(metric: dict[str, Any]) -> None:
    browser = Browser(cookies=REFUSED)
    names, at = metric.pop("names"), metric.pop("at", 20)
    found = run(
        browser.open(0),
        browser.settings(0.5, DEVICE),
        browser.send(1, message()),
        metrics(browser, at, *names, **metric),
    )
    assert delivery(found).basis == "predicted"


def test_a_count_of_an_action_shows_what_was_predicted_and_accuses_of_nothing_else() -> None:
    browser = Browser(cookies=REFUSED)
    settings = subscribed(
        settings_of({"Amplitude": ["analytics"]}, device=["Amplitude"]), "Amplitude", 'type = "track"'
    )
    counted = metrics(browser, 20, "Amplitude (Actions) send", kind="action")
    found = run(browser.open(0), browser.settings(0.5, settings), browser.send(1, message()), counted)
    assert (delivery(found).outcome, delivery(found).seen) == ("flows", "metric")
    refusing = browser.send(1, message(stamp={"analytics": False}))
    held = run(browser.open(0), browser.settings(0.5, settings), refusing, counted)
    assert (delivery(held).outcome, delivery(held).seen) == ("unknown", None)
    assert held.found(FANOUT) == []


def test_a_count_of_a_classic_destination_shows_what_the_page_did_not_hold_back() -> None:
    browser = Browser(cookies=REFUSED)
    refusing = browser.send(1, message(stamp={"analytics": False}))
    found = run(browser.open(0), browser.settings(0.5, DEVICE), refusing, metrics(browser, 20, "Amplitude"))
    assert (delivery(found).outcome, delivery(found).predicted) == ("flows", "unknown")
    assert found.verdicts(FANOUT) == [("confirmed", "after-denial")]


def test_a_count_that_does_not_cover_all_messages_says_of_none_which_it_means() -> None:
    browser = Browser(cookies=REFUSED)
    sent = [browser.send(1, message("A")), browser.send(2, message("B"))]
    story = [browser.open(0), browser.settings(0.5, DEVICE), *sent]
    assert {str(one.basis) for one in run(*story, metrics(browser, 20, "Amplitude")).deliveries.values()} == {
        "predicted"
    }
    both = run(*story, metrics(browser, 20, "Amplitude", "Amplitude"))
    assert {str(one.basis) for one in both.deliveries.values()} == {"observed"}


def test_a_count_of_a_message_before_is_not_taken_for_one_of_a_message_after_it() -> None:
    browser = Browser(cookies=REFUSED)
    story = [
        browser.open(0),
        browser.settings(0.5, DEVICE),
        browser.send(1, message("A")),
        browser.send(55, message("B")),
    ]
    late = run(*story, metrics(browser, 61, "Amplitude"))
    assert {str(one.basis) for one in late.deliveries.values()} == {"predicted"}
    early = run(*story[:3], metrics(browser, 30, "Amplitude"), story[3], metrics(browser, 61, "Amplitude"))
    assert {str(one.basis) for one in early.deliveries.values()} == {"observed"}


def test_metrics_that_are_no_metrics_are_read_as_none() -> None:
    browser = Browser(cookies=REFUSED)
    bodies: list[bytes] = [b"", b"{", b"[]", b'{"series": 1}', b'{"series": [null, {"tags": 1}, {"metric": 3}]}']
    url = "https://api.segment.io/v1/m"
    sent = [browser.fetch(20, url, mode="cors", dest="empty", method="POST", body=body) for body in bodies]
    found = run(browser.open(0), browser.settings(0.5, DEVICE), browser.send(1, message()), *sent)
    assert delivery(found).basis == "predicted"
    assert found.gap("internal-error") == []


# --- destinations that the settings do not list

COUNTED = settings_of({"Amplitude": ["analytics"]}, all_categories=["analytics", "C0004"])


def test_a_category_that_no_listed_destination_has_is_some_hidden_destinations() -> None:
    found = session(COUNTED)
    assert delivery(found, HIDDEN).outcome == "flows"
    (hidden,) = [one for one in found.found(FANOUT) if one.destination == HIDDEN]
    assert (hidden.category, hidden.verdict) == ("marketing", "confirmed")
    assert (
        "would flow on to a destination that the settings do not list (cloud mode): the workspace maps C0004 to one"
        in hidden.explanation
    )


def test_a_hidden_destination_is_held_back_by_the_stamp_and_reached_with_consent() -> None:
    stamp = {"analytics": False, "C0004": False}
    held = session(COUNTED, message(stamp=stamp))
    assert delivery(held, HIDDEN).outcome == "filtered"
    assert held.found(FANOUT) == []
    stamp = {"analytics": True, "C0004": True}
    assert session(COUNTED, message(stamp=stamp), cookies=GRANTED).violations == []


def test_a_hidden_destination_that_may_need_more_or_may_be_another_is_not_certain() -> None:
    partly = session(COUNTED, message(stamp={"analytics": False, "C0004": True}))
    assert delivery(partly, HIDDEN).outcome == "ambiguous"
    unknown = settings_of({"Amplitude": ["analytics"]}, cloud=["House Thing"], all_categories=["analytics", "C0004"])
    assert delivery(session(unknown), HIDDEN).outcome == "ambiguous"
    assert delivery(session(COUNTED, message(integrations={"All": False})), HIDDEN).outcome == "filtered"
    assert delivery(session(filtered(COUNTED, "Braze")), HIDDEN).outcome == "ambiguous"


def test_what_is_judged_by_its_name_already_is_not_accused_as_a_hidden_one_too() -> None:
    named = settings_of({"Amplitude": ["analytics"]}, cloud=["Braze"], all_categories=["analytics", "C0004"])
    found = session(named)
    assert delivery(found, HIDDEN).outcome == "unknown"
    assert {one.destination for one in found.found(FANOUT)} == {"Amplitude", "Braze"}
    off = session(COUNTED, message(integrations={"Braze": False}))
    assert delivery(off, HIDDEN).outcome == "unknown"


def test_the_list_that_a_consent_manager_fetches_leaves_none_out() -> None:
    browser = Browser(cookies=REFUSED)
    listed = json.dumps([{"name": "Amplitude", "creationName": "Amplitude"}]).encode()
    url = f"https://cdn.segment.com/v1/projects/{KEY}/integrations"
    whole = browser.fetch(0.6, url, mode="cors", dest="empty", answer=listed)
    found = run(browser.open(0), browser.settings(0.5, COUNTED), whole, browser.send(1, message()))
    assert {name for _, name in found.deliveries} == {"Amplitude"}


def test_a_workspace_whose_destinations_are_all_listed_hides_none() -> None:
    settings = settings_of({"Amplitude": ["analytics"]}, all_categories=["analytics"])
    assert {name for _, name in session(settings).deliveries} == {"Amplitude"}
    assert {name for _, name in session(settings_of({"Amplitude": []}, unmapped=True)).deliveries} == {"Amplitude"}


def test_a_hidden_destination_without_a_category_is_reported_once_and_by_one_rule() -> None:
    found = session(settings_of({"Amplitude": ["analytics"]}, unmapped=True), cookies=GRANTED)
    assert found.outcomes["(not listed in the settings)"] == ("flows", "predicted")
    assert [one.rule for one in found.violations if one.destination == "(not listed in the settings)"] == [
        "unmapped-destination"
    ]
    assert found.gap("unknown-destination") == []


def test_many_hidden_categories_are_bounded() -> None:
    settings = settings_of({"Amplitude": ["analytics"]}, all_categories=[f"X{number}" for number in range(500)])
    assert len(session(settings).deliveries) == 21


# --- destinations that only the policy knows

DECLARED = '[destinations."House Lake"]\ncategory = "marketing"\nowner = "data team"\nhidden = true\n'


def test_a_declared_destination_gets_every_message_and_needs_its_category() -> None:
    found = session(CLOUD, cookies=undated_choice(analytics=True, marketing=False), policy=DECLARED)
    one = delivery(found, "House Lake")
    assert (one.outcome, one.basis, one.owner) == ("flows", "declared", "data team")
    (violation,) = found.found(FANOUT)
    assert (
        "would flow on to House Lake (owner: data team) (cloud mode): the policy declares it" in violation.explanation
    )
    assert session(CLOUD, cookies=GRANTED, policy=DECLARED).found(FANOUT) == []


def test_a_declared_destination_of_other_sources_gets_nothing_of_this_one() -> None:
    elsewhere = f'{DECLARED}sources = ["other"]\n'
    assert "House Lake" not in session(CLOUD, policy=elsewhere).outcomes
    assert "House Lake" in session(CLOUD, policy=f'{DECLARED}sources = ["{KEY}"]\n').outcomes


def test_what_holds_messages_back_from_a_declared_destination_only_the_policy_can_say() -> None:
    refusing = message(stamp={"analytics": False, "C0004": False})
    assert delivery(session(CLOUD, refusing, policy=DECLARED), "House Lake").outcome == "ambiguous"
    mapped = f'{DECLARED}workspace_categories = ["C0004"]\n'
    settings = settings_of({"Amplitude": ["analytics"]}, all_categories=["analytics", "C0004"])
    found = session(settings, refusing, policy=mapped)
    assert delivery(found, "House Lake").outcome == "filtered"
    assert found.found(FANOUT) == []


def test_a_declared_destination_that_settings_list_is_the_listed_one() -> None:
    policy = '[destinations."Amplitude"]\ncategory = "marketing"\nowner = "growth"\nhidden = true\n'
    found = session(CLOUD, policy=policy)
    assert [(name, one.basis, one.owner) for (_, name), one in found.deliveries.items()] == [
        ("Amplitude", "predicted", "growth")
    ]


# --- warehouses

STORE = settings_of({"Amazon S3": ["analytics"]})


def test_an_undeclared_warehouse_is_judged_once_per_state_of_consent() -> None:
    found = session(STORE, message("A"), message("B"), message("C"))
    assert found.verdicts(WAREHOUSE) == [("confirmed", "after-denial")]
    assert found.found(FANOUT) == []
    (violation,) = found.found(WAREHOUSE)
    assert (violation.destination, violation.vendor, violation.event_name) == ("Amazon S3", "aws-s3", None)
    assert session(STORE, cookies=GRANTED).found(WAREHOUSE) == []


def test_a_stamp_that_refuses_holds_nothing_back_from_a_store_on_which_consent_is_not_enforced() -> None:
    found = session(STORE, message(stamp={"analytics": False}))
    assert found.verdicts(WAREHOUSE) == [("confirmed", "after-denial")]
    assert "Segment does not enforce consent on it" in found.found(WAREHOUSE)[0].explanation


def test_a_warehouse_whose_use_is_declared_is_a_destination_like_others() -> None:
    policy = '[destinations."Amazon S3"]\ncategory = "marketing"\n'
    found = session(STORE, message("A"), message("B"), policy=policy)
    assert len(found.found(FANOUT)) == 2
    assert found.found(WAREHOUSE) == []


def test_a_warehouse_without_a_category_in_the_workspace_is_reported_by_one_rule() -> None:
    found = session(settings_of({"Amazon S3": []}), cookies=GRANTED)
    assert [(one.rule, one.destination) for one in found.violations if one.destination] == [(WAREHOUSE, "Amazon S3")]


def test_all_false_does_not_hold_messages_back_from_a_warehouse() -> None:
    policy = '[destinations."Snowflake"]\ncategory = "analytics"\nhidden = true\n'
    found = session(CLOUD, message(integrations={"All": False}), policy=policy)
    assert found.outcomes == {"Amplitude": ("filtered", "predicted"), "Snowflake": ("flows", "declared")}
