"""Identifiers of known vendors at unlisted third parties, through the whole pipeline."""

from __future__ import annotations

import json

import pytest

from addon.exchange import Exchange
from tests.addon.building import (
    BANNER,
    NOON,
    SHOP,
    App,
    Browser,
    Run,
    Server,
    dated_choice,
    message,
    request,
    run,
)

RULE = "unknown-tracker"
ANON = "6f8a1c52-94be-4d1f-a7c3-1d2e3f4a5b6c"
CLIENT = "1938274650.1700000000"
STRANGER = "https://collect.stranger.example/t"
LEAK = f"{STRANGER}?id={ANON}"


def refused() -> Browser:
    return Browser(cookies={**dated_choice(at=-60), "ajs_anonymous_id": ANON, "_ga": f"GA1.1.{CLIENT}"})


def accepted() -> Browser:
    browser = refused()
    browser.cookies |= dated_choice("analytics", "marketing", at=-60)
    return browser


def session(browser: Browser, *between: Exchange, policy: str = "") -> Run:
    return run(browser.open(0), browser.fetch(0.1, BANNER), *between, browser.open(30), policy=policy)


@pytest.mark.parametrize(
    ("url", "where"),
    [
        (LEAK, "its query"),
        (f"{STRANGER}/{ANON}/x.gif", "its path"),
        (f"{STRANGER}?d=%7B%22aid%22%3A%22{ANON}%22%7D", "its query"),
        (f"{STRANGER}?cid={CLIENT}", "its query"),
    ],
)
def test_a_stranger_who_gets_a_known_id_after_a_refusal_is_noted(url: str, where: str) -> None:
    browser = refused()
    (violation,) = session(browser, browser.pixel(5, url)).found(RULE)
    assert (violation.verdict, violation.phase) == ("confirmed", "after-denial")
    assert violation.destination == "collect.stranger.example"
    assert f"in {where}." in violation.explanation
    assert "own_domains" in violation.explanation
    assert ANON not in violation.explanation and CLIENT not in violation.explanation


def test_a_body_and_a_cookie_are_looked_through() -> None:
    browser = refused()
    body = json.dumps({"events": [{"visitor": ANON}]}).encode()
    assert session(browser, browser.fetch(5, STRANGER, method="POST", body=body)).found(RULE)
    assert session(browser, browser.pixel(5, STRANGER, headers={"cookie": f"uid={ANON}"})).found(RULE)


def test_it_is_one_violation_for_each_session_and_host() -> None:
    browser = refused()
    found = session(browser, *(browser.pixel(5 + n, LEAK) for n in range(5))).found(RULE)
    assert len(found) == 1


def test_what_a_stranger_got_before_the_id_was_known_counts_too() -> None:
    browser = Browser(cookies=dated_choice(at=-60))
    sent = message(anonymousId=ANON)
    (violation,) = session(browser, browser.pixel(5, LEAK), browser.send(6, sent)).found(RULE)
    assert "Segment's anonymous id" in violation.explanation
    assert violation.occurred_at == NOON + 5


def test_nobody_is_noted_where_consent_was_granted() -> None:
    browser = accepted()
    assert RULE not in session(browser, browser.pixel(5, LEAK)).rules


def test_a_withdrawal_is_judged_anew() -> None:
    browser = accepted()
    first = [browser.open(0), browser.fetch(0.1, BANNER), browser.pixel(5, LEAK)]
    browser.cookies |= dated_choice(at=10)
    done = run(*first, browser.open(12), browser.pixel(15, LEAK), browser.open(30))
    assert done.verdicts(RULE) == [("confirmed", "after-withdrawal")]


def test_a_user_id_is_the_sites_own_and_proves_nothing() -> None:
    browser = Browser(cookies=dated_choice(at=-60))
    sent = message(userId="usr_8f3k29dk3l4m5n6p")
    (violation,) = session(
        browser, browser.send(3, sent), browser.pixel(5, f"{STRANGER}?u=usr_8f3k29dk3l4m5n6p")
    ).found(RULE)
    assert violation.verdict == "unproven"
    assert "servers of its own" in violation.explanation


# --- clean traffic


