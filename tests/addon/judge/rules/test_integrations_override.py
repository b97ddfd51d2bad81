"""integrations-override: a message that switches a destination on past the consent manager."""

from __future__ import annotations

import pytest

from addon.decode.facts import Mode, Stamp
from addon.judge.rule import Breach, ConsentView
from addon.routing.delivery import Outcome
from tests.addon.judge.consent_views import delivery, judged, stamped
from tests.addon.judge.rules.choices import DENIED, GRANTED

RULE = "integrations-override"


def found(outcome: Outcome = Outcome.FLOWS, before: ConsentView = DENIED, **about: object) -> Breach | None:
    return judged(RULE, delivery(outcome, **{"switched_on": True, **about}), before)  # type: ignore[arg-type]


def test_switching_on_what_was_refused_is_a_breach() -> None:
    breach = found()
    assert breach is not None
    assert (breach.verdict, breach.destination) == ("confirmed", "Facebook Pixel")
    assert breach.explanation.startswith(
        "The integrations object of track 'Order Completed' switches on Facebook Pixel: because. Consent was refused"
    )


def test_what_is_not_named_is_not_switched_on() -> None:
    assert found(switched_on=False) is None


def test_switching_on_what_was_granted_is_fine() -> None:
    assert found(before=GRANTED) is None
    assert found(need=None) is None


def test_a_refused_category_wins_over_the_integrations_object_so_nothing_was_switched_on() -> None:
    assert found(Outcome.FILTERED) is None
    refused = stamped(ad=False)
    assert found(Outcome.UNKNOWN, stamp=refused, keys=("ad",), mode=Mode.DEVICE) is None


@pytest.mark.parametrize("stamp", [stamped(ad=True), stamped(other=False)])
def test_where_the_outcome_is_not_known_it_is_unproven(stamp: Stamp) -> None:
    for outcome in (Outcome.AMBIGUOUS, Outcome.UNKNOWN):
        breach = found(outcome, stamp=stamp, keys=("ad",))
        assert breach is not None
        assert breach.verdict == "unproven"


def test_a_delivery_that_was_seen_counts_although_the_stamp_refuses() -> None:
    assert found(Outcome.FLOWS, stamp=stamped(ad=False), keys=("ad",)) is not None
