"""What settings say of a source, when they say it, and what the policy and the messages add."""

from __future__ import annotations

import json
from typing import Any

import pytest

from addon.consent.signal import Resolver
from addon.pipeline import deliveries, sources
from addon.policy import Policy
from addon.records import DestinationRecord, SourceRecord
from tests.addon.building import (
    AMPLITUDE,
    KEY,
    META_PIXEL,
    App,
    Browser,
    Run,
    dated_choice,
    message,
    run,
    settings_of,
    undated_choice,
)
from vendor_catalog import shipped_catalogue

MAPPED = {"Amplitude": ["analytics"], "Facebook Pixel": ["marketing"]}
HALF = {"analytics": True, "marketing": False}


def shown(*messages: dict[str, Any], document: dict[str, Any] | None = None, policy: str = "") -> Run:
    """A page with settings, and messages after them."""
    browser = Browser()
    story = [browser.open(0), browser.settings(1, settings_of(MAPPED) if document is None else document)]
    return run(*story, browser.send(2, *messages), policy=policy)


def outcomes(found: Run) -> dict[str, str]:
    return {name: outcome for name, (outcome, _) in found.outcomes.items()}


# --- when settings pass by


def test_settings_before_a_message_decide_its_deliveries() -> None:
    found = shown(message(stamp=HALF))
    assert outcomes(found) == {"Amplitude": "flows", "Facebook Pixel": "filtered"}
    assert not found.gap("settings-not-seen")


@pytest.mark.parametrize("live", [True, False])
def test_messages_wait_for_settings_that_come_after_them(live: bool) -> None:
    browser = Browser()
    story = [browser.open(0), browser.send(1, message(stamp=HALF)), browser.settings(2, settings_of(MAPPED))]
    found = run(*story, live=live)
    assert outcomes(found) == {"Amplitude": "flows", "Facebook Pixel": "filtered"}
    assert not found.gap("settings-not-seen")


def test_without_settings_a_message_is_routed_by_what_it_names_and_the_rest_is_a_gap() -> None:
    browser = Browser()
    metadata = {"bundled": ["Facebook Pixel"], "unbundled": ["Amplitude"], "bundledIds": []}
    found = run(browser.open(0), browser.send(1, message(integrations={"Braze": True}, _metadata=metadata)))
    assert outcomes(found) == {"Facebook Pixel": "flows", "Amplitude": "flows", "Braze": "flows"}
    assert {name: one.mode for (_, name), one in found.deliveries.items()} == {
        "Facebook Pixel": "device",
        "Amplitude": "cloud",
        "Braze": "unknown",
    }
    assert found.gap("settings-not-seen") == [
        f"1 messages of source {KEY} of Segment: its settings never passed by, so not all of its destinations are known"
    ]


def test_without_settings_a_stamped_message_is_not_accused_of_what_nobody_can_tell() -> None:
    browser = Browser(cookies=dated_choice("analytics", at=-10))
    found = run(browser.open(0), browser.send(1, message(stamp=HALF, _metadata={"unbundled": ["Facebook Pixel"]})))
    assert outcomes(found) == {"Facebook Pixel": "unknown"}
    assert not found.found("fanout-without-consent")


def test_a_message_is_judged_by_the_settings_of_its_time() -> None:
    browser = Browser()
    later = settings_of({"Amplitude": ["marketing"]})
    found = run(
        browser.open(0),
        browser.settings(1, settings_of(MAPPED)),
        browser.send(2, message("first", stamp=HALF)),
        browser.settings(3, later),
        browser.send(4, message("second", stamp=HALF)),
    )
    names = {event.id: event.name for event in found.events}
    outcomes = {(names[event], destination): str(one.outcome) for (event, destination), one in found.deliveries.items()}
    assert outcomes == {
        ("first", "Amplitude"): "flows",
        ("first", "Facebook Pixel"): "filtered",
        ("second", "Amplitude"): "filtered",
    }


