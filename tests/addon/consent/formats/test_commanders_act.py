"""``TC_PRIVACY``: opted in or out, of categories by number."""

from __future__ import annotations

import pytest

from addon.consent.formats.commanders_act import cookie
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from vendor_catalog import Category

GRANT = "0@007|2|2|224|114|5380@1,2,33@@1714758430157,1714758430157,1730310430157@"
REFUSAL = "1@003@@@1614693979031@"
EXEMPT = {"damage"}  # what is lost may be the status


def read(value: str, name: str = "consent", **others: str) -> Answer:
    return cookie(name, {name: value} | others)


def test_what_is_opted_in_is_granted_and_dated() -> None:
    answer = read(GRANT)
    assert answer.keys == {"1": True, "2": True, "33": True}
    assert (answer.answered, answer.effective_at) == (True, 1714758430.157)
    assert set(answer.values.values()) == {None}  # nobody knows what was not listed


@pytest.mark.parametrize("value", [REFUSAL, "1@009@ALL@@1593418821237@", "1%40003%40%40%401614693979031%40"])
def test_an_opt_out_of_everything_refuses_everything(value: str) -> None:
    answer = read(value)
    assert answer.values == dict.fromkeys((Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING), False)


def test_an_opt_out_of_some_refuses_those() -> None:
    assert read("1@012@2,3@@1592900933049@").keys == {"2": False, "3": False}


def test_where_everything_is_opted_in_nobody_knows_what_that_is() -> None:
    assert read("0@064@ALL@").values == dict.fromkeys((Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING))


@pytest.mark.parametrize("value", ["0@003@1,x@@1@", "0@003@1,2"])
def test_a_broken_value_is_refused(value: str) -> None:
    with pytest.raises(MalformedSignal):
        read(value)


@pytest.mark.parametrize("value", ["", "1", "2@003@@", "optout"])
def test_other_values_are_told_apart(value: str) -> None:
    with pytest.raises(NotThisFormat):
        read(value)
