"""The US Privacy string, read strictly."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.consent.us_privacy import USPrivacyError, parse_us_privacy


@pytest.mark.parametrize(
    ("text", "notice", "opted_out", "limited"),
    [
        ("1YNN", True, False, False),
        ("1YYN", True, True, False),
        ("1YYY", True, True, True),
        ("1NN-", False, False, None),
        ("1---", None, None, None),
        ("1yyn", True, True, False),
    ],
)
def test_the_third_character_says_whether_somebody_opted_out(
    text: str, notice: bool | None, opted_out: bool | None, limited: bool | None
) -> None:
    read = parse_us_privacy(text)
    assert (read.version, read.notice, read.opted_out, read.limited_service_provider) == (1, notice, opted_out, limited)


@pytest.mark.parametrize("text", ["", "1", "1YN", "1YNNN", "2YNN", "1XNN", "1YN ", "1Y\x00N", "１YNN", "1ßßß"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(USPrivacyError):
        parse_us_privacy(text)


@settings(deadline=None, derandomize=True)
@given(st.text(max_size=8))
def test_arbitrary_text_is_refused_or_means_what_it_says(text: str) -> None:
    try:
        read = parse_us_privacy(text)
    except USPrivacyError:
        return
    assert read.opted_out is {"Y": True, "N": False, "-": None}[text[2].upper()]
