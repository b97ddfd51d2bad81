"""Events in vendors' own calls: recorded, named in findings, and told from Google's pings without cookies."""

from __future__ import annotations

import gzip
import json

import pytest

from addon.records import CallRecord, HitRecord, ViolationRecord
from tests.addon.building import (
    META_PIXEL,
    Browser,
    Run,
    message,
    request,
    run,
    settings_of,
    undated_choice,
)

DIRECT = "destination-without-consent"
PING = "cookieless-ping"
GA = "https://region1.google-analytics.com/g/collect?v=2&tid=G-1"
ADS = "https://pagead2.googlesyndication.com/ccm/collect?tid=AW-123456789"
CID = "1170084694.1497253895"
CUT_SHORT = gzip.compress(b"en=page_view")[:15]
REFUSED = undated_choice(analytics=False, marketing=False)


def klaro(browser: Browser, *calls: object) -> Run:
    """A session to a site with Klaro, whose banner was refused."""
    return run(browser.open(0), browser.fetch(0.1, "https://www.shop.example/klaro.js"), *calls, browser.open(60))  # type: ignore[arg-type]


def refused(url: str, *, host: str = "www.shop.example", cookies: dict[str, str] | None = None, **more: object) -> Run:
    browser = Browser(host=host, cookies={**REFUSED, **(cookies or {})})
    return klaro(browser, browser.fetch(2, url, mode="cors", dest="empty", **more))


# --- records


def test_every_event_of_a_call_is_a_row_and_the_call_is_one() -> None:
    browser = Browser(cookies=REFUSED)
    body = b"en=page_view\r\nen=scroll"
    call = browser.fetch(2, f"{GA}&cid={CID}", mode="cors", dest="empty", method="POST", body=body)
    found = klaro(browser, call)
    hits = found.of(HitRecord)
    assert [(hit.name, hit.account, json.loads(hit.identifiers)) for hit in hits] == [
        ("page_view", "G-1", {"client_id": CID}),
        ("scroll", "G-1", {"client_id": CID}),
    ]
    (row,) = [one for one in found.of(CallRecord) if one.vendor == "google-analytics-4"]
    assert {hit.exchange_id for hit in hits} == {row.exchange_id}
    assert {hit.session_id for hit in hits} == {row.session_id}


def test_a_call_of_nobody_is_recorded_and_accuses_nobody() -> None:
    found = run(request(0, META_PIXEL))
    assert [(hit.name, hit.session_id) for hit in found.of(HitRecord)] == [("PageView", None)]
    assert not found.violations


def test_an_unreadable_call_is_a_gap_and_is_judged_all_the_same() -> None:
    found = refused("https://api2.amplitude.com/2/httpapi", method="POST", body=CUT_SHORT)
    assert "was not read in full" in found.gap("call-not-decoded")[0]
    assert len(found.found(DIRECT)) == 1
    assert not found.of(HitRecord)


def test_the_messages_of_a_cdp_are_no_hits() -> None:
    browser = Browser(cookies=REFUSED)
    assert not klaro(browser, browser.send(2, message())).of(HitRecord)


def test_a_request_that_was_blocked_carried_nothing() -> None:
    assert not refused(META_PIXEL, unsent="blocked").of(HitRecord)


# --- findings


def test_findings_are_told_apart_by_event() -> None:
    browser = Browser(cookies=REFUSED)
    urls = [META_PIXEL, META_PIXEL, META_PIXEL.replace("PageView", "Purchase")]
    found = klaro(browser, *(browser.pixel(at, url) for at, url in enumerate(urls, start=2)))
    direct = found.found(DIRECT)
    assert [violation.event_name for violation in direct] == ["PageView", "PageView", "Purchase"]
    assert len({violation.fingerprint for violation in direct}) == 2
    assert "with the event 'Purchase'" in direct[2].explanation


def test_thousands_of_numbered_names_are_one_finding() -> None:
    browser = Browser(cookies=REFUSED)
    urls = [META_PIXEL.replace("PageView", f"product_{number}") for number in range(10_000, 10_050)]
    found = klaro(browser, *(browser.pixel(2, url) for url in urls))
    assert len({violation.fingerprint for violation in found.found(DIRECT)}) == 1


# --- pings without cookies


