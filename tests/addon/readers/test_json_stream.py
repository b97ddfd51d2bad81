"""Documents too large to be held: walked value by value, within bounds."""

from __future__ import annotations

import io
import json
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.jsontext import MAX_DEPTH, Json
from addon.readers import json_stream
from addon.readers.json_stream import JsonStream, Malformed, Unusable

_JSON: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.sampled_from('aé😀"\\{}[],:\n/') | st.characters(codec="utf-8"), max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)
_ROUNDS = settings(max_examples=200, deadline=None)


class InPieces(io.BytesIO):
    """A file that gives at most so many bytes at a time."""

    def __init__(self, content: bytes, size: int) -> None:
        super().__init__(content)
        self._size = size

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self._size if size is None or size < 0 else min(size, self._size))


def elements_of(content: bytes, size: int = 1 << 20) -> list[Json | str]:
    """The elements of a document that is one list; what is unusable as its reason."""
    stream = JsonStream(InPieces(content, size))
    found: list[Json | str] = []
    for _ in stream.elements():
        try:
            found.append(stream.value())
        except Unusable as reason:
            found.append(f"unusable: {reason}")
    stream.end()
    return found


@contextmanager
def peak_below(limit: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < limit


@_ROUNDS
@given(
    values=st.lists(_JSON, max_size=5),
    size=st.integers(1, 40),
    indent=st.sampled_from([None, 1]),
    escaped=st.booleans(),
)
def test_every_value_comes_out_as_json_reads_it_wherever_the_pieces_end(
    values: list[Json], size: int, indent: int | None, escaped: bool
) -> None:
    document = json.dumps(values, ensure_ascii=escaped, indent=indent)
    assert elements_of(document.encode(), size) == json.loads(document)


@_ROUNDS
@given(value=st.dictionaries(st.text(max_size=6), _JSON, max_size=4), size=st.integers(1, 40))
def test_members_that_are_stepped_over_hide_no_other(value: dict[str, Json], size: int) -> None:
    stream = JsonStream(InPieces(json.dumps([value, 1]).encode(), size))
    names: list[str] = []
    for number, _ in enumerate(stream.elements()):
        if number:
            assert stream.value() == 1
            continue
        for name in stream.members():
            names.append(name)
            if len(names) % 2:
                stream.skip()
            else:
                assert stream.value() == value[name]
    stream.end()
    assert names == list(value)


@_ROUNDS
@given(
    content=st.binary(max_size=60) | st.text(alphabet='[]{}":,\\e1- n', max_size=40).map(str.encode),
    size=st.integers(1, 9),
)
def test_no_bytes_raise_anything_but_what_is_said(content: bytes, size: int) -> None:
    for walk in (elements_of, _members_of):
        try:
            walk(content, size)
        except Malformed as error:
            assert "byte" in str(error)


def _members_of(content: bytes, size: int) -> None:
    stream = JsonStream(InPieces(content, size))
    for _ in stream.members():
        stream.skip()
    stream.end()


@given(content=st.binary(max_size=60), size=st.integers(1, 9))
def test_where_the_pieces_end_changes_nothing(content: bytes, size: int) -> None:
    def outcome(size: int) -> object:
        try:
            return elements_of(b"[" + content + b"]", size)
        except Malformed as error:
            return str(error)

    assert outcome(size) == outcome(1000)


def test_a_byte_order_mark_is_left_out() -> None:
    assert elements_of(b"\xef\xbb\xbf[1]") == [1]


def test_bytes_that_are_no_utf_8_are_replaced_within_their_text() -> None:
    assert elements_of(b'["caf\xe9", "\xff\xfe"]') == ["caf\ufffd", "\ufffd\ufffd"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("nonsense", "Expecting value"),
        ('{"a" 1}', "delimiter"),
        ("[1,,2]", "Expecting value"),
        ('"\x01"', "control character"),
        (r'"\x"', "escape"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), f"nested deeper than {MAX_DEPTH}"),
        ('{"a":' * 30_000 + "1" + "}" * 30_000, f"nested deeper than {MAX_DEPTH}"),
        ("[" + "{}," * 1_000_000 + "0]", "holds more than 1000000 values"),
    ],
    ids=lambda text: text[:20],
)
def test_a_value_that_cannot_be_read_costs_itself_alone(value: str, reason: str) -> None:
    before, unusable, after = elements_of(f"[1, {value}, 2]".encode())
    assert (before, after) == (1, 2)
    assert isinstance(unusable, str) and unusable.startswith("unusable: ") and reason in unusable


