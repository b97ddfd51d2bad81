"""fanout-without-consent: where a message would flow on, or was seen to."""

from __future__ import annotations

import pytest

from addon.decode.facts import Mode, Surface
from addon.judge.rule import Breach, ConsentView
from addon.routing.delivery import Basis, Outcome
from tests.addon.judge.consent_views import (
    NECESSARY,
    UNMAPPED,
    consent_view,
    delivery,
    judged,
    no_cookie,
)
from tests.addon.judge.rules.choices import DENIED, GRANTED

RULE = "fanout-without-consent"


def found(outcome: Outcome = Outcome.FLOWS, before: ConsentView = DENIED, **about: object) -> Breach | None:
    return judged(RULE, delivery(outcome, **about), before)  # type: ignore[arg-type]


def test_a_delivery_that_would_flow_after_a_refusal_is_confirmed() -> None:
    breach = found()
    assert breach is not None
    assert (breach.verdict, breach.vendor, breach.destination) == ("confirmed", "meta-pixel", "Facebook Pixel")
    assert breach.explanation.startswith(
        "The message track 'Order Completed' would flow on to Facebook Pixel (cloud mode): because. Consent was refused"
    )


def test_an_ambiguous_delivery_is_unproven_whatever_the_person_refused() -> None:
    breach = found(Outcome.AMBIGUOUS)
    assert breach is not None
    assert breach.verdict == "unproven"
    assert "may flow on to" in breach.explanation


def test_an_observed_delivery_does_not_claim_more_than_what_was_seen() -> None:
    breach = found(basis=Basis.OBSERVED, mode=Mode.DEVICE)
    assert breach is not None
    assert breach.verdict == "confirmed"
    assert "appears to have reached Facebook Pixel (device mode)" in breach.explanation


@pytest.mark.parametrize("outcome", [Outcome.FILTERED, Outcome.UNKNOWN])
def test_what_is_filtered_or_unknown_is_nobodys_fault(outcome: Outcome) -> None:
    assert found(outcome) is None


def test_a_granted_or_necessary_destination_is_fine() -> None:
    assert found(before=GRANTED) is None
    assert found(need=NECESSARY) is None


def test_a_destination_that_nobody_knows_is_not_judged() -> None:
    assert found(need=None) is None


def test_a_destination_whose_category_ids_nothing_maps_is_unproven() -> None:
    breach = found(need=UNMAPPED)
    assert breach is not None
    assert (breach.verdict, breach.category) == ("unproven", None)


def test_a_servers_message_is_not_held_against_a_visit() -> None:
    assert found(surface=Surface.SERVER) is None


def test_the_message_that_reports_a_choice_may_not_flow_on_without_consent_either() -> None:
    assert found(reports_choice=True) is not None


def test_the_verdict_is_that_of_the_consent() -> None:
    breach = found(before=consent_view((0, no_cookie()), (10, no_cookie())))
    assert breach is not None
    assert (breach.verdict, breach.phase) == ("likely", "before-choice")