@pytest.mark.parametrize(
    "url",
    [
        f"{GA}&cid={CID}&en=page_view&gcs=G100",
        f"{GA}&cid={CID}&en=page_view&gcd=13p3p3p3p5",
        f"{ADS}&en=page_view&gcs=G100&gclaw=0",
        "https://ad.doubleclick.net/activity;src=1;type=a;cat=b;gcs=G100?gcs=G100",
    ],
)
def test_a_ping_while_storage_is_denied_is_a_note_and_no_more(url: str) -> None:
    found = refused(url)
    assert len(found.found(PING)) == 1
    assert {violation.severity for violation in found.violations} == {"note"}


@pytest.mark.parametrize("url", [f"{GA}&cid={CID}&en=page_view&gcs=G110", f"{ADS}&en=page_view&gcs=G101"])
def test_it_is_the_storage_of_the_tag_itself_that_counts(url: str) -> None:
    assert refused(url).rules == {PING, "consent-mode-contradicts-choice"}


def test_so_is_a_batch_of_them() -> None:
    found = refused(f"{GA}&cid={CID}&gcs=G100", method="POST", body=b"en=page_view\nen=scroll")
    assert found.rules == {PING}


def test_it_is_nothing_where_the_person_consented() -> None:
    browser = Browser(cookies=undated_choice(analytics=True, marketing=True))
    assert not klaro(browser, browser.fetch(2, f"{GA}&cid={CID}&en=page_view&gcs=G100")).violations


def test_a_ping_to_a_tagging_server_of_the_site_is_one_as_well() -> None:
    assert refused(f"https://metrics.shop.example/g/collect?v=2&tid=G-1&cid={CID}&gcs=G100").rules == {PING}


@pytest.mark.parametrize(
    "parameters",
    [
        f"cid={CID}&en=page_view",
        f"cid={CID}&en=page_view&gcs=G111",
        f"cid={CID}&en=page_view&gcs=G101",
        f"cid={CID}&en=login&gcs=G100&uid=u1",
        f"cid={CID}&en=login&gcs=G100&em=tv.1~em.abcdef",
    ],
    ids=["no consent mode", "granted", "analytics granted", "a user id", "a hashed address"],
)
def test_what_carries_an_identifier_or_grants_is_a_call_like_any_other(parameters: str) -> None:
    found = refused(f"{GA}&{parameters}")
    assert len(found.found(DIRECT)) == 1
    assert not found.found(PING)


def test_a_client_id_that_the_site_keeps_in_a_cookie_is_no_random_number() -> None:
    url = f"{GA}&cid={CID}&en=page_view&gcs=G100"
    assert DIRECT in refused(url, cookies={"_ga": f"GA1.1.{CID}"}).rules
    assert DIRECT not in refused(url, cookies={"_ga": "GA1.1.999999999.1111111111"}).rules


@pytest.mark.parametrize("cookie", ["_ga=GA1.1.2.3", "FPID=abc", "_gcl_au=1.1.2"])
def test_a_tagging_server_that_is_sent_the_tags_own_cookies_gets_more_than_a_ping(cookie: str) -> None:
    name, _, value = cookie.partition("=")
    browser = Browser(cookies={**REFUSED, name: value})
    url = f"https://metrics.shop.example/g/collect?v=2&tid=G-1&cid={CID}&gcs=G100"
    assert DIRECT in klaro(browser, browser.pixel(2, url)).rules


@pytest.mark.parametrize(("cookie", "rule"), [("IDE=abc", DIRECT), ("SOCS=CAI", PING)])
def test_cookies_of_google_that_identify_make_it_more_than_a_ping(cookie: str, rule: str) -> None:
    found = refused(f"{ADS}&en=page_view&gcs=G100", headers={"cookie": cookie})
    assert {violation.rule for violation in found.violations} == {rule}


def test_joining_an_interest_group_is_no_ping() -> None:
    assert DIRECT in refused("https://td.doubleclick.net/td/rul/123456789?random=1&gcs=G100").rules


def test_a_call_that_cannot_be_read_is_not_taken_for_one() -> None:
    assert DIRECT in refused(f"{GA}&cid={CID}&gcs=G100", method="POST", body=CUT_SHORT).rules


