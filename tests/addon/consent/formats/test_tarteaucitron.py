"""``tarteaucitron``: services, some of which may wait."""

from __future__ import annotations

import pytest

from addon.consent.formats.tarteaucitron import cookie
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat

GRANT = "!gtag=true!facebookpixel=true"
REFUSAL = "!gtag=false!facebookpixel=false"
EXEMPT = {"arbitrary text"}  # "!a=true" is a grant


def read(value: str, name: str = "consent", **others: str) -> Answer:
    return cookie(name, {name: value} | others)


def test_an_answer_for_every_service_is_one() -> None:
    answer = read("!gtag=true!facebookpixel=false")
    assert (answer.answered, answer.keys) == (True, {"gtag": True, "facebookpixel": False})


def test_as_long_as_something_waits_what_is_on_was_not_chosen_for_certain() -> None:
    answer = read("!facebookpixel=wait!matomo=true")
    assert (answer.answered, answer.keys) == (False, {"facebookpixel": None, "matomo": None})
    assert read("!facebookpixel=wait!matomo=false").answered is None


def test_a_service_that_was_allowed_while_others_wait_is_not_held_to_be_unanswered() -> None:
    answer = read("!facebookpixel=wait!segment=true")
    assert (answer.answered, answer.keys) == (None, {"facebookpixel": None, "segment": None})


@pytest.mark.parametrize("value", ["x", "", "gtag=true"])
def test_a_value_that_is_of_other_software_is_told_apart(value: str) -> None:
    with pytest.raises(NotThisFormat):
        read(value)


@pytest.mark.parametrize("value", ["!gtag=maybe", "!"])
def test_a_value_that_is_broken_is_refused(value: str) -> None:
    with pytest.raises(MalformedSignal):
        read(value)
