"""What consent was in force when, and how certain that is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from addon.consent import timeline as module
from addon.consent.reader import STAMP_ORIGIN, TCF_ORIGIN
from addon.consent.signal import Rank, Signal
from addon.consent.timeline import Certainty, ConsentState, Need, Standing, Timeline

from .managers import ANALYTICS, MARKETING, NECESSARY

GRANTED, DENIED, UNANSWERED, NOTHING, UNCLEAR = Standing
OBSERVED = Certainty.OBSERVED
DATED, BRACKETED, SEEN_BEFORE = Certainty.DATED, Certainty.BRACKETED, Certainty.SEEN_BEFORE
OPEN_WINDOW, ONLY_AFTER, NOTHING_AFTER = Certainty.OPEN_WINDOW, Certainty.ONLY_AFTER, Certainty.NOTHING_AFTER
WWW, BLOG = "www.shop.example", "blog.shop.example"
NEED = Need((ANALYTICS,))

# moments are seconds; the acts of these stories happen at 10


def says(
    value: bool | None,
    *,
    origin: str = "manager",
    rank: Rank = Rank.MANAGER,
    answered: bool | None = True,
    host: str = WWW,
    dated: float | None = None,
    not_before: float | None = None,
    note: str = "",
) -> Signal:
    """A signal whose analytics has this value."""
    return Signal(
        origin=origin,
        carrier="stamp" if rank is Rank.STAMP else "cookie consent",
        rank=rank,
        host=host,
        raw=f"{value} {answered} {note}",
        answered=answered,
        values={NECESSARY: True, ANALYTICS: value},
        keys={},
        vendors={},
        effective_at=dated,
        not_before=not_before,
    )


def banner_open(value: bool = False, **more: str) -> Signal:
    """A cookie that is there before any answer."""
    return says(value, answered=False, **more)  # type: ignore[arg-type]


def missing(host: str = WWW, *, origin: str = "manager", unanswered: bool = True, rank: Rank = Rank.MANAGER) -> Signal:
    """A first-party request without the cookie."""
    return Signal(
        origin=origin,
        carrier="no cookie",
        rank=rank,
        host=host,
        raw=None,
        answered=False if unanswered else None,
        values={},
        keys={},
        vendors={},
        absent=True,
    )


def stamp(value: bool | None, note: str = "") -> Signal:
    return says(value, origin=STAMP_ORIGIN, rank=Rank.STAMP, answered=None, note=note)


def tc(value: bool | None, *, day: float | None = None, note: str = "") -> Signal:
    return says(value, origin=TCF_ORIGIN, rank=Rank.STANDARD, not_before=day, note=note)


def story(*seen: tuple[float, Signal], margin: float = 0.0) -> Timeline:
    timeline = Timeline(clock_margin=margin)
    for at, signal in seen:
        timeline.observe(signal, at)
    return timeline


def at_10(*seen: tuple[float, Signal], margin: float = 0.0, host: str | None = WWW) -> ConsentState:
    return story(*seen, margin=margin).state(NEED, 10, host)


def told(state: ConsentState) -> tuple[Standing, Certainty, Standing | None]:
    return state.standing, state.certainty, state.alternative


# --- one origin, undated


def test_nothing_at_all_is_nothing_known() -> None:
    assert told(at_10()) == (NOTHING, NOTHING_AFTER, None)


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
    assert told(state) == (standing, BRACKETED, None)
    assert state.before is signal
    assert state.after is signal
    assert state.after_at == 15


@pytest.mark.parametrize(
    ("signal", "standing"), [(says(True), GRANTED), (says(False), DENIED), (banner_open(), UNANSWERED)]
)
def test_what_was_seen_before_and_not_again_may_have_changed(signal: Signal, standing: Standing) -> None:
    state = at_10((5, signal))
    assert told(state) == (standing, SEEN_BEFORE, None)
    assert (state.before, state.after, state.after_at) == (signal, None, None)


def test_a_default_that_is_granted_before_any_answer_is_no_consent() -> None:
    assert at_10((5, banner_open(True)), (15, banner_open(True))).standing is UNANSWERED


def test_the_request_that_shows_a_signal_is_itself_under_it() -> None:
    assert told(at_10((5, missing()), (10, says(True)))) == (GRANTED, OBSERVED, None)


def test_what_differs_at_one_and_the_same_moment_is_not_settled() -> None:
    assert told(at_10((10, stamp(True)), (10, stamp(False)))) == (DENIED, OPEN_WINDOW, GRANTED)


def test_an_undated_change_leaves_open_when_it_came() -> None:
    assert told(at_10((5, missing()), (15, says(True)))) == (UNANSWERED, OPEN_WINDOW, GRANTED)
    assert told(at_10((5, says(True)), (15, says(False)))) == (GRANTED, OPEN_WINDOW, DENIED)
    assert told(at_10((5, missing()), (15, says(False)))) == (UNANSWERED, OPEN_WINDOW, DENIED)


def test_two_answers_that_say_the_same_of_this_category_leave_nothing_open() -> None:
    assert told(at_10((5, says(True, note="a")), (15, says(True, note="b")))) == (GRANTED, BRACKETED, None)
    assert told(at_10((5, missing()), (15, banner_open()))) == (UNANSWERED, BRACKETED, None)


@pytest.mark.parametrize(("later", "standing"), [(says(False), NOTHING), (banner_open(), UNANSWERED)])
def test_what_shows_no_consent_only_later_showed_none_before(later: Signal, standing: Standing) -> None:
    state = at_10((15, later))
    assert told(state) == (standing, ONLY_AFTER, None)
    assert state.decisive is later


def test_an_undated_grant_that_is_seen_only_later_may_have_come_before() -> None:
    assert told(at_10((15, says(True)))) == (NOTHING, OPEN_WINDOW, GRANTED)


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
    assert told(at_10((15, says(None)))) == (NOTHING, OPEN_WINDOW, UNCLEAR)


# --- missing cookies


def test_a_missing_cookie_counts_only_on_the_pages_own_host() -> None:
    assert told(at_10((5, missing(BLOG)))) == (NOTHING, NOTHING_AFTER, None)
    assert told(at_10((5, missing(WWW)))) == (UNANSWERED, SEEN_BEFORE, None)
    assert told(at_10((5, says(True)), (6, missing(BLOG)), (15, says(True)))) == (GRANTED, BRACKETED, None)


def test_if_the_page_is_unknown_a_missing_cookie_counts_on_any_host() -> None:
    assert told(at_10((5, missing(BLOG)), host=None)) == (UNANSWERED, SEEN_BEFORE, None)


def test_a_cookie_that_is_there_counts_on_every_host() -> None:
    assert told(at_10((5, says(False, host=BLOG)))) == (DENIED, SEEN_BEFORE, None)


def test_a_missing_cookie_of_a_manager_that_may_keep_it_elsewhere_is_nothing_known() -> None:
    silent = missing(unanswered=False)
    assert told(at_10((5, silent))) == (NOTHING, NOTHING_AFTER, None)
    assert told(at_10((5, silent), (15, silent))) == (NOTHING, BRACKETED, None)
    assert told(at_10((15, silent))) == (NOTHING, ONLY_AFTER, None)
    assert told(at_10((5, silent), (15, says(True)))) == (NOTHING, OPEN_WINDOW, GRANTED)


def test_a_cookie_that_vanishes_takes_the_consent_with_it() -> None:
    state = at_10((1, says(True)), (5, missing()), (15, missing()))
    assert told(state) == (UNANSWERED, BRACKETED, None)


def test_only_what_is_there_is_shown_explicitly() -> None:
    assert at_10((5, banner_open())).explicit
    assert not at_10((5, missing())).explicit
    assert not at_10((15, says(False))).explicit


# --- dates


def test_a_late_dated_cookie_shows_what_was_in_force_before() -> None:
    late = says(True, dated=8)
    state = at_10((5, missing()), (15, late))
    assert told(state) == (GRANTED, DATED, None)
    assert state.decisive is late


def test_a_late_dated_cookie_shows_that_the_banner_was_still_open() -> None:
    late = says(True, dated=12)
    state = at_10((5, missing()), (15, late))
    assert told(state) == (UNANSWERED, DATED, None)
    assert state.decisive is late
    assert state.answered_later


def test_a_dated_refusal_shows_that_consent_was_refused_already() -> None:
    assert told(at_10((15, says(False, dated=8)))) == (DENIED, DATED, None)


def test_a_dated_withdrawal_leaves_in_force_what_was_granted_until_then() -> None:
    assert told(at_10((5, says(True, dated=1)), (15, says(False, dated=12)))) == (GRANTED, DATED, None)
    assert told(at_10((5, says(True, dated=1)), (15, says(False, dated=8)))) == (DENIED, DATED, None)


def test_a_choice_at_the_very_moment_was_in_force() -> None:
    assert told(at_10((5, missing()), (15, says(True, dated=10)))) == (GRANTED, DATED, None)


def test_before_a_choice_of_unknown_history_nothing_is_settled() -> None:
    # the dated answer may have replaced another one, which the capture did not see
    assert told(at_10((15, says(True, dated=12)))) == (UNANSWERED, OPEN_WINDOW, UNCLEAR)
    assert told(at_10((15, says(False, dated=12)))) == (UNANSWERED, OPEN_WINDOW, UNCLEAR)


def test_before_the_first_choice_of_a_manager_that_showed_nothing_it_was_unanswered() -> None:
    assert told(at_10((5, missing(unanswered=False)), (15, says(True, dated=12)))) == (UNANSWERED, DATED, None)


@pytest.mark.parametrize("dated", [3.9, 16.1, 1_000_000.0, 0.0])
def test_a_date_outside_the_window_is_of_a_wrong_clock_and_not_used(dated: float) -> None:
    assert told(at_10((5, missing()), (15, says(True, dated=dated)))) == (UNANSWERED, OPEN_WINDOW, GRANTED)


@pytest.mark.parametrize(("dated", "standing"), [(4.0, GRANTED), (16.0, UNANSWERED)])
def test_a_date_may_be_a_second_outside_of_the_window(dated: float, standing: Standing) -> None:
    assert told(at_10((5, missing()), (15, says(True, dated=dated)))) == (standing, DATED, None)


def test_a_date_from_the_future_does_not_show_an_open_banner() -> None:
    assert told(at_10((15, says(True, dated=17)))) == (NOTHING, OPEN_WINDOW, GRANTED)
    assert told(at_10((15, says(False, dated=17)))) == (NOTHING, ONLY_AFTER, None)


@pytest.mark.parametrize("dated", [8.1, 9.0, 10.0, 11.0, 11.9])
def test_a_date_within_the_clocks_margin_does_not_decide(dated: float) -> None:
    seen = ((5, missing()), (15, says(True, dated=dated)))
    assert told(at_10(*seen, margin=2)) == (UNANSWERED, OPEN_WINDOW, GRANTED)
    assert at_10(*seen).certainty is DATED


@pytest.mark.parametrize(("dated", "standing"), [(8.0, GRANTED), (12.0, UNANSWERED)])
def test_a_date_at_the_clocks_margin_decides(dated: float, standing: Standing) -> None:
    state = at_10((5, missing()), (15, says(True, dated=dated)), margin=2)
    assert told(state) == (standing, DATED, None)


def test_the_clocks_margin_widens_the_window() -> None:
    assert told(at_10((5, missing()), (15, says(True, dated=2)), margin=2)) == (GRANTED, DATED, None)
    assert told(at_10((5, missing()), (15, says(True, dated=1.9)), margin=2)) == (UNANSWERED, OPEN_WINDOW, GRANTED)


def test_a_repeated_cookie_needs_no_date() -> None:
    signal = says(True, dated=99)
    assert told(at_10((5, signal), (15, signal))) == (GRANTED, BRACKETED, None)


# --- dates of a day


def test_before_its_day_a_tc_string_was_not_in_force() -> None:
    assert told(at_10((5, tc(False)), (15, tc(True, day=12)))) == (DENIED, DATED, None)
    assert told(at_10((15, tc(True, day=12)))) == (UNANSWERED, OPEN_WINDOW, UNCLEAR)


def test_on_its_day_a_tc_string_may_have_been_in_force() -> None:
    assert told(at_10((5, tc(False)), (15, tc(True, day=10)))) == (DENIED, OPEN_WINDOW, GRANTED)
    assert told(at_10((5, tc(False)), (15, tc(True, day=12)), margin=2)) == (DENIED, OPEN_WINDOW, GRANTED)


def test_a_day_that_had_not_begun_when_it_was_seen_is_of_a_wrong_clock_and_not_used() -> None:
    # a consent manager that takes the local date for UTC writes tomorrow's, east of Greenwich
    assert told(at_10((5, missing()), (15, says(True, not_before=17)))) == (UNANSWERED, OPEN_WINDOW, GRANTED)
    assert told(at_10((15, tc(True, day=80_000)))) == (NOTHING, OPEN_WINDOW, GRANTED)
    assert told(at_10((5, tc(False)), (15, tc(True, day=18)), margin=2)) == (DENIED, DATED, None)
    assert told(at_10((5, tc(False)), (15, tc(True, day=18.1)), margin=2)) == (DENIED, OPEN_WINDOW, GRANTED)


# --- withdrawals


def test_a_refusal_after_a_grant_is_a_withdrawal() -> None:
    assert at_10((1, says(True)), (5, says(False)), (15, says(False))).earlier_grant
    assert not at_10((1, missing()), (5, says(False)), (15, says(False))).earlier_grant
    assert not at_10((5, says(False)), (15, says(True))).earlier_grant


def test_a_refusal_that_may_have_come_already_is_a_withdrawal_however_often_the_grant_was_seen() -> None:
    once = at_10((5, says(True)), (15, says(False)))
    often = at_10((3, says(True)), (4, says(True)), (5, says(True)), (15, says(False)))
    assert told(once) == told(often) == (GRANTED, OPEN_WINDOW, DENIED)
    assert once.earlier_grant
    assert often.earlier_grant


def test_a_dated_refusal_after_a_grant_is_a_withdrawal() -> None:
    state = at_10((5, says(True)), (15, says(False, dated=8)))
    assert told(state) == (DENIED, DATED, None)
    assert state.earlier_grant


def test_a_grant_that_came_later_is_no_earlier_grant() -> None:
    assert not at_10((5, says(False)), (15, says(True)), (20, says(False))).earlier_grant


def test_an_answer_that_came_later_is_told_from_none() -> None:
    assert at_10((5, missing()), (15, missing()), (20, says(False))).answered_later
    assert not at_10((5, missing()), (15, missing())).answered_later
    assert not at_10((5, says(True)), (15, banner_open())).answered_later
    assert not at_10((5, missing()), (15, says(True, answered=None))).answered_later


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
    assert told(timeline.state(NEED, 10, WWW)) == (GRANTED, BRACKETED, None)


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
    assert told(at_10((5, stamp(True)), (15, stamp(True)))) == (GRANTED, BRACKETED, None)
    assert told(at_10((10, stamp(False)))) == (DENIED, OBSERVED, None)


def test_stamps_are_left_out_where_they_are_compared_with_the_rest() -> None:
    timeline = story((5, stamp(True)), (15, stamp(True)))
    assert told(timeline.state(NEED, 10, WWW, direct_only=True)) == (NOTHING, NOTHING_AFTER, None)
    timeline.observe(missing(), 5)
    assert told(timeline.state(NEED, 10, WWW, direct_only=True)) == (UNANSWERED, SEEN_BEFORE, None)


def test_a_granting_stamp_against_a_silent_consent_manager_settles_nothing() -> None:
    own = stamp(True)
    state = at_10((5, missing()), (10, own), (15, missing()))
    assert told(state) == (UNANSWERED, OPEN_WINDOW, GRANTED)
    assert state.after is own


def test_a_refusing_stamp_beside_a_silent_consent_manager_grants_nothing() -> None:
    assert told(at_10((5, missing()), (10, stamp(False)), (15, missing()))) == (UNANSWERED, OPEN_WINDOW, DENIED)


def test_a_stamp_that_grants_only_later_may_have_been_right_before() -> None:
    # a pixel fired before the first message of a page whose consent manager keeps the answer in local storage
    own = stamp(True)
    state = at_10((5, missing()), (12, own), (15, missing()))
    assert told(state) == (UNANSWERED, OPEN_WINDOW, GRANTED)
    assert (state.after, state.after_at) == (own, 12)


def test_a_stamp_of_unknown_meaning_speaks_for_the_site_while_its_manager_is_silent() -> None:
    assert told(at_10((5, missing()), (10, stamp(None)), (15, missing()))) == (UNANSWERED, OPEN_WINDOW, UNCLEAR)


def test_a_stamp_that_refuses_only_later_leaves_the_silence_as_it_is() -> None:
    assert told(at_10((5, missing()), (12, stamp(False)), (15, missing()))) == (UNANSWERED, BRACKETED, None)


def test_a_consent_manager_that_may_keep_its_answer_elsewhere_does_not_speak_against_a_stamp() -> None:
    assert told(at_10((5, missing(unanswered=False)), (10, stamp(True)))) == (GRANTED, OBSERVED, None)


def test_a_cookie_that_is_missing_on_another_host_does_not_speak_against_a_stamp() -> None:
    assert told(at_10((5, missing(BLOG)), (10, stamp(True)))) == (GRANTED, OBSERVED, None)


# --- looks: first-party requests, whatever they carried


def looked(*looks: tuple[float, str]) -> Timeline:
    timeline = Timeline()
    for at, host in looks:
        timeline.look(host, at, frozenset(), f"x{at:g}")
    return timeline


def test_a_later_look_without_any_signal_makes_it_likely_that_there_was_none() -> None:
    assert told(looked((15, WWW)).state(NEED, 10, WWW)) == (NOTHING, ONLY_AFTER, None)
    assert told(looked((5, WWW), (10, WWW)).state(NEED, 10, WWW)) == (NOTHING, NOTHING_AFTER, None)


def test_a_look_at_another_host_shows_nothing_of_this_one() -> None:
    assert told(looked((15, BLOG)).state(NEED, 10, WWW)) == (NOTHING, NOTHING_AFTER, None)
    assert told(looked((5, WWW), (15, BLOG)).state(NEED, 10, WWW)) == (NOTHING, NOTHING_AFTER, None)


def test_if_the_page_is_unknown_a_look_at_any_host_counts() -> None:
    assert told(looked((5, WWW), (15, BLOG)).state(NEED, 10)) == (NOTHING, ONLY_AFTER, None)


def test_a_manager_that_is_recognised_late_learns_of_the_looks_without_it() -> None:
    timeline = Timeline()
    for at, present in ((1, set[str]()), (2, {"tcf"}), (3, {"manager"}), (4, set[str]())):
        timeline.look(WWW, at, frozenset(present), f"x{at}")
    timeline.look(BLOG, 5, frozenset(), "x5")
    found = [(host, look.at, look.exchange) for host, look in timeline.looks_without("manager")]
    assert found == [(WWW, 1, "x1"), (WWW, 2, "x2"), (WWW, 4, "x4"), (BLOG, 5, "x5")]


def test_of_equal_looks_the_ends_are_kept() -> None:
    timeline = looked(*((float(at), WWW) for at in (3, 1, 2, 5, 4, 6, 9, 7, 8)))
    assert [look.at for _, look in timeline.looks_without("manager")] == [1, 9]
    assert [look.exchange for _, look in timeline.looks_without("manager")] == ["x1", "x9"]


# --- keeping small


def test_an_equal_observation_is_no_news() -> None:
    timeline = Timeline()
    first = timeline.observe(says(True), 1)
    assert timeline.observe(says(True), 2) is first
    assert timeline.observe(says(True), 0) is first
    second = timeline.observe(says(False), 3)
    assert second is not first
    assert timeline.observe(says(True), 4) is not first
    assert timeline.observe(says(False), 2.5) is second


def test_a_session_that_shows_the_same_for_hours_stays_small() -> None:
    timeline = story(*((float(at), says(True)) for at in range(20_000)))
    (points,) = timeline._points.values()
    assert [point.at for point in points] == [0, 19_999]
    assert len(points[1].between) <= 2 * module._MAX_BETWEEN


def test_a_session_that_changes_all_the_time_stays_bounded() -> None:
    timeline = story(*((float(at), says(at % 2 == 0)) for at in range(5000)))
    timeline_looks = Timeline()
    for at in range(5000):
        timeline_looks.look(WWW, at, frozenset({"manager"} if at % 2 else ()), str(at))
    (points,) = timeline._points.values()
    (looks,) = timeline_looks._looks.values()
    assert len(points) == len(looks) == module._MAX_POINTS
    assert points[-1].at == looks[-1].at == 4999
    assert timeline.state(NEED, 4998.5, WWW).standing is GRANTED


# --- against a model that keeps everything


@dataclass(frozen=True)
class Model:
    """The timeline's promises, spelt out over every observation that was ever made."""

    seen: tuple[tuple[float, Signal], ...]
    margin: float

    def state(self, need: Need, at: float, host: str | None) -> ConsentState:
        unclear: ConsentState | None = None
        for origin in self.origins():
            if origin == STAMP_ORIGIN and unclear is not None:
                continue
            state = self.of(origin, need, at, host)
            if state is None:
                continue
            if origin == STAMP_ORIGIN:
                return self.weighed(state, need, at, host)
            if UNCLEAR not in (state.standing, state.alternative):
                return state
            unclear = unclear or state
        return unclear or ConsentState(NOTHING, NOTHING_AFTER)

    def origins(self) -> list[str]:
        spoken = {signal.origin: -signal.rank for _, signal in self.seen if not signal.absent}
        silent = {signal.origin for _, signal in self.seen} - spoken.keys()
        return [*sorted(spoken, key=lambda origin: (spoken[origin], origin)), *sorted(silent)]

    def weighed(self, stamped: ConsentState, need: Need, at: float, host: str | None) -> ConsentState:
        for origin in self.origins():
            silent = None if origin == STAMP_ORIGIN else self.of(origin, need, at, host)
            if silent is None or silent.standing is not UNANSWERED:
                continue
            for claim in (GRANTED, UNCLEAR, DENIED):
                if claim is stamped.standing:
                    return replace(silent, certainty=OPEN_WINDOW, alternative=claim, after=stamped.decisive)
                if claim is stamped.alternative:
                    return replace(silent, certainty=OPEN_WINDOW, alternative=claim, after=stamped.after)
            return silent
        return stamped

    def of(self, origin: str, need: Need, at: float, host: str | None) -> ConsentState | None:
        mine = sorted(
            ((seen_at, signal) for seen_at, signal in self.seen if signal.origin == origin), key=lambda seen: seen[0]
        )
        visible = [seen for seen in mine if not seen[1].absent or host in (None, seen[1].host)]
        earlier = [seen for seen in visible if seen[0] <= at]
        later = [seen for seen in visible if seen[0] > at]
        before = earlier[-1] if earlier else None
        after = later[0] if later else None
        if before is None and after is None:
            return None
        was = self.standing(before[1], need) if before else NOTHING
        will = self.standing(after[1], need) if after else NOTHING
        at_odds = False
        standing, certainty, alternative = self.between(before, after, was, will, at)
        if before is not None and before[0] == at and not before[1].absent:
            rivals = {self.standing(signal, need) for seen_at, signal in visible if seen_at == at} - {was}
            if rivals:
                standing, certainty, alternative = was, OPEN_WINDOW, rivals.pop() if len(rivals) == 1 else UNCLEAR
                at_odds = True
            elif after is None or not before[1].same_content(after[1]):
                standing, certainty, alternative = was, OBSERVED, None
        return ConsentState(
            standing,
            certainty,
            alternative,
            before[1] if before else None,
            after[1] if after else None,
            after[0] if after else None,
            any(self.standing(signal, need) is GRANTED for _, signal in earlier),
            any(signal.answered is True for _, signal in later),
            at_odds,
            certainty is DATED and was in (GRANTED, DENIED) and (after[1].effective_at or after[1].not_before) > at,
        )

    def between(
        self,
        before: tuple[float, Signal] | None,
        after: tuple[float, Signal] | None,
        was: Standing,
        will: Standing,
        at: float,
    ) -> tuple[Standing, Certainty, Standing | None]:
        if after is None:
            return was, NOTHING_AFTER if was is NOTHING else SEEN_BEFORE, None
        if before is not None and before[1].same_content(after[1]):
            return was, BRACKETED, None
        in_force = self.in_force(before, after, at)
        if in_force is True:
            return will, DATED, None
        if in_force is False:
            if before is None:
                return UNANSWERED, OPEN_WINDOW, UNCLEAR
            return (UNANSWERED if was is NOTHING else was), DATED, None
        if before is None and will in (UNANSWERED, DENIED, NOTHING):
            return (UNANSWERED if will is UNANSWERED else NOTHING), ONLY_AFTER, None
        if was is will:
            return was, BRACKETED, None
        return was, OPEN_WINDOW, will

    def in_force(self, before: tuple[float, Signal] | None, after: tuple[float, Signal], at: float) -> bool | None:
        slack = self.margin + 1
        dated, day = after[1].effective_at, after[1].not_before
        if dated is not None:
            if dated > after[0] + slack or (before is not None and dated < before[0] - slack):
                return None
            return None if abs(dated - at) < self.margin else dated <= at
        if day is not None and at < day - self.margin and day <= after[0] + slack:
            return False
        return None

    @staticmethod
    def standing(signal: Signal, need: Need) -> Standing:
        if signal.answered is False:
            return UNANSWERED
        if signal.absent:
            return NOTHING
        return {True: GRANTED, False: DENIED, None: UNCLEAR}[signal.value(need.categories, need.vendor, need.keys)]


