"""The section for Canada of a GPP string: express consent is consent, and implied consent is no choice."""

from __future__ import annotations

import pytest

from addon.consent.formats.gpp import tc_string
from addon.consent.formats.tcf_canada import cookie
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from tests.addon.consent.strings.gpp_samples import CANADA, canada
from vendor_catalog import Category

SECTION_OF_ANOTHER_STRING = "read inside a GPP string alone"


def read(value: str) -> Answer:
    return cookie("gpp", {"gpp": value})


def test_what_was_expressly_consented_to_is_granted() -> None:
    answer = read(canada(express=range(1, 12)))
    assert answer.answered is True
    assert set(answer.values.values()) == {True}


def test_what_rests_on_implied_consent_is_not_decided() -> None:
    answer = read(canada(express=[1], implied=[2, 7, 8]))
    assert answer.values[Category.MARKETING] is None
    assert answer.values[Category.ANALYTICS] is None
    assert answer.values[Category.FUNCTIONAL] is False


def test_nothing_granted_is_a_refusal_or_an_open_banner() -> None:
    answer = read(canada())
    assert answer.answered is None
    assert set(answer.values.values()) == {False}


def test_vendors_and_day_are_read() -> None:
    inside = tc_string(CANADA, "5", 5)
    assert inside is not None
    answer = read(inside)
    assert answer.iab_vendors is not None
    assert {755, 12} <= answer.iab_vendors
    assert answer.not_before is not None
    assert tc_string(CANADA, "2", 5) is None


@pytest.mark.parametrize("value", ["", "CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA", "{}"])
def test_other_strings_are_told_apart(value: str) -> None:
    with pytest.raises(NotThisFormat):
        read(value)


def test_a_broken_string_grants_nothing() -> None:
    whole = canada(express=range(1, 12))
    for cut in range(1, len(whole) - 1):
        with pytest.raises(MalformedSignal):
            read(whole[:cut])
