"""``axeptio_cookies``: written on load, completed later."""

from __future__ import annotations

import pytest

from addon.consent.formats.axeptio import cookie
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat

GRANT = '{"$$token":"t","$$completed":true,"ga":true,"hotjar":true}'
REFUSAL = '{"$$token":"t","$$completed":true,"ga":false,"hotjar":false}'
EXEMPT = {"damage"}  # "$$completed":true stands beside a refusal


def read(value: str, name: str = "consent", **others: str) -> Answer:
    return cookie(name, {name: value} | others)


def test_a_completed_one_is_an_answer() -> None:
    answer = read('{"$$token":"person","$$date":"2026-05-01T12:00:00Z","$$completed":true,"ga":true,"hotjar":false}')
    assert (answer.answered, answer.keys) == (True, {"ga": True, "hotjar": False})
    assert "person" not in answer.evidence


def test_one_that_is_not_completed_is_none() -> None:
    assert read('{"$$completed":false}').answered is False


@pytest.mark.parametrize("value", ["x", '{"ga":true}'])
def test_a_value_that_is_of_other_software_is_told_apart(value: str) -> None:
    with pytest.raises(NotThisFormat):
        read(value)


@pytest.mark.parametrize("value", ['{"$$completed":1}', '{"$$completed":true,"ga":"yes"}'])
def test_a_value_that_is_broken_is_refused(value: str) -> None:
    with pytest.raises(MalformedSignal):
        read(value)
