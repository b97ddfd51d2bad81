"""Segment: its documented reconciliation of consent and integrations, its filters, plans and subscriptions, and the destinations that
its settings leave out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from addon.consent.timeline import Need
from addon.decode.facts import DestinationSetting, Settings, StampShape, Surface
from addon.decode.segment.metrics import METRIC
from addon.decode.segment.rules import NO_SOURCE_RULES, DestinationRules, SourceRules
from addon.decode.segment.settings import OWN_KEY, aliases_of
from addon.routing.delivery import Delivery
from addon.routing.message import Message
from addon.routing.plan import Declaration, Plan
from addon.routing.router import Router

from . import unlisted
from .filters import FilterInput
from .reconciliation import mode_of, predicted

_NOT_DESTINATIONS = frozenset({"All", OWN_KEY, "Segment", "Repeater"})


class SegmentRouter(Router):
    """Routes by what Segment documents, and by what its libraries do."""

    cdp = "segment"
    predicts = (
        "the destinations that settings list, count or give a category, that messages name, and that the policy declares; the documented"
        " reconciliation of consent and integrations object; tracking plan, destination filters and subscriptions of actions"
    )
    call_counter = ("analytics.js", METRIC)

    def named(self, message: Message) -> list[DestinationSetting]:
        listed = message.named_destinations(_NOT_DESTINATIONS)
        return [replace(destination, aliases=aliases_of(destination.name, None)) for destination in listed]

    def unlisted(
        self, settings: Sequence[Settings], found: Iterable[DestinationSetting], needs: Mapping[str, Need | None]
    ) -> list[DestinationSetting]:
        return unlisted.inferred(settings, found, needs)

    def declared(self, declarations: Iterable[Declaration]) -> list[DestinationSetting]:
        return unlisted.declared(declarations)

    def deliveries(self, message: Message, plan: Plan) -> list[Delivery]:
        subject = FilterInput(message, plan.rules if isinstance(plan.rules, SourceRules) else NO_SOURCE_RULES)
        found: list[Delivery] = []
        for destination in plan.destinations:
            mode = mode_of(message, destination)
            prediction = predicted(subject, destination, mode, plan.mapped_categories)
            chosen = message.choice_for(destination) is True
            found.append(plan.delivery(destination, prediction, switched_on=chosen, mode=mode))
        return _with_known_fault(message, plan.destinations, found)


ROUTER = SegmentRouter()
_LAST_ALONE = (
    "Segment's consent-tools up to 2.0.2 are known for this in opt-in mode: of several refused destinations that the page loads as plugins"
    " they leave out the last one alone (segmentio/analytics-next#1326, repaired in 2.0.3)"
)


def _with_known_fault(
    message: Message, destinations: Sequence[DestinationSetting], found: list[Delivery]
) -> list[Delivery]:
    """The deliveries, each that consent-tools would let through by that fault with its explanation: every refused remote plugin but the
    last, in the order of the settings."""
    if message.surface is not Surface.WEB or message.stamp.shape is not StampShape.PREFERENCES:
        return found
    preferences = message.stamp.preferences
    refused = [
        place
        for place, each in enumerate(destinations)
        if isinstance(each.rules, DestinationRules)
        and each.rules.remote
        and each.mapping_shown
        and any(preferences.get(key) is not True for key in each.categories)
    ]
    for place in refused[:-1]:
        found[place] = replace(found[place], known_fault=_LAST_ALONE)
    return found
