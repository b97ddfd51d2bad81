"""stamp-denies-granted: a message that refuses what the person granted."""

from __future__ import annotations

import pytest

from addon.decode.facts import NO_STAMP, Stamp
from addon.judge.rule import Breach, ConsentView
from tests.addon.judge.consent_views import consent_view, event, granted, judged, no_cookie, stamped
from tests.addon.judge.rules.choices import DENIED, GRANTED
from vendor_catalog import Category

RULE = "stamp-denies-granted"


def found(before: ConsentView, stamp: Stamp, **about: object) -> Breach | None:
    return judged(RULE, event(stamp=stamp, **about), before)  # type: ignore[arg-type]


def test_a_stamp_that_refuses_what_was_granted_loses_data() -> None:
    breach = found(GRANTED, stamped(analytics=True, marketing=False))
    assert breach is not None
    assert breach.category is Category.MARKETING
    assert breach.explanation.startswith("The stamp on track 'Order Completed' refuses marketing. Consent was granted")


@pytest.mark.parametrize(
    "before",
    [
        DENIED,
        consent_view(),
        consent_view((0, no_cookie()), (10, granted())),
        consent_view((0, granted())),
        consent_view((0, no_cookie())),
    ],
    ids=["denied", "nothing", "window", "nothing after", "unanswered"],
)
def test_it_needs_a_grant_that_was_in_force_for_certain(before: ConsentView) -> None:
    assert found(before, stamped(analytics=False)) is None


def test_a_dated_grant_is_certain() -> None:
    dated = consent_view((0, no_cookie()), (10, granted(at=3)))
    assert found(dated, stamped(analytics=False)) is not None
    assert found(consent_view((0, no_cookie()), (10, granted(at=7))), stamped(analytics=False)) is None


@pytest.mark.parametrize("stamp", [NO_STAMP, stamped(analytics=True), stamped(analytics=None), stamped(custom=False)])
def test_what_refuses_nothing_known_denies_nothing(stamp: Stamp) -> None:
    assert found(GRANTED, stamp) is None
