"""What the JSON parser is given."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.readers.repair import RepairedJson

_REPLACED = "\N{REPLACEMENT CHARACTER}"


def repaired(content: bytes, size: int = 7) -> str:
    source = RepairedJson(io.BytesIO(content))
    pieces = iter(lambda: source.read(size), b"")
    return b"".join(pieces).decode("utf-8")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"\ud83d\ude00"', "😀"),
        (r'"\uD83D\uDE00\ud83d"', f"😀{_REPLACED}"),
        (r'"\ude00"', _REPLACED),
        (r'"\ud83d"', _REPLACED),
        (r'"\ud83d\ud83d\ude00"', f"{_REPLACED}😀"),
        (r'"\ud83dx\ude00"', f"{_REPLACED}x{_REPLACED}"),
        (r'"\\ud83d"', r"\ud83d"),
        (r'"\\\ud83d"', f"\\{_REPLACED}"),
        (r'"\\\\ud83d"', r"\\ud83d"),
        (r'"\n\ud83d"', f"\n{_REPLACED}"),
        (r'"\u0041\u00e9"', "Aé"),
        (r'"\udead beef"', f"{_REPLACED} beef"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_only_a_surrogate_without_its_other_half_is_replaced(text: str, value: str, size: int) -> None:
    assert json.loads(repaired(text.encode(), size)) == value


@given(text=st.text(max_size=50), size=st.integers(1, 30))
def test_what_needs_no_repair_comes_out_as_it_was(text: str, size: int) -> None:
    for ascii_only in (True, False):
        document = json.dumps([text], ensure_ascii=ascii_only)
        assert repaired(document.encode(), size) == document


@given(content=st.binary(max_size=80), size=st.integers(1, 20))
def test_any_bytes_come_out_as_text(content: bytes, size: int) -> None:
    assert repaired(content, size) == repaired(content, 1000)


@given(text=st.text(st.characters(codec=None), max_size=30), size=st.integers(1, 20))
def test_any_text_that_javascript_writes_can_be_read(text: str, size: int) -> None:
    json.loads(repaired(json.dumps([text]).encode(), size))[0].encode("utf-8")


def test_a_byte_order_mark_is_left_out() -> None:
    assert repaired(b"\xef\xbb\xbf{}", 2) == "{}"
