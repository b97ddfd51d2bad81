"""A response that deletes a consent cookie takes the answer back."""

from __future__ import annotations

import pytest

from addon.exchange import Exchange
from tests.addon.building import COOKIEBOT, KLARO, Browser, cookiebot_choice, run, undated_choice

RULE = "destination-without-consent"
GONE = "Max-Age=0; Path=/"
live_or_not = pytest.mark.parametrize("live", [False, True], ids=["file", "live"])


def story(cookies: dict[str, str], *set_cookies: str, script: str = COOKIEBOT) -> list[Exchange]:
    browser = Browser(cookies=cookies)
    answered = browser.fetch(4, f"https://{browser.host}/logout", dest="empty", set_cookies=set_cookies)
    return [browser.open(0), browser.fetch(0.5, script), browser.pixel(2), answered, browser.pixel(6)]


@live_or_not
def test_what_is_sent_after_it_is_sent_without_consent(live: bool) -> None:
    granted = cookiebot_choice(-60, statistics=True, marketing=True)
    found = run(*story(granted, f"CookieConsent=; {GONE}"), live=live)
    (violation,) = found.found(RULE)
    assert violation.occurred_at == 1777636806.0
    assert "a response that deleted the cookie CookieConsent" in violation.explanation
    assert not run(*story(granted, "other=; Max-Age=0"), live=live).found(RULE)


@live_or_not
def test_a_refusal_that_is_deleted_is_no_longer_one(live: bool) -> None:
    found = run(*story(undated_choice(marketing=False), f"klaro=; {GONE}", script=KLARO), live=live)
    assert [phase for _, phase in found.verdicts(RULE)] == ["after-denial", "before-choice"]


@live_or_not
def test_a_cookie_that_is_deleted_and_set_anew_keeps_the_answer(live: bool) -> None:
    granted = cookiebot_choice(-60, statistics=True, marketing=True)
    renewed = f"CookieConsent={granted['CookieConsent']}; Path=/"
    assert not run(*story(granted, f"CookieConsent=; {GONE}; Domain=www.shop.example", renewed), live=live).found(RULE)


@live_or_not
def test_one_of_several_cookies_of_a_consent_manager_does_not_take_the_answer_along(live: bool) -> None:
    cookies = {"notice_preferences": "2:", "notice_gdpr_prefs": "0,1,2:"}
    script = "https://consent.trustarc.com/notice?domain=shop.example"
    assert not run(*story(cookies, f"notice_preferences=; {GONE}", script=script), live=live).found(RULE)


@live_or_not
def test_a_consent_manager_that_is_not_in_use_has_no_answer_to_take_back(live: bool) -> None:
    found = run(*story({}, f"klaro=; {GONE}"), live=live)
    assert not [one for one in found.found(RULE) if "klaro" in one.explanation]
