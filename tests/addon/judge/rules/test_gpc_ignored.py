"""gpc-ignored: the browser's own setting forbids sale and sharing (what counts as that: test_opt_outs)."""

from __future__ import annotations

from addon.judge.rule import Breach, ConsentView
from addon.judge.verdict import Regime
from tests.addon.judge.consent_views import call, consent_view, granted, judged
from vendor_catalog import CallKind

RULE = "gpc-ignored"


def found(before: ConsentView) -> Breach | None:
    return judged(RULE, call(CallKind.COLLECT), before)


def test_a_call_past_the_setting_is_a_breach_that_names_it_as_the_evidence() -> None:
    breach = found(consent_view(regime=Regime.OPT_OUT, gpc=0))
    assert breach is not None
    assert "although the browser asked for no sale and no sharing. An opt-out preference signal" in breach.explanation
    assert breach.signal is not None
    assert breach.signal.origin == "global-privacy-control"


def test_consent_that_the_person_gave_afterwards_stands_against_the_setting() -> None:
    story = ((3, granted(at=3)), (10, granted(at=3)))
    assert found(consent_view(*story, regime=Regime.OPT_OUT, gpc=0)) is None


def test_a_setting_that_was_switched_on_later_forbids_nothing_before_it() -> None:
    assert found(consent_view(regime=Regime.OPT_OUT, gpc=8)) is None
