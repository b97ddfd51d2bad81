"""consent-default-missing: a call to Google before a default was set, or without one."""

from __future__ import annotations

from addon.judge.verdict import Regime
from tests.addon.judge.consent_views import consent_default, consent_view, granted, judged

RULE = "consent-default-missing"


def test_a_call_before_the_default_names_both_calls_parameters() -> None:
    breach = judged(RULE, consent_default(stated="gcs=G100&gcd=13p3p3p3p1"), consent_view())
    assert breach is not None
    assert (breach.verdict, breach.vendor) == ("confirmed", "google-analytics-4")
    assert breach.explanation == (
        "Google Analytics 4 on region1.google-analytics.com was called (gcd=13l3l3l3l1) before any consent was set; 400 ms later a call of"
        " the same page states a default (gcs=G100&gcd=13p3p3p3p1)."
    )


def test_an_update_without_a_default_is_told_as_that() -> None:
    breach = judged(RULE, consent_default(stated=None), consent_view((0, granted()), (10, granted())))
    assert breach is not None
    assert "no default had been set before the update" in breach.explanation


def test_what_another_window_may_have_sent_is_unproven() -> None:
    breach = judged(RULE, consent_default(stated=None, presumed=True), consent_view())
    assert breach is not None
    assert breach.verdict == "unproven"


def test_where_nobody_has_to_be_asked_no_default_is_needed() -> None:
    assert judged(RULE, consent_default(stated=None), consent_view(regime=Regime.OPT_OUT)) is None
