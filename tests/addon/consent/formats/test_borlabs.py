"""``borlabs-cookie``: groups that are granted."""

from __future__ import annotations

import pytest

from addon.consent.formats.borlabs import cookie
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat

GRANT = (
    '{"consents":{"essential":["borlabs-cookie"],"statistics":["ga"],"marketing":["pixel"]},"uid":"u","version":"1"}'
)
REFUSAL = '{"consents":{},"uid":"u","version":"1"}'


def read(value: str, name: str = "consent", **others: str) -> Answer:
    return cookie(name, {name: value} | others)


def test_a_group_that_is_not_there_is_refused() -> None:
    answer = read('{"consents":{"essential":["borlabs-cookie"],"statistics":["ga"]},"uid":"person"}')
    assert (answer.answered, answer.complete) == (True, True)
    assert answer.keys == {"essential": True, "statistics": True}
    assert "person" not in answer.evidence


@pytest.mark.parametrize("value", ["x", '{"uid":"u"}'])
def test_a_value_that_is_of_other_software_is_told_apart(value: str) -> None:
    with pytest.raises(NotThisFormat):
        read(value)


@pytest.mark.parametrize("value", ['{"consents":[]}', '{"consents":{"statistics":true}}'])
def test_a_value_that_is_broken_is_refused(value: str) -> None:
    with pytest.raises(MalformedSignal):
        read(value)
