"""Timestamps and JSON, as scripts write them into cookies."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.consent.formats._values import json_object
from addon.consent.signal import NotThisFormat
from addon.timestamps import from_iso, from_milliseconds

NEW_YEAR_2026 = 1_767_225_600.0


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.000Z",
        "2026-01-01T01:00:00+01:00",
        "2025-12-31T14:00:00.000-10:00",
        "20260101T000000Z",
    ],
)
def test_a_time_with_a_zone_is_read(text: str) -> None:
    assert from_iso(text) == NEW_YEAR_2026


@pytest.mark.parametrize(
    "value",
    [
        "2026-01-01T00:00:00",  # whose midnight?
        "2026-01-01",
        "Thu Jan 01 2026 00:00:00 GMT+0100",
        "1767225600000",
        "",
        "Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2014-12-31T23:59:59Z",
        "2100-01-01T00:00:01Z",
        "1970-01-01T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-01T00:00:00Z" + " " * 40,
        "\ud800",
        "٢٠٢٦-01-01T00:00:00Z",
        None,
        True,
        1767225600000,
        ["2026-01-01T00:00:00Z"],
        {},
    ],
)
def test_no_other_value_is_a_time(value: object) -> None:
    assert from_iso(value) is None


@pytest.mark.parametrize("value", [1767225600000, "1767225600000", 1767225600000.0])
def test_milliseconds_are_read(value: object) -> None:
    assert from_milliseconds(value) == NEW_YEAR_2026


@pytest.mark.parametrize(
    "value",
    [
        1767225600,
        0,
        -1767225600000,
        10**400,
        -(10**400),
        1e300,
        float("inf"),
        float("nan"),
        True,
        None,
        "",
        "-1",
        "1e12",
        "1767225600000.5",
        " 1767225600000",
        "9" * 400,
        "²",
        [],
        {},
        "'1767225600000'",
    ],
    ids=lambda value: repr(value)[:20],
)
def test_seconds_and_nonsense_are_no_milliseconds(value: object) -> None:
    assert from_milliseconds(value) is None


@settings(deadline=None, derandomize=True)
@given(st.text() | st.integers() | st.floats() | st.none() | st.booleans() | st.lists(st.integers()))
def test_nothing_that_a_cookie_may_hold_breaks_the_reading_of_times(value: object) -> None:
    for found in (from_iso(value), from_milliseconds(value)):
        assert found is None or 1_420_000_000 < found < 4_110_000_000


@pytest.mark.parametrize("text", ['{"a":1}', "%7B%22a%22%3A1%7D", "{%22a%22:1}", ' {"a": 1}\n', '{"b":2,"a":1,"b":3}'])
def test_an_object_is_read_encoded_or_raw(text: str) -> None:
    assert json_object(text)["a"] == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "true",
        "1",
        '"a"',
        "[]",
        "{",
        '{"a":1',
        "{'a':1}",
        '{"a":1}}',
        "%257B%2522a%2522%253A1%257D",
        "[" * 9999,
        '{"a":' * 9999,
        "%",
        "%ff%fe",
    ],
)
def test_anything_else_is_of_another_format(text: str) -> None:
    with pytest.raises(NotThisFormat):
        json_object(text)


def test_what_follows_the_json_is_not_shown_because_it_may_name_the_person() -> None:
    with pytest.raises(NotThisFormat) as refused:
        json_object('{"a":1} jane@shop.example')
    assert "jane" not in str(refused.value)
