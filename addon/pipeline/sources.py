"""What is known of each source (write key): its destinations, how they are mapped, and where its messages go."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import itemgetter

from addon.consent.signal import Resolver
from addon.consent.timeline import Need
from addon.decode.facts import DestinationSetting, Settings
from addon.judge.fanout import Message, fanouts
from addon.policy import Policy
from vendor_catalog import Catalogue, Category

_SENSITIVITY = (Category.MARKETING, Category.ANALYTICS, Category.FUNCTIONAL, Category.NECESSARY)
_BY_TIME = itemgetter(0)
_MAX_SETTINGS = 50
_MAX_PLANS = 1000


type SourceKey = tuple[str, str]
"""CDP and write key."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Where messages of one kind go on: every known destination, its vendor, and what it needs consent for."""

    destinations: tuple[DestinationSetting, ...]
    vendors: Mapping[str, str | None]
    needs: Mapping[str, Need | None]
    mapped_categories: frozenset[str]
    """Every category id that the workspace maps to some destination, listed or hidden."""


@dataclass(slots=True)
class Source:
    """One write key of one CDP, and the settings seen for it, in order of time."""

    cdp: str
    write_key: str
    settings: list[tuple[float, Settings]] = field(default_factory=list)
    plans: dict[tuple[object, ...], Plan] = field(default_factory=dict)
    """Plans made so far, by what decides them: messages of a source hardly differ in it."""

    def add(self, settings: Settings, at: float) -> None:
        self.settings.insert(bisect_right(self.settings, at, key=_BY_TIME), (at, settings))
        del self.settings[:-_MAX_SETTINGS]
        self.plans.clear()

    def at(self, moment: float, origin: str) -> Settings | None:
        """The settings in force at a moment: the last ones fetched before, else the first ones fetched after."""
        of_origin = [(at, settings) for at, settings in self.settings if settings.origin == origin]
        if not of_origin:
            return None
        index = bisect_right(of_origin, moment, key=_BY_TIME)
        return of_origin[max(index - 1, 0)][1]

    @property
    def key(self) -> SourceKey:
        return self.cdp, self.write_key

    @property
    def seen(self) -> bool:
        return bool(self.settings)