def as_content(state: ConsentState) -> ConsentState:
    """A state whose signals are equal if they say the same: observations of one content are one row."""

    def bare(signal: Signal | None) -> object:
        if signal is None:
            return None
        host = signal.host if signal.absent else ""
        return (signal.origin, signal.raw, signal.answered, host, signal.effective_at, signal.not_before)

    return replace(state, before=bare(state.before), after=bare(state.after))  # type: ignore[arg-type]


moments = st.integers(0, 24).map(float)
contents = st.one_of(
    st.builds(
        says,
        st.sampled_from([True, False, None]),
        answered=st.sampled_from([True, True, False, None]),
        dated=st.none() | moments,
        host=st.sampled_from([WWW, BLOG]),
    ),
    st.builds(missing, st.sampled_from([WWW, BLOG])),
    st.builds(missing, st.just(WWW), origin=st.just("another")),
    st.builds(tc, st.sampled_from([True, False, None]), day=st.none() | moments),
    st.builds(
        missing,
        st.sampled_from([WWW, BLOG]),
        origin=st.just(TCF_ORIGIN),
        unanswered=st.just(False),
        rank=st.just(Rank.STANDARD),
    ),
    st.builds(stamp, st.sampled_from([True, False, None])),
)
few_contents = st.lists(contents, min_size=1, max_size=4)


