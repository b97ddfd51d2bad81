"""``_iub_cs-<policy>``: written on load, answered later."""

from __future__ import annotations

import json

import pytest

from addon.consent.formats.iubenda import cookie
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat

GRANT = '{"timestamp":"x","version":"1","purposes":{"1":true,"4":true,"5":true},"id":1}'
REFUSAL = '{"timestamp":"x","version":"1","purposes":{"1":false,"4":false,"5":false},"id":1}'


def read(value: str, name: str = "_iub_cs-123", **others: str) -> Answer:
    return cookie(name, {name: value} | others)


def test_purposes_are_an_answer() -> None:
    answer = read('{"purposes":{"1":true,"4":true,"5":false},"id":7,"cons":{"rand":"person"}}')
    assert (answer.answered, answer.keys) == (True, {"1": True, "4": True, "5": False})
    assert "person" not in answer.evidence


@pytest.mark.parametrize("consent", [True, False])
def test_one_consent_stands_for_all(consent: bool) -> None:
    answer = read(json.dumps({"consent": consent, "id": 7}))
    assert (answer.answered, set(answer.values.values())) == (True, {consent})


def test_an_id_alone_is_no_answer() -> None:
    assert read('{"id":90483436}').answered is False


def test_its_companions_say_nothing() -> None:
    with pytest.raises(NotThisFormat):
        read(GRANT, "_iub_cs-123-granular")


@pytest.mark.parametrize("value", ["x", '{"a":1}'])
def test_a_value_that_is_of_other_software_is_told_apart(value: str) -> None:
    with pytest.raises(NotThisFormat):
        read(value)


@pytest.mark.parametrize("value", ['{"purposes":[]}', '{"purposes":{"1":"yes"}}', '{"consent":"yes"}'])
def test_a_value_that_is_broken_is_refused(value: str) -> None:
    with pytest.raises(MalformedSignal):
        read(value)
