"""``CookieScriptConsent``: an action once somebody answered."""

from __future__ import annotations

import pytest

from addon.consent.formats.cookiescript import cookie
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat

GRANT = '{"action":"accept","categories":"[\\"targeting\\",\\"performance\\"]","key":"k"}'
REFUSAL = '{"action":"reject","categories":"[]","key":"k"}'


def read(value: str, name: str = "consent", **others: str) -> Answer:
    return cookie(name, {name: value} | others)


def test_what_is_listed_is_granted_and_the_rest_refused() -> None:
    answer = read('{"action":"accept","categories":"[\\"performance\\"]","key":"person"}')
    assert (answer.answered, answer.complete, answer.keys) == (True, True, {"performance": True})
    assert "person" not in answer.evidence


def test_without_an_action_nobody_answered() -> None:
    assert read('{"googleconsentmap":{"ad_storage":"targeting"}}').answered is False


@pytest.mark.parametrize("value", ["x", '{"a":1}'])
def test_a_value_that_is_of_other_software_is_told_apart(value: str) -> None:
    with pytest.raises(NotThisFormat):
        read(value)


@pytest.mark.parametrize(
    "value", ['{"action":"perhaps"}', '{"action":"accept","categories":"{"}', '{"action":"accept","categories":"[1]"}']
)
def test_a_value_that_is_broken_is_refused(value: str) -> None:
    with pytest.raises(MalformedSignal):
        read(value)