def test_each_write_key_is_a_source_of_its_own() -> None:
    browser = Browser()
    found = run(
        browser.open(0),
        browser.settings(1, settings_of({"Amplitude": ["analytics"]}, key="one"), key="one"),
        browser.settings(1, settings_of({"Braze": ["marketing"]}, key="two"), key="two"),
        browser.send(2, message("first"), key="one"),
        browser.send(2, message("second"), key="two"),
        browser.send(2, message("third"), key="three"),
    )
    assert {destination for _, destination in found.deliveries} == {"Amplitude", "Braze"}
    assert len(found.gap("settings-not-seen")) == 1
    assert "source three" in found.gap("settings-not-seen")[0]
    assert {record.write_key for record in found.of(SourceRecord)} == {"one", "two"}


def test_messages_without_a_write_key_are_told_as_that() -> None:
    browser = Browser()
    found = run(browser.open(0), browser.send(1, message(), key=None))
    assert found.gap("settings-not-seen")[0].startswith("1 messages of a source of Segment that names no write key:")


# --- which destinations there are


def test_the_list_that_the_old_consent_manager_fetches_names_cloud_destinations_too() -> None:
    browser = Browser()
    listed = json.dumps([{"name": "Braze", "creationName": "Appboy"}, {"name": "Repeater", "creationName": "Repeater"}])
    url = f"https://cdn.segment.com/v1/projects/{KEY}/integrations"
    found = run(
        browser.open(0),
        browser.fetch(1, url, mode="cors", answer=listed.encode()),
        browser.send(2, message(integrations={"Braze": False})),
    )
    assert outcomes(found) == {"Appboy": "filtered"}


def test_cloud_destinations_that_the_settings_only_name_are_destinations() -> None:
    found = shown(message(), document=settings_of({}, cloud=["Amplitude"]))
    assert outcomes(found) == {"Amplitude": "flows"}


def test_a_destination_is_not_swallowed_by_another_whose_name_its_own_begins_with() -> None:
    """Two products of one vendor, the second of which only the message or a list names."""
    document = settings_of(
        {"Salesforce": ["marketing"], "Mixpanel": ["analytics"]}, cloud=["Salesforce Marketing Cloud"]
    )
    metadata = {"bundled": [], "unbundled": ["Mixpanel (Actions)"], "bundledIds": []}
    found = shown(message(integrations={"Mixpanel Cohorts": True}, _metadata=metadata), document=document)
    assert set(outcomes(found)) == {
        "Salesforce",
        "Mixpanel",
        "Salesforce Marketing Cloud",
        "Mixpanel (Actions)",
        "Mixpanel Cohorts",
    }


def test_what_a_tracking_plan_switches_off_of_a_destination_is_none_itself() -> None:
    found = shown(message(integrations={"Amplitude logEvent": False}, stamp=HALF))
    assert set(outcomes(found)) == {"Amplitude", "Facebook Pixel"}
    again = shown(
        message("one", integrations={"Amplitude logEvent": False}),
        message("two", integrations={"Amplitude logEvent": True}),
    )
    assert [name for _, name in again.deliveries].count("Amplitude logEvent") == 1


def test_a_message_may_use_another_name_of_a_destination() -> None:
    document = settings_of({"Actions Amplitude": ["analytics"]})
    found = shown(message(integrations={"Amplitude (Actions)": False}), document=document)
    assert outcomes(found) == {"Actions Amplitude": "filtered"}


def test_segments_own_entries_are_no_destinations() -> None:
    found = shown(message(integrations={"All": True, "Segment.io": True}), document=settings_of({}))
    assert outcomes(found) == {}


# --- what a destination needs consent for

REFUSED = undated_choice(analytics=False, marketing=False)


def needs(policy: str = "", categories: list[str] | None = None, name: str = "Amplitude") -> str | None:
    browser = Browser(cookies=REFUSED)
    document = settings_of({name: categories}, consent=categories is not None)
    found = run(browser.open(0), browser.settings(1, document), browser.send(2, message()), policy=policy)
    (delivery,) = found.deliveries.values()
    return delivery.category


def test_the_workspaces_mapping_comes_before_the_catalogues_category() -> None:
    assert needs() == "analytics"
    assert needs(categories=["marketing"]) == "marketing"
    assert needs(categories=["analytics", "marketing"]) == "marketing"


