"""Data that leaves the region in which the policy says that it stays."""

from __future__ import annotations

import pytest

from addon.exchange import Exchange
from tests.addon.building import META_PIXEL, Browser, Run, message, run, settings_of
from vendor_catalog import shipped_catalogue

RULE = "data-leaves-region"
EU = '[policy]\ndata_region = "eu"\n'
US_AMPLITUDE = "https://api2.amplitude.com/2/httpapi"
EU_AMPLITUDE = "https://api.eu.amplitude.com/2/httpapi"
EU_SEGMENT = "https://events.eu1.segmentapis.com/v1/t"


def hosts(found: Run) -> list[str | None]:
    return [violation.event_name for violation in found.found(RULE)]


def called(*urls: str, policy: str = EU) -> Run:
    browser = Browser()
    calls: list[Exchange] = [browser.pixel(at, url, method="POST", body=b"{}") for at, url in enumerate(urls, 1)]
    return run(browser.open(0), *calls, policy=policy)


@pytest.mark.parametrize(
    "policy",
    [EU, '[policy]\nregion = "eu"\n', '[policy]\nregion = "EU"\n', '[policy]\nregion = "us"\ndata_region = "EU"\n'],
)
def test_a_call_to_the_us_leaves_the_eu(policy: str) -> None:
    found = called(US_AMPLITUDE, policy=policy)
    assert hosts(found) == ["api2.amplitude.com"]
    assert found.verdicts(RULE) == [("confirmed", "no-signal")]


@pytest.mark.parametrize(
    "policy",
    [
        "",
        '[policy]\nregion = "us"\n',
        '[policy]\nregion = "Europe"\n',
        '[policy]\nregion = "eu"\ndata_region = "any"\n',
        '[policy]\ndata_region = "us"\n',
    ],
)
def test_without_the_policys_word_it_leaves_nothing(policy: str) -> None:
    assert hosts(called(US_AMPLITUDE, policy=policy)) == []


def test_a_call_within_the_region_or_to_who_knows_where_is_fine() -> None:
    assert hosts(called(EU_AMPLITUDE, META_PIXEL, "https://stranger.example/collect")) == []


def test_another_region_can_be_the_one() -> None:
    assert hosts(called(US_AMPLITUDE, EU_AMPLITUDE, policy='[policy]\ndata_region = "us"\n')) == [
        "api.eu.amplitude.com"
    ]
    assert (
        hosts(called("https://browser-intake-ap1-datadoghq.com/api/v2/rum", policy='[policy]\ndata_region = "jp"\n'))
        == []
    )


def test_an_address_is_told_once_a_session() -> None:
    assert hosts(called(US_AMPLITUDE, US_AMPLITUDE, US_AMPLITUDE)) == ["api2.amplitude.com"]


def test_a_library_that_is_not_set_up_as_its_settings_say_is_told_with_both() -> None:
    browser = Browser()
    document = settings_of(api_host="events.eu1.segmentapis.com/v1")
    found = run(browser.open(0), browser.settings(1, document), browser.send(2, message()), policy=EU)
    assert hosts(found) == ["api.segment.io"]
    assert "settings name events.eu1.segmentapis.com, which is in EU" in found.found(RULE)[0].explanation


def test_a_workspace_of_the_region_that_is_used_as_set_up_is_fine() -> None:
    browser = Browser()
    document = settings_of(api_host="events.eu1.segmentapis.com/v1")
    found = run(browser.open(0), browser.settings(1, document), browser.send(2, message(), url=EU_SEGMENT), policy=EU)
    assert hosts(found) == []


def test_messages_through_an_address_of_the_sites_own_may_go_anywhere() -> None:
    browser = Browser()
    sent = browser.send(1, message(), url="https://metrics.shop.example/v1/t")
    assert hosts(run(browser.open(0), sent, policy=EU)) == []


def test_fetching_a_library_and_asking_beforehand_send_nothing() -> None:
    browser = Browser()
    found = run(
        browser.open(0),
        browser.fetch(1, "https://cdn.segment.com/analytics.js/v1/writekey1/analytics.min.js"),
        browser.fetch(2, US_AMPLITUDE, method="OPTIONS"),
        policy=EU,
    )
    assert hosts(found) == []


@pytest.mark.parametrize(
    ("address", "regions"),
    [
        ("https://api.segment.io/v1/t", ["us"]),
        (EU_SEGMENT, ["eu"]),
        (US_AMPLITUDE, ["us"]),
        (EU_AMPLITUDE, ["eu"]),
        ("https://api.mixpanel.com/track", ["us"]),
        ("https://api-eu.mixpanel.com/track", ["eu"]),
        ("https://us.i.posthog.com/e/", ["us"]),
        ("https://eu.i.posthog.com/e/", ["eu"]),
        ("https://sdk.fra-01.braze.eu/api/v3/data/", ["eu"]),
        ("https://o1.ingest.de.sentry.io/api/1/envelope/", ["eu"]),
        ("https://o1.ingest.sentry.io/api/1/envelope/", ["us"]),
    ],
)
def test_what_the_catalogue_says_of_regions(address: str, regions: list[str]) -> None:
    host, _, path = address.removeprefix("https://").partition("/")
    match = shipped_catalogue().match("POST", host, f"/{path}")
    assert match is not None
    assert match.endpoint.regions == regions
