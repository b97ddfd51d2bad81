"""refusal-not-kept and refusal-stored-as-acceptance: what became of a refusal."""

from __future__ import annotations

from typing import Any

import pytest

from addon.exchange import Exchange
from tests.addon.building import BANNER, KLARO, Browser, dated_choice, run, undated_choice

from .test_observations import banner, marked, reported, stored

GONE, STORED = "refusal-not-kept", "refusal-stored-as-acceptance"
REFUSED = undated_choice(analytics=False, marketing=False)
GRANTED = undated_choice(analytics=True, marketing=True)
each_way = pytest.mark.parametrize("live", [True, False], ids=["live", "file"])


def clicked(browser: Browser, at: float, label: str | None = "Reject all") -> Exchange:
    return reported(browser, at + 0.1, banner(at, "clicked", label=label))


def refused(browser: Browser) -> list[Exchange]:
    """A page whose consent manager was refused before."""
    browser.cookies = {"basket": "1"} | REFUSED
    return [browser.open(0), browser.fetch(0.1, KLARO)]


# --- kept


@each_way
def test_a_record_that_is_gone_on_the_next_page_is_shown_with_the_refusal(live: bool) -> None:
    browser = Browser()
    story = refused(browser)
    browser.cookies = {"basket": "1"}
    (violation,) = run(*story, browser.open(10, coming_from="same-origin"), live=live).found(GONE)
    assert (violation.verdict, violation.phase, violation.severity) == ("confirmed", "after-denial", "warning")
    assert "as the cookie klaro showed at 12:00:00.100Z" in violation.explanation
    assert (
        "the record was gone from www.shop.example, though other cookies of the site stayed (Klaro!)"
        in violation.explanation
    )


def test_if_nothing_else_stayed_somebody_may_have_emptied_the_browser() -> None:
    browser = Browser(cookies=REFUSED)
    story = [browser.open(0), browser.fetch(0.1, KLARO)]
    browser.cookies = {}
    (violation,) = run(*story, browser.open(10, coming_from="same-origin")).found(GONE)
    assert violation.verdict == "likely"
    assert "Whoever emptied the browser" in violation.explanation


def test_a_banner_that_stands_open_on_the_next_page_asks_again() -> None:
    browser = Browser(cookies={"basket": "1"})
    story = [browser.open(0), browser.fetch(0.1, KLARO)]
    story += [reported(browser, 1.1, stored(1, analytics=False, marketing=False)), browser.open(10, coming_from="none")]
    story += [reported(browser, 11, banner(10.9, "open"))]
    (violation,) = run(*story).found(GONE)
    assert violation.verdict == "confirmed"


@pytest.mark.parametrize("how", ["click", "mark"])
def test_a_refusal_that_was_never_stored_and_is_asked_for_again_is_likely(how: str) -> None:
    browser = Browser(cookies={"basket": "1"})
    pressed = clicked(browser, 2) if how == "click" else marked(2, "rejected", "rejected")
    story = [browser.open(0), browser.fetch(0.1, KLARO), pressed, browser.open(10, coming_from="same-origin")]
    (violation,) = run(*story, reported(browser, 11, banner(10.9, "open"))).found(GONE)
    assert violation.verdict == "likely"
    assert "the banner stood open again with nothing stored" in violation.explanation


@pytest.mark.parametrize(
    "story",
    [
        lambda browser: [browser.open(10, coming_from="same-origin")],
        lambda browser: [reported(browser, 3, stored(2.9)), reported(browser, 4, banner(3.9, "open"))],
    ],
    ids=["kept", "taken back on the page itself"],
)
def test_what_is_kept_or_taken_back_on_the_page_is_no_fault(story: Any) -> None:
    browser = Browser()
    assert run(*refused(browser), *story(browser)).found(GONE) == []


def test_an_acceptance_that_is_gone_is_no_refusal() -> None:
    browser = Browser(cookies={"basket": "1"} | GRANTED)
    story = [browser.open(0), browser.fetch(0.1, KLARO)]
    browser.cookies = {"basket": "1"}
    assert run(*story, browser.open(10, coming_from="same-origin")).found(GONE) == []


def test_another_host_of_the_site_asks_for_itself() -> None:
    browser = Browser()
    story = refused(browser)
    other = Browser(host="blog.shop.example", cookies={"basket": "1"})
    assert run(*story, other.open(10, coming_from="same-site")).found(GONE) == []


