"""consent-mode-contradicts-choice: what a call tells Google is granted, against what the person chose."""

from __future__ import annotations

from addon.judge.acts.consent import ConsentModeAct
from addon.judge.rule import Breach, ConsentView
from addon.judge.verdict import Regime
from tests.addon.judge.consent_views import consent_view, granted, judged, no_cookie, place, stamp_signal
from tests.addon.judge.rules.choices import ANALYTICS_ONLY, DENIED, GRANTED
from vendor_catalog import Category

RULE = "consent-mode-contradicts-choice"


def found(before: ConsentView, *categories: Category) -> Breach | None:
    act = ConsentModeAct(
        place=place(5),
        vendor="google-analytics-4",
        vendor_name="Google Analytics 4",
        host="region1.google-analytics.com",
        granted=categories,
        shown="gcs=G111",
    )
    return judged(RULE, act, before)


def test_granting_what_was_refused_is_a_contradiction_that_quotes_the_parameters() -> None:
    breach = found(DENIED, Category.MARKETING, Category.ANALYTICS)
    assert breach is not None
    assert (breach.verdict, breach.phase, breach.vendor) == ("confirmed", "after-denial", "google-analytics-4")
    assert breach.explanation.startswith(
        "The call to Google Analytics 4 on region1.google-analytics.com tells Google that marketing and analytics storage is"
        " granted (gcs=G111). Consent was refused"
    )


def test_only_the_category_that_was_refused_is_named() -> None:
    breach = found(ANALYTICS_ONLY, Category.MARKETING, Category.ANALYTICS)
    assert breach is not None
    assert breach.category is Category.MARKETING
    assert "tells Google that marketing storage is granted" in breach.explanation


def test_granting_before_an_answer_is_a_contradiction() -> None:
    breach = found(consent_view((0, no_cookie()), (10, no_cookie())), Category.ANALYTICS)
    assert breach is not None
    assert (breach.verdict, breach.phase) == ("likely", "before-choice")


def test_a_call_that_grants_nothing_or_only_what_was_granted_is_fine() -> None:
    assert found(DENIED) is None
    assert found(GRANTED, Category.MARKETING, Category.ANALYTICS) is None
    assert found(ANALYTICS_ONLY, Category.ANALYTICS) is None


def test_without_a_signal_of_a_consent_manager_there_is_nothing_to_contradict() -> None:
    assert found(consent_view(), Category.MARKETING) is None
    stamps = consent_view((0, stamp_signal(grants=False)), (10, stamp_signal(grants=False)))
    assert found(stamps, Category.MARKETING) is None


def test_a_grant_that_may_have_come_first_leaves_it_unproven() -> None:
    breach = found(consent_view((0, no_cookie()), (10, granted())), Category.ANALYTICS)
    assert breach is not None
    assert breach.verdict == "unproven"


def test_granting_marketing_past_the_browsers_opt_out_is_a_contradiction() -> None:
    gpc = consent_view(regime=Regime.OPT_OUT, gpc=0)
    breach = found(gpc, Category.MARKETING)
    assert breach is not None
    assert "Sec-GPC" in breach.explanation
    assert found(gpc, Category.ANALYTICS) is None