def test_the_policy_wins_over_both() -> None:
    assert needs("[categories]\nmarketing = 'functional'\n", ["marketing"]) == "functional"
    assert needs("[vendors.amplitude]\ncategory = 'functional'\n", ["marketing"]) == "functional"
    assert needs("[destinations.Amplitude]\ncategory = 'necessary'\n", ["marketing"]) == "necessary"
    both = "[vendors.amplitude]\ncategory = 'functional'\n[destinations.Amplitude]\ncategory = 'marketing'\n"
    assert needs(both) == "marketing"


def test_a_destination_is_declared_under_any_of_its_names() -> None:
    policy = "[destinations.'Webhooks (Actions)']\ncategory = 'marketing'\n"
    assert needs(policy, name="Actions Webhooks") == "marketing"


def test_what_nobody_knows_is_a_gap_and_not_an_accusation() -> None:
    browser = Browser(cookies=REFUSED)
    document = settings_of({"Our Own Webhook": None}, consent=False)
    story = [browser.open(0), browser.settings(1, document), browser.send(2, message())]
    found = run(*story)
    assert "'Our Own Webhook'" in found.gap("unknown-destination")[0]
    assert not found.found("fanout-without-consent")
    known = run(*story, policy="[destinations.'Our Own Webhook']\ncategory = 'marketing'\n")
    assert not known.gap("unknown-destination")
    assert known.verdicts("fanout-without-consent") == [("confirmed", "after-denial")]


def test_a_category_id_that_nothing_maps_makes_a_destination_unproven_until_the_policy_names_it() -> None:
    browser = Browser(cookies=dated_choice("analytics", at=-10))
    document = settings_of({"Braze": ["custom7"]})
    story = [browser.open(0), browser.settings(1, document), browser.send(2, message(stamp={"custom7": True}))]
    story.append(browser.open(9, "/next"))
    found = run(*story)
    assert found.verdicts("fanout-without-consent") == [("unproven", "no-signal")]
    assert "'custom7'" in found.gap("unmapped-category")[0]
    mapped = run(*story, policy="[categories]\nCustom7 = 'marketing'\n")
    assert mapped.verdicts("fanout-without-consent") == [("confirmed", "after-denial")]
    assert not mapped.gap("unmapped-category")


# --- mapping


def test_an_unmapped_destination_is_told_once_for_all_settings_that_say_so() -> None:
    browser = Browser()
    document = settings_of({"Amplitude": ["analytics"], "Braze": None, "Intercom": []}, unmapped=True)
    found = run(browser.open(0), browser.settings(1, document), browser.open(5, "/b"), browser.settings(6, document))
    assert sorted(str(one.destination) for one in found.found("unmapped-destination")) == ["Braze", "Intercom"]


def test_a_destination_that_was_mapped_later_stays_reported_and_one_that_lost_its_category_is_new() -> None:
    browser = Browser()
    before, after = settings_of({"Amplitude": ["analytics"]}), settings_of({"Amplitude": []}, unmapped=True)
    found = run(browser.open(0), browser.settings(1, before), browser.settings(2, after))
    assert [one.destination for one in found.found("unmapped-destination")] == ["Amplitude"]


def test_a_destination_that_is_counted_but_not_listed_is_told_too() -> None:
    browser = Browser()
    story = [browser.open(0), browser.settings(1, settings_of(MAPPED, unmapped=True))]
    assert [one.destination for one in run(*story).found("unmapped-destination")] == ["(not listed in the settings)"]


def test_a_workspace_that_does_not_use_consent_categories_has_no_unmapped_destinations() -> None:
    browser = Browser()
    document = settings_of({"Amplitude": None, "Braze": None}, consent=False)
    assert not run(browser.open(0), browser.settings(1, document)).rules


def test_settings_that_an_app_asks_for_are_judged_with_the_app_that_sends() -> None:
    """Nothing in the request for them names the app."""
    app = App()
    document = settings_of({"Braze": None}, unmapped=True)
    for story in (
        [app.settings(0, document), app.send(1, message())],
        [app.send(0, message()), app.settings(1, document)],
    ):
        (found,) = run(*story).found("unmapped-destination")
        assert (found.destination, found.site) == ("Braze", "com.example.shop")
    assert not run(app.settings(0, document)).rules


