"""What is known of each source (write key): its destinations, how they are mapped, and where its messages go."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from operator import itemgetter

from addon.consent.signal import Resolver
from addon.consent.timeline import Need
from addon.decode.facts import DestinationSetting, Settings
from addon.policy import Destination as DeclaredDestination
from addon.policy import Policy
from addon.routing import Message, SourceRules, fanouts
from addon.routing.segment.unlisted import declared, inferred
from vendor_catalog import Catalogue, Category, Vendor, VendorCookie

_SENSITIVITY = (Category.MARKETING, Category.ANALYTICS, Category.FUNCTIONAL, Category.NECESSARY)
_BY_TIME = itemgetter(0)
_MAX_SETTINGS = 50
_MAX_PLANS = 1000
_MAX_SOURCES = 10_000
_MAX_HOSTS = 1000


type SourceKey = tuple[str, str]
"""CDP and write key."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Where messages of one kind go on: every known destination, its vendor, and what it needs consent for."""

    destinations: tuple[DestinationSetting, ...]
    vendors: Mapping[str, str | None]
    needs: Mapping[str, Need | None]
    owners: Mapping[str, str | None]
    """Who answers for those that the policy declares."""
    undeclared_warehouses: frozenset[str]
    """Those that are warehouses and of which the policy declares no use."""
    mapped_categories: frozenset[str]
    """Every category id that the workspace maps to some destination, listed or hidden."""
    rules: SourceRules
    """What the settings say of all messages of the source."""


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


class SourceRegistry:
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
        """Two CDPs may use one write key, as sites do that send the same messages to both. Of those beyond what any capture holds
        nothing is remembered."""
        known = self.sources.get((cdp, write_key))
        if known is None:
            known = Source(cdp, write_key)
            if len(self.sources) < _MAX_SOURCES:
                self.sources[cdp, write_key] = known
        return known

    def learn(self, settings: Settings, at: float) -> Source:
        """Takes in what a settings response says."""
        source = self.source(settings.cdp, settings.write_key)
        source.add(settings, at)
        for host in settings.api_hosts:
            if len(self.ingestion_hosts) < _MAX_HOSTS:
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
            plan = self._plan(source, settings, message)
            if len(source.plans) >= _MAX_PLANS:
                source.plans.clear()
            source.plans[key] = plan
        return plan

    def _plan(self, source: Source, settings: list[Settings], message: Message) -> Plan:
        found = self._found(settings, message, fanouts()[source.cdp].named(message))
        known = {name for destination in found for name in destination.names}
        found += inferred(settings, found, {each.name: self.need_of_destination(each) for each in found})
        found += [each for each in declared(self._policy, source.cdp, source.write_key) if known.isdisjoint(each.names)]
        found = [replace(each, warehouse=True) if self.is_warehouse(each.names) else each for each in found]
        listed = [each.under(message.stamp) for shown in settings for each in shown.destinations]
        mapped = {key for each in listed for key in each.categories}
        return Plan(
            destinations=tuple(found),
            vendors={destination.name: self.vendor_of(destination.names) for destination in found},
            needs={destination.name: self.need_of_destination(destination) for destination in found},
            owners={each.name: entry.owner for each in found if (entry := self.declared(each.names)) is not None},
            undeclared_warehouses=frozenset(
                each.name for each in found if each.warehouse and self.declared(each.names) is None
            ),
            mapped_categories=frozenset(mapped.union(*(shown.all_categories for shown in settings))),
            rules=_rules(settings),
        )

    def _found(
        self, settings: list[Settings], message: Message, named: list[DestinationSetting]
    ) -> list[DestinationSetting]:
        """Every destination that settings or the message name, each once."""
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
        return found

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

    def is_warehouse(self, names: tuple[str, ...]) -> bool:
        """Whether the catalogue knows a destination as a warehouse or store."""
        vendor = self.vendor_of(names)
        return vendor is not None and self._catalogue.vendors[vendor].warehouse

    def declared(self, names: Iterable[str]) -> DeclaredDestination | None:
        """What the policy says of a destination."""
        return next((self._policy.destinations[name] for name in names if name in self._policy.destinations), None)

    def need_of_destination(self, destination: DestinationSetting) -> Need | None:
        """What a destination needs consent for: the policy's word, else the workspace's mapping, else the catalogue's
        category of its vendor; ``None`` if nobody knows. A mapping of which one category is enough, whichever it is, does
        not say what the destination is for."""
        vendor_id = self.vendor_of(destination.names)
        entry = self.declared(destination.names)
        if entry is not None:
            return Need((entry.category,), vendor_id)
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

    def category_of_cookie(self, vendor: Vendor, cookie: VendorCookie) -> Category:
        """What a vendor's cookie needs consent for."""
        override = self._policy.vendors.get(vendor.id)
        return override.category if override is not None else cookie.category or vendor.category


def _rules(settings: Iterable[Settings]) -> SourceRules:
    """The filters and the plan of a source; the list that a consent manager fetches has none."""
    told = next((shown for shown in settings if shown.origin == "settings"), None)
    return SourceRules() if told is None else SourceRules(told.filters, told.plan)
