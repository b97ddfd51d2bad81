"""What a Segment source's settings say of routing: its destination filters, its tracking plan, and which messages each action of a
destination takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from addon.decode.facts import RoutingRules
from addon.jsontext import Json

_MAX_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Condition:
    """What a filter or a subscription asks of a message."""

    text: str
    """As people wrote it."""
    holds: Callable[[Mapping[str, Json]], bool | None] = field(compare=False, repr=False)
    """Takes a message's payload; ``None`` if it cannot be decided."""


class FilterEffect(StrEnum):
    """What a destination filter does to a message that matches."""

    DROPS = "drops"
    SAMPLES = "samples"
    """Lets a share of them through."""
    CHANGES = "changes"
    """Takes properties away or rewrites them, so that later filters see another message."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DestinationFilter:
    """A destination filter of a source."""

    destination: str | None
    """``None``: it stands for all destinations of the source or the workspace."""
    condition: Condition
    effect: FilterEffect


@dataclass(frozen=True, slots=True)
class PlannedEvent:
    """What the tracking plan says of one track event."""

    enabled: bool | None
    """``None`` if it leaves that to the plan's default."""
    off: frozenset[str]
    """Destinations that do not get it."""


@dataclass(frozen=True, slots=True)
class TrackingPlan:
    """Which track events a source lets through."""

    default: bool = True
    """Whether it lets through what it does not name."""
    events: Mapping[str, PlannedEvent] = field(default_factory=dict)

    def blocks(self, name: str) -> bool:
        """Whether an event of a name goes on to no destination."""
        planned = self.events.get(name)
        return not (self.default if planned is None or planned.enabled is None else planned.enabled)


@dataclass(frozen=True, slots=True)
class SourceRules(RoutingRules):
    """What a source's settings say of all its messages."""

    filters: tuple[DestinationFilter, ...] = ()
    """In the order in which they are applied."""
    plan: TrackingPlan = field(default_factory=TrackingPlan)
    code: tuple[str, ...] = ()
    """What else runs on every message in the page or app and may change it, by name."""
    _by_names: dict[tuple[str, ...], tuple[DestinationFilter, ...]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def filters_of(self, names: tuple[str, ...]) -> tuple[DestinationFilter, ...]:
        """The filters of one destination, in order, with those that stand for all."""
        found = self._by_names.get(names)
        if found is None:
            found = tuple(each for each in self.filters if each.destination is None or each.destination in names)
            if len(self._by_names) < _MAX_KEPT:
                self._by_names[names] = found
        return found


@dataclass(frozen=True, slots=True)
class Subscription:
    """Which messages one action of a destination takes."""

    action: str
    condition: Condition


@dataclass(frozen=True, slots=True)
class DestinationRules(RoutingRules):
    """What a source's settings say of one destination."""

    subscriptions: tuple[Subscription, ...] | None = None
    """Which messages its actions in the page take, if the settings say; those that are switched off are left out."""
    remote: bool = False
    """Whether the page loads it as a remote plugin (an action destination)."""
    several: bool = False
    """Whether the source is known to have it more than once, under the same name."""


NO_SOURCE_RULES = SourceRules()
NO_DESTINATION_RULES = DestinationRules()
