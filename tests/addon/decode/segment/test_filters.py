"""Destination filters, tracking plans and subscriptions in settings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from addon.decode.facts import Mode
from addon.decode.segment.filters import filters_of, plan_of
from addon.decode.segment.rules import DestinationFilter, FilterEffect
from addon.decode.segment.settings import read

TRACK = ["=", "type", {"value": "track"}]


def rule(
    *transformers: dict[str, Any], ir: Any = TRACK, destination: str | None = "Amplitude", **more: Any
) -> dict[str, Any]:
    matcher = {"type": "fql", "ir": json.dumps(ir), "config": {"expr": 'type = "track"'}}
    named = {} if destination is None else {"destinationName": destination}
    return {"matchers": [matcher], "scope": "destinations", "transformers": [list(transformers)], **named, **more}


def effects(*rules: Any) -> list[tuple[str | None, str]]:
    return [(each.destination, str(each.effect)) for each in filters_of(list(rules))]


def test_a_filter_is_read_with_what_people_wrote_and_what_it_does() -> None:
    (one,) = filters_of([rule({"type": "drop"})])
    assert (one.destination, one.effect, one.condition.text) == ("Amplitude", FilterEffect.DROPS, 'type = "track"')
    assert one.condition.holds({"type": "track"}) is True
    assert one.condition.holds({"type": "page"}) is False


@pytest.mark.parametrize(
    ("transformers", "effect"),
    [
        ([{"type": "drop"}], "drops"),
        ([{"type": "drop_properties"}, {"type": "drop"}], "drops"),
        ([{"type": "sample_event", "config": {"sample": {"percent": 0}}}], "drops"),
        ([{"type": "sample_event", "config": {"sample": {"percent": 0.1, "path": "userId"}}}], "samples"),
        ([{"type": "sample_event", "config": {"sample": {"percent": True}}}], "unknown"),
        ([{"type": "sample_event"}], "unknown"),
        ([{"type": "hash_properties"}], "changes"),
        ([{"type": "map_properties"}], "changes"),
        ([{"type": "teleport"}], "unknown"),
        ([None], "unknown"),
    ],
    ids=str,
)
def test_each_transformer_has_its_effect(transformers: list[Any], effect: str) -> None:
    assert effects(rule(*transformers)) == [("Amplitude", effect)]


def test_a_filter_that_does_nothing_is_none() -> None:
    assert effects(rule(), rule({"type": "sample_event", "config": {"sample": {"percent": 1}}})) == []


@pytest.mark.parametrize(
    "broken",
    [
        rule({"type": "drop"}, matchers="x"),
        rule({"type": "drop"}, transformers=None),
        rule({"type": "drop"}, transformers=[]),
        rule({"type": "drop"}, matchers=[{}] * 100),
    ],
    ids=lambda each: str(each)[:60],
)
def test_a_filter_of_another_shape_is_kept_as_one_of_unknown_effect(broken: dict[str, Any]) -> None:
    assert [each.effect for each in filters_of([broken])] == [FilterEffect.UNKNOWN]


def test_a_filter_of_another_scope_or_matcher_is_undecided() -> None:
    found = filters_of([rule({"type": "drop"}, scope="sources"), rule({"type": "drop"}, matchers=[{"type": "regex"}])])
    assert [each.condition.holds({"type": "track"}) for each in found] == [None, None]


@pytest.mark.parametrize("value", [None, {}, "x", [None, 1, "x"]], ids=str)
def test_no_filters_are_no_filters(value: Any) -> None:
    assert filters_of(value) == ()


def test_filters_beyond_the_bound_leave_everything_open() -> None:
    found: tuple[DestinationFilter, ...] = filters_of([rule({"type": "drop"})] * 501)
    assert (found[-1].destination, found[-1].effect) == (None, FilterEffect.UNKNOWN)


def test_a_plan_says_which_events_are_blocked() -> None:
    plan = plan_of(
        {
            "track": {
                "__default": {"enabled": True},
                "Blocked": {"enabled": False},
                "Partly": {"enabled": True, "integrations": {"Amplitude": False, "Mixpanel": True}},
                "Odd": {"enabled": "no"},
            }
        }
    )
    assert plan.blocks("Blocked")
    assert not any(plan.blocks(name) for name in ("Partly", "Odd", "Unplanned"))
    assert plan.events["Partly"].off == {"Amplitude"}
    assert plan_of({"track": {"__default": {"enabled": False}, "Known": {"enabled": True}}}).blocks("Unplanned")
    for value in (None, [], {"track": []}, {"track": {"x": None}}):
        assert not plan_of(value).blocks("x")


def destination(plugin: dict[str, Any], **integration: Any) -> Any:
    plugins = [{"name": "Braze Web (Actions)", "creationName": "Braze Web", **plugin}]
    integrations = {"Segment.io": {}, **({"Braze Web": integration} if integration else {})}
    (only,) = read({"integrations": integrations, "remotePlugins": plugins}, "WK", "settings").destinations
    return only


def subscription(**changes: Any) -> dict[str, Any]:
    return {"partnerAction": "trackEvent", "subscribe": 'type = "track"', "enabled": True, **changes}


def test_the_enabled_subscriptions_of_an_action_destination_are_read() -> None:
    listed = [subscription(), subscription(enabled=False), subscription(partnerAction="identify", subscribe=None)]
    found = destination({"settings": {"subscriptions": listed}}).rules.subscriptions
    assert [(each.action, each.condition.holds({"type": "track"})) for each in found] == [
        ("trackEvent", True),
        ("identify", None),
    ]


@pytest.mark.parametrize(
    "settings",
    [None, {}, {"subscriptions": "x"}, {"subscriptions": [{"enabled": True}]}, {"subscriptions": [{}] * 201}],
    ids=lambda each: str(each)[:40],
)
def test_subscriptions_that_are_not_said_are_not_taken_for_none(settings: Any) -> None:
    assert destination({"settings": settings}).rules.subscriptions is None


def test_what_servers_send_on_as_well_is_not_decided_by_the_pages_subscriptions() -> None:
    settings = {"settings": {"subscriptions": [subscription()]}}
    assert destination(settings, bundlingStatus="unbundled").rules.subscriptions is None
    assert destination(settings, bundlingStatus="bundled").rules.subscriptions is not None


def test_a_plugin_that_only_helps_a_cloud_destination_does_not_make_it_one_of_the_page() -> None:
    helper = destination(
        {"libraryName": "amplitude-pluginsDestination", "settings": {"subscriptions": [subscription()]}}
    )
    assert (helper.mode, helper.rules.subscriptions) == (Mode.CLOUD, None)


def test_conditions_beyond_the_bound_are_undecided() -> None:
    endless = ["or", *[["=", "event", {"value": "x" * 900}]] * 20]
    found = filters_of([rule({"type": "drop"}, ir=endless)] * 40)
    assert found[0].condition.holds({"type": "track", "event": "y"}) is False
    assert found[-1].condition.holds({"type": "track", "event": "y"}) is None
