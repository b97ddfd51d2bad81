"""preference-event-repeated: the same choice, reported again and again."""

from __future__ import annotations

import pytest

from addon.exchange import Exchange
from tests.addon.building import (
    BANNER,
    KLARO,
    Browser,
    Server,
    dated_choice,
    message,
    onetrust_choice,
    run,
    undated_choice,
)

from .test_observations import banner, marked, reported, stored

RULE = "preference-event-repeated"
REPORT = "Segment Consent Preference Updated"
GRANTS = {"C0001": True, "C0002": True, "C0004": True}
REFUSES = GRANTS | {"C0004": False}
each_way = pytest.mark.parametrize("live", [True, False], ids=["live", "file"])


def report(browser: Browser, at: float, stamp: dict[str, bool] = GRANTS, **more: str) -> Exchange:
    return browser.send(at, message(REPORT, stamp=stamp), **more)


@each_way
def test_a_report_on_each_page_of_a_choice_of_last_month_is_a_note(live: bool) -> None:
    browser = Browser(cookies=onetrust_choice("C0001:1,C0002:1,C0004:1", closed_at=-30 * 86400))
    story = [browser.open(0), report(browser, 1), browser.send(2, message("Viewed", stamp=GRANTS))]
    story += [report(browser, 5), browser.open(6, "/2")]
    (violation,) = run(*story, live=live).found(RULE)
    assert (violation.verdict, violation.severity) == ("confirmed", "note")
    assert (
        "4.0 s before; no other choice was made in between, as the cookie OptanonConsent shows" in violation.explanation
    )
    assert violation.event_id is not None


def test_each_repetition_counts_and_the_first_report_does_not() -> None:
    browser = Browser(cookies=onetrust_choice("C0001:1,C0002:1,C0004:1", closed_at=-60))
    story = [browser.open(0), *(report(browser, at) for at in (1, 5, 9)), browser.open(10)]
    assert len(run(*story).found(RULE)) == 2


def test_what_was_chosen_anew_may_be_reported_anew() -> None:
    browser = Browser(cookies=dated_choice("analytics", at=-60))
    story = [browser.open(0), browser.fetch(0.1, BANNER), report(browser, 1)]
    browser.cookies = dated_choice("analytics", at=5)
    assert run(*story, report(browser, 5.2), browser.open(10)).found(RULE) == []


def test_another_choice_is_no_repetition() -> None:
    browser = Browser(cookies=undated_choice(analytics=True, marketing=True))
    story = [browser.open(0), browser.fetch(0.1, KLARO), report(browser, 1), report(browser, 5, REFUSES)]
    assert run(*story, report(browser, 9), browser.open(10)).found(RULE) == []


def test_a_retry_and_another_source_are_no_repetition() -> None:
    browser = Browser(cookies=onetrust_choice("C0001:1,C0002:1,C0004:1", closed_at=-60))
    sent = message(REPORT, stamp=GRANTS)
    story = [browser.open(0), browser.send(1, sent), browser.send(2, sent), report(browser, 3, key="another")]
    assert run(*story, browser.open(10)).found(RULE) == []


def test_a_servers_reports_are_about_many_people() -> None:
    server = Server()
    assert run(*(server.send(at, message(REPORT, stamp=GRANTS)) for at in (1, 5))).found(RULE) == []


@pytest.mark.parametrize("what", ["a click", "a mark"])
def test_who_pressed_something_in_between_may_have_answered_again(what: str) -> None:
    browser = Browser(cookies=undated_choice(analytics=True, marketing=True))
    pressed = marked(4, "accepted", "accepted") if what == "a mark" else reported(browser, 4, banner(4, "clicked"))
    story = [browser.open(0), browser.fetch(0.1, KLARO), report(browser, 1), pressed, report(browser, 5)]
    assert run(*story, browser.open(10)).found(RULE) == []


def test_an_undated_record_throughout_makes_it_likely() -> None:
    browser = Browser(cookies=undated_choice(analytics=True, marketing=True))
    story = [browser.open(0), browser.fetch(0.1, KLARO), report(browser, 1), report(browser, 5), browser.open(10)]
    assert run(*story).verdicts(RULE) == [("likely", "no-signal")]


def test_without_a_record_nothing_shows_whether_somebody_answered_again() -> None:
    browser = Browser()
    story = [browser.open(0), report(browser, 1), report(browser, 5), browser.open(10)]
    (violation,) = run(*story).found(RULE)
    assert violation.verdict == "unproven"
    assert "nothing shows that the person answered again in between" in violation.explanation


def test_an_answer_that_the_probe_saw_stored_again_may_be_reported_again() -> None:
    browser = Browser()
    story = [browser.open(0), browser.fetch(0.1, KLARO)]
    story += [reported(browser, 1.1, stored(1, analytics=True)), report(browser, 1.2)]
    story += [reported(browser, 5.1, stored(4, analytics=False), stored(5, analytics=True)), report(browser, 5.2)]
    assert run(*story).found(RULE) == []
