"""opt-out-ignored: the site's own record forbids sale and sharing (what counts as that: test_opt_outs)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from addon.consent.signal import Signal
from addon.judge.rule import Breach
from addon.judge.verdict import Regime
from tests.addon.judge.consent_views import call, consent_view, judged, opt_out
from vendor_catalog import CallKind

RULE = "opt-out-ignored"


def found(*seen: tuple[float, Signal]) -> Breach | None:
    return judged(RULE, call(CallKind.COLLECT, at=5), consent_view(*seen, regime=Regime.OPT_OUT))


def test_a_call_past_the_record_is_a_breach_that_names_it_as_the_evidence() -> None:
    breach = found((0, opt_out()), (10, opt_out()))
    assert breach is not None
    assert "although by the site's own record the person opted out of sale and sharing." in breach.explanation
    assert breach.signal is not None
    assert breach.signal.origin == "us-privacy"


def test_a_record_that_says_that_nobody_opted_out_is_fine() -> None:
    assert found((0, opt_out(opted_out=False)), (10, opt_out(opted_out=False))) is None


def test_one_record_of_several_is_enough() -> None:
    breach = found((0, opt_out(opted_out=False)), (0, opt_out(origin="gpp")), (10, opt_out(origin="gpp")))
    assert breach is not None
    assert breach.signal is not None
    assert breach.signal.origin == "gpp"


def test_an_opt_out_that_was_first_seen_afterwards_is_not_proven_against_the_call() -> None:
    assert found((8, opt_out()), (10, opt_out())) is None
    breach = found((0, opt_out(opted_out=False)), (8, opt_out()), (10, opt_out()))
    assert breach is not None
    assert breach.verdict == "unproven"
    assert "although" not in breach.explanation
    assert (
        "; by the site's own record the person may have opted out of sale and sharing by then. " in breach.explanation
    )


def test_an_opt_out_that_the_call_passes_on_is_in_force_though_the_breach_is_unproven() -> None:
    told = replace(call(CallKind.COLLECT, at=5), tells_opt_out=True)
    breach = judged(RULE, told, consent_view((0, opt_out()), (10, opt_out()), regime=Regime.OPT_OUT))
    assert breach is not None
    assert breach.verdict == "unproven"
    assert "although by the site's own record the person opted out of sale and sharing." in breach.explanation


@pytest.mark.parametrize("elsewhere", [opt_out(opted_out=False), None], ids=["no opt-out", "nothing"])
def test_an_opt_out_of_one_window_of_several_may_be_another_persons(elsewhere: Signal | None) -> None:
    other = consent_view(*([] if elsewhere is None else [(0, elsewhere)]), regime=Regime.OPT_OUT)
    here = consent_view((0, opt_out()), (10, opt_out()), regime=Regime.OPT_OUT)
    act = call(CallKind.COLLECT, at=5)
    breach = judged(
        RULE, replace(act, place=replace(act.place, presumed=True)), replace(here, beside=lambda at: [other])
    )
    assert breach is not None
    assert (breach.verdict, "although" in breach.explanation) == ("unproven", False)
