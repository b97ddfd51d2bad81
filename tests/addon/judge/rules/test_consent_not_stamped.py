"""consent-not-stamped: a message that carries no consent object at all."""

from __future__ import annotations

import pytest

from addon.decode.facts import NO_STAMP, Stamp, StampShape, Surface
from addon.judge.rule import Breach, ConsentView
from addon.judge.verdict import Regime
from tests.addon.judge.consent_views import consent_view, event, judged
from tests.addon.judge.rules.choices import DENIED, GRANTED

RULE = "consent-not-stamped"


def found(before: ConsentView, stamp: Stamp, **about: object) -> Breach | None:
    return judged(RULE, event(stamp=stamp, **about), before)  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", StampShape)
def test_only_a_message_without_any_consent_object_is_called_unstamped(shape: StampShape) -> None:
    breach = found(consent_view(), Stamp(shape))
    assert (breach is not None) is (shape is StampShape.MISSING)


def test_unstamped_is_a_fact_that_no_choice_changes() -> None:
    for before in (DENIED, GRANTED, consent_view()):
        breach = found(before, NO_STAMP)
        assert breach is not None
        assert (breach.verdict, breach.phase) == ("confirmed", "no-signal")


def test_where_only_opt_outs_count_nothing_shows_that_a_stamp_is_missing() -> None:
    breach = found(consent_view(regime=Regime.OPT_OUT), NO_STAMP)
    assert breach is not None
    assert (breach.verdict, "opted out" in breach.explanation) == ("unproven", True)
    opt_in = found(consent_view(), NO_STAMP)
    assert opt_in is not None
    assert (opt_in.verdict, "opted out" in opt_in.explanation) == ("confirmed", False)


def test_a_message_that_switches_everything_off_is_not_routed_everywhere() -> None:
    assert found(consent_view(), NO_STAMP, integrations={"All": False, "Braze": True}) is None
    assert found(consent_view(), NO_STAMP, integrations={"All": True, "Braze": False}) is not None


def test_a_servers_message_without_consent_is_another_rules_business() -> None:
    assert found(consent_view(), NO_STAMP, surface=Surface.SERVER) is None
    assert found(consent_view(), NO_STAMP, surface=Surface.MOBILE) is not None


def test_a_workspace_without_consent_categories_is_named_as_one() -> None:
    explanations = [
        breach.explanation
        for enforced in (True, False, None)
        if (breach := found(consent_view(), NO_STAMP, enforced=enforced)) is not None
    ]
    assert ["nothing would be enforced" in each for each in explanations] == [False, True, False]
