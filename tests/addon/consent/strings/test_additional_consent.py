"""Google's AC strings against what the specification shows, and against everything that can happen to one on the way."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.consent.strings.additional_consent import AdditionalConsent, AdditionalConsentError, parse_additional_consent

steady = settings(deadline=None, derandomize=True)

VERSION_1 = "1~1.35.41.101"
VERSION_2 = "2~1.35.41.101~dv.9.21.81"
CONSENTED = frozenset({1, 35, 41, 101})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (VERSION_1, AdditionalConsent(1, CONSENTED, None)),
        (VERSION_2, AdditionalConsent(2, CONSENTED, frozenset({9, 21, 81}))),
        ("1~", AdditionalConsent(1, frozenset(), None)),
        ("2~~dv.", AdditionalConsent(2, frozenset(), frozenset())),
        ("2~~dv.9.21", AdditionalConsent(2, frozenset(), frozenset({9, 21}))),
        ("2~1.35~dv.", AdditionalConsent(2, frozenset({1, 35}), frozenset())),
        ("2~1.35~dv", AdditionalConsent(2, frozenset({1, 35}), frozenset())),
    ],
)
def test_golden_strings(text: str, said: AdditionalConsent) -> None:
    assert parse_additional_consent(text) == said


@steady
@given(st.lists(st.integers(1, 999_999), max_size=60), st.lists(st.integers(1, 999_999), max_size=60) | st.none())
def test_what_is_written_is_read(consented: list[int], disclosed: list[int] | None) -> None:
    text = f"{1 if disclosed is None else 2}~{'.'.join(map(str, consented))}"
    if disclosed is not None:
        text += f"~dv.{'.'.join(map(str, disclosed))}"
    said = parse_additional_consent(text)
    assert said.consented == set(consented)
    assert said.disclosed == (None if disclosed is None else set(disclosed))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "version ''"),
        ("1", "version 1 with 0 lists"),
        ("2", "version 2 without its two lists"),
        ("3~1.2~dv.3", "version '3'"),
        ("01~1.2", "version '01'"),
        ("٢~1~dv.", "version '٢'"),
        ("1~1.2~dv.3", "version 1 with 2 lists"),
        ("2~1.35.41.101", "version 2 without its two lists"),
        ("2~1.35~9.21", "begins with 'dv.'"),
        ("2~1.35~dv9", "begins with 'dv.'"),
        ("2~1~dv.2~dv.3", "version 2 without its two lists"),
        ("1~0", "'0' among the consented"),
        ("1~1..2", "'' among the consented"),
        ("1~1.", "'' among the consented"),
        ("1~.1", "'' among the consented"),
        ("1~1.007", "'007' among the consented"),
        ("1~-1", "'-1' among the consented"),
        ("1~1_0", "'1_0' among the consented"),
        ("1~1,2", "'1,2' among the consented"),
        ("1~٣", "'٣' among the consented"),
        ("1~²", "'²' among the consented"),
        ("1~1234567", "'1234567' among the consented"),
        ("2~1~dv.x", "'x' among the disclosed"),
        ("2~1~dv..9", "'' among the disclosed"),
        (" 1~1", "version ' 1'"),
        ("1~1\n", "among the consented"),
        ("AAAA.AAAA", "version 'AAAA.AAAA'"),
        ("${ADDTL_CONSENT}", "version"),
        ("1~" + "1." * 20_000, "characters; no AC string is that long"),
        ("1~" + "9" * 39_000, "is no provider's id"),
    ],
    ids=lambda it: it[:20],
)
def test_what_is_no_ac_string_says_why(text: str, reason: str) -> None:
    with pytest.raises(AdditionalConsentError, match=reason) as raised:
        parse_additional_consent(text)
    assert len(str(raised.value)) < 200


def test_version_2_cut_short_never_consents_to_more_than_the_whole() -> None:
    whole = parse_additional_consent(VERSION_2)
    assert whole.disclosed is not None
    for cut in range(len(VERSION_2)):
        if cut < VERSION_2.index("dv.") + len("dv"):
            with pytest.raises(AdditionalConsentError):
                parse_additional_consent(VERSION_2[:cut])
            continue
        try:
            part = parse_additional_consent(VERSION_2[:cut])
        except AdditionalConsentError:
            continue
        assert part.consented == whole.consented
        assert part.disclosed is not None
        # the last id may have lost digits, and 8 for 81 cannot be told: of the disclosed, that grants nothing
        assert len(part.disclosed - whole.disclosed) <= 1


def test_version_1_cut_short_cannot_always_be_told() -> None:
    """What the format does not carry, no reader can know: it has no end. All but the last id are still the person's own."""
    whole = parse_additional_consent(VERSION_1)
    assert parse_additional_consent(VERSION_1[:-1]).consented == {1, 35, 41, 10}
    for cut in range(len(VERSION_1)):
        try:
            part = parse_additional_consent(VERSION_1[:cut])
        except AdditionalConsentError:
            continue
        stray = part.consented - whole.consented
        assert len(stray) <= 1
        assert all(VERSION_1[:cut].endswith(str(number)) for number in stray)


@pytest.mark.parametrize("text", [VERSION_1, VERSION_2])
def test_one_wrong_character_never_raises_anything_else(text: str) -> None:
    for at, letter in enumerate(text):
        wrong = [*"0123456789.~dv-_ \x00é٣", *(chr(ord(letter) ^ 1 << bit) for bit in range(8))]
        for other in wrong:
            try:
                said = parse_additional_consent(text[:at] + other + text[at + 1 :])
            except AdditionalConsentError:
                continue
            # a digit for a digit, a dot for a digit or the other way round: nothing in the string tells
            assert said.version in {1, 2}
            assert all(1 <= number <= 999_999 for number in said.consented | (said.disclosed or set()))


@steady
@given(st.text() | st.text(alphabet="12~.dv90", max_size=60))
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        parse_additional_consent(text)
    except AdditionalConsentError:
        return
