"""``CookieControl``: groups accepted or revoked, and whether somebody did that."""

from __future__ import annotations

import pytest

from addon.consent.formats.civic import cookie
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat

GRANT = '{"optionalCookies":{"analytics":"accepted","marketing":"accepted"},"consentDate":1777636800123,"interactedWith":true}'
REFUSAL = '{"optionalCookies":{"analytics":"revoked","marketing":"revoked"},"consentDate":1777636800123,"interactedWith":true}'


def read(value: str, name: str = "consent", **others: str) -> Answer:
    return cookie(name, {name: value} | others)


def test_an_answer_is_dated() -> None:
    answer = read(
        '{"optionalCookies":{"analytics":"accepted","marketing":"revoked"},"consentDate":1777636800123,"interactedWith":true}'
    )
    assert (answer.answered, answer.effective_at) == (True, 1777636800.123)
    assert answer.keys == {"analytics": True, "marketing": False}


def test_a_state_without_interaction_is_no_answer() -> None:
    answer = read('{"optionalCookies":{"analytics":"accepted"},"consentDate":1777636800123,"interactedWith":false}')
    assert (answer.answered, answer.effective_at) == (False, None)


def test_legitimate_interest_is_neither() -> None:
    assert read('{"optionalCookies":{"a":"legitimate interest"},"interactedWith":true}').keys == {"a": None}


@pytest.mark.parametrize("value", ["x", '{"a":1}'])
def test_a_value_that_is_of_other_software_is_told_apart(value: str) -> None:
    with pytest.raises(NotThisFormat):
        read(value)


@pytest.mark.parametrize(
    "value",
    [
        '{"optionalCookies":[],"interactedWith":true}',
        '{"optionalCookies":{"a":"perhaps"},"interactedWith":true}',
        '{"optionalCookies":{}}',
    ],
)
def test_a_value_that_is_broken_is_refused(value: str) -> None:
    with pytest.raises(MalformedSignal):
        read(value)