class SourceBook:
    """All sources of a capture."""

    def __init__(self, catalogue: Catalogue, resolver: Resolver, policy: Policy) -> None:
        self._catalogue = catalogue
        self._resolver = resolver
        self._policy = policy
        self.sources: dict[SourceKey, Source] = {}
        self._needs: dict[tuple[tuple[str, ...], str | None], Need] = {}
        self.ingestion_hosts: dict[str, str] = {
            named.host.lower(): named.cdp for site in policy.sites.values() for named in site.ingestion_hosts
        }

    def source(self, cdp: str, write_key: str) -> Source:
        """Two CDPs may use one write key, as sites do that send the same messages to both."""
        return self.sources.setdefault((cdp, write_key), Source(cdp, write_key))

    def learn(self, settings: Settings, at: float) -> Source:
        """Takes in what a settings response says."""
        source = self.source(settings.cdp, settings.write_key)
        source.add(settings, at)
        for host in settings.api_hosts:
            self.ingestion_hosts.setdefault(host, settings.cdp)
        return source

    def plan(self, source: Source, message: Message, at: float) -> Plan:
        """Where a message goes on: to the destinations of the settings and of the list that a consent manager fetched, and
        to those that it names itself, in its metadata and its integrations object."""
        settings = [each for origin in ("settings", "integrations") if (each := source.at(at, origin)) is not None]
        key = (
            *map(id, settings),
            message.stamp.provider,
            message.stamp.any_suffices,
            message.bundled,
            message.unbundled,
            *message.integrations.items(),
        )
        plan = source.plans.get(key)
        if plan is None:
            plan = self._plan(settings, message, fanouts()[source.cdp].named(message))
            if len(source.plans) >= _MAX_PLANS:
                source.plans.clear()
            source.plans[key] = plan
        return plan

    def _plan(self, settings: list[Settings], message: Message, named: list[DestinationSetting]) -> Plan:
        off = {name for name, on in message.integrations.items() if not on}
        found: list[DestinationSetting] = []
        known: set[str] = set()
        shown = [listed.under(message.stamp) for each in settings for listed in each.destinations]
        for candidate in (*shown, *named):
            # tracking plans switch off single actions of a destination ("Amplitude logEvent"), which are none themselves
            action = candidate.name in off and any(candidate.name.startswith(f"{name} ") for name in known)
            # two that settings list are two, even if integrations objects call them by one name
            twice = candidate.name in known if candidate.mapping_shown else bool(known.intersection(candidate.names))
            if not (action and not candidate.mapping_shown) and not twice:
                found.append(candidate)
                known.update(candidate.names)
        mapped = {key for listed in shown for key in listed.categories}
        return Plan(
            destinations=tuple(found),
            vendors={destination.name: self.vendor_of(destination.names) for destination in found},
            needs={destination.name: self.need_of_destination(destination) for destination in found},
            mapped_categories=frozenset(mapped.union(*(each.all_categories for each in settings))),
        )

    def enforces_consent(self, source: Source, at: float) -> bool | None:
        settings = source.at(at, "settings")
        return None if settings is None else settings.enforces_consent

    def vendor_of(self, names: tuple[str, ...]) -> str | None:
        """The catalogue's vendor behind a destination's names."""
        for name in names:
            vendor = self._catalogue.vendor_of_segment_key(name)
            if vendor is not None:
                return vendor.id
        # other CDPs spell them otherwise
        found = (self._catalogue.vendor_by_alias(name.partition(" (")[0]) for name in names)
        return next((vendor.id for vendor in found if vendor is not None), None)

    def need_of_destination(self, destination: DestinationSetting) -> Need | None:
        """What a destination needs consent for: the policy's word, else the workspace's mapping, else the catalogue's
        category of its vendor; ``None`` if nobody knows. A mapping of which one category is enough, whichever it is, does
        not say what the destination is for."""
        vendor_id = self.vendor_of(destination.names)
        for name in destination.names:
            declared = self._policy.destinations.get(name)
            if declared is not None:
                return Need((declared.category,), vendor_id)
        if vendor_id is not None and vendor_id in self._policy.vendors:
            return Need((self._policy.vendors[vendor_id].category,), vendor_id)
        if destination.categories and not (destination.any_suffices and len(destination.categories) > 1):
            return self.need_of_keys(destination.categories, vendor_id)
        if vendor_id is not None:
            return Need((self._catalogue.vendors[vendor_id].category,), vendor_id)
        return None

    def need_of_keys(self, keys: tuple[str, ...], vendor_id: str | None = None) -> Need:
        """What workspace category ids stand for."""
        need = self._needs.get((keys, vendor_id))
        if need is None:
            need = self._need_of_keys(keys, vendor_id)
            if len(self._needs) < _MAX_PLANS:
                self._needs[keys, vendor_id] = need
        return need

    def _need_of_keys(self, keys: tuple[str, ...], vendor_id: str | None) -> Need:
        categories = {self._resolver.category_of(key) for key in keys}
        ordered = tuple(category for category in _SENSITIVITY if category in categories)
        return Need(ordered if None not in categories else (), vendor_id, keys)

    def need_of_vendor(self, vendor_id: str) -> Need:
        """What a vendor's own calls and cookies need consent for."""
        override = self._policy.vendors.get(vendor_id)
        if override is not None:
            return Need((override.category,), vendor_id)
        vendor = self._catalogue.vendors.get(vendor_id)
        # a consent manager's own traffic records the choice itself
        return Need((vendor.category if vendor is not None else Category.NECESSARY,), vendor_id)