def test_a_body_full_of_commas_and_brackets_is_one_value() -> None:
    assert elements_of(json.dumps(["[{,"] * 2 + ["{,[" * 500_000]).encode())[2] == "{,[" * 500_000


def test_a_value_beyond_its_bytes_costs_itself_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "_CHUNK", 100)
    stream = JsonStream(io.BytesIO(json.dumps(["x" * 999, "y" * 1500, ["z" * 700] * 2, 5]).encode()))
    found: list[Json | str] = []
    for _ in stream.elements():
        try:
            found.append(stream.value(1000 + 1))
        except Unusable as reason:
            found.append(str(reason))
    assert found == ["x" * 999, "it is longer than 1001 bytes", "it is longer than 1001 bytes", 5]


def test_a_text_that_alone_is_too_long_is_left_out_of_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "MAX_TEXT_BYTES", 1000)
    monkeypatch.setattr(json_stream, "_CHUNK", 100)
    long = "\\" * 3000
    stream = JsonStream(io.BytesIO(json.dumps([{"a": 1, "b": long, "c": [long, "d"]}, {"e": "f"}]).encode()))
    found = []
    for _ in stream.elements():
        value = stream.value()
        found.append((value, stream.shortened))
    assert found == [({"a": 1, "b": "", "c": ["", "d"]}, True), ({"e": "f"}, False)]


@pytest.mark.parametrize(
    "content",
    [
        b"[" + b"[" * 60_000,
        b"[" + b'{"a":' * 30_000,
        b'[{"' + b"k" * 100_000 + b'":' + (b'{"' + b"k" * 100_000 + b'":') * 190,
        b'["' + b"x" * 20_000_000,
        b"[" + b" " * 20_000_000,
        b"[" + b"[{}," * 60_000,
        b'["' + b"\\" * 20_000_001,
    ],
    ids=["lists", "maps", "long names", "a text without end", "space", "members", "backslashes"],
)
@pytest.mark.parametrize("take", [JsonStream.skip, lambda stream: stream.value(200_000)], ids=["skip", "value"])
def test_what_has_no_end_takes_no_memory(content: bytes, take: Callable[[JsonStream], object]) -> None:
    stream = JsonStream(io.BytesIO(content))
    with peak_below(4_000_000), pytest.raises(Malformed, match="the file ends"):
        for _ in stream.elements():
            take(stream)


@pytest.mark.parametrize(
    "unit", ["[", '{"a":', '["', '{"a', "[{},", '{"a":"', "\\", '"', '"\\', "[]", "{", "[1,2"], ids=repr
)
def test_the_walk_looks_at_each_byte_a_bounded_number_of_times(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts what the patterns step over, which is all that takes time."""
    passed = 0
    end = json_stream._end

    def counted(pattern: object, text: bytes, at: int) -> int:
        nonlocal passed
        found = end(pattern, text, at)  # type: ignore[arg-type]
        passed += found - at + 1
        return found

    monkeypatch.setattr(json_stream, "_end", counted)
    for size in (50_000, 400_000):
        passed = 0
        content = ("[" + unit * (size // len(unit))).encode()
        with pytest.raises(Malformed):
            elements_of(content)
        assert passed < 4 * len(content)


@pytest.mark.parametrize("unit", ["[", '{"a":', '{"a', "[{},", '{"' + "x" * 99, '[" \\" "', "{1,2"], ids=repr)
def test_a_document_eight_times_as_long_takes_about_eight_times_as_long(unit: str) -> None:
    def seconds(size: int) -> float:
        content = ("[" + unit * (size // len(unit))).encode()
        best = 60.0
        for _ in range(3):
            begun = time.process_time()
            with pytest.raises(Malformed):
                elements_of(content)
            best = min(best, time.process_time() - begun)
        return best

    assert seconds(200_000) < 8 * 4 * seconds(25_000) + 0.05
