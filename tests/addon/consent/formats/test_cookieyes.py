"""``cookieyes-consent``: values are there before any answer."""

from __future__ import annotations

import pytest

from addon.consent.formats.cookieyes import cookie
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat

GRANT = "consentid:x,consent:yes,action:yes,necessary:yes,functional:yes,analytics:yes,performance:yes,advertisement:yes,other:yes"
REFUSAL = (
    "consentid:x,consent:no,action:yes,necessary:no,functional:no,analytics:no,performance:no,advertisement:no,other:no"
)
EXEMPT = {"arbitrary text"}  # "analytics:yes" is a grant


def read(value: str, name: str = "consent", **others: str) -> Answer:
    return cookie(name, {name: value} | others)


def test_an_answer_and_its_parts_are_read() -> None:
    answer = read("consentid:x,consent:yes,action:yes,necessary:yes,functional:no,analytics:yes,advertisement:no")
    assert answer.answered is True
    assert answer.keys == {"necessary": True, "functional": False, "analytics": True, "advertisement": False}


@pytest.mark.parametrize("action", ["", "no"])
def test_what_the_law_lets_run_by_default_is_no_answer(action: str) -> None:
    answer = read(f"consentid:x,consent:yes,action:{action},necessary:yes,analytics:yes")
    assert answer.answered is False


def test_the_evidence_does_not_name_the_person() -> None:
    assert "secret" not in read("consentid:secret,consent:yes,action:yes,analytics:yes").evidence


@pytest.mark.parametrize("value", ["accepted", "true", ""])
def test_a_value_that_is_of_other_software_is_told_apart(value: str) -> None:
    with pytest.raises(NotThisFormat):
        read(value)


@pytest.mark.parametrize("value", ["consent:yes,action:perhaps", "consent:yes,action:yes,analytics:maybe"])
def test_a_value_that_is_broken_is_refused(value: str) -> None:
    with pytest.raises(MalformedSignal):
        read(value)
