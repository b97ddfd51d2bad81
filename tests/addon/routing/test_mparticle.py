"""Which kits are given an event, by the consent rule of each."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from addon.decode.facts import NO_STAMP, DestinationSetting, Mode, Stamp, StampShape
from addon.decode.mparticle.kits import ConsentRule, KitRules, purpose_hash
from addon.routing import Message, Plan, Recipient
from addon.routing.delivery import Outcome
from addon.routing.mparticle import ROUTER

ANALYTICS, SALE = purpose_hash("1", "analytics"), purpose_hash("2", "data_sale_opt_out")


def message(stamp: Stamp, kind: str = "custom_event") -> Message:
    return Message(stamp, type=kind)


def stamped(preferences: Mapping[str, bool | None], *, opted_out: bool | None = None) -> Stamp:
    return Stamp(StampShape.PREFERENCES, preferences, on_envelope=True, sale_opt_out=opted_out)


def outcome(stamp: Stamp, rule: ConsentRule | None, kind: str = "custom_event", *, narrowed: bool = False) -> Outcome:
    rules = KitRules(rule, narrowed)
    kit = DestinationSetting("Amplitude", (), Mode.DEVICE, (), mapping_shown=False, rules=rules)
    plan = Plan((kit,), {"Amplitude": Recipient("amplitude")})
    (found,) = ROUTER.deliveries(message(stamp, kind), plan)
    assert (found.destination, found.vendor, found.mode) == ("Amplitude", "amplitude", Mode.DEVICE)
    return found.outcome


INCLUDES = ConsentRule(True, ((ANALYTICS, True),))
EXCLUDES = ConsentRule(False, ((ANALYTICS, False),))


@pytest.mark.parametrize(
    ("preferences", "rule", "expected"),
    [
        ({"analytics": True}, INCLUDES, Outcome.FLOWS),
        ({"Analytics": True}, INCLUDES, Outcome.FLOWS),
        ({"analytics": False}, INCLUDES, Outcome.FILTERED),
        ({"other": True}, INCLUDES, Outcome.FILTERED),
        ({"analytics": None}, INCLUDES, Outcome.UNKNOWN),
        ({"analytics": False}, EXCLUDES, Outcome.FILTERED),
        ({"analytics": True}, EXCLUDES, Outcome.FLOWS),
        ({"other": False}, EXCLUDES, Outcome.FLOWS),
        ({"analytics": False}, None, Outcome.FLOWS),
    ],
)
def test_a_kit_receives_by_its_rule(
    preferences: Mapping[str, bool | None], rule: ConsentRule | None, expected: Outcome
) -> None:
    assert outcome(stamped(preferences), rule) is expected


def test_one_purpose_that_fits_is_enough() -> None:
    either = ConsentRule(True, ((ANALYTICS, True), (purpose_hash("1", "ads"), True)))
    assert outcome(stamped({"analytics": False, "ads": True}), either) is Outcome.FLOWS


def test_without_a_consent_state_only_a_rule_that_demands_one_keeps_an_event_back() -> None:
    assert outcome(NO_STAMP, INCLUDES) is Outcome.FILTERED
    assert outcome(NO_STAMP, EXCLUDES) is Outcome.FLOWS
    assert outcome(NO_STAMP, None) is Outcome.FLOWS


def test_a_rule_may_ask_for_the_opt_out_from_sale() -> None:
    unless_opted_out = ConsentRule(False, ((SALE, True),))
    assert outcome(stamped({}, opted_out=True), unless_opted_out) is Outcome.FILTERED
    assert outcome(stamped({}, opted_out=False), unless_opted_out) is Outcome.FLOWS


def test_other_filters_and_other_types_leave_it_open() -> None:
    assert outcome(stamped({"analytics": True}), INCLUDES, narrowed=True) is Outcome.UNKNOWN
    assert outcome(stamped({"analytics": True}), INCLUDES, "session_start") is Outcome.UNKNOWN
    assert outcome(stamped({"analytics": False}), INCLUDES, narrowed=True) is Outcome.FILTERED


def test_messages_name_no_destination() -> None:
    assert ROUTER.named(message(NO_STAMP)) == []
