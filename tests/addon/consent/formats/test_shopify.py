"""``_tracking_consent``: what was chosen apart from what is allowed."""

from __future__ import annotations

import pytest

from addon.consent.formats.shopify import cookie
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat

GRANT = "3AMPS.AMPS_DEBE_t_f_id"
REFUSAL = "3amps._DEBE_t_f_id"
EXEMPT = {"arbitrary text", "damage"}  # a letter is a grant


def read(value: str, name: str = "consent", **others: str) -> Answer:
    return cookie(name, {name: value} | others)


def test_the_letters_before_the_dot_are_the_choice() -> None:
    answer = read("3Amp.A_DEBE_t_f_id")
    assert (answer.answered, answer.keys) == (True, {"analytics": True, "marketing": False, "preferences": False})


def test_what_is_allowed_by_default_is_no_choice() -> None:
    assert (read("3.AMPS_USVA_f_f_id").answered, read("3.AMPS_USVA_f_f_id").keys) == (False, {})


def test_the_second_version_is_read_too() -> None:
    answer = read('{"con":{"CMP":{"a":"1","m":"0","p":"","s":""}},"v":"2.1","region":"DEBE"}')
    assert (answer.answered, answer.keys) == (True, {"analytics": True, "marketing": False})
    assert read('{"con":{"CMP":{"a":"","m":"","p":"","s":""}},"v":"2.1"}').answered is False


@pytest.mark.parametrize("value", ["x", "3", "3XYZ.A_", '{"v":1}'])
def test_a_value_that_is_of_other_software_is_told_apart(value: str) -> None:
    with pytest.raises(NotThisFormat):
        read(value)


@pytest.mark.parametrize("value", ['{"con":{"CMP":{"a":"2"}}}', "3Aa.A_DE_t_f"])
def test_a_value_that_is_broken_is_refused(value: str) -> None:
    with pytest.raises(MalformedSignal):
        read(value)
