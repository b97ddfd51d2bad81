from __future__ import annotations

import json
import math
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.jsontext import (
    MAX_DEPTH,
    Json,
    JsonError,
    identifier,
    mapping,
    parse,
    parse_exactly,
    strings,
    text_of,
)

anything: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@settings(deadline=None, derandomize=True)
@given(anything)
def test_what_was_written_is_read_again(value: Json) -> None:
    text = json.dumps(value)
    assert parse_exactly(text) == value
    assert parse(text.encode()) == (value, "")
    assert parse(f"\r\n {text} ") == (value, "")


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.binary(max_size=60) | st.text(alphabet='[]{}":,.eE+-0123456789\\untrue NaIfiy\x00\ufeff\ud800', max_size=40))
def test_no_text_raises_anything_but_a_json_error(text: bytes | str) -> None:
    try:
        value, rest = parse(text)
    except JsonError as error:
        assert str(error)
    else:
        json.dumps(value, allow_nan=False)
        assert isinstance(rest, str)


def test_what_stands_behind_the_first_value_is_handed_over() -> None:
    assert parse(b'{"a":1}\n{"b":2}  ') == ({"a": 1}, '{"b":2}')
    assert parse("[] \r\n\t") == ([], "")


def test_exactly_one_value_may_stand_in_a_cookie() -> None:
    with pytest.raises(JsonError, match="something follows the value: 'x'"):
        parse_exactly("{} x")


def test_a_byte_order_mark_is_skipped() -> None:
    assert parse(b'\xef\xbb\xbf{"a":1}') == ({"a": 1}, "")


@pytest.mark.parametrize(
    "text", ["", "   ", "{", '{"a":', '"abc', "tru", "<html>", "{'a':1}", "{,}", "[1 2]", "\x00{}"]
)
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(JsonError):
        parse(text)


def test_bytes_that_are_no_utf_8_are_refused_with_their_place() -> None:
    with pytest.raises(JsonError, match="not UTF-8 at byte 2"):
        parse(b'{"\xff":1}')
    with pytest.raises(JsonError, match="not UTF-8"):
        parse('{"a":1}'.encode("utf-16"))


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_a_document_is_nested_within_bounds(opening: str, closing: str) -> None:
    parse(opening * MAX_DEPTH + "1" + closing * MAX_DEPTH)
    for depth in (MAX_DEPTH + 1, 3000, 200_000):
        with pytest.raises(JsonError, match="nested deeper than"):
            parse(opening * depth + "1" + closing * depth)


def test_a_wide_document_is_not_a_deep_one() -> None:
    wide: Json = [{"a": [{}]} for _ in range(MAX_DEPTH * 3)]
    assert parse(json.dumps(wide)) == (wide, "")


@pytest.mark.parametrize("digits", [309, 4299, 4301, 100_000, 1_000_000])
@pytest.mark.parametrize("sign", ["", "-"])
def test_a_whole_number_without_end_costs_itself_alone(sign: str, digits: int) -> None:
    assert parse(f'{{"price": {sign}{"9" * digits}, "event": "Paid"}}') == ({"price": None, "event": "Paid"}, "")


def test_a_whole_number_is_exact_as_long_as_it_can_be_a_float() -> None:
    for number in (10**307 + 1, -(10**306) - 1, 2**63, -(2**64)):
        assert parse(str(number)) == (number, "")
    assert parse("1" + "0" * 308) == (1e308, "")


def test_how_long_a_whole_number_takes_does_not_depend_on_what_python_is_set_to() -> None:
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        assert parse("7" * 1_000_000) == (None, "")
    finally:
        sys.set_int_max_str_digits(limit)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_numbers_that_are_none_are_read_as_javascript_writes_them(number: str) -> None:
    assert parse(f'{{"price": {number}}}') == ({"price": None}, "")


def test_numbers_keep_their_kind() -> None:
    assert parse("[1, 1.5, 1e3, -0.0, 12345678901234567890]")[0] == [1, 1.5, 1000.0, -0.0, 12345678901234567890]


def test_lone_surrogates_and_nul_pass_as_text() -> None:
    assert parse(rb'["\ud83d", "\u0000"]')[0] == ["\ud83d", "\x00"]


def test_of_a_key_that_stands_twice_the_last_counts() -> None:
    assert parse('{"a": 1, "a": 2}')[0] == {"a": 2}


def test_optional_parts_are_read_by_kind() -> None:
    assert mapping({"a": 1}) == {"a": 1}
    assert mapping([]) == mapping(None) == mapping("x") == {}
    assert text_of("x") == "x"
    assert text_of("") is text_of(1) is text_of(None) is text_of({}) is None
    assert strings(["a", 1, None, "b", ["c"]]) == ("a", "b")
    assert strings("abc") == strings(None) == strings({"a": 1}) == ()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("u-1", "u-1"),
        ("", None),
        (None, None),
        (42, "42"),
        (0, "0"),
        (1.5, "1.5"),
        (True, None),
        ([1], None),
        ({}, None),
    ],
)
def test_an_identifier_is_text_or_a_number(value: Json, text: str | None) -> None:
    assert identifier(value) == text


def test_an_identifier_is_never_infinite() -> None:
    assert not math.isfinite(float("1e999"))
    assert identifier(parse("1e999")[0]) is None
