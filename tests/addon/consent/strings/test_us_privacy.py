"""US Privacy strings: all 27 that there are, and nothing else."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.consent.strings.us_privacy import UsPrivacy, UsPrivacyError, parse_us_privacy

steady = settings(deadline=None, derandomize=True)

MEANINGS = {"Y": True, "N": False, "-": None}
ALL = ["1" + "".join(letters) for letters in product("YN-", repeat=3)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1YYN", UsPrivacy(1, notice=True, opted_out=True, lspa=False)),
        ("1YNN", UsPrivacy(1, notice=True, opted_out=False, lspa=False)),
        ("1YNY", UsPrivacy(1, notice=True, opted_out=False, lspa=True)),
        ("1NN-", UsPrivacy(1, notice=False, opted_out=False, lspa=None)),
        ("1---", UsPrivacy(1, notice=None, opted_out=None, lspa=None)),
    ],
)
def test_golden_strings(text: str, said: UsPrivacy) -> None:
    assert parse_us_privacy(text) == said


@pytest.mark.parametrize("text", ALL)
def test_every_character_means_the_same_in_every_string(text: str) -> None:
    said = parse_us_privacy(text)
    assert (said.version, said.notice, said.opted_out, said.lspa) == (1, *(MEANINGS[letter] for letter in text[1:]))
    assert said.applicable is (text != "1---")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "0 characters"),
        ("1YY", "3 characters"),
        ("1YYNN", "5 characters"),
        ("1YYN ", "5 characters"),
        ("2YYN", "version '2'"),
        ("0---", "version '0'"),
        ("١YYN", "version '١'"),
        ("1yYN", "'y' for notice"),
        ("1YyN", "'y' for opt-out"),
        ("1YY0", "'0' for LSPA"),
        ("1Y–N", "'–' for opt-out"),
        ("null", "version 'n'"),
        ("${US_PRIVACY}", "13 characters"),
        ('{"uspString":"1YNN"}', "20 characters"),
    ],
)
def test_what_is_no_us_privacy_string_says_why(text: str, reason: str) -> None:
    with pytest.raises(UsPrivacyError, match=reason):
        parse_us_privacy(text)


@pytest.mark.parametrize("text", ALL)
def test_a_string_cut_short_says_nothing(text: str) -> None:
    for cut in range(len(text)):
        with pytest.raises(UsPrivacyError):
            parse_us_privacy(text[:cut])


@pytest.mark.parametrize("text", ALL)
def test_one_flipped_bit_is_refused(text: str) -> None:
    """Every one is seen here: ``Y``, ``N`` and ``-`` are more than one bit apart."""
    for at, letter in enumerate(text):
        for bit in range(8):
            with pytest.raises(UsPrivacyError):
                parse_us_privacy(text[:at] + chr(ord(letter) ^ 1 << bit) + text[at + 1 :])


@pytest.mark.parametrize("text", ALL)
def test_one_wrong_character_gives_another_string_or_an_error(text: str) -> None:
    """``N`` in the place of ``Y`` is a valid string, and nothing in four characters tells that it was changed."""
    for at in range(len(text)):
        for wrong in "YN-1yn~. \x00é":
            changed = text[:at] + wrong + text[at + 1 :]
            if changed in ALL:
                parse_us_privacy(changed)
            else:
                with pytest.raises(UsPrivacyError):
                    parse_us_privacy(changed)


@steady
@given(st.text() | st.text(alphabet="1YN-", max_size=6))
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        parse_us_privacy(text)
    except UsPrivacyError:
        assert text not in ALL
    else:
        assert text in ALL
