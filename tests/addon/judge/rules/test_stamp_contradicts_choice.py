"""stamp-contradicts-choice: a message that grants what the person did not."""

from __future__ import annotations

import pytest

from addon.consent.timeline import Need
from addon.decode.facts import NO_STAMP, Stamp
from addon.judge.rule import Breach, ConsentView
from addon.judge.verdict import Regime
from tests.addon.judge.consent_views import (
    consent_view,
    event,
    granted,
    judged,
    no_cookie,
    signal,
    stamp_signal,
    stamped,
)
from tests.addon.judge.rules.choices import ANALYTICS_ONLY, DENIED, GRANTED
from vendor_catalog import Category

RULE = "stamp-contradicts-choice"


def found(before: ConsentView, stamp: Stamp, **about: object) -> Breach | None:
    return judged(RULE, event(stamp=stamp, **about), before)  # type: ignore[arg-type]


def test_a_stamp_that_grants_what_was_refused_is_a_contradiction_and_names_only_that() -> None:
    breach = found(ANALYTICS_ONLY, stamped(analytics=True, marketing=True))
    assert breach is not None
    assert (breach.verdict, breach.phase, breach.category) == ("confirmed", "after-denial", Category.MARKETING)
    assert breach.explanation.startswith("The stamp on track 'Order Completed' grants marketing. Consent was refused")


def test_a_stamp_that_grants_before_an_answer_is_a_contradiction() -> None:
    breach = found(consent_view((0, no_cookie()), (10, no_cookie())), stamped(analytics=True))
    assert breach is not None
    assert (breach.verdict, breach.phase) == ("likely", "before-choice")


@pytest.mark.parametrize(
    "stamp", [NO_STAMP, stamped(analytics=False), stamped(analytics=None), stamped(custom=True), stamped()]
)
def test_what_grants_nothing_known_contradicts_nothing(stamp: Stamp) -> None:
    assert found(DENIED, stamp) is None


def test_a_truthful_stamp_contradicts_nothing() -> None:
    assert found(GRANTED, stamped(analytics=True, marketing=True)) is None
    assert found(ANALYTICS_ONLY, stamped(analytics=True, marketing=False)) is None


def test_a_stamp_is_not_held_against_other_stamps() -> None:
    refused = consent_view((0, stamp_signal(grants=False)), (10, stamp_signal(grants=False)))
    assert found(refused, stamped(analytics=True)) is None


def test_without_a_signal_there_is_nothing_to_contradict() -> None:
    assert found(consent_view(), stamped(analytics=True)) is None


def test_a_stamp_in_an_open_window_is_unproven() -> None:
    window = consent_view((0, no_cookie()), (10, granted()))
    breach = found(window, stamped(analytics=True))
    assert breach is not None
    assert breach.verdict == "unproven"


def test_a_stamp_that_grants_necessary_contradicts_nothing() -> None:
    needs = {"c1": Need((Category.NECESSARY,))}
    assert found(DENIED, stamped(c1=True), needs=needs) is None


def test_a_stamp_that_grants_marketing_past_the_browsers_opt_out_is_a_contradiction() -> None:
    gpc = consent_view(regime=Regime.OPT_OUT, gpc=0)
    breach = found(gpc, stamped(marketing=True))
    assert breach is not None
    assert "Sec-GPC" in breach.explanation
    assert found(gpc, stamped(analytics=True)) is None
    assert found(consent_view(regime=Regime.OPT_OUT), stamped(marketing=True)) is None


def test_the_surest_of_several_contradictions_is_the_verdict() -> None:
    mixed = consent_view((0, signal(refused=(Category.MARKETING,))), (10, signal(refused=(Category.MARKETING,))))
    breach = found(mixed, stamped(analytics=True, marketing=True))
    assert breach is not None
    assert breach.category is Category.MARKETING
