"""``__hs_cookie_cat_pref`` and ``__hs_opt_out``."""

from __future__ import annotations

import pytest

from addon.consent.formats.hubspot import cookie
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat

GRANT = "1:true_2:true_3:true"
REFUSAL = "1:false_2:false_3:false"
EXEMPT = {"arbitrary text"}  # "1:true" is a grant


def read(value: str, name: str = "__hs_cookie_cat_pref", **others: str) -> Answer:
    return cookie(name, {name: value} | others)


@pytest.mark.parametrize("separator", ["_", ","])
def test_categories_have_numbers(separator: str) -> None:
    answer = read(separator.join(("1:true", "2:false", "3:true")))
    assert (answer.answered, answer.keys) == (True, {"analytics": True, "advertisement": False, "functionality": True})


def test_an_opt_out_refuses_everything_and_its_absence_grants_nothing() -> None:
    assert set(read("yes", "__hs_opt_out").values.values()) == {False}
    assert set(read("no", "__hs_opt_out").values.values()) == {None}
    with pytest.raises(NotThisFormat):
        read("perhaps", "__hs_opt_out")


@pytest.mark.parametrize("value", ["x", ""])
def test_a_value_that_is_of_other_software_is_told_apart(value: str) -> None:
    with pytest.raises(NotThisFormat):
        read(value)


@pytest.mark.parametrize("value", ["1:maybe", "1:true;2:true"])
def test_a_value_that_is_broken_is_refused(value: str) -> None:
    with pytest.raises(MalformedSignal):
        read(value)
