"""consent-not-stamped, stamp-contradicts-choice, stamp-denies-granted: what a message says of consent itself."""

from __future__ import annotations

import pytest

from addon.consent.timeline import Need
from addon.decode.facts import NO_STAMP, Stamp, StampShape, Surface
from addon.judge.rule import Breach, ConsentView
from addon.judge.verdict import Regime
from tests.addon.judge.consent_views import (
    consent_view,
    denied,
    event,
    granted,
    judged,
    no_cookie,
    signal,
    stamp_signal,
    stamped,
)
from vendor_catalog import Category

DENIED = consent_view((0, denied()), (10, denied()))
GRANTED = consent_view((0, granted()), (10, granted()))
HALF = signal(Category.ANALYTICS, refused=(Category.MARKETING,))
ANALYTICS_ONLY = consent_view((0, HALF), (10, HALF))


def found(rule: str, before: ConsentView, stamp: Stamp, **about: object) -> Breach | None:
    return judged(rule, event(stamp=stamp, **about), before)  # type: ignore[arg-type]


# --- consent-not-stamped


@pytest.mark.parametrize("shape", StampShape)
def test_only_a_message_without_any_consent_object_is_called_unstamped(shape: StampShape) -> None:
    breach = found("consent-not-stamped", consent_view(), Stamp(shape))
    assert (breach is not None) is (shape is StampShape.MISSING)


def test_unstamped_is_a_fact_that_no_choice_changes() -> None:
    for before in (DENIED, GRANTED, consent_view()):
        breach = found("consent-not-stamped", before, NO_STAMP)
        assert breach is not None
        assert (breach.verdict, breach.phase) == ("confirmed", "no-signal")


def test_where_nobody_has_to_be_asked_nothing_shows_that_a_stamp_is_missing() -> None:
    for rule, surface in (("consent-not-stamped", Surface.WEB), ("server-event-without-consent", Surface.SERVER)):
        breach = found(rule, consent_view(regime=Regime.OPT_OUT), NO_STAMP, surface=surface)
        assert breach is not None
        assert (breach.verdict, "opted out" in breach.explanation) == ("unproven", True)
        asked = found(rule, consent_view(), NO_STAMP, surface=surface)
        assert asked is not None
        assert (asked.verdict, "opted out" in asked.explanation) == ("confirmed", False)


def test_a_message_that_switches_everything_off_is_not_routed_everywhere() -> None:
    assert found("consent-not-stamped", consent_view(), NO_STAMP, integrations={"All": False, "Braze": True}) is None
    assert (
        found("consent-not-stamped", consent_view(), NO_STAMP, integrations={"All": True, "Braze": False}) is not None
    )


def test_a_servers_message_without_consent_is_another_rules_business() -> None:
    assert found("consent-not-stamped", consent_view(), NO_STAMP, surface=Surface.SERVER) is None
    assert found("consent-not-stamped", consent_view(), NO_STAMP, surface=Surface.MOBILE) is not None


def test_a_workspace_without_consent_categories_is_told_as_that() -> None:
    told = [
        breach.explanation
        for enforced in (True, False, None)
        if (breach := found("consent-not-stamped", consent_view(), NO_STAMP, enforced=enforced)) is not None
    ]
    assert ["nothing would be enforced" in each for each in told] == [False, True, False]


# --- stamp-contradicts-choice


def test_a_stamp_that_grants_what_was_refused_is_a_contradiction_and_names_only_that() -> None:
    breach = found("stamp-contradicts-choice", ANALYTICS_ONLY, stamped(analytics=True, marketing=True))
    assert breach is not None
    assert (breach.verdict, breach.phase, breach.category) == ("confirmed", "after-denial", Category.MARKETING)
    assert breach.explanation.startswith("The stamp on track 'Order Completed' grants marketing. Consent was refused")


def test_a_stamp_that_grants_before_an_answer_is_a_contradiction() -> None:
    breach = found(
        "stamp-contradicts-choice", consent_view((0, no_cookie()), (10, no_cookie())), stamped(analytics=True)
    )
    assert breach is not None
    assert (breach.verdict, breach.phase) == ("likely", "before-choice")


@pytest.mark.parametrize(
    "stamp", [NO_STAMP, stamped(analytics=False), stamped(analytics=None), stamped(custom=True), stamped()]
)
def test_what_grants_nothing_known_contradicts_nothing(stamp: Stamp) -> None:
    assert found("stamp-contradicts-choice", DENIED, stamp) is None


def test_a_truthful_stamp_contradicts_nothing() -> None:
    assert found("stamp-contradicts-choice", GRANTED, stamped(analytics=True, marketing=True)) is None
    assert found("stamp-contradicts-choice", ANALYTICS_ONLY, stamped(analytics=True, marketing=False)) is None


def test_a_stamp_is_not_held_against_other_stamps() -> None:
    refused = consent_view((0, stamp_signal(grants=False)), (10, stamp_signal(grants=False)))
    assert found("stamp-contradicts-choice", refused, stamped(analytics=True)) is None


def test_without_a_signal_there_is_nothing_to_contradict() -> None:
    assert found("stamp-contradicts-choice", consent_view(), stamped(analytics=True)) is None


def test_a_stamp_in_an_open_window_is_unproven() -> None:
    window = consent_view((0, no_cookie()), (10, granted()))
    breach = found("stamp-contradicts-choice", window, stamped(analytics=True))
    assert breach is not None
    assert breach.verdict == "unproven"


def test_a_stamp_that_grants_necessary_contradicts_nothing() -> None:
    needs = {"c1": Need((Category.NECESSARY,))}
    assert found("stamp-contradicts-choice", DENIED, stamped(c1=True), needs=needs) is None


def test_a_stamp_that_grants_marketing_past_the_browsers_opt_out_is_a_contradiction() -> None:
    gpc = consent_view(regime=Regime.OPT_OUT, gpc=0)
    breach = found("stamp-contradicts-choice", gpc, stamped(marketing=True))
    assert breach is not None
    assert "Sec-GPC" in breach.explanation
    assert found("stamp-contradicts-choice", gpc, stamped(analytics=True)) is None
    assert found("stamp-contradicts-choice", consent_view(regime=Regime.OPT_OUT), stamped(marketing=True)) is None


def test_the_surest_of_several_contradictions_is_the_verdict() -> None:
    mixed = consent_view((0, signal(refused=(Category.MARKETING,))), (10, signal(refused=(Category.MARKETING,))))
    breach = found("stamp-contradicts-choice", mixed, stamped(analytics=True, marketing=True))
    assert breach is not None
    assert breach.category is Category.MARKETING


# --- stamp-denies-granted


def test_a_stamp_that_refuses_what_was_granted_loses_data() -> None:
    breach = found("stamp-denies-granted", GRANTED, stamped(analytics=True, marketing=False))
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
    assert found("stamp-denies-granted", before, stamped(analytics=False)) is None


def test_a_dated_grant_is_certain() -> None:
    dated = consent_view((0, no_cookie()), (10, granted(at=3)))
    assert found("stamp-denies-granted", dated, stamped(analytics=False)) is not None
    assert (
        found("stamp-denies-granted", consent_view((0, no_cookie()), (10, granted(at=7))), stamped(analytics=False))
        is None
    )


@pytest.mark.parametrize("stamp", [NO_STAMP, stamped(analytics=True), stamped(analytics=None), stamped(custom=False)])
def test_what_refuses_nothing_known_denies_nothing(stamp: Stamp) -> None:
    assert found("stamp-denies-granted", GRANTED, stamp) is None