@st.composite
def sessions(draw: st.DrawFn, size: int = 24) -> list[tuple[float, Signal]]:
    """Observations, in order, no two at one moment; few contents, so that there are runs of equal ones."""
    pool = draw(few_contents)
    picked = draw(st.lists(st.sampled_from(pool), max_size=size))
    return [(float(at), replace(signal)) for at, signal in enumerate(picked)]


def all_states(timeline: Timeline | Model) -> Iterable[tuple[float, str | None, ConsentState]]:
    for step in range(-1, 52):
        for host in (WWW, BLOG, None):
            yield step / 2, host, timeline.state(NEED, step / 2, host)


@settings(deadline=None, derandomize=True, max_examples=150)
@given(sessions(), st.sampled_from([0.0, 2.0]))
def test_what_is_dropped_never_changes_what_is_told(seen: list[tuple[float, Signal]], margin: float) -> None:
    timeline, model = story(*seen, margin=margin), Model(tuple(seen), margin)
    for (at, host, kept), (_, _, full) in zip(all_states(timeline), all_states(model), strict=True):
        # of a run of equal signals only the ends are kept, so the first one after the moment may be a later one of them
        assert as_content(replace(kept, after_at=None)) == as_content(replace(full, after_at=None)), (at, host)
        if kept.after_at is not None:
            assert full.after_at is not None and kept.after_at >= full.after_at > at
            assert kept.after is not None
            assert any(when == kept.after_at and signal.same_content(kept.after) for when, signal in seen)


