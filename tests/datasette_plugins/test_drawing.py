"""Geometry: time axis, ribbon, lanes."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.consent.signal import Rank, Signal
from addon.consent.timeline import Standing, Timeline
from datasette_plugins.drawing.axis import Axis, duration
from datasette_plugins.drawing.lanes import BIN, Spot, marks
from datasette_plugins.drawing.ribbon import bands, stretches
from vendor_catalog import Category

NOON = 1795435200.0


def axis(*busy: float, end: float = 100.0) -> Axis:
    return Axis(NOON, NOON + end, [NOON + at for at in busy], 100, 1000)


# --- axis


def test_time_runs_evenly_where_something_happens_all_along() -> None:
    even = axis(*range(100))
    assert even.x(NOON) == 100
    assert even.x(NOON + 50) == pytest.approx(600, abs=1)
    assert even.x(NOON + 100) == 1100
    assert even.cuts() == []


def test_an_idle_stretch_is_cut_and_says_how_long_it_was() -> None:
    cut = axis(0, 1, 2, 90, 95, 99)
    assert [each.label for each in cut.cuts()] == ["86 s"]
    assert cut.x(NOON + 3) - cut.x(NOON) > 150


def test_what_lies_outside_stands_at_the_ends() -> None:
    assert axis().x(NOON - 5) == 100
    assert axis().x(NOON + 500) == 1100


def test_a_moment_without_duration_has_an_axis_too() -> None:
    point = Axis(NOON, NOON, [NOON], 100, 1000)
    assert point.x(NOON) == 100
    assert point.ticks()


@given(
    st.lists(st.floats(min_value=0, max_value=1e5, allow_nan=False), max_size=60),
    st.floats(min_value=0.01, max_value=1e5),
)
def test_later_is_never_further_left(busy: list[float], end: float) -> None:
    any_axis = axis(*busy, end=end)
    places = [any_axis.x(NOON + end * part / 50) for part in range(51)]
    assert places == sorted(places)
    assert 100 <= places[0] <= places[-1] <= 1100
    labels = [tick.x for tick in any_axis.ticks()]
    assert labels == sorted(labels)
    assert len(labels) < 20


def test_durations_are_told_in_what_people_count() -> None:
    assert [duration(seconds) for seconds in (0.25, 3.5, 42, 600, 7200)] == ["0.2 s", "3.5 s", "42 s", "10 min", "2 h"]


# --- ribbon


def signal(answered: bool | None, marketing: bool | None, effective_at: float | None = None) -> Signal:
    absent = marketing is None
    return Signal(
        origin="klaro",
        carrier="no cookie" if absent else "cookie klaro",
        rank=Rank.MANAGER,
        host="www.shop.example",
        raw=None if absent else str(marketing),
        answered=answered,
        values={} if absent else {Category.MARKETING: marketing},
        keys={},
        vendors={},
        effective_at=effective_at,
        absent=absent,
    )


def of(timeline: Timeline, *moments: float) -> list[tuple[float, float, Standing, Standing | None, bool]]:
    at = [NOON + moment for moment in moments]
    listed = stretches(timeline.state, Category.MARKETING, at, NOON, NOON + 60)
    return [
        (round(each.start - NOON), round(each.end - NOON), each.state.standing, each.state.alternative, each.undecided)
        for each in listed
    ]


def test_an_undated_change_leaves_an_undecided_stretch_between_its_sightings() -> None:
    timeline = Timeline()
    timeline.observe(missing := signal(False, None), NOON)
    timeline.observe(missing, NOON + 10)
    timeline.observe(granted := signal(True, True), NOON + 30)
    timeline.observe(granted, NOON + 50)
    assert of(timeline, 0, 10, 30, 50) == [
        (0, 10, Standing.UNANSWERED, None, False),
        (10, 30, Standing.UNANSWERED, Standing.GRANTED, True),
        (30, 60, Standing.GRANTED, None, False),
    ]


def test_a_dated_change_is_sharp() -> None:
    timeline = Timeline()
    timeline.observe(signal(False, None), NOON)
    timeline.observe(signal(True, False, NOON + 20), NOON + 30)
    assert of(timeline, 0, 20, 30) == [
        (0, 20, Standing.UNANSWERED, None, False),
        (20, 60, Standing.DENIED, None, False),
    ]


def test_without_signals_nothing_is_known_all_along() -> None:
    assert of(Timeline()) == [(0, 60, Standing.NOTHING, None, False)]


def test_a_consent_that_flips_all_the_time_is_asked_only_so_often() -> None:
    timeline = Timeline()
    asked = 0
    for number in range(1000):
        timeline.observe(signal(True, number % 2 == 0), NOON + number / 20)

    def ask(need, when):
        nonlocal asked
        asked += 1
        return timeline.state(need, when)

    stretches(ask, Category.MARKETING, [NOON + number / 20 for number in range(1000)], NOON, NOON + 60)
    assert asked <= 240


def test_bands_lie_side_by_side_and_can_all_be_seen() -> None:
    timeline = Timeline()
    timeline.observe(signal(False, None), NOON)
    timeline.observe(signal(True, False, NOON + 20), NOON + 20.001)
    moments = [NOON, NOON + 20, NOON + 20.001]
    listed = stretches(timeline.state, Category.MARKETING, moments, NOON, NOON + 60)
    drawn = bands(listed, axis(*range(60), end=60))
    assert all(band.width >= 1 for band in drawn)
    for left, right in itertools.pairwise(drawn):
        assert right.x == pytest.approx(left.x + left.width, abs=1)


# --- lanes


def test_acts_that_can_be_told_apart_keep_their_own_marks() -> None:
    even = axis(*range(100))
    spots = [Spot(NOON + at, 1, f"event {at}", f"/{at}") for at in (0, 10, 20)]
    drawn = marks(spots, even, "events")
    assert [(mark.title, mark.href, mark.count) for mark in drawn] == [
        ("event 0", "/0", 1),
        ("event 10", "/10", 1),
        ("event 20", "/20", 1),
    ]


def test_acts_too_close_share_a_mark_with_the_surest_verdict() -> None:
    spots = [Spot(NOON + 2.3, 1, "one", "/1", {"likely": 2}), Spot(NOON + 2.4, 1, "two", "/2", {"confirmed": 1}, 3)]
    (mark,) = marks(spots, axis(*range(100)), "events")
    assert (mark.count, mark.title, mark.href) == (2, "2 events", None)
    assert (mark.verdict, mark.errors, mark.mild) == ("confirmed", 3, 3)
    assert (mark.first, mark.last) == (NOON + 2.3, NOON + 2.4)


def test_cleared_violations_are_no_errors() -> None:
    (mark,) = marks([Spot(NOON, 1, "one", "/1", {"cleared": 2})], axis(), "events")
    assert (mark.verdict, mark.errors) == ("cleared", 0)


@given(st.lists(st.tuples(st.floats(min_value=0, max_value=100), st.integers(1, 500)), min_size=1, max_size=400))
def test_no_act_is_lost_and_there_are_never_more_marks_than_room(acts: list[tuple[float, int]]) -> None:
    drawn = marks([Spot(NOON + at, count, "x", None) for at, count in acts], axis(*range(100)), "events")
    assert sum(mark.count for mark in drawn) == sum(count for _, count in acts)
    assert len(drawn) <= 1000 / BIN + 2
    assert [mark.x for mark in drawn] == sorted(mark.x for mark in drawn)
