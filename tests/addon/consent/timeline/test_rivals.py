"""Records of several consent managers: the one whose script runs decides, else the newest; what is not decided is open."""

from __future__ import annotations

import math

import pytest

from addon.consent.signal import Signal
from addon.consent.timeline import Certainty, Timeline, history
from addon.consent.timeline.rivals import deciding
from tests.growth import grows_too_fast

from .stories import DATED, DENIED, GRANTED, NEED, UNANSWERED, missing, says, stamp, story

DISPUTED = Certainty.DISPUTED
YEARS = 2 * 365 * 86_400.0


def state(timeline: Timeline, at: float = 10) -> tuple[object, ...]:
    found = timeline.state(NEED, at)
    return (found.standing, found.alternative)


def of(origin: str, value: bool | None, **more: object) -> Signal:
    return says(value, origin=origin, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("old", "new"), [("aaa", "zzz"), ("zzz", "aaa")], ids=["first by name", "last by name"])
@pytest.mark.parametrize("value", [True, False], ids=["new grant", "new refusal"])
def test_the_newer_of_two_dated_records_decides_whatever_they_are_called(old: str, new: str, value: bool) -> None:
    seen = [(at, of(old, not value, dated=-YEARS)) for at in (0, 20)] + [
        (at, of(new, value, dated=-5)) for at in (0, 20)
    ]
    assert state(story(*seen)) == (GRANTED if value else DENIED, None)


@pytest.mark.parametrize(("undated", "dated"), [("aaa", "zzz"), ("zzz", "aaa")])
def test_an_undated_leftover_beside_a_dated_record_leaves_it_open(undated: str, dated: str) -> None:
    seen = [(at, of(undated, True)) for at in (0, 20)] + [(at, of(dated, False, dated=-5)) for at in (0, 20)]
    found = story(*seen).state(NEED, 10)
    assert found.certainty is DISPUTED
    assert set(found.possible) == {GRANTED, DENIED}
    assert found.rival is not None
    assert {found.rival.origin, found.decisive.origin if found.decisive else None} == {undated, dated}


def test_records_that_say_the_same_leave_nothing_open() -> None:
    timeline = story((0, of("aaa", False)), (0, of("zzz", False)), (20, of("aaa", False)), (20, of("zzz", False)))
    assert state(timeline) == (DENIED, None)


def test_a_record_that_was_written_in_the_session_is_newer_than_one_that_was_there_before() -> None:
    timeline = story(
        (0, of("aaa", True)),
        (0, missing(origin="zzz")),
        (5, of("zzz", False)),
        (5, of("aaa", True)),
        (20, of("zzz", False)),
    )
    assert state(timeline) == (DENIED, None)
    assert state(timeline, 30) == (DENIED, None)


def test_the_one_whose_script_runs_decides() -> None:
    timeline = story(*[(at, signal) for at in (0, 20) for signal in (of("aaa", True), of("zzz", False, dated=-YEARS))])
    timeline.run("zzz")
    assert state(timeline) == (DENIED, None)
    timeline.run("aaa")
    assert set(timeline.state(NEED, 10).possible) == {GRANTED, DENIED}


def test_one_whose_script_no_address_tells_may_run_unseen() -> None:
    timeline = story(*[(at, signal) for at in (0, 20) for signal in (of("aaa", True), of("zzz", False))])
    timeline.run("zzz")
    timeline.use("aaa", hidden=True)
    assert set(timeline.state(NEED, 10).possible) == {GRANTED, DENIED}


def test_the_one_that_the_policy_names_decides_alone() -> None:
    timeline = story(
        (0, of("aaa", True)), (0, missing(origin="zzz")), (20, of("aaa", True)), (20, missing(origin="zzz"))
    )
    timeline.rivals.named = "zzz"
    assert state(timeline) == (UNANSWERED, None)


def test_a_leftover_does_not_answer_the_open_banner_of_the_one_that_runs() -> None:
    timeline = story(
        (0, of("aaa", True)), (0, missing(origin="zzz")), (20, of("aaa", True)), (20, missing(origin="zzz"))
    )
    timeline.managers.update({"aaa", "zzz"})
    timeline.run("zzz")
    assert state(timeline) == (GRANTED, UNANSWERED)
    timeline.run("aaa")
    assert state(timeline) == (GRANTED, None)


def test_one_that_runs_and_says_nothing_leaves_it_to_the_others() -> None:
    """Its script may serve other ends."""
    nothing = of("zzz", None, answered=None)
    timeline = story((0, of("aaa", False)), (0, nothing), (20, of("aaa", False)), (20, nothing))
    timeline.run("zzz")
    assert state(timeline) == (DENIED, None)


def test_a_superseded_record_does_not_make_clear_what_the_newer_one_left_unclear() -> None:
    seen = [(at, of("aaa", True, dated=-YEARS)) for at in (0, 20)] + [(at, of("zzz", None, dated=-5)) for at in (0, 20)]
    assert state(story(*seen))[0] not in (GRANTED, DENIED)


def test_before_a_record_was_written_the_other_one_was_in_force() -> None:
    seen = [(at, of("aaa", False, dated=-YEARS)) for at in (0, 20)] + [(20, of("zzz", True, dated=12))]
    timeline = story(*seen)
    assert state(timeline, 10) == (DENIED, None)
    found = timeline.state(NEED, 15)
    assert (found.standing, found.certainty) == (GRANTED, DATED)


def test_stamps_are_no_rivals() -> None:
    timeline = story((0, of("aaa", False)), (0, stamp(True)), (20, of("aaa", False)), (20, stamp(True)))
    assert state(timeline) == (DENIED, None)


def test_a_session_of_undecided_records_has_no_history() -> None:
    timeline = story((0, of("aaa", True)), (0, of("zzz", False)), (20, of("aaa", False)), (20, of("zzz", False)))
    assert [stretch.standing for stretch in history(timeline, NEED)] == [
        GRANTED,
        DENIED,
    ]  # zzz was there before aaa changed
    open_one = story((0, of("aaa", True)), (0, of("zzz", False)), (20, of("aaa", True)), (20, of("zzz", False)))
    assert history(open_one, NEED) == ()


def test_a_page_of_its_own_has_the_same_order() -> None:
    timeline = story(*[(at, signal) for at in (0, 20) for signal in (of("aaa", True), of("zzz", False))])
    timeline.run("zzz")
    assert state(timeline.on_page("www.shop.example")) == (DENIED, None)


def test_a_record_that_changes_all_the_time_costs_no_more() -> None:
    def flipped(size: int) -> Timeline:
        ones = [(at, of("aaa", at % 2 == 0)) for at in range(size)]
        return story(*ones, *[(at, of("zzz", at % 3 == 0)) for at in range(size)])

    def ask(timeline: Timeline) -> None:
        for at in range(200):
            timeline.order(at * 2)

    assert grows_too_fast(ask, flipped(800), flipped(3200)) is None


def test_nobody_may_decide_where_nothing_was_said() -> None:
    assert deciding({}, math.inf, 0, (), ()) == []