@settings(deadline=None, derandomize=True, max_examples=150)
@given(st.data(), sessions())
def test_observations_that_come_out_of_order_tell_the_same(
    data: st.DataObject, seen: list[tuple[float, Signal]]
) -> None:
    shuffled = data.draw(st.permutations(seen))
    in_order, out_of_order = story(*seen), story(*shuffled)
    for (at, host, one), (_, _, other) in zip(all_states(in_order), all_states(out_of_order), strict=True):
        assert as_content(one) == as_content(other), (at, host)
    for origin, points in in_order._points.items():
        assert [point.at for point in points] == [point.at for point in out_of_order._points[origin]]


def test_a_withdrawal_that_is_reported_late_is_found_between_two_grants() -> None:
    grants = [(float(at), says(True)) for at in (1, 2, 3, 20, 21, 22)]
    timeline = story(*grants, (11, says(False, dated=9)))
    assert told(timeline.state(NEED, 10, WWW)) == (DENIED, DATED, None)
    assert told(timeline.state(NEED, 2.5, WWW)) == (GRANTED, BRACKETED, None)
    assert told(timeline.state(NEED, 20.5, WWW)) == (GRANTED, BRACKETED, None)
    assert told(timeline.state(NEED, 4, WWW)) == (GRANTED, DATED, None)
    assert told(timeline.state(NEED, 15, WWW)) == (DENIED, OPEN_WINDOW, GRANTED)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(sessions(), st.lists(st.booleans(), min_size=24, max_size=24))