def test_other_vendors_parameters_of_that_name_mean_nothing() -> None:
    assert DIRECT in refused(f"{META_PIXEL}&gcs=G100").rules


# --- what a call shows of a destination in the page

GA4 = "Google Analytics 4 Web"
FANOUT = "fanout-without-consent"
DEVICE_MODE = settings_of({GA4: ["analytics"]}, device=[GA4])


def sent_and_called(*calls: tuple[float, str], settings_at: float = 1, live: bool = False) -> Run:
    """A message after a refusal, and calls to Google Analytics with what consent mode says."""
    browser = Browser(cookies=dict(REFUSED))
    between = [
        (settings_at, browser.settings(settings_at, DEVICE_MODE)),
        (2.0, browser.send(2, message())),
        *((at, browser.fetch(at, f"{GA}&cid={CID}&en=page_view&gcs={gcs}")) for at, gcs in calls),
    ]
    ordered = [exchange for _, exchange in sorted(between, key=lambda item: item[0])]
    opened = [browser.open(0), browser.fetch(0.1, "https://www.shop.example/klaro.js")]
    return run(*opened, *ordered, browser.open(60), live=live)


LIVE = pytest.mark.parametrize("live", [False, True], ids=["file", "live"])


@LIVE
@pytest.mark.parametrize("settings_at", [1, 3], ids=["settings first", "settings last"])
def test_a_destination_that_got_no_more_than_a_ping_is_held_against_nobody(settings_at: float, live: bool) -> None:
    found = sent_and_called((2.5, "G100"), settings_at=settings_at, live=live)
    assert found.outcomes[GA4] == ("unknown", "predicted")
    assert found.found(FANOUT) == []
    assert PING in found.rules and "event-without-consent" in found.rules


@LIVE
@pytest.mark.parametrize("settings_at", [1, 4], ids=["settings first", "settings last"])
@pytest.mark.parametrize("calls", [((2.5, "G100"), (3, "G111")), ((2.5, "G111"), (3, "G100"))])
def test_a_call_with_identifiers_beside_a_ping_shows_the_delivery(
    calls: tuple[tuple[float, str], ...], settings_at: float, live: bool
) -> None:
    found = sent_and_called(*calls, settings_at=settings_at, live=live)
    (delivery,) = found.deliveries.values()
    assert (delivery.outcome, delivery.basis, delivery.predicted) == ("flows", "observed", "flows")
    assert len(found.found(FANOUT)) == 1


@LIVE
def test_without_any_call_the_prediction_stands_as_it_does_long_before_and_after_a_ping(live: bool) -> None:
    for calls in ((), ((1.5, "G100"),), ((9.0, "G100"),)):
        found = sent_and_called(*calls, live=live)
        assert found.outcomes[GA4] == ("flows", "predicted")
        assert len(found.found(FANOUT)) == 1


def test_that_a_library_counted_what_became_a_ping_shows_no_more_than_the_ping() -> None:
    browser = Browser(cookies=dict(REFUSED))
    counted = {
        "type": "Counter",
        "metric": "analytics_js.integration.invoke",
        "value": 1,
        "tags": {"method": "track", "integration_name": GA4, "type": "classic", "library": "analytics.js"},
    }
    found = klaro(
        browser,
        browser.settings(1, DEVICE_MODE),
        browser.send(2, message()),
        browser.fetch(2.5, f"{GA}&cid={CID}&en=page_view&gcs=G100"),
        browser.fetch(
            20,
            "https://api.segment.io/v1/m",
            mode="cors",
            method="POST",
            body=json.dumps({"series": [counted]}).encode(),
        ),
    )
    assert found.outcomes[GA4] == ("unknown", "predicted")


def test_in_a_live_capture_what_was_raised_by_the_prediction_is_cleared_by_the_ping() -> None:
    assert sent_and_called((2.5, "G100"), live=True).history(FANOUT)[-1] == "cleared"


def test_what_a_ping_clears_is_not_said_to_have_had_consent() -> None:
    found = sent_and_called((2.5, "G100"), live=True)
    (cleared,) = [
        record for record in found.of(ViolationRecord) if record.rule == FANOUT and record.verdict == "cleared"
    ]
    assert "no more than a ping without identifiers" in cleared.explanation
    assert "consent was in force" not in cleared.explanation