def test_a_settings_record_says_what_the_settings_said() -> None:
    found = shown(message(), document=settings_of(MAPPED, unmapped=True, all_categories=["analytics", "x"]))
    (source,) = found.of(SourceRecord)
    assert (source.write_key, source.enforces_consent, source.has_unmapped_destinations) == (KEY, True, True)
    assert json.loads(source.all_categories) == ["analytics", "x"]
    rows = {one.name: (one.vendor, one.category, one.workspace_categories) for one in found.of(DestinationRecord)}
    assert rows == {
        "Amplitude": ("amplitude", "analytics", '["analytics"]'),
        "Facebook Pixel": ("meta-pixel", "marketing", '["marketing"]'),
    }


@pytest.mark.parametrize("live", [True, False])
def test_what_waits_for_settings_is_bounded_and_then_routed_by_what_it_says(
    live: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "_MAX_WAITING", 2)
    browser = Browser()
    story = [browser.send(at, message(str(at), integrations={"Braze": True})) for at in range(1, 5)]
    found = run(browser.open(0), *story, browser.settings(9, settings_of(MAPPED)), live=live)
    names = {event.id: event.name for event in found.events}
    reached = {str(name): {at for event, at in found.deliveries if names[event] == name} for name in names.values()}
    assert reached["1"] == reached["2"] == {"Braze"}
    assert reached["3"] == reached["4"] == {"Braze", "Amplitude", "Facebook Pixel"}


def test_what_waits_for_the_settings_of_all_sources_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "_MAX_WAITING_IN_ALL", 2)
    browser = Browser()
    keys = {"first": KEY, "0": "other-0", "1": "other-1", "2": "other-2", "3": "other-3", "second": KEY}
    messages = [(name, message(name, integrations={"Braze": True})) for name in keys]
    story = [browser.send(at, sent, key=keys[name]) for at, (name, sent) in enumerate(messages, 1)]
    found = run(browser.open(0), *story, browser.settings(9, settings_of(MAPPED)))
    names = {event.id: str(event.name) for event in found.events}
    reached = {name: {at for event, at in found.deliveries if names[event] == name} for name in names.values()}
    assert {name for name, at in reached.items() if at == {"Braze"}} == {"0", "1", "2", "3", "first"}
    assert reached["second"] == {"Braze", "Amplitude", "Facebook Pixel"}


def test_endless_write_keys_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_MAX_SOURCES", 3)
    catalogue = shipped_catalogue()
    book = sources.SourceRegistry(catalogue, Resolver(catalogue, {}), Policy())
    for number in range(10):
        assert book.source("segment", f"key-{number}").write_key == f"key-{number}"
    assert len(book.sources) == 3
    assert book.source("segment", "key-1") is book.source("segment", "key-1")


def test_plans_are_forgotten_beyond_a_bound_and_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_MAX_PLANS", 2)
    messages = [message(str(number), integrations={f"Own {number}": False}) for number in range(4)]
    found = shown(*messages, *(message(str(number), integrations={"Own 0": False}) for number in range(4, 6)))
    assert [name for _, name in found.deliveries].count("Own 0") == 3
    assert [name for _, name in found.deliveries].count("Amplitude") == 6


# --- ingestion hosts

OWN = "https://metrics.shop.example/v1/custom/path"
PLAIN = {"type": "track", "event": "Hand made", "userId": "7"}
"""A message that only its address tells to be Segment's."""


def test_a_custom_ingestion_host_is_learned_from_settings() -> None:
    browser = Browser()
    document = settings_of(MAPPED, api_host="metrics.shop.example/v1")
    sent = browser.send(2, PLAIN, url=OWN)
    assert not run(browser.open(0), sent).events
    found = run(browser.open(0), browser.settings(1, document), sent)
    assert [event.name for event in found.events] == ["Hand made"]
    assert set(outcomes(found)) == {"Amplitude", "Facebook Pixel"}


def test_a_custom_ingestion_host_is_learned_from_the_policy() -> None:
    policy = "[sites.'shop.example']\ningestion_hosts = ['Metrics.Shop.example']\n"
    browser = Browser()
    assert len(run(browser.open(0), browser.send(1, PLAIN, url=OWN), policy=policy).events) == 1


# --- device mode, seen on the wire


