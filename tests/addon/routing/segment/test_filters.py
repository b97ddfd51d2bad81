"""What keeps a message from a destination beside consent and the integrations object."""

from __future__ import annotations

import pytest

from addon.decode.facts import NO_STAMP, DestinationSetting, Mode, Surface
from addon.decode.segment.rules import (
    Condition,
    DestinationFilter,
    DestinationRules,
    FilterEffect,
    PlannedEvent,
    SourceRules,
    Subscription,
    TrackingPlan,
)
from addon.routing import Message
from addon.routing.segment.filters import FilterInput, kept_back

VIEWED = Message(NO_STAMP, name="Viewed", surface=Surface.WEB)


def condition(answer: bool | None) -> Condition:
    return Condition("a condition", lambda _: answer)


def dropping(answer: bool | None, *, of: str | None = "Braze") -> SourceRules:
    return SourceRules((DestinationFilter(of, condition(answer), FilterEffect.DROPS),))


def kept(
    source: SourceRules, mode: Mode = Mode.CLOUD, message: Message = VIEWED, rules: DestinationRules | None = None
) -> str | None:
    """Whether a message is kept from a destination of a source, surely or maybe."""
    destination = DestinationSetting("Braze", (), mode, (), mapping_shown=True, rules=rules)
    found = kept_back(FilterInput(message, source), destination, mode)
    return None if found is None else str(found[0])


@pytest.mark.parametrize(("answer", "expected"), [(True, "filtered"), (None, "ambiguous"), (False, None)])
def test_a_filter_drops_what_matches_it_and_leaves_open_what_may(answer: bool | None, expected: str | None) -> None:
    assert kept(dropping(answer)) == expected
    assert kept(dropping(answer, of=None)) == expected
    assert kept(dropping(answer, of="Amplitude")) is None


def test_after_a_filter_that_changes_the_message_no_later_one_is_certain() -> None:
    changes = DestinationFilter("Braze", condition(True), FilterEffect.CHANGES)
    assert kept(SourceRules((changes, *dropping(True).filters))) == "ambiguous"
    assert kept(SourceRules((*dropping(True).filters, changes))) == "filtered"


@pytest.mark.parametrize(
    ("plan", "mode", "expected"),
    [
        (TrackingPlan(True, {"Viewed": PlannedEvent(False, frozenset())}), Mode.CLOUD, "filtered"),
        (TrackingPlan(True, {"Viewed": PlannedEvent(None, frozenset({"Braze"}))}), Mode.CLOUD, "filtered"),
        (TrackingPlan(True, {"Viewed": PlannedEvent(None, frozenset({"Other"}))}), Mode.CLOUD, None),
        (TrackingPlan(False), Mode.CLOUD, "filtered"),
        (TrackingPlan(False), Mode.DEVICE, "ambiguous"),
        (TrackingPlan(), Mode.CLOUD, None),
    ],
)
def test_the_tracking_plan_keeps_an_event_back(plan: TrackingPlan, mode: Mode, expected: str | None) -> None:
    assert kept(SourceRules(plan=plan), mode) == expected
    assert kept(SourceRules(plan=plan), mode, Message(NO_STAMP, type="identify")) is None


@pytest.mark.parametrize(
    ("answers", "mode", "expected"),
    [
        ((True, False), Mode.DEVICE, None),
        ((False, None), Mode.DEVICE, "ambiguous"),
        ((False, False), Mode.DEVICE, "filtered"),
        ((), Mode.DEVICE, "filtered"),
        ((), Mode.CLOUD, None),
    ],
)
def test_a_destination_in_the_page_takes_what_one_of_its_actions_takes(
    answers: tuple[bool | None, ...], mode: Mode, expected: str | None
) -> None:
    actions = tuple(Subscription(f"action {place}", condition(answer)) for place, answer in enumerate(answers))
    assert kept(SourceRules(), mode, rules=DestinationRules(actions)) == expected


def test_of_several_destinations_of_one_name_it_is_open_which_a_filter_is_for() -> None:
    assert kept(dropping(True), rules=DestinationRules(several=True)) == "ambiguous"


def test_a_condition_is_evaluated_once_for_all_destinations() -> None:
    evaluated: list[object] = []

    def holds(payload: object) -> bool:
        evaluated.append(payload)
        return False

    rules = SourceRules((DestinationFilter(None, Condition("a condition", holds), FilterEffect.DROPS),))
    subject = FilterInput(VIEWED, rules)
    for name in ("Braze", "Amplitude", "Mixpanel"):
        kept_back(subject, DestinationSetting(name, (), Mode.CLOUD, (), mapping_shown=True), Mode.CLOUD)
    assert len(evaluated) == 1


def test_what_is_kept_of_filters_by_destination_is_bounded() -> None:
    rules = dropping(True, of=None)
    for number in range(3000):
        assert rules.filters_of((f"Destination {number}",)) == rules.filters
    assert len(rules._by_names) == 1000
