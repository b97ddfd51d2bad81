"""destination-without-consent: calls to a vendor's collection endpoint."""

from __future__ import annotations

import pytest

from addon.judge.verdict import Regime
from tests.addon.judge.consent_views import call, consent_view, judged
from tests.addon.judge.rules.choices import DENIED
from vendor_catalog import CallKind, Category

RULE = "destination-without-consent"


def test_a_call_after_a_refusal_names_whom_and_where() -> None:
    breach = judged(RULE, call(CallKind.COLLECT), DENIED)
    assert breach is not None
    assert (breach.verdict, breach.vendor, breach.category) == ("confirmed", "meta-pixel", Category.MARKETING)
    assert breach.explanation.startswith("Meta Pixel's collection endpoint on www.facebook.com was called. Consent was")


def test_a_call_that_failed_says_so() -> None:
    breach = judged(RULE, call(CallKind.COLLECT, failure="timeout"), DENIED)
    assert breach is not None
    assert "The request got no response (timeout)." in breach.explanation


def test_gpc_holds_against_a_marketing_call_where_opt_outs_apply() -> None:
    gpc = consent_view(regime=Regime.OPT_OUT, gpc=0)
    breach = judged(RULE, call(CallKind.COLLECT), gpc)
    assert breach is not None
    assert breach.explanation.endswith(
        "An opt-out preference signal (Sec-GPC: 1) was in force, and no answer of the person was seen that would stand"
        " against it."
    )
    assert judged(RULE, call(CallKind.COLLECT), consent_view(regime=Regime.OPT_OUT)) is None


def test_a_call_is_named_by_the_event_that_it_carries() -> None:
    breach = judged(RULE, call(CallKind.COLLECT, events=("Purchase",)), DENIED)
    assert breach is not None
    assert breach.event_name == "Purchase"
    assert breach.explanation.startswith(
        "Meta Pixel's collection endpoint on www.facebook.com was called with the event 'Purchase'. Consent was refused"
    )


def test_a_batch_names_its_events_and_is_one_finding_with_the_others() -> None:
    breach = judged(RULE, call(CallKind.COLLECT, events=tuple("abcdefg")), DENIED)
    assert breach is not None
    assert breach.event_name is None
    assert "with the events 'a', 'b', 'c', 'd', 'e' and 2 more." in breach.explanation


@pytest.mark.parametrize("name", ["view_product_12345", "f" * 12, "x" * 61, "order-2026"])
def test_a_name_with_a_number_of_its_own_does_not_make_every_call_a_finding(name: str) -> None:
    breach = judged(RULE, call(CallKind.COLLECT, events=(name,)), DENIED)
    assert breach is not None
    assert breach.event_name is None
    assert name[:60] in breach.explanation
