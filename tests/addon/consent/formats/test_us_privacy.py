"""The cookie ``usprivacy``."""

from __future__ import annotations

import pytest

from addon.consent.formats.us_privacy import cookie
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from vendor_catalog import Category

NO_VALUE_OF_ITS_OWN = "it keeps an opt-out: that somebody did not opt out is no consent"


def read(value: str) -> Answer:
    return cookie("usprivacy", {"usprivacy": value})


@pytest.mark.parametrize(
    ("value", "answered", "sold"), [("1YYN", True, False), ("1YNN", None, True), ("1---", None, None)]
)
def test_an_opt_out_is_told_from_none(value: str, answered: bool | None, sold: bool | None) -> None:
    answer = read(value)
    assert (answer.answered, answer.values.get(Category.MARKETING)) == (answered, sold)


def test_a_broken_string_is_refused() -> None:
    with pytest.raises(MalformedSignal):
        read("1YX")


@pytest.mark.parametrize("value", ["", '{"uspString":"1YNN"}'])
def test_a_value_of_other_software_is_told_apart(value: str) -> None:
    with pytest.raises(NotThisFormat):
        read(value)
