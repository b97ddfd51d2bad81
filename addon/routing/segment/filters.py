"""What keeps a message from a destination beside consent and the integrations object: the source's tracking plan, its destination
filters, and the subscriptions of the destination's actions.

Certain only where Segment's own code or documents say so. A filter that may or may not apply leaves it ``ambiguous``: the message may
go on.

Sources: Segment documentation, Schema Controls; Destination Filters; analytics-next ``plugins/routing-middleware``,
``plugins/ajs-destination``, ``plugins/remote-loader``, ``core/queue/event-queue.ts``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from addon.decode.facts import (
    Condition,
    DestinationFilter,
    DestinationSetting,
    FilterEffect,
    Mode,
    Surface,
    TrackingPlan,
)
from addon.jsontext import Json
from addon.judge.acts import HIDDEN, Outcome

_CLASSIC = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}")
"""Versions of the classic analytics.js; those of its successor begin with ``next-``, ``npm:next-`` or ``edge``."""

type Held = tuple[Outcome, str]
"""``filtered`` or ``ambiguous``, and why."""


@dataclass(frozen=True, slots=True)
class SourceRules:
    """What a source's settings say of all its messages."""

    filters: tuple[DestinationFilter, ...] = ()
    plan: TrackingPlan = field(default_factory=TrackingPlan)
    _by_names: dict[tuple[str, ...], tuple[DestinationFilter, ...]] = field(default_factory=dict, compare=False)

    def filters_of(self, names: tuple[str, ...]) -> tuple[DestinationFilter, ...]:
        """The filters of one destination, in order, with those that stand for all."""
        found = self._by_names.get(names)
        if found is None:
            found = tuple(each for each in self.filters if each.destination is None or each.destination in names)
            self._by_names[names] = found
        return found


NO_RULES = SourceRules()


@dataclass(frozen=True, slots=True)
class Carried:
    """What of a message filters are asked about."""

    type: str = ""
    name: str | None = None
    surface: Surface = Surface.UNKNOWN
    library_version: str | None = None
    payload: Mapping[str, Json] = field(default_factory=dict)
    rules: SourceRules = NO_RULES
    _answers: dict[int, bool | None] = field(default_factory=dict, compare=False)

    def meets(self, condition: Condition) -> bool | None:
        """Whether the message meets a condition; asked once, though several destinations share filters."""
        key = id(condition)
        if key not in self._answers:
            self._answers[key] = condition.holds(self.payload)
        return self._answers[key]


def withheld(
    carried: Carried, integrations: Mapping[str, bool], destination: DestinationSetting, mode: Mode
) -> Held | None:
    """What keeps a message from a destination, or may; ``None`` if nothing does."""
    found = [
        held
        for held in (
            _planned(carried, destination, mode),
            _filtered(carried, destination, mode),
            _unsubscribed(carried, integrations, destination, mode),
        )
        if held is not None
    ]
    return next((held for held in found if held[0] is Outcome.FILTERED), found[0] if found else None)


def blocked_by_plan(carried: Carried) -> bool:
    """Whether the tracking plan lets a message go on to no destination at all."""
    return carried.type == "track" and carried.name is not None and carried.rules.plan.blocks(carried.name)


def _planned(carried: Carried, destination: DestinationSetting, mode: Mode) -> Held | None:
    if carried.type != "track" or carried.name is None:
        return None
    planned = carried.rules.plan.events.get(carried.name)
    off = planned is not None and not planned.off.isdisjoint(destination.names)
    if not blocked_by_plan(carried) and not off:
        return None
    told = f"the source's tracking plan blocks {carried.name!r}" + ("" if blocked_by_plan(carried) else " for it")
    if mode is Mode.CLOUD:
        return Outcome.FILTERED, told
    return Outcome.AMBIGUOUS, (
        f"{told}, but the message's integrations do not say so, as they do where the library applies the plan"
    )


def _filtered(carried: Carried, destination: DestinationSetting, mode: Mode) -> Held | None:
    if destination.origin in HIDDEN and carried.rules.filters:
        return _unsure(_applied(carried.rules.filters, carried), "if that filter is for it")
    filters = carried.rules.filters_of(destination.names)
    if mode is not Mode.CLOUD and carried.surface is Surface.WEB and all(each.destination is None for each in filters):
        # analytics.js runs filters only for destinations that have one of their own
        return None if mode is Mode.DEVICE else _unsure(_applied(filters, carried), "if it runs on the servers")
    held = _applied(filters, carried)
    if mode is not Mode.CLOUD and _CLASSIC.fullmatch(carried.library_version or ""):
        return _unsure(held, "if the library applies filters, as the classic analytics.js does not")
    if mode is not Mode.CLOUD and carried.surface is not Surface.WEB:
        return _unsure(held, "if the app has Segment's plugin for destination filters")
    if mode is not Mode.DEVICE and destination.several:
        return _unsure(held, "but the source has several of it, and the settings do not show of which the filter is")
    return held


def _unsure(held: Held | None, condition: str) -> Held | None:
    return None if held is None else (Outcome.AMBIGUOUS, f"{held[1]}, {condition}")


def _applied(filters: Iterable[DestinationFilter], carried: Carried) -> Held | None:
    """What filters make of a message, one after the other."""
    doubt: Held | None = None
    changed = False
    for each in filters:
        matches = None if changed else carried.meets(each.condition)
        if matches is False:
            continue
        quoted = f"a destination filter ({each.condition.text})"
        match each.effect:
            case FilterEffect.DROPS if matches:
                return Outcome.FILTERED, f"{quoted} drops it"
            case FilterEffect.SAMPLES if matches:
                doubt = doubt or (Outcome.AMBIGUOUS, f"{quoted} lets a share of such messages through")
            case FilterEffect.CHANGES:
                changed = True
            case FilterEffect.UNTOLD:
                changed = True
                doubt = doubt or (Outcome.AMBIGUOUS, f"what {quoted} does cannot be told")
            case _:
                doubt = doubt or (Outcome.AMBIGUOUS, f"whether {quoted} matches cannot be told from the message")
    return doubt


def _unsubscribed(
    carried: Carried, integrations: Mapping[str, bool], destination: DestinationSetting, mode: Mode
) -> Held | None:
    if destination.subscriptions is None or mode is not Mode.DEVICE:
        return None
    named = any(name in integrations for name in destination.names)
    live = [
        each
        for each in destination.subscriptions
        # what names the destination itself wins over what names one of its actions
        if named or all(integrations.get(f"{name} {each.action}") is not False for name in destination.names)
    ]
    if not live:
        return Outcome.FILTERED, "none of its actions is enabled for it"
    answers = [carried.meets(each.condition) for each in live]
    if True in answers:
        return None
    if None in answers:
        unread = live[answers.index(None)]
        return Outcome.AMBIGUOUS, (
            f"whether its action {unread.action} takes it ({unread.condition.text}) cannot be told from the message"
        )
    takes = "; ".join(f"{each.action}: {each.condition.text}" for each in live[:3]) + (" ..." if len(live) > 3 else "")
    return Outcome.FILTERED, f"none of its actions takes it ({takes})"
