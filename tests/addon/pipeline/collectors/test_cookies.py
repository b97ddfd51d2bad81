"""Cookies that responses set for longer than the policy allows."""

from __future__ import annotations

from email.utils import formatdate

import pytest

from tests.addon.building import META_PIXEL, NOON, Browser, Run, run

RULE = "cookie-outlives-limit"
DAY = 86_400


def expires(days: float) -> str:
    return formatdate(NOON + days * DAY, usegmt=True)


def after(*set_cookies: str, policy: str = "", times: int = 1) -> Run:
    browser = Browser()
    return run(*(browser.open(at, set_cookies=set_cookies) for at in range(times)), policy=policy)


def names(found: Run) -> list[str | None]:
    return [violation.event_name for violation in found.found(RULE)]


@pytest.mark.parametrize(
    "attributes",
    [
        f"Max-Age={730 * DAY}",
        f"Expires={expires(730)}",
        f"Expires={expires(1)}; Max-Age={730 * DAY}",
        f"Max-Age=1; max-age = {730 * DAY}; Path=/; Secure",
        "Max-Age=99999999999999999999999999999",
        "Expires=Fri, 31 Dec 9999 23:59:59 GMT",
        "expires=Tue, 19-Jan-38 03:14:07 GMT",
    ],
)
def test_a_vendors_cookie_that_asks_for_two_years_is_noted(attributes: str) -> None:
    found = after(f"_ga=GA1.1.1.2; {attributes}")
    assert names(found) == ["_ga"]
    (violation,) = found.found(RULE)
    assert (violation.severity, violation.verdict, violation.vendor) == ("note", "confirmed", "google-analytics-4")


@pytest.mark.parametrize(
    "attributes",
    [
        "",
        "Path=/",
        f"Max-Age={395 * DAY}",
        f"Max-Age={397 * DAY}",
        f"Expires={expires(396)}",
        f"Expires={expires(730)}; Max-Age=60",
        f"Expires={expires(730)}; Max-Age=0",
        f"Expires={expires(-730)}",
        "Max-Age=two years",
        "Max-Age=",
        "Max-Age=1e99",
        "Max-Age=+99999999999",
        "Expires=soon",
        "Expires=Wed, 99 Foo 2099 99:99:99 GMT",
        "Expires=" + "9" * 5000,
        "Lifetime=99999999999",
    ],
)
def test_a_shorter_a_deleted_and_an_unreadable_one_is_not(attributes: str) -> None:
    assert names(after(f"_ga=GA1.1.1.2; {attributes}")) == []


def test_it_is_noted_once_a_session() -> None:
    assert names(after(f"_ga=1; Max-Age={730 * DAY}", times=5)) == ["_ga"]


def test_a_vendor_that_sets_its_own_on_its_own_domain_is_noted() -> None:
    browser = Browser()
    pixel = browser.pixel(1, META_PIXEL, set_cookies=[f"fr=1; Max-Age={730 * DAY}"])
    assert names(run(browser.open(0), pixel)) == ["fr"]


def test_consent_necessary_and_unknown_cookies_are_left_alone() -> None:
    long = f"Max-Age={3650 * DAY}"
    assert names(after(f"OptanonConsent=a; {long}", f"session=1; {long}", f"__cf_bm=1; {long}")) == []


def test_unknown_ones_are_held_to_it_if_the_policy_says_so_and_are_unproven() -> None:
    long = f"Max-Age={3650 * DAY}"
    policy = "[cookies]\nunlisted = true\nexempt = ['keep_*']\n"
    found = after(f"OptanonConsent=a; {long}", f"visitor=1; {long}", f"keep_me=1; {long}", policy=policy)
    assert names(found) == ["visitor"]
    assert found.verdicts(RULE) == [("unproven", "no-signal")]


def test_the_policy_sets_limits_in_general_and_by_name() -> None:
    policy = """
        [cookies]
        max_lifetime_days = 30
        limits = { OptanonConsent = 180, "_gcl*" = 90 }
    """
    cookies = [f"{name}=1; Max-Age={60 * DAY}" for name in ("_ga", "_gcl_au", "_fbp")]
    found = after(*cookies, f"OptanonConsent=a; Max-Age={365 * DAY}", policy=policy)
    assert sorted(map(str, names(found))) == ["OptanonConsent", "_fbp", "_ga"]


def test_a_cookie_that_was_only_sent_says_nothing_of_its_lifetime() -> None:
    browser = Browser(cookies={"_ga": "GA1.1.1.2"})
    assert names(run(browser.open(0), browser.open(1))) == []
