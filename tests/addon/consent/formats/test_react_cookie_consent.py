"""react-cookie-consent shares its cookie's name with Cookiebot."""

from __future__ import annotations

import pytest

from addon.consent.formats.react_cookie_consent import cookie
from addon.consent.signal import NotThisFormat
from tests.addon.building import COOKIEBOT, SHOP, Browser, cookiebot_choice, run
from vendor_catalog import Category

GRANT, REFUSAL = "true", "false"


@pytest.mark.parametrize(("value", "granted"), [("true", True), ("false", False)])
def test_it_answers_for_everything_at_once(value: str, granted: bool) -> None:
    answer = cookie("CookieConsent", {"CookieConsent": value})
    assert answer.answered is True
    assert answer.values == dict.fromkeys((Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING), granted)


@pytest.mark.parametrize("value", ["", "-1", "yes", "{stamp:'a'}"])
def test_anything_else_is_somebody_elses(value: str) -> None:
    with pytest.raises(NotThisFormat):
        cookie("CookieConsent", {"CookieConsent": value})


@pytest.mark.parametrize(("value", "verdicts"), [("true", []), ("false", ["confirmed"])])
def test_its_answer_counts_and_is_no_broken_cookie_of_cookiebot(value: str, verdicts: list[str]) -> None:
    browser = Browser(cookies={"CookieConsent": value})
    found = run(browser.open(0), browser.pixel(1), browser.open(5, coming_from="same-origin"))
    assert [str(each.verdict) for each in found.found("destination-without-consent")] == verdicts
    assert not found.gap("unknown-format")


def test_a_cookie_of_cookiebot_is_none_of_its() -> None:
    browser = Browser(cookies=cookiebot_choice(-60, statistics=True, marketing=True))
    found = run(
        browser.open(0), browser.fetch(0.2, COOKIEBOT), browser.pixel(1), browser.open(5, coming_from="same-origin")
    )
    assert not found.found("destination-without-consent")
    assert found.gaps == []


def test_its_cookie_is_not_missing_for_cookiebot() -> None:
    browser = Browser(cookies={"CookieConsent": "true"})
    found = run(
        browser.open(0), browser.fetch(0.2, COOKIEBOT), browser.pixel(1), browser.open(5, coming_from="same-origin")
    )
    assert not [each for each in found.violations if "without the cookie" in each.explanation]
    assert found.sites[0] == SHOP.removeprefix("www.")
