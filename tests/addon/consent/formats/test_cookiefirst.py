"""``cookiefirst-consent``: a boolean a category."""

from __future__ import annotations

import pytest

from addon.consent.formats.cookiefirst import cookie
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat

GRANT = '{"necessary":true,"performance":true,"functional":true,"advertising":true,"timestamp":1,"type":"category","version":"1"}'
REFUSAL = '{"necessary":false,"performance":false,"functional":false,"advertising":false,"timestamp":1,"type":"category","version":"1"}'


def read(value: str, name: str = "consent", **others: str) -> Answer:
    return cookie(name, {name: value} | others)


def test_a_partial_answer_is_read() -> None:
    answer = read('{"necessary":true,"performance":true,"functional":false,"advertising":false,"timestamp":1}')
    assert (answer.answered, answer.effective_at) == (True, None)
    assert answer.keys == {"necessary": True, "performance": True, "functional": False, "advertising": False}


def test_a_category_that_is_not_there_cannot_be_told() -> None:
    assert read('{"necessary":true}').keys["advertising"] is None


@pytest.mark.parametrize("value", ["accepted", "[]", '{"analytics":true}'])
def test_a_value_that_is_of_other_software_is_told_apart(value: str) -> None:
    with pytest.raises(NotThisFormat):
        read(value)


@pytest.mark.parametrize("value", ['{"necessary":1}'])
def test_a_value_that_is_broken_is_refused(value: str) -> None:
    with pytest.raises(MalformedSignal):
        read(value)
