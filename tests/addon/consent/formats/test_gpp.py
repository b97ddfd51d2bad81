"""GPP strings, of which only the sections that apply are judged."""

from __future__ import annotations

import pytest

from addon.consent.formats.gpp import cookie, tc_string
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from tests.addon.consent.strings.tc_samples import ACCEPTED
from vendor_catalog import Category

NO_VALUE_OF_ITS_OWN = "it keeps an opt-out: that somebody did not opt out is no consent"
OPTED_OUT, NOT_OPTED_OUT = "DBABLA~CEAVAAAAAABA.YA", "DBABLA~CAAqAAAAAABA.QA"
TWO = "DBACTMA~1YYN~BAQAAABA.QA"


def read(value: str, apply: str = "") -> Answer:
    return cookie("__gpp", {"__gpp": value, "__gpp_sid": apply})


@pytest.mark.parametrize(
    ("value", "apply", "sold"),
    [
        (OPTED_OUT, "7", False),
        (NOT_OPTED_OUT, "7", True),
        (OPTED_OUT, "", None),
        (OPTED_OUT, "8", None),
        (OPTED_OUT, "-1", None),
        (OPTED_OUT, "${GPP_SID}", None),
        (TWO, "6", False),
        (TWO, "6%2C8", False),
    ],
)
def test_only_sections_that_apply_are_judged(value: str, apply: str, sold: bool | None) -> None:
    answer = read(value, apply)
    assert answer.values.get(Category.MARKETING) is sold
    assert answer.answered is (True if sold is False else None)


def test_a_broken_string_is_refused_whatever_applies() -> None:
    for cut in range(1, len(OPTED_OUT) - 3):
        try:
            answer = read(OPTED_OUT[:cut], "7")
        except MalformedSignal:
            continue
        assert answer.values.get(Category.MARKETING) is not True


def test_an_empty_value_is_no_string() -> None:
    with pytest.raises(NotThisFormat):
        read("")


def test_the_tc_string_inside_is_found_if_it_applies() -> None:
    text = f"DBABM~{ACCEPTED}"
    assert tc_string(text, "2") == ACCEPTED
    assert tc_string(text, "7") is None
    assert tc_string(OPTED_OUT, "2") is None
    assert tc_string("x", "2") is None
