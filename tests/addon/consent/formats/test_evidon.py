"""``_evidon_consent_cookie``: categories by notice."""

from __future__ import annotations

import pytest

from addon.consent.formats.evidon import cookie
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from vendor_catalog import Category

GRANT = '{"consent_date":"2022-10-08T12:08:36.289Z","categories":{"6":true},"vendors":{"6":{"11":true}}}'
REFUSAL = '{"consent_date":"2022-10-08T12:08:36.289Z","categories":{"6":false}}'


def read(value: str, name: str = "consent", **others: str) -> Answer:
    return cookie(name, {name: value} | others)


def test_categories_by_name_are_read() -> None:
    answer = read(
        '{"consent_date":"2023-10-06T01:45:02.780Z","categories":{"1":{"analytics":true,"advertising":false}}}'
    )
    assert answer.keys == {"analytics": True, "advertising": False}
    assert answer.effective_at == 1696556702.78


def test_it_does_not_tell_whether_somebody_answered() -> None:
    answer = read(GRANT)
    assert (answer.answered, answer.values[Category.MARKETING]) == (None, True)


def test_notices_that_differ_decide_nothing() -> None:
    assert read('{"consent_type":1,"categories":{"6":true,"7":false}}').values == {}
    answer = read('{"consent_type":1,"categories":{"6":{"a":true},"7":{"a":false}}}')
    assert answer.keys == {"a": None}
    assert read('{"consent_date":"2018-09-14T06:10:39.126Z"}').values == {}


@pytest.mark.parametrize("value", ['{"consent_type":1,"categories":[]}', '{"consent_type":1,"categories":{"1":2}}'])
def test_a_broken_value_is_refused(value: str) -> None:
    with pytest.raises(MalformedSignal):
        read(value)


@pytest.mark.parametrize("value", ["", "x", "{}", '{"categories":{"1":true}}'])
def test_other_values_are_told_apart(value: str) -> None:
    with pytest.raises(NotThisFormat):
        read(value)
