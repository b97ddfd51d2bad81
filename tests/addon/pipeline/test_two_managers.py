"""Cookies of two consent managers on one site: one is in use, and the other was left behind."""

from __future__ import annotations

import pytest

from addon.exchange import Exchange
from tests.addon.building import COOKIEBOT, SHOP, Browser, Run, cookiebot_choice, onetrust_choice, run, undated_choice

ONETRUST = "https://cdn.cookielaw.org/scripttemplates/otSDKStub.js"
DAY = 86_400.0
GRANTED, REFUSED = "C0001:1,C0002:1,C0003:1,C0004:1", "C0001:1,C0002:0,C0003:0,C0004:0"
RULE = "destination-without-consent"
live_or_not = pytest.mark.parametrize("live", [False, True], ids=["file", "live"])


def visit(cookies: dict[str, str], *scripts: str) -> list[Exchange]:
    browser = Browser(cookies=cookies)
    loaded = [browser.fetch(0.2, script) for script in scripts]
    return [
        browser.open(0),
        *loaded,
        browser.pixel(2),
        browser.open(8, "/b", coming_from="same-origin"),
        browser.pixel(9),
    ]


def verdicts(found: Run) -> set[str]:
    return {verdict for verdict, _ in found.verdicts(RULE)}


@live_or_not
def test_yesterdays_grant_counts_before_a_refusal_of_two_years_ago(live: bool) -> None:
    cookies = onetrust_choice(REFUSED, -730 * DAY) | cookiebot_choice(-DAY, statistics=True, marketing=True)
    assert verdicts(run(*visit(cookies), live=live)) == set()


@live_or_not
def test_yesterdays_refusal_counts_before_a_grant_of_two_years_ago(live: bool) -> None:
    cookies = cookiebot_choice(-730 * DAY, statistics=True, marketing=True) | onetrust_choice(REFUSED, -DAY)
    assert verdicts(run(*visit(cookies), live=live)) == {"confirmed"}


@live_or_not
@pytest.mark.parametrize("value", [True, False], ids=["leftover grants", "leftover refuses"])
def test_an_undated_leftover_beside_a_dated_record_decides_nothing(value: bool, live: bool) -> None:
    dated = cookiebot_choice(-DAY, statistics=not value, marketing=not value)
    found = run(*visit(undated_choice(marketing=value, analytics=value) | dated), live=live)
    assert verdicts(found) == {"unproven"}
    for violation in found.found(RULE):
        assert "nothing in the capture tells which of the two consent managers counts" in violation.explanation
        assert "klaro" in violation.explanation
        assert "cookiebot" in violation.explanation
        assert "consent_manager in the policy would decide it" in violation.explanation


@live_or_not
def test_the_script_that_runs_tells_which_of_them_is_in_use(live: bool) -> None:
    cookies = undated_choice(marketing=True, analytics=True) | cookiebot_choice(-DAY, statistics=False, marketing=False)
    assert verdicts(run(*visit(cookies, COOKIEBOT), live=live)) == {"confirmed"}
    assert verdicts(run(*visit(cookies, f"https://{SHOP}/klaro.js"), live=live)) == set()


@live_or_not
def test_the_policy_tells_which_of_them_is_in_use(live: bool) -> None:
    cookies = undated_choice(marketing=True, analytics=True) | cookiebot_choice(-DAY, statistics=False, marketing=False)
    policy = '[sites."shop.example"]\nconsent_manager = "cookiebot"\n'
    assert verdicts(run(*visit(cookies), live=live, policy=policy)) == {"confirmed"}


@live_or_not
def test_records_that_refuse_alike_leave_no_doubt(live: bool) -> None:
    cookies = undated_choice(marketing=False) | cookiebot_choice(-DAY, statistics=False, marketing=False)
    assert verdicts(run(*visit(cookies), live=live)) == {"confirmed"}


@live_or_not
def test_an_old_grant_does_not_answer_another_banner_that_stands_open(live: bool) -> None:
    cookies = onetrust_choice(GRANTED, -730 * DAY)
    assert verdicts(run(*visit(cookies, COOKIEBOT), live=live)) == {"unproven"}
    assert verdicts(run(*visit(cookies, ONETRUST), live=live)) == set()
