"""Records as rows: times and texts as SQLite and people take them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.store.rows import integer, iso, text


@pytest.mark.parametrize(
    ("at", "written"),
    [
        (None, None),
        (0, "1970-01-01T00:00:00.000Z"),
        (1_767_268_800.1234, "2026-01-01T12:00:00.123Z"),
        (1_767_268_799.9999, "2026-01-01T11:59:59.999Z"),
        (-1.5, "1969-12-31T23:59:58.500Z"),
        (math.nan, None),
        (math.inf, None),
        (1e300, None),
    ],
)
def test_times_are_iso_8601_in_utc_and_what_is_no_time_is_empty(at: float | None, written: str | None) -> None:
    assert iso(at) == written


@given(at=st.floats())
def test_no_number_is_too_odd_for_a_time(at: float) -> None:
    written = iso(at)
    assert written is None or written.endswith("Z")


@given(value=st.text(st.characters(codec=None)))
def test_any_text_can_be_stored(value: str) -> None:
    stored = text(value)
    assert isinstance(stored, str)
    stored.encode("utf-8")
    assert "\0" not in stored
    assert len(stored) == len(value)


@given(value=st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_text_that_can_be_stored_is_left_alone(value: str) -> None:
    assert text(value) == value


def test_what_is_no_text_is_left_alone() -> None:
    assert text(None) is None


@pytest.mark.parametrize("value", [None, 0, True, 2**63 - 1, -(2**63)])
def test_a_number_of_64_bits_is_left_alone(value: int | None) -> None:
    assert integer(value) is value


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 10**30])
def test_a_larger_number_is_refused(value: int) -> None:
    with pytest.raises(OverflowError, match="64 bits"):
        integer(value)
