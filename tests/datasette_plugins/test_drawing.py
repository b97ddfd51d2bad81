"""Geometry: time axis, ribbon, lanes."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.findings.consent import StateRow, Stretch
from datasette_plugins.drawing.axis import Axis, duration
from datasette_plugins.drawing.lanes import BIN, Spot, marks
from datasette_plugins.drawing.ribbon import bands

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


def stretch(start: float, end: float, state: str, alternative: str | None = None) -> Stretch:
    certainty = "dated" if alternative is None else "open window"
    row = StateRow(None, "marketing", NOON + start, NOON + end, state, certainty, alternative, "[]")
    return Stretch(NOON + start, NOON + end, row)


@pytest.mark.parametrize(
    ("state", "alternative", "shape", "other"),
    [
        ("granted", None, "granted", None),
        ("unanswered", "granted", "unanswered", "granted"),
        ("nothing known", None, "unknown", None),
        ("unclear", "nothing known", "unknown", None),
    ],
)
def test_a_state_has_a_shape_and_what_else_it_may_have_been_another(
    state: str, alternative: str | None, shape: str, other: str | None
) -> None:
    (band,) = bands([stretch(0, 60, state, alternative)], axis(*range(60), end=60))
    assert (band.shape, band.other) == (shape, other)


def test_bands_lie_side_by_side_and_can_all_be_seen() -> None:
    listed = [stretch(0, 20, "unanswered"), stretch(20, 20.001, "denied"), stretch(20.001, 60, "granted")]
    drawn = bands(listed, axis(*range(60), end=60))
    assert [band.shape for band in drawn] == ["unanswered", "denied", "granted"]
    assert all(band.width >= 1 for band in drawn)
    for left, right in itertools.pairwise(drawn):
        assert right.x == pytest.approx(left.x + left.width, abs=1)


def test_a_consent_that_flips_all_the_time_stays_a_small_picture_without_gaps() -> None:
    listed = [stretch(at / 40, (at + 1) / 40, "granted" if at % 2 else "denied") for at in range(4000)]
    drawn = bands(listed, axis(*range(100)))
    assert 200 < len(drawn) <= 241
    assert drawn[-1].x + drawn[-1].width == pytest.approx(1100, abs=1)
    for left, right in itertools.pairwise(drawn):
        assert right.x == pytest.approx(left.x + left.width, abs=0.2)


def test_without_a_state_nothing_is_drawn() -> None:
    assert bands([], axis()) == []


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