@example([(float(at), says(True)) for at in range(6)], [True] * 24)
def test_the_quick_way_of_repeating_a_signal_tells_the_same(
    seen: list[tuple[float, Signal]], quick: list[bool]
) -> None:
    one, other = story(*seen), Timeline()
    latest: dict[str, Signal] = {}
    for (at, signal), try_quick in zip(seen, quick, strict=False):
        known = latest.get(signal.origin)
        if try_quick and known is not None and known.same_content(signal) and other.repeats(known, at):
            continue
        latest[signal.origin] = other.observe(signal, at)
    for (at, host, expected), (_, _, state) in zip(all_states(one), all_states(other), strict=True):
        assert as_content(state) == as_content(expected), (at, host)


def test_only_the_latest_signal_can_be_repeated_and_only_later() -> None:
    timeline = Timeline()
    first = timeline.observe(says(True), 5)
    assert timeline.repeats(first, 6)
    assert not timeline.repeats(first, 5.5)
    assert not timeline.repeats(says(True), 7), "an equal signal is not the same"
    assert not timeline.repeats(stamp(True), 7)
    timeline.observe(says(False), 8)
    assert not timeline.repeats(first, 9)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    st.lists(st.tuples(moments, st.sampled_from([WWW, BLOG]), st.booleans()), unique_by=lambda look: look[:2]),
    st.data(),
)
def test_looks_that_come_out_of_order_show_the_same_absences(
    looks: list[tuple[float, str, bool]], data: st.DataObject
) -> None:
    def absences(order: list[tuple[float, str, bool]]) -> set[tuple[str, float]]:
        timeline = Timeline()
        for at, host, there in order:
            timeline.look(host, at, frozenset({"manager"} if there else ()), str(at))
        for kept in timeline._looks.values():
            present = [look.present for look in kept]
            assert not any(a == b == c for a, b, c in zip(present, present[1:], present[2:], strict=False)), (
                "kept small"
            )
        return {(host, look.at) for host, look in timeline.looks_without("manager")}

    in_order, shuffled = absences(sorted(looks)), absences(data.draw(st.permutations(looks)))
    assert shuffled <= {(host, at) for at, host, there in looks if not there}
    for host in (WWW, BLOG):
        # the first and the last absence, which bound what is judged, are never lost
        ends = [at for where, at in sorted(in_order) if where == host]
        kept = [at for where, at in sorted(shuffled) if where == host]
        assert (ends[:1], ends[-1:]) == (kept[:1], kept[-1:])
