"""``FCCDCF``: a TC string at index 3, once somebody answered."""

from __future__ import annotations

import pytest

from addon.consent.formats.fccdcf import cookie
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from tests.addon.consent.strings.tc_samples import ACCEPTED, REFUSED
from vendor_catalog import Category

GRANT = f'[null,null,null,["{ACCEPTED}",null],null,null,[[32,"[\\"9-8\\",[1778909967,1]]"]]]'
REFUSAL = f'[null,null,null,["{REFUSED}",null]]'
EXEMPT = {"damage"}  # one bit is a grant


def read(value: str, name: str = "consent", **others: str) -> Answer:
    return cookie(name, {name: value} | others)


def test_the_string_and_what_stands_beside_it_are_read() -> None:
    answer = read(f'[null,null,null,["{ACCEPTED}","2~89.93~dv.7"]]')
    assert answer.values[Category.MARKETING] is True
    assert answer.additional is not None
    assert answer.additional.consented == {89, 93}
    assert answer.not_before is not None


@pytest.mark.parametrize(
    "value",
    [
        '[null,null,null,null,null,null,[[32,"[\\"id\\",[1778909967,846000000]]"]]]',
        '[["AKsRol"],null,["[[],[],[],[],null,null,true]",1615730142251]]',
        "[]",
    ],
)
def test_without_a_string_nobody_answered_that_anything_tells_of(value: str) -> None:
    answer = read(value)
    assert (answer.answered, answer.values) == (None, {})


def test_a_broken_string_grants_nothing() -> None:
    with pytest.raises(MalformedSignal):
        read(f'[null,null,null,["{ACCEPTED[:30]}"]]')


@pytest.mark.parametrize("value", ["", "x", "{}", "[1]x"])
def test_other_values_are_told_apart(value: str) -> None:
    with pytest.raises(NotThisFormat):
        read(value)
