"""Protocol Buffers are read as they are written, and whatever is not one is refused within bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.decode.protobuf import MAX_FIELDS, WireError, fields
from tests.addon.decode.protobuf_messages import message, varint
from tests.growth import grows_too_fast

NUMBERS = st.integers(1, (1 << 29) - 1)
VALUES = st.integers(0, (1 << 64) - 1) | st.binary(max_size=40)


@given(st.lists(st.tuples(NUMBERS, VALUES), max_size=30))
def test_what_was_written_is_read(written: list[tuple[int, int | bytes]]) -> None:
    assert list(fields(message(*written))) == written


def test_numbers_of_fixed_length_are_read() -> None:
    assert list(fields(bytes([1 << 3 | 5, 1, 0, 0, 0, 2 << 3 | 1, 2, 0, 0, 0, 0, 0, 0, 0]))) == [(1, 1), (2, 2)]


@pytest.mark.parametrize(
    ("given_bytes", "reason"),
    [
        (b"\x08", "a number without an end"),
        (b"\x08" + b"\xff" * 11, "a number without an end"),
        (b"\x0a\x05abc", "a field of 5 bytes, where 3 are left"),
        (b"\x0a" + b"\xff" * 9 + b"\x01", "bytes, where 0 are left"),
        (b"\x00\x01", "0 is no field number"),
        (b"\x0b", "wire type 3 is not in use"),
        (b"\x0c", "wire type 4 is not in use"),
        (b"\x0e\x01", "wire type 6 is not in use"),
        (b"\x0d\x01\x02", "a field of 4 bytes, where 2 are left"),
        (b"\xff" * 10, "a number without an end"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(given_bytes: bytes, reason: str) -> None:
    with pytest.raises(WireError, match=reason):
        list(fields(given_bytes))


def test_what_came_before_is_given_out() -> None:
    found = []
    with pytest.raises(WireError):
        for each in fields(message((1, 7)) + b"\x0a\x7f"):
            found.append(each)
    assert found == [(1, 7)]


def test_more_fields_than_are_read_are_refused() -> None:
    assert len(list(fields(b"\x08\x01" * MAX_FIELDS))) == MAX_FIELDS
    with pytest.raises(WireError, match="more than"):
        list(fields(b"\x08\x01" * (MAX_FIELDS + 1)))


@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise_anything_else(given_bytes: bytes) -> None:
    try:
        list(fields(given_bytes))
    except WireError as error:
        assert str(error)


@pytest.mark.parametrize(
    "record", [b"\x08\x01", b"\x0a\x00", b"\x0a\x40" + b"x" * 64], ids=["numbers", "empty", "texts"]
)
def test_work_grows_with_the_length(record: bytes) -> None:
    short, long = (record * (size // len(record)) for size in (16_384, 65_536))
    assert grows_too_fast(lambda text: list(fields(text)), short, long) is None


def test_a_number_is_the_one_that_was_written() -> None:
    assert [varint(0), varint(127), varint(128)] == [b"\x00", b"\x7f", b"\x80\x01"]
