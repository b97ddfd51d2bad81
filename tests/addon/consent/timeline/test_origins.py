"""Who is believed where several speak: consent managers, TC strings, the site's own stamps."""

from __future__ import annotations

from dataclasses import replace

from addon.consent.reader import TCF_ORIGIN
from addon.consent.signal import Rank
from addon.consent.stamps import STAMP_ORIGIN
from addon.consent.timeline import Need
from tests.addon.consent.managers import ANALYTICS, MARKETING

from .stories import (
    BLOG,
    BRACKETED,
    DENIED,
    GRANTED,
    NEED,
    NOTHING,
    NOTHING_AFTER,
    OBSERVED,
    OPEN_WINDOW,
    SEEN_BEFORE,
    UNANSWERED,
    UNCLEAR,
    WWW,
    at_10,
    missing,
    says,
    stamp,
    story,
    summary,
    tc,
)

# --- needs


def test_categories_vendors_and_keys_are_judged_by_the_same_signals() -> None:
    signal = replace(says(True), vendors={"pixel": False}, keys={"C1": True, "C2": False})
    timeline = story((5, signal), (15, signal))
    assert timeline.state(Need((ANALYTICS,)), 10, WWW).standing is GRANTED
    assert timeline.state(Need((ANALYTICS,), vendor="pixel"), 10, WWW).standing is DENIED
    assert timeline.state(Need((ANALYTICS,), vendor="pixel", keys=("C1",)), 10, WWW).standing is GRANTED
    assert timeline.state(Need((ANALYTICS,), keys=("C1", "C2")), 10, WWW).standing is DENIED
    assert timeline.state(Need((MARKETING, ANALYTICS)), 10, WWW).standing is UNCLEAR
    assert timeline.state(Need((), keys=("C9",)), 10, WWW).standing is UNCLEAR


def test_the_most_sensitive_category_of_a_need_stands_first() -> None:
    assert Need((MARKETING, ANALYTICS)).category is MARKETING
    assert Need(()).category is None


# --- several origins


def test_a_consent_managers_own_record_outweighs_a_tc_string_and_that_a_stamp() -> None:
    manager, string, own = says(True), tc(False), stamp(False)
    assert at_10((5, own), (5, string), (5, manager)).before is manager
    assert at_10((5, own), (5, string)).before is string
    assert at_10((5, own)).before is own
    assert story((5, own), (5, string), (5, manager)).origins() == ["manager", TCF_ORIGIN, STAMP_ORIGIN]


def test_a_tc_string_keeps_its_rank_although_its_cookie_was_missing_first() -> None:
    # the first page view carried no cookie at all; the string, without any purpose in it, came with the second
    silent = missing(origin=TCF_ORIGIN, unanswered=False, rank=Rank.STANDARD)
    seen = ((1, silent), (5, says(True, origin="onetrust")), (5, tc(False)), (15, says(True, origin="onetrust")))
    timeline = story(*seen)
    assert timeline.origins() == ["onetrust", TCF_ORIGIN]
    assert summary(timeline.state(NEED, 10, WWW)) == (GRANTED, BRACKETED, None)


def test_what_is_unclear_falls_through_to_the_next_origin() -> None:
    assert at_10((5, says(None)), (5, tc(False))).standing is DENIED
    assert at_10((15, says(True, dated=12)), (5, tc(False)), (15, tc(False))).standing is DENIED


def test_what_is_unclear_everywhere_stays_unclear() -> None:
    state = at_10((5, says(None)), (5, tc(None)))
    assert state.standing is UNCLEAR
    assert state.before is not None and state.before.origin == "manager"


def test_a_stamp_does_not_make_clear_what_the_consent_manager_left_unclear() -> None:
    assert at_10((5, says(None)), (5, stamp(True))).standing is UNCLEAR


def test_an_origin_that_says_nothing_of_this_page_falls_through() -> None:
    assert at_10((5, missing(BLOG)), (5, tc(True))).standing is GRANTED


def test_who_has_spoken_comes_before_who_was_only_silent() -> None:
    timeline = story((5, missing(origin="a")), (5, stamp(True)), (5, says(True, origin="b")))
    assert timeline.origins() == ["b", STAMP_ORIGIN, "a"]
    timeline.observe(says(True, origin="a"), 6)
    assert timeline.origins() == ["a", "b", STAMP_ORIGIN]


def test_who_speaks_late_is_ranked_late_and_not_forgotten() -> None:
    timeline = story((5, stamp(True)))
    assert timeline.origins() == [STAMP_ORIGIN]
    timeline.observe(tc(True), 6)
    assert timeline.origins() == [TCF_ORIGIN, STAMP_ORIGIN]
    timeline.observe(says(True), 7)
    assert timeline.origins() == ["manager", TCF_ORIGIN, STAMP_ORIGIN]


# --- stamps


def test_stamps_alone_are_believed() -> None:
    assert summary(at_10((5, stamp(True)), (15, stamp(True)))) == (GRANTED, BRACKETED, None)
    assert summary(at_10((10, stamp(False)))) == (DENIED, OBSERVED, None)


def test_stamps_are_left_out_where_they_are_compared_with_the_rest() -> None:
    timeline = story((5, stamp(True)), (15, stamp(True)))
    assert summary(timeline.state(NEED, 10, WWW, direct_only=True)) == (NOTHING, NOTHING_AFTER, None)
    timeline.observe(missing(), 5)
    assert summary(timeline.state(NEED, 10, WWW, direct_only=True)) == (UNANSWERED, SEEN_BEFORE, None)


def test_a_granting_stamp_against_a_silent_consent_manager_settles_nothing() -> None:
    own = stamp(True)
    state = at_10((5, missing()), (10, own), (15, missing()))
    assert summary(state) == (UNANSWERED, OPEN_WINDOW, GRANTED)
    assert state.after is own


def test_a_refusing_stamp_beside_a_silent_consent_manager_grants_nothing() -> None:
    assert summary(at_10((5, missing()), (10, stamp(False)), (15, missing()))) == (UNANSWERED, OPEN_WINDOW, DENIED)


def test_a_stamp_that_grants_only_later_may_have_been_right_before() -> None:
    # a pixel fired before the first message of a page whose consent manager keeps the answer in local storage
    own = stamp(True)
    state = at_10((5, missing()), (12, own), (15, missing()))
    assert summary(state) == (UNANSWERED, OPEN_WINDOW, GRANTED)
    assert (state.after, state.after_at) == (own, 12)


def test_a_stamp_of_unknown_meaning_speaks_for_the_site_while_its_manager_is_silent() -> None:
    assert summary(at_10((5, missing()), (10, stamp(None)), (15, missing()))) == (UNANSWERED, OPEN_WINDOW, UNCLEAR)


def test_a_stamp_that_refuses_only_later_leaves_the_silence_as_it_is() -> None:
    assert summary(at_10((5, missing()), (12, stamp(False)), (15, missing()))) == (UNANSWERED, BRACKETED, None)


def test_a_consent_manager_that_may_keep_its_answer_elsewhere_does_not_speak_against_a_stamp() -> None:
    assert summary(at_10((5, missing(unanswered=False)), (10, stamp(True)))) == (GRANTED, OBSERVED, None)


def test_a_cookie_that_is_missing_on_another_host_does_not_speak_against_a_stamp() -> None:
    assert summary(at_10((5, missing(BLOG)), (10, stamp(True)))) == (GRANTED, OBSERVED, None)
