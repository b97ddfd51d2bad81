"""``__cmpconsent...``: a TC string."""

from __future__ import annotations

import pytest

from addon.consent.formats.consentmanager import cookie
from addon.consent.signal import Answer, NotThisFormat
from tests.addon.consent.strings.tc_samples import ACCEPTED, REFUSED
from vendor_catalog import Category

GRANT = ACCEPTED
REFUSAL = REFUSED
EXEMPT = {"damage"}  # one bit is a grant


def read(value: str, name: str = "consent", **others: str) -> Answer:
    return cookie(name, {name: value} | others)


def test_a_cookie_of_a_live_site_is_read() -> None:
    answer = read("CO90wgOO90wgOAfSDBRUBCCgAAAAAAAAAAigAAANzgAgNzAA", "__cmpconsentx17155")
    assert answer.values[Category.MARKETING] is False


@pytest.mark.parametrize("value", ["", "BPuKNGaPuKNGaAfEHBFIABAAAAA_mABAfyA", "1"])
def test_other_values_are_told_apart(value: str) -> None:
    with pytest.raises(NotThisFormat):
        read(value)
