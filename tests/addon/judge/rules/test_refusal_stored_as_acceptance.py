"""refusal-stored-as-acceptance: the record grants what was refused."""

from __future__ import annotations

import pytest

from tests.addon.judge.consent_views import consent_view, judged, refusal_record
from vendor_catalog import Category

RULE = "refusal-stored-as-acceptance"


def test_the_press_and_the_record_are_both_named() -> None:
    breach = judged(RULE, refusal_record(), consent_view())
    assert breach is not None
    assert (breach.verdict, breach.phase, breach.category) == ("confirmed", "after-denial", "marketing")
    assert breach.explanation == (
        "A refusal was pressed, as the click on 'Reject all' at 12:00:05.000Z shows; the record of Klaro grants marketing at"
        " 12:00:07.000Z, as the cookie klaro shows."
    )


@pytest.mark.parametrize(
    ("clicked", "dated", "granted", "verdict", "doubt"),
    [
        (False, True, Category.MARKETING, "likely", "Nothing but the tester's word"),
        (True, False, Category.MARKETING, "unproven", "Nothing dates the record"),
        (True, True, Category.ANALYTICS, "unproven", "audience measurement"),
    ],
)
def test_what_leaves_it_open_is_said(clicked: bool, dated: bool, granted: Category, verdict: str, doubt: str) -> None:
    breach = judged(RULE, refusal_record(clicked=clicked, dated=dated, granted_ones=(granted,)), consent_view())
    assert breach is not None
    assert breach.verdict == verdict
    assert doubt in breach.explanation
