"""What one origin shows, without dates: what was seen before and after, and a cookie that is missing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from addon.consent.signal import Signal, Unread
from addon.consent.timeline import Standing
from addon.consent.timeline import timeline as timelines
from addon.judge.verdict import Regime, Verdict, lack_of

from .stories import (
    BLOG,
    BRACKETED,
    DENIED,
    GRANTED,
    NEED,
    NOTHING,
    NOTHING_AFTER,
    OBSERVED,
    ONLY_AFTER,
    OPEN_WINDOW,
    SEEN_BEFORE,
    UNANSWERED,
    UNCLEAR,
    WWW,
    at_10,
    banner_open,
    missing,
    says,
    stamp,
    story,
    summary,
    unreadable,
)

# --- one origin, undated


def test_nothing_at_all_is_nothing_known() -> None:
    assert summary(at_10()) == (NOTHING, NOTHING_AFTER, None)


@pytest.mark.parametrize(
    ("signal", "standing"),
    [
        (says(True), GRANTED),
        (says(False), DENIED),
        (says(None), UNCLEAR),
        (banner_open(), UNANSWERED),
        (banner_open(True), UNANSWERED),
        (says(True, answered=None), GRANTED),
        (missing(), UNANSWERED),
    ],
)
def test_what_was_seen_before_and_after_was_in_force_between(signal: Signal, standing: Standing) -> None:
    state = at_10((5, signal), (15, signal))
    assert summary(state) == (standing, BRACKETED, None)
    assert state.before is signal
    assert state.after is signal
    assert state.after_at == 15


@pytest.mark.parametrize(
    ("signal", "standing"), [(says(True), GRANTED), (says(False), DENIED), (banner_open(), UNANSWERED)]
)
def test_what_was_seen_before_and_not_again_may_have_changed(signal: Signal, standing: Standing) -> None:
    state = at_10((5, signal))
    assert summary(state) == (standing, SEEN_BEFORE, None)
    assert (state.before, state.after, state.after_at) == (signal, None, None)


def test_a_default_that_is_granted_before_any_answer_is_no_consent() -> None:
    assert at_10((5, banner_open(True)), (15, banner_open(True))).standing is UNANSWERED


def test_the_request_that_shows_a_signal_is_itself_under_it() -> None:
    assert summary(at_10((5, missing()), (10, says(True)))) == (GRANTED, OBSERVED, None)


def test_what_differs_at_one_and_the_same_moment_is_not_settled() -> None:
    assert summary(at_10((10, stamp(True)), (10, stamp(False)))) == (DENIED, OPEN_WINDOW, GRANTED)


def test_an_undated_change_leaves_open_when_it_came() -> None:
    assert summary(at_10((5, missing()), (15, says(True)))) == (UNANSWERED, OPEN_WINDOW, GRANTED)
    assert summary(at_10((5, says(True)), (15, says(False)))) == (GRANTED, OPEN_WINDOW, DENIED)
    assert summary(at_10((5, missing()), (15, says(False)))) == (UNANSWERED, OPEN_WINDOW, DENIED)


def test_two_answers_that_say_the_same_of_this_category_leave_nothing_open() -> None:
    assert summary(at_10((5, says(True, note="a")), (15, says(True, note="b")))) == (GRANTED, BRACKETED, None)


@pytest.mark.parametrize("before", [(), (missing(),), (missing(unanswered=False),), (unreadable(Unread.OFF_WIRE),)])
def test_a_record_that_is_seen_unanswered_was_unanswered_before(before: tuple[Signal, ...]) -> None:
    """Nobody takes back that a banner was answered."""
    open_now = banner_open()
    state = at_10(
        *((5, signal) for signal in before), (13, missing(unanswered=False)), (15, open_now), (20, says(True))
    )
    assert summary(state) == (UNANSWERED, ONLY_AFTER, None)
    assert (state.decisive, state.after_at, state.waits) == (open_now, 15, True)
    assert lack_of(state, Regime.OPT_IN).verdict is Verdict.CONFIRMED  # type: ignore[union-attr]


def test_what_may_be_another_window_s_banner_proves_nothing_of_this_one() -> None:
    for opened, waits in ((5, True), (10, True), (12, False), (16, True)):
        timeline = story((5, missing()), (12, missing()), (15, banner_open()))
        timeline.opened(opened)
        assert timeline.state(NEED, 10).waits is waits, opened
        assert timeline.on_page(WWW).state(NEED, 10).waits is waits


def test_pages_beyond_those_that_are_remembered_prove_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timelines, "MAX_POINTS", 2)
    timeline = story((15, banner_open()))
    for at in range(4):
        timeline.opened(at)
    assert len(timeline._openings) == 2
    assert not timeline.state(NEED, 10).waits


@pytest.mark.parametrize(
    "shown",
    [
        ((5, says(True)), (15, banner_open())),
        ((5, unreadable(Unread.BROKEN)), (15, banner_open())),
        ((5, unreadable(Unread.ELSEWHERE)), (15, banner_open())),
        ((15, says(True)), (20, banner_open())),
        ((15, unreadable(Unread.UNKNOWN_FORMAT)), (20, banner_open())),
        ((15, missing()), (20, says(None)), (25, banner_open())),
        ((15, missing()),),
        ((15, replace(banner_open(), unasked=True)),),
    ],
    ids=[
        "granted before", "a record that is broken before", "a choice recorded elsewhere", "granted in between",
        "a record in no known format in between", "an answer that says nothing of this", "only a cookie that is missing", "nobody asked",
    ],
)  # fmt: skip
def test_an_answer_may_have_been_taken_back_where_one_was_there(shown: tuple[tuple[float, Signal], ...]) -> None:
    state = at_10(*shown)
    assert not state.waits
    lack = lack_of(state, Regime.OPT_IN)
    assert lack is not None and lack.verdict is not Verdict.CONFIRMED


@pytest.mark.parametrize(("later", "standing"), [(says(False), NOTHING), (banner_open(), UNANSWERED)])
def test_what_shows_no_consent_only_later_showed_none_before(later: Signal, standing: Standing) -> None:
    state = at_10((15, later))
    assert summary(state) == (standing, ONLY_AFTER, None)
    assert state.decisive is later


def test_an_undated_grant_that_is_seen_only_later_may_have_come_before() -> None:
    assert summary(at_10((15, says(True)))) == (NOTHING, OPEN_WINDOW, GRANTED)


def test_the_signal_that_decides_is_the_one_that_is_shown() -> None:
    before, after = says(True), says(False, dated=8)
    assert at_10((5, before)).decisive is before
    assert at_10((5, before), (15, says(False))).decisive is before
    assert at_10((5, before), (15, before)).decisive is before
    assert at_10((5, before), (15, after)).decisive is after
    assert at_10((15, before)).decisive is before
    assert at_10((15, says(None))).decisive is not None
    assert at_10().decisive is None


def test_an_answer_of_unknown_meaning_that_is_seen_only_later_decides_nothing() -> None:
    assert summary(at_10((15, says(None)))) == (NOTHING, OPEN_WINDOW, UNCLEAR)


# --- missing cookies


def test_a_missing_cookie_counts_only_on_the_pages_own_host() -> None:
    assert summary(at_10((5, missing(BLOG)))) == (NOTHING, NOTHING_AFTER, None)
    assert summary(at_10((5, missing(WWW)))) == (UNANSWERED, SEEN_BEFORE, None)
    assert summary(at_10((5, says(True)), (6, missing(BLOG)), (15, says(True)))) == (GRANTED, BRACKETED, None)


def test_if_the_page_is_unknown_a_missing_cookie_counts_on_any_host() -> None:
    assert summary(at_10((5, missing(BLOG)), host=None)) == (UNANSWERED, SEEN_BEFORE, None)


def test_a_cookie_that_is_there_counts_on_every_host() -> None:
    assert summary(at_10((5, says(False, host=BLOG)))) == (DENIED, SEEN_BEFORE, None)


def test_a_missing_cookie_of_a_manager_that_may_keep_it_elsewhere_is_nothing_known() -> None:
    silent = missing(unanswered=False)
    assert summary(at_10((5, silent))) == (NOTHING, NOTHING_AFTER, None)
    assert summary(at_10((5, silent), (15, silent))) == (NOTHING, BRACKETED, None)
    assert summary(at_10((15, silent))) == (NOTHING, ONLY_AFTER, None)
    assert summary(at_10((5, silent), (15, says(True)))) == (NOTHING, OPEN_WINDOW, GRANTED)


def test_a_cookie_that_vanishes_takes_the_consent_with_it() -> None:
    state = at_10((1, says(True)), (5, missing()), (15, missing()))
    assert summary(state) == (UNANSWERED, BRACKETED, None)


def test_only_what_is_there_is_shown_explicitly() -> None:
    assert at_10((5, banner_open())).explicit
    assert not at_10((5, missing())).explicit
    assert not at_10((15, says(False))).explicit