CLEAN = {
    "no id": STRANGER,
    "another id": f"{STRANGER}?id=ffffffff-94be-4d1f-a7c3-1d2e3f4a5b6c",
    "the site's own host": f"https://api.shop.example/?id={ANON}",
    "a listed vendor": f"https://api2.amplitude.com/other?id={ANON}",
    "a consent manager": f"https://consent.cookiebot.com/x?id={ANON}",
    "an asset with a hash": "https://cdn.stranger.example/main.6f8a1c5294be4d1fa7c3.js",
}


@pytest.mark.parametrize("url", CLEAN.values(), ids=CLEAN)
def test_clean_traffic_is_not_noted(url: str) -> None:
    browser = refused()
    assert RULE not in session(browser, browser.pixel(5, url)).rules


def test_an_address_of_the_page_accuses_nobody() -> None:
    """Everybody who is told the page's address is told what is in it."""
    browser = refused()
    page = f"/?ajs_aid={ANON}"
    url = f"{STRANGER}?page=https%3A%2F%2F{SHOP}%2F%3Fajs_aid%3D{ANON}"
    done = run(
        browser.open(0, page),
        browser.fetch(0.1, BANNER),
        browser.pixel(5, STRANGER, headers={"referer": f"https://{SHOP}{page}"}),
        browser.pixel(6, url),
        browser.open(30),
    )
    assert RULE not in done.rules


def test_a_preflight_carries_nothing_of_the_page() -> None:
    browser = refused()
    assert RULE not in session(browser, browser.fetch(5, LEAK, method="OPTIONS")).rules


@pytest.mark.parametrize(
    "key", ['own_domains = ["stranger.example"]', 'ingestion_hosts = ["collect.stranger.example"]']
)
def test_what_the_policy_calls_the_sites_own_is_no_third_party(key: str) -> None:
    browser = refused()
    policy = f'[sites."shop.example"]\n{key}\n'
    assert RULE not in session(browser, browser.pixel(5, LEAK), policy=policy).rules


def test_cookies_of_necessary_vendors_and_of_nobody_are_no_identifiers() -> None:
    browser = refused()
    browser.cookies = {**dated_choice(at=-60), "__cf_bm": ANON, "cart": CLIENT, "__stripe_mid": ANON}
    assert RULE not in session(browser, browser.pixel(5, LEAK), browser.pixel(6, f"{STRANGER}?c={CLIENT}")).rules


def test_a_policy_that_calls_a_vendor_necessary_is_followed() -> None:
    browser = refused()
    policy = '[vendors.segment]\ncategory = "necessary"\n'
    assert RULE not in session(browser, browser.pixel(5, LEAK), policy=policy).rules


def test_apps_and_servers_are_left_out_because_nothing_tells_their_own_hosts() -> None:
    sent = message(anonymousId=ANON)
    beside = request(2, LEAK, client="10.0.0.7", headers={"user-agent": "analytics-kotlin/1.24.1"})
    assert RULE not in run(App().send(1, sent), beside).rules
    assert RULE not in run(Server().send(1, sent), request(2, LEAK, client="10.0.0.9")).rules


def test_another_persons_session_knows_nothing() -> None:
    other = Browser(client="10.0.0.2", cookies=dated_choice(at=-60))
    browser = refused()
    done = run(browser.open(0), browser.fetch(0.1, BANNER), other.open(1), other.pixel(2, LEAK), other.open(30))
    assert RULE not in done.rules


def test_live_and_file_end_the_same() -> None:
    browser = refused()
    story = (browser.open(0), browser.fetch(0.1, BANNER), browser.pixel(5, LEAK), browser.open(30))
    assert run(*story, live=True).verdicts(RULE) == run(*story).verdicts(RULE)


def test_hostile_requests_are_survived() -> None:
    browser = refused()
    hostile = [
        browser.pixel(5, f"{STRANGER}?" + "%" * 9000),
        browser.pixel(6, f"{STRANGER}/" + "a1b2c3d4e5" * 5000),
        browser.fetch(7, STRANGER, method="POST", body=b"\xff\x00" * 1000, headers={"content-type": "text/plain"}),
        browser.fetch(8, STRANGER, method="POST", body=b"\x1f\x8b\x08broken", headers={"content-type": "text/plain"}),
    ]
    done = session(browser, *hostile)
    assert RULE not in done.rules
    assert not done.gap("internal-error")
