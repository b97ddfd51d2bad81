"""Surrogates that a JSON text escapes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.readers.surrogates import paired

_REPLACED = "\N{REPLACEMENT CHARACTER}"
_PARTS = [
    "\\",
    "\\\\",
    r"\u",
    r"\ud83d",
    r"\ude00",
    r"\uDC00",
    r"\uD800",
    "u",
    "d83d",
    "x",
    r"\u0041",
    "\\n",
    r"\udbff\udfff",
]


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
def test_only_a_surrogate_without_its_other_half_is_replaced(text: str, value: str) -> None:
    assert json.loads(paired(text)) == value


@given(text=st.text(max_size=50))
def test_what_needs_no_repair_comes_out_as_it_was(text: str) -> None:
    for ascii_only in (True, False):
        document = json.dumps([text], ensure_ascii=ascii_only)
        assert paired(document) == document


@given(parts=st.lists(st.sampled_from(_PARTS), max_size=12))
def test_whatever_is_escaped_beside_it_what_can_be_read_reads_as_with_its_single_surrogates_replaced(
    parts: list[str],
) -> None:
    text = f'"{"".join(parts)}"'
    try:
        value = json.loads(text)
    except ValueError:
        return
    halves = value.encode("utf-16-le", "surrogatepass")
    assert json.loads(paired(text)) == halves.decode("utf-16-le", "replace")


@given(text=st.text(st.characters(codec=None), max_size=30))
def test_any_text_that_javascript_writes_can_be_written_down(text: str) -> None:
    json.loads(paired(json.dumps([text])))[0].encode("utf-8")
