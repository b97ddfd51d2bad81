"""A cookie that holds the id of an earlier message existed by then, though the next request is the first that shows it."""

from __future__ import annotations

import pytest

from addon.exchange import Exchange
from tests.addon.building import BANNER, Browser, dated_choice, message, run

RULE = "cookie-without-consent"
ANONYMOUS = "0d7e4a0c-aaaa-4aaa-8aaa-000000000001"
live_or_not = pytest.mark.parametrize("live", [False, True], ids=["file", "live"])


def story(cookie: str, *, sent_at: float = 2.0, chosen_at: float = 5.0) -> list[Exchange]:
    """A message, a dated acceptance, and a page that carries the cookie for the first time."""
    browser = Browser()
    begun = [browser.open(0), browser.fetch(0.5, BANNER)]
    said = browser.send(sent_at, message(anonymousId=ANONYMOUS, stamp=None))
    browser.cookies = dated_choice("functional", "analytics", "marketing", at=chosen_at) | {"ajs_anonymous_id": cookie}
    again = [browser.open(8, "/b", coming_from="same-origin"), browser.open(12, "/c", coming_from="same-origin")]
    return [*begun, *sorted([said, *again], key=lambda each: each.started_at)]


@live_or_not
@pytest.mark.parametrize("cookie", [ANONYMOUS, f"%22{ANONYMOUS}%22"])
def test_it_existed_when_the_message_was_sent(cookie: str, live: bool) -> None:
    found = run(*story(cookie), live=live)
    (violation,) = found.found(RULE)
    assert (violation.occurred_at, violation.exchange_id) == (1777636802.0, "1.3")
    assert "existed by then, because a message already carried the id that it holds" in violation.explanation


@live_or_not
def test_another_id_or_a_message_after_the_choice_says_nothing_of_it(live: bool) -> None:
    assert not run(*story("0d7e4a0c-aaaa-4aaa-8aaa-000000000009"), live=live).found(RULE)
    assert not run(*story(ANONYMOUS, sent_at=7.0), live=live).found(RULE)


@live_or_not
def test_a_cookie_that_was_there_under_the_same_answer_is_filed_once(live: bool) -> None:
    browser = Browser()
    begun = [browser.open(0), browser.fetch(0.5, BANNER), browser.send(2, message(anonymousId=ANONYMOUS, stamp=None))]
    browser.cookies = {"ajs_anonymous_id": ANONYMOUS}
    found = run(*begun, browser.open(8, "/b", coming_from="same-origin"), live=live)
    assert len(found.found(RULE)) == 1
