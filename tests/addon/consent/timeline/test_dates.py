"""What a date inside a value settles, and when it is not believed; withdrawals."""

from __future__ import annotations

import pytest

from addon.consent.timeline import Standing

from .stories import (
    BRACKETED,
    DATED,
    DENIED,
    GRANTED,
    NOTHING,
    ONLY_AFTER,
    OPEN_WINDOW,
    UNANSWERED,
    UNCLEAR,
    at_10,
    banner_open,
    missing,
    says,
    summary,
    tc,
)

# --- dates


def test_a_late_dated_cookie_shows_what_was_in_force_before() -> None:
    late = says(True, dated=8)
    state = at_10((5, missing()), (15, late))
    assert summary(state) == (GRANTED, DATED, None)
    assert state.decisive is late


def test_a_late_dated_cookie_shows_that_the_banner_was_still_open() -> None:
    late = says(True, dated=12)
    state = at_10((5, missing()), (15, late))
    assert summary(state) == (UNANSWERED, DATED, None)
    assert state.decisive is late
    assert state.answered_later


def test_a_dated_refusal_shows_that_consent_was_refused_already() -> None:
    assert summary(at_10((15, says(False, dated=8)))) == (DENIED, DATED, None)


def test_a_dated_withdrawal_leaves_in_force_what_was_granted_until_then() -> None:
    assert summary(at_10((5, says(True, dated=1)), (15, says(False, dated=12)))) == (GRANTED, DATED, None)
    assert summary(at_10((5, says(True, dated=1)), (15, says(False, dated=8)))) == (DENIED, DATED, None)


def test_a_choice_at_the_very_moment_was_in_force() -> None:
    assert summary(at_10((5, missing()), (15, says(True, dated=10)))) == (GRANTED, DATED, None)


def test_before_a_choice_of_unknown_history_nothing_is_settled() -> None:
    # the dated answer may have replaced another one, which the capture did not see
    assert summary(at_10((15, says(True, dated=12)))) == (UNANSWERED, OPEN_WINDOW, UNCLEAR)
    assert summary(at_10((15, says(False, dated=12)))) == (UNANSWERED, OPEN_WINDOW, UNCLEAR)


def test_before_the_first_choice_of_a_manager_that_showed_nothing_it_was_unanswered() -> None:
    assert summary(at_10((5, missing(unanswered=False)), (15, says(True, dated=12)))) == (UNANSWERED, DATED, None)


@pytest.mark.parametrize("dated", [3.9, 16.1, 1_000_000.0, 0.0])
def test_a_date_outside_the_window_is_of_a_wrong_clock_and_not_used(dated: float) -> None:
    assert summary(at_10((5, missing()), (15, says(True, dated=dated)))) == (UNANSWERED, OPEN_WINDOW, GRANTED)


@pytest.mark.parametrize(("dated", "standing"), [(4.0, GRANTED), (16.0, UNANSWERED)])
def test_a_date_may_be_a_second_outside_of_the_window(dated: float, standing: Standing) -> None:
    assert summary(at_10((5, missing()), (15, says(True, dated=dated)))) == (standing, DATED, None)


def test_a_date_from_the_future_does_not_show_an_open_banner() -> None:
    assert summary(at_10((15, says(True, dated=17)))) == (NOTHING, OPEN_WINDOW, GRANTED)
    assert summary(at_10((15, says(False, dated=17)))) == (NOTHING, ONLY_AFTER, None)


@pytest.mark.parametrize("dated", [8.1, 9.0, 10.0, 11.0, 11.9])
def test_a_date_within_the_clocks_margin_does_not_decide(dated: float) -> None:
    seen = ((5, missing()), (15, says(True, dated=dated)))
    assert summary(at_10(*seen, margin=2)) == (UNANSWERED, OPEN_WINDOW, GRANTED)
    assert at_10(*seen).certainty is DATED