def test_a_window_of_its_own_asks_for_itself() -> None:
    browser = Browser()
    story = refused(browser)
    assert run(*story, Browser().open(10), Browser().fetch(10.2, KLARO)).found(GONE) == []


# --- stored


@each_way
def test_a_click_on_refuse_that_stores_a_grant_is_shown_with_both(live: bool) -> None:
    browser = Browser(cookies={"basket": "1"})
    story = [browser.open(0), browser.fetch(0.1, KLARO), clicked(browser, 2)]
    story += [reported(browser, 2.4, stored(2.2, analytics=True, marketing=True))]
    browser.cookies |= GRANTED
    (violation,) = run(*story, browser.open(10, coming_from="same-origin"), live=live).found(STORED)
    assert (violation.verdict, violation.category, violation.severity) == ("confirmed", "marketing", "error")
    assert "the click on 'Reject all' at 12:00:02.000Z" in violation.explanation


def test_a_marked_refusal_against_a_dated_grant_is_likely() -> None:
    browser = Browser(cookies={"basket": "1"})
    story = [browser.open(0), browser.fetch(0.1, BANNER), marked(2.5, "rejected", "rejected")]
    browser.cookies |= dated_choice("functional", "analytics", "marketing", at=2)
    (violation,) = run(*story, browser.open(10, coming_from="same-origin")).found(STORED)
    assert violation.verdict == "likely"


def test_an_acceptance_that_a_click_on_refuse_leaves_as_it_was_is_confirmed() -> None:
    browser = Browser(cookies={"basket": "1"} | dated_choice("functional", "analytics", "marketing", at=-60))
    story = [
        browser.open(0),
        browser.fetch(0.1, BANNER),
        clicked(browser, 2),
        browser.open(4, coming_from="same-origin"),
    ]
    assert run(*story).found(STORED) == []
    (violation,) = run(*story, browser.open(10, coming_from="same-origin")).found(STORED)
    assert violation.verdict == "confirmed"


def test_an_undated_grant_may_have_been_given_later() -> None:
    browser = Browser(cookies={"basket": "1"})
    story = [browser.open(0), browser.fetch(0.1, KLARO), clicked(browser, 2)]
    browser.cookies |= GRANTED
    (violation,) = run(*story, browser.open(10, coming_from="same-origin")).found(STORED)
    assert violation.verdict == "unproven"
    assert "Nothing dates the record" in violation.explanation


@pytest.mark.parametrize("label", ["Accept all", "Settings", None])
def test_a_click_on_anything_else_refuses_nothing(label: str | None) -> None:
    browser = Browser(cookies={"basket": "1"})
    story = [browser.open(0), browser.fetch(0.1, KLARO), clicked(browser, 2, label)]
    story += [reported(browser, 2.4, stored(2.2, analytics=True, marketing=True)), browser.open(10)]
    assert run(*story).found(STORED) == []


@pytest.mark.parametrize("between", [clicked, lambda browser, at: marked(at, "accepted", "accepted")])
def test_who_presses_something_else_first_may_have_changed_the_record(between: Any) -> None:
    browser = Browser(cookies={"basket": "1"})
    story = [browser.open(0), browser.fetch(0.1, KLARO), clicked(browser, 2), between(browser, 6)]
    if between is clicked:
        story[-1] = clicked(browser, 6, "Accept all")
    browser.cookies |= GRANTED
    assert run(*story, browser.open(10, coming_from="same-origin")).found(STORED) == []


def test_a_refusal_that_is_stored_as_one_is_fine_whatever_comes_later() -> None:
    browser = Browser(cookies={"basket": "1"})
    story = [browser.open(0), browser.fetch(0.1, KLARO), clicked(browser, 2)]
    story += [reported(browser, 2.4, stored(2.2, analytics=False, marketing=False))]
    story += [reported(browser, 20.4, stored(20, analytics=True, marketing=True)), browser.open(30)]
    assert run(*story).found(STORED) == []


def test_a_mark_that_tells_of_a_click_is_no_second_refusal() -> None:
    browser = Browser(cookies={"basket": "1"})
    story = [browser.open(0), browser.fetch(0.1, KLARO), clicked(browser, 2), marked(2.6, "rejected", "rejected")]
    story += [reported(browser, 3.4, stored(2.2, analytics=True, marketing=True))]
    browser.cookies |= GRANTED
    (violation,) = run(*story, browser.open(10, coming_from="same-origin")).found(STORED)
    assert violation.verdict == "confirmed"
