"""What else settings say of where messages go: destination filters (``middlewareSettings.routingRules``), the tracking plan (``plan``)
and the subscriptions of action destinations (``remotePlugins[].settings.subscriptions``).

Sources: analytics-next ``plugins/routing-middleware``, ``plugins/schema-filter``, ``lib/is-plan-event-enabled.ts``,
``plugins/remote-loader``; tsub-js ``matchers.ts``, ``transformers.ts``; action-destinations ``browser-destination-runtime/src/plugin.ts``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from addon.jsontext import Json, mapping, text_of

from .fql import compiled, subscribed
from .fql.values import Test, unreadable
from .rules import Condition, DestinationFilter, FilterEffect, PlannedEvent, Subscription, TrackingPlan

_MAX_FILTERS = 500
_MAX_MATCHERS = 20
_MAX_CONDITIONS = 300_000
"""Characters of all conditions of one source together: every message is tested against them."""
_MAX_SUBSCRIPTIONS = 200
_MAX_EVENTS = 5000
_MAX_SHOWN = 200
_DEFAULT = "__default"
_CHANGES = ("drop_properties", "allow_properties", "map_properties", "hash_properties")
_UNREAD = "a condition that cannot be read"


class Conditions:
    """Reads conditions, as long as those of one source stay within bounds; what goes beyond is one that cannot be decided."""

    def __init__(self) -> None:
        self._left = _MAX_CONDITIONS

    def condition(self, text: str, read: Callable[[str], Test], shown: str | None = None) -> Condition:
        self._left -= len(text)
        return Condition(_shown(shown or text), read(text) if self._left >= 0 else unreadable)


def filters_of(value: Json) -> tuple[DestinationFilter, ...]:
    """``routingRules``: each matcher goes with the transformers of the same place."""
    rules = value if isinstance(value, list) else []
    conditions = Conditions()
    read = (each for rule in rules if isinstance(rule, dict) for each in _filters(rule, conditions))
    found = list(islice(read, _MAX_FILTERS + 1))
    if len(found) > _MAX_FILTERS:
        found[-1] = DestinationFilter(None, Condition("filters beyond what is read", unreadable), FilterEffect.UNKNOWN)
    return tuple(found)


def _filters(rule: Mapping[str, Json], conditions: Conditions) -> Iterator[DestinationFilter]:
    matchers, transformers = rule.get("matchers"), rule.get("transformers")
    named = text_of(rule.get("destinationName"))
    if not isinstance(matchers, list) or not isinstance(transformers, list) or len(matchers) > _MAX_MATCHERS:
        yield DestinationFilter(named, Condition(_UNREAD, unreadable), FilterEffect.UNKNOWN)
        return
    foreign = rule.get("scope") not in (None, "destinations")
    for place, matcher in enumerate(matchers):
        condition = Condition(_UNREAD, unreadable) if foreign else _condition(mapping(matcher), conditions)
        effect = _effect(transformers[place]) if place < len(transformers) else FilterEffect.UNKNOWN
        if effect is not None:
            yield DestinationFilter(named, condition, effect)


def _condition(matcher: Mapping[str, Json], conditions: Conditions) -> Condition:
    ir = matcher.get("ir")
    written = text_of(mapping(matcher.get("config")).get("expr"))
    match matcher.get("type"):
        case "all":
            return Condition("every message", lambda _: True)
        case "fql" if isinstance(ir, str):
            return conditions.condition(ir, compiled, written)
        case _:
            return Condition(_shown(written or _UNREAD), unreadable)


def _effect(transformers: Json) -> FilterEffect | None:
    """What a filter does to a message that matches; ``None`` if it leaves it as it is."""
    if not isinstance(transformers, list) or len(transformers) > _MAX_MATCHERS:
        return FilterEffect.UNKNOWN
    effect: FilterEffect | None = None
    for transformer in map(mapping, transformers):
        match transformer.get("type"):
            case "drop":
                return FilterEffect.DROPS
            case "sample_event":
                percent = mapping(mapping(transformer.get("config")).get("sample")).get("percent")
                if isinstance(percent, bool) or not isinstance(percent, (int, float)):
                    return FilterEffect.UNKNOWN
                if percent <= 0:
                    return FilterEffect.DROPS
                effect = FilterEffect.SAMPLES if percent < 1 else effect
            case kind if kind in _CHANGES:
                effect = effect or FilterEffect.CHANGES
            case _:
                return FilterEffect.UNKNOWN
    return effect


def subscriptions_of(plugin: Mapping[str, Json], conditions: Conditions) -> tuple[Subscription, ...] | None:
    """Which messages the actions of a remote plugin take; ``None`` if its settings do not say, or not within bounds."""
    listed = mapping(plugin.get("settings")).get("subscriptions")
    if not isinstance(listed, list) or len(listed) > _MAX_SUBSCRIPTIONS:
        return None
    found: list[Subscription] = []
    for each in map(mapping, listed):
        # what is not false is true enough for the page
        if each.get("enabled") in (None, False, 0, ""):
            continue
        action, written = text_of(each.get("partnerAction")), text_of(each.get("subscribe"))
        if action is None:
            return None
        condition = Condition(_UNREAD, unreadable) if written is None else conditions.condition(written, subscribed)
        found.append(Subscription(_shown(action), condition))
    return tuple(found)


def is_page_helper(plugin: Mapping[str, Json]) -> bool:
    """Whether a remote plugin only helps a cloud-mode destination along, by adding to messages in the page (Amplitude's session id,
    Braze's debouncing): action-destinations builds such ones as ``amplitude-plugins``, ``braze-cloud-plugins``."""
    return "-plugins" in (text_of(plugin.get("libraryName")) or "")


def plan_of(value: Json) -> TrackingPlan:
    """``plan.track``: which track events are switched off, everywhere or for some destinations."""
    track = mapping(mapping(value).get("track"))
    default = mapping(track.get(_DEFAULT)).get("enabled")
    events: dict[str, PlannedEvent] = {}
    for name, planned in list(track.items())[:_MAX_EVENTS]:
        said = mapping(planned)
        enabled = said.get("enabled")
        off = frozenset(key for key, on in mapping(said.get("integrations")).items() if on is False)
        if name != _DEFAULT and (isinstance(enabled, bool) or off):
            events[name] = PlannedEvent(enabled if isinstance(enabled, bool) else None, off)
    return TrackingPlan(default is not False, events) if len(track) <= _MAX_EVENTS else TrackingPlan(True, events)


def _shown(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