@pytest.mark.parametrize(("dated", "standing"), [(8.0, GRANTED), (12.0, UNANSWERED)])
def test_a_date_at_the_clocks_margin_decides(dated: float, standing: Standing) -> None:
    state = at_10((5, missing()), (15, says(True, dated=dated)), margin=2)
    assert summary(state) == (standing, DATED, None)


def test_the_clocks_margin_widens_the_window() -> None:
    assert summary(at_10((5, missing()), (15, says(True, dated=2)), margin=2)) == (GRANTED, DATED, None)
    assert summary(at_10((5, missing()), (15, says(True, dated=1.9)), margin=2)) == (UNANSWERED, OPEN_WINDOW, GRANTED)


def test_a_repeated_cookie_needs_no_date() -> None:
    signal = says(True, dated=99)
    assert summary(at_10((5, signal), (15, signal))) == (GRANTED, BRACKETED, None)


# --- dates of a day


def test_before_its_day_a_tc_string_was_not_in_force() -> None:
    assert summary(at_10((5, tc(False)), (15, tc(True, day=12)))) == (DENIED, DATED, None)
    assert summary(at_10((15, tc(True, day=12)))) == (UNANSWERED, OPEN_WINDOW, UNCLEAR)


def test_on_its_day_a_tc_string_may_have_been_in_force() -> None:
    assert summary(at_10((5, tc(False)), (15, tc(True, day=10)))) == (DENIED, OPEN_WINDOW, GRANTED)
    assert summary(at_10((5, tc(False)), (15, tc(True, day=12)), margin=2)) == (DENIED, OPEN_WINDOW, GRANTED)


def test_a_day_that_had_not_begun_when_it_was_seen_is_of_a_wrong_clock_and_not_used() -> None:
    # a consent manager that takes the local date for UTC writes tomorrow's, east of Greenwich
    assert summary(at_10((5, missing()), (15, says(True, not_before=17)))) == (UNANSWERED, OPEN_WINDOW, GRANTED)
    assert summary(at_10((15, tc(True, day=80_000)))) == (NOTHING, OPEN_WINDOW, GRANTED)
    assert summary(at_10((5, tc(False)), (15, tc(True, day=18)), margin=2)) == (DENIED, DATED, None)
    assert summary(at_10((5, tc(False)), (15, tc(True, day=18.1)), margin=2)) == (DENIED, OPEN_WINDOW, GRANTED)


# --- withdrawals


def test_a_refusal_after_a_grant_is_a_withdrawal() -> None:
    assert at_10((1, says(True)), (5, says(False)), (15, says(False))).earlier_grant
    assert not at_10((1, missing()), (5, says(False)), (15, says(False))).earlier_grant
    assert not at_10((5, says(False)), (15, says(True))).earlier_grant


def test_a_refusal_that_may_have_come_already_is_a_withdrawal_however_often_the_grant_was_seen() -> None:
    once = at_10((5, says(True)), (15, says(False)))
    often = at_10((3, says(True)), (4, says(True)), (5, says(True)), (15, says(False)))
    assert summary(once) == summary(often) == (GRANTED, OPEN_WINDOW, DENIED)
    assert once.earlier_grant
    assert often.earlier_grant


def test_a_dated_refusal_after_a_grant_is_a_withdrawal() -> None:
    state = at_10((5, says(True)), (15, says(False, dated=8)))
    assert summary(state) == (DENIED, DATED, None)
    assert state.earlier_grant


def test_a_grant_that_came_later_is_no_earlier_grant() -> None:
    assert not at_10((5, says(False)), (15, says(True)), (20, says(False))).earlier_grant


def test_an_answer_that_came_later_is_told_from_none() -> None:
    assert at_10((5, missing()), (15, missing()), (20, says(False))).answered_later
    assert not at_10((5, missing()), (15, missing())).answered_later
    assert not at_10((5, says(True)), (15, banner_open())).answered_later
    assert not at_10((5, missing()), (15, says(True, answered=None))).answered_later
