"""A choice that the wire shows late, judged live and in files."""

from __future__ import annotations

import pytest

from addon.records import ViolationRecord
from tests.addon.building import (
    BANNER,
    KLARO,
    Browser,
    Run,
    dated_choice,
    message,
    pipeline_of,
    run,
    settings_of,
    undated_choice,
)

EVENT = "event-without-consent"
MAPPED = {"Amplitude": ["analytics"], "Facebook Pixel": ["marketing"]}
live_and_file = pytest.mark.parametrize("live", [True, False], ids=["live", "file"])


def accepted_and_sent_at_once(*, dated: bool, live: bool) -> Run:
    """The person accepts at 5 s, the SDK sends at 6 s, and only at 10 s does the site get a request."""
    browser = Browser()
    story = [browser.open(0), browser.fetch(1, BANNER if dated else KLARO), browser.send(6, message())]
    browser.cookies |= dated_choice("analytics", at=5) if dated else undated_choice(analytics=True)
    return run(*story, browser.open(10, "/basket"), live=live)


@live_and_file
def test_what_was_sent_after_a_choice_is_not_accused_once_the_cookie_shows_when_it_was_made(live: bool) -> None:
    """A page where the person accepts, and the SDK sends before any further first-party request."""
    found = accepted_and_sent_at_once(dated=True, live=live)
    assert found.verdicts(EVENT) == []
    assert found.history(EVENT) == (["unproven", "cleared"] if live else [])


@live_and_file
def test_what_was_sent_after_a_choice_is_unproven_where_the_cookie_is_undated(live: bool) -> None:
    found = accepted_and_sent_at_once(dated=False, live=live)
    assert found.verdicts(EVENT) == [("unproven", "before-choice")]


@live_and_file
def test_what_was_sent_before_the_choice_is_confirmed_by_the_same_cookie(live: bool) -> None:
    browser = Browser()
    story = [browser.open(0), browser.fetch(1, BANNER), browser.send(4, message())]
    browser.cookies |= dated_choice("analytics", at=5)
    found = run(*story, browser.open(10), live=live)
    assert found.verdicts(EVENT) == [("confirmed", "before-choice")]
    assert found.history(EVENT) == (["unproven", "confirmed"] if live else ["confirmed"])


@live_and_file
def test_a_cookie_that_shows_up_minutes_later_still_clears_what_came_after_the_choice(live: bool) -> None:
    """On a page that stays open, and whose messages carry their stamps all the while."""
    browser = Browser()
    stamp = {"analytics": True}
    story = [browser.open(0), browser.fetch(1, BANNER)]
    story += [browser.send(at, message(stamp=stamp)) for at in (6, 40, 80, 120)]
    browser.cookies |= dated_choice("analytics", at=5)
    assert not run(*story, browser.open(300), live=live).rules


@live_and_file
def test_what_is_sent_again_and_again_before_an_answer_is_likely_from_first_to_last(live: bool) -> None:
    """The second message's stamp is not the evidence that the first was waiting for."""
    browser = Browser()
    stamp = {"analytics": True}
    story = [browser.open(0), browser.fetch(1, KLARO), *(browser.send(at, message(stamp=stamp)) for at in (2, 3, 4))]
    found = run(*story, browser.open(10), live=live)
    assert found.verdicts("stamp-contradicts-choice") == [("likely", "before-choice")] * 3


@live_and_file
def test_a_withdrawal_that_is_ignored_is_told_as_one(live: bool) -> None:
    browser = Browser(cookies=dated_choice("analytics", at=-10))
    story = [browser.open(0), browser.send(1, message("fine"))]
    browser.cookies |= dated_choice(at=5)
    story += [browser.send(6, message("late")), browser.open(10), browser.send(11, message("later"))]
    found = run(*story, live=live)
    judged = [(one.event_name, one.verdict, one.phase) for one in found.found(EVENT)]
    assert judged == [
        ("track 'late'", "confirmed", "after-withdrawal"),
        ("track 'later'", "confirmed", "after-withdrawal"),
    ]


def test_a_page_that_asks_first_and_stamps_the_truth_is_clean() -> None:
    browser = Browser()
    stamp = {"analytics": True, "marketing": False}
    story = [browser.open(0), browser.fetch(1, BANNER)]
    browser.cookies |= dated_choice("analytics", at=5)
    story += [
        browser.settings(6, settings_of(MAPPED)),
        browser.send(7, message("Segment Consent Preference Updated", stamp=stamp)),
        browser.send(8, message(stamp=stamp), message("b", stamp=stamp)),
        browser.open(10, "/basket"),
        browser.send(11, message(kind="page", name=None, stamp=stamp)),
    ]
    for live in (True, False):
        found = run(*story, live=live)
        assert not found.violations
        assert not found.gaps


def test_what_does_not_wait_for_evidence_is_given_out_with_its_exchange() -> None:
    pipeline = pipeline_of()
    browser = Browser()
    pipeline.process(browser.open(0))
    records = pipeline.process(browser.send(1, message()))
    assert [one.rule for one in records if isinstance(one, ViolationRecord)] == ["consent-not-stamped"]
