"""``cmplz_banner-status`` with a cookie a category."""

from __future__ import annotations

import pytest

from addon.consent.formats.complianz import cookie
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat

NO_VALUE_OF_ITS_OWN = "the banner's cookie says that somebody answered, and the cookies beside it what"


def read(value: str, name: str = "consent", **others: str) -> Answer:
    return cookie(name, {name: value} | others)


def test_categories_stand_in_cookies_of_their_own() -> None:
    answer = read("dismissed", cmplz_marketing="deny", cmplz_statistics="allow")
    assert (answer.answered, answer.keys) == (True, {"statistics": True, "marketing": False})


def test_a_dismissed_banner_without_them_says_nothing_of_any() -> None:
    assert (read("dismissed").answered, read("dismissed").keys) == (True, {})


def test_a_category_that_is_neither_is_refused() -> None:
    with pytest.raises(MalformedSignal):
        read("dismissed", cmplz_marketing="maybe")


@pytest.mark.parametrize("value", ["show", ""])
def test_a_value_that_is_of_other_software_is_told_apart(value: str) -> None:
    with pytest.raises(NotThisFormat):
        read(value)