def device_story(*calls: float, stamp: dict[str, bool] | None = None, url: str = META_PIXEL, **about: Any) -> Run:
    browser = Browser(cookies=dated_choice("analytics", at=-10))
    document = settings_of(MAPPED, device=["Facebook Pixel"])
    story = [browser.open(0), browser.settings(1, document), browser.send(2, message(stamp=stamp, **about))]
    story += [browser.pixel(at, url) for at in calls]
    return run(*story, browser.open(20, "/next"))


def test_a_vendors_call_after_a_message_shows_its_delivery() -> None:
    found = device_story(4, stamp=HALF)
    assert found.outcomes == {"Amplitude": ("flows", "predicted"), "Facebook Pixel": ("flows", "observed")}
    (violation,) = found.found("fanout-without-consent")
    assert (violation.verdict, violation.vendor) == ("confirmed", "meta-pixel")
    assert "appears to have reached Facebook Pixel" in violation.explanation


@pytest.mark.parametrize("at", [1.5, 7.5])
def test_a_call_before_the_message_or_long_after_it_shows_nothing(at: float) -> None:
    found = device_story(at, stamp=HALF)
    assert found.outcomes["Facebook Pixel"] == ("unknown", "predicted")
    assert not found.found("fanout-without-consent")


def test_another_vendors_call_shows_nothing() -> None:
    assert device_story(4, stamp=HALF, url=AMPLITUDE).outcomes["Facebook Pixel"] == ("unknown", "predicted")


def test_what_the_integrations_object_switches_off_is_not_taken_for_delivered() -> None:
    """The page calls the vendor by itself: that call is judged, the message is not accused of it."""
    found = device_story(4, integrations={"Facebook Pixel": False})
    assert found.outcomes["Facebook Pixel"] == ("filtered", "predicted")
    assert not found.found("fanout-without-consent")
    assert found.verdicts("destination-without-consent") == [("confirmed", "after-denial")]


def test_an_observed_delivery_replaces_the_prediction_and_is_not_counted_beside_it() -> None:
    changes: list[dict[str, Any]] = [{}, {"consent": {}}, {"integrations": {"Facebook Pixel": True}}]
    for about in changes:
        found = device_story(4, 5, **about)
        assert found.outcomes["Facebook Pixel"] == ("flows", "observed")
        assert found.verdicts("fanout-without-consent") == [("confirmed", "after-denial")]
    assert len(device_story(4, integrations={"Facebook Pixel": True}).found("integrations-override")) == 1


def test_a_call_that_ends_before_its_message_still_shows_the_delivery() -> None:
    """Exchanges come when they end: a picture is quicker than a message, and settings may be slower than both."""
    browser = Browser(cookies=dated_choice("analytics", at=-10))
    page, settings = browser.open(0), browser.settings(1, settings_of(MAPPED, device=["Facebook Pixel"]))
    sent, call = browser.send(2, message(stamp=HALF)), browser.pixel(3)
    for story in (
        [page, settings, call, sent],
        [page, sent, call, settings],
        [page, call, sent, settings],
        [page, call, settings, sent],
    ):
        for live in (True, False):
            found = run(*story, live=live)
            assert found.outcomes["Facebook Pixel"] == ("flows", "observed")
            assert found.verdicts("fanout-without-consent") == [("confirmed", "after-denial")]


def test_live_and_file_agree_on_what_was_observed() -> None:
    browser = Browser(cookies=dated_choice("analytics", at=-10))
    document = settings_of(MAPPED, device=["Facebook Pixel"])
    story = [browser.open(0), browser.settings(1, document), browser.send(2, message(consent={})), browser.pixel(3)]
    verdicts = [run(*story, live=live).verdicts("fanout-without-consent") for live in (True, False)]
    assert verdicts[0] == verdicts[1] == [("confirmed", "after-denial")]


def test_a_flood_of_deliveries_is_cut_short_and_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "_MAX_DELIVERIES", 20)
    browser = Browser()
    names = {f"Destination {number}": ["marketing"] for number in range(10)}
    flood = browser.send(2, *(message(f"Step {number}") for number in range(50)))
    found = run(browser.open(0), browser.settings(1, settings_of(names)), flood, browser.send(3, message("After")))
    assert len(found.events) == 51
    assert len(found.deliveries) == 20 + 10, "the next request is followed again"
    assert len(found.gap("fan-out-cut-short")) == 1
