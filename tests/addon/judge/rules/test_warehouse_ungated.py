"""warehouse-ungated: a warehouse that no consent category holds back, and messages that flow on to one."""

from __future__ import annotations

import pytest

from addon.decode.facts import Surface
from addon.judge.acts.deliveries import MappingAct
from addon.judge.rule import Breach
from addon.routing.delivery import Outcome
from tests.addon.judge.consent_views import consent_view, judged, place, warehouse
from tests.addon.judge.rules.choices import DENIED, GRANTED

RULE = "warehouse-ungated"


def mapped(*keys: str, destination: str | None = "Amazon S3", is_warehouse: bool = True) -> Breach | None:
    act = MappingAct(
        place=place(1),
        write_key="writekey1",
        destination=destination,
        vendor="aws-s3",
        keys=keys,
        warehouse=is_warehouse,
    )
    return judged(RULE, act, consent_view())


def test_a_warehouse_without_a_category_keeps_every_message() -> None:
    breach = mapped()
    assert breach is not None
    assert (breach.verdict, breach.phase, breach.destination) == ("confirmed", "no-signal", "Amazon S3")
    assert breach.explanation == (
        "Amazon S3, a warehouse or store, has no consent category in the workspace of source writekey1, so it keeps every"
        " message, whatever was refused."
    )


def test_a_warehouse_with_a_category_is_fine() -> None:
    assert mapped("C0002") is None


def test_other_destinations_and_those_without_a_name_are_another_rules_business() -> None:
    assert mapped(is_warehouse=False) is None
    assert mapped(destination=None) is None


def test_a_message_that_would_flow_on_to_a_warehouse_after_a_refusal_is_a_breach() -> None:
    breach = judged(RULE, warehouse(), DENIED)
    assert breach is not None
    assert (breach.verdict, breach.phase, breach.event_name) == ("confirmed", "after-denial", None)
    assert breach.explanation.startswith("Messages would flow on to Facebook Pixel, a warehouse or store")
    assert "the first was track 'Order Completed': because. Consent was refused" in breach.explanation


def test_a_message_that_may_flow_on_is_unproven() -> None:
    breach = judged(RULE, warehouse(Outcome.AMBIGUOUS), DENIED)
    assert breach is not None
    assert breach.verdict == "unproven"
    assert breach.explanation.startswith("Messages may flow on to")


@pytest.mark.parametrize("outcome", [Outcome.FILTERED, Outcome.UNKNOWN])
def test_what_is_filtered_or_unknown_is_fine(outcome: Outcome) -> None:
    assert judged(RULE, warehouse(outcome), DENIED) is None


def test_what_was_granted_what_needs_nothing_known_and_a_servers_message_are_fine() -> None:
    assert judged(RULE, warehouse(), GRANTED) is None
    assert judged(RULE, warehouse(need=None), DENIED) is None
    assert judged(RULE, warehouse(surface=Surface.SERVER), DENIED) is None
