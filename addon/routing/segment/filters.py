"""What keeps a message from a destination beside consent and the integrations object: the source's tracking plan, its destination
filters, and the subscriptions of the destination's actions.

Certain only where Segment's own code or documents say so. A filter that may or may not apply leaves it ``ambiguous``: the message may
go on.

Sources: Segment documentation, Schema Controls; Destination Filters; analytics-next ``plugins/routing-middleware``,
``plugins/ajs-destination``, ``plugins/remote-loader``, ``core/queue/event-queue.ts``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from addon.decode.facts import DestinationSetting, Mode, Surface
from addon.decode.segment.rules import (
    NO_DESTINATION_RULES,
    NO_SOURCE_RULES,
    Condition,
    DestinationFilter,
    DestinationRules,
    FilterEffect,
    SourceRules,
)
from addon.routing.delivery import HIDDEN, Outcome, Prediction
from addon.routing.message import Message

_CLASSIC = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}")
"""Versions of the classic analytics.js; those of its successor begin with ``next-``, ``npm:next-`` or ``edge``."""


@dataclass(frozen=True, slots=True)
class FilterInput:
    """A message, with the rules of its source."""

    message: Message
    rules: SourceRules = NO_SOURCE_RULES
    _answers: dict[int, bool | None] = field(default_factory=dict, compare=False)

    def meets(self, condition: Condition) -> bool | None:
        """Whether the message meets a condition; evaluated once, though several destinations share filters."""
        key = id(condition)
        if key not in self._answers:
            self._answers[key] = condition.holds(self.message.payload)
        return self._answers[key]


def kept_back(subject: FilterInput, destination: DestinationSetting, mode: Mode) -> Prediction | None:
    """What keeps a message from a destination (``filtered``), or may (``ambiguous``); ``None`` if nothing does."""
    checks = (_by_plan, _by_filters, _by_subscriptions)
    found = [kept for check in checks if (kept := check(subject, destination, mode)) is not None]
    return next((kept for kept in found if kept[0] is Outcome.FILTERED), found[0] if found else None)


def blocked_by_plan(subject: FilterInput) -> bool:
    """Whether the tracking plan lets a message go on to no destination at all."""
    message = subject.message
    return message.type == "track" and message.name is not None and subject.rules.plan.blocks(message.name)


def _by_plan(subject: FilterInput, destination: DestinationSetting, mode: Mode) -> Prediction | None:
    message = subject.message
    if message.type != "track" or message.name is None:
        return None
    everywhere = blocked_by_plan(subject)
    planned = subject.rules.plan.events.get(message.name)
    off = planned is not None and not planned.off.isdisjoint(destination.names)
    if not everywhere and not off:
        return None
    reason = f"the source's tracking plan blocks {message.name!r}" + ("" if everywhere else " for it")
    if mode is Mode.CLOUD:
        return Outcome.FILTERED, reason
    return Outcome.AMBIGUOUS, (
        f"{reason}, but the message's integrations do not say so, as they do where the library applies the plan"
    )


def _by_filters(subject: FilterInput, destination: DestinationSetting, mode: Mode) -> Prediction | None:
    message, rules = subject.message, subject.rules
    if destination.origin in HIDDEN and rules.filters:
        return _unsure(_applied(rules.filters, subject), "if that filter is for it")
    filters = rules.filters_of(destination.names)
    if mode is not Mode.CLOUD and message.surface is Surface.WEB and all(each.destination is None for each in filters):
        # analytics.js runs filters only for destinations that have one of their own
        return None if mode is Mode.DEVICE else _unsure(_applied(filters, subject), "if it runs on the servers")
    kept = _applied(filters, subject)
    if mode is not Mode.CLOUD and _CLASSIC.fullmatch(message.library_version or ""):
        return _unsure(kept, "if the library applies filters, as the classic analytics.js does not")
    if mode is not Mode.CLOUD and message.surface is not Surface.WEB:
        return _unsure(kept, "if the app has Segment's plugin for destination filters")
    if mode is not Mode.DEVICE and _rules_of(destination).several:
        return _unsure(kept, "but the source has several of it, and the settings do not show of which the filter is")
    return kept


def _rules_of(destination: DestinationSetting) -> DestinationRules:
    return destination.rules if isinstance(destination.rules, DestinationRules) else NO_DESTINATION_RULES


def _unsure(kept: Prediction | None, condition: str) -> Prediction | None:
    return None if kept is None else (Outcome.AMBIGUOUS, f"{kept[1]}, {condition}")


def _applied(filters: Iterable[DestinationFilter], subject: FilterInput) -> Prediction | None:
    """The result of applying the filters to a message, one after the other."""
    doubt: Prediction | None = None
    changed = False
    for each in filters:
        matches = None if changed else subject.meets(each.condition)
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
            case FilterEffect.UNKNOWN:
                changed = True
                doubt = doubt or (Outcome.AMBIGUOUS, f"what {quoted} does cannot be told")
            case _:
                doubt = doubt or (Outcome.AMBIGUOUS, f"whether {quoted} matches cannot be told from the message")
    return doubt


def _by_subscriptions(subject: FilterInput, destination: DestinationSetting, mode: Mode) -> Prediction | None:
    subscriptions = _rules_of(destination).subscriptions
    if subscriptions is None or mode is not Mode.DEVICE:
        return None
    integrations = subject.message.integrations
    named = any(name in integrations for name in destination.names)
    live = [
        each
        for each in subscriptions
        # what names the destination itself wins over what names one of its actions
        if named or all(integrations.get(f"{name} {each.action}") is not False for name in destination.names)
    ]
    if not live:
        return Outcome.FILTERED, "none of its actions is enabled for it"
    answers = [subject.meets(each.condition) for each in live]
    if True in answers:
        return None
    if None in answers:
        unread = live[answers.index(None)]
        return Outcome.AMBIGUOUS, (
            f"whether its action {unread.action} takes it ({unread.condition.text}) cannot be told from the message"
        )
    takes = "; ".join(f"{each.action}: {each.condition.text}" for each in live[:3]) + (" ..." if len(live) > 3 else "")
    return Outcome.FILTERED, f"none of its actions takes it ({takes})"
