"""What is known of each source (write key), of its destinations, and of what they and vendors need consent for."""

from __future__ import annotations

from collections.abc import Iterable

from addon.consent.signal import Resolver
from addon.consent.timeline import Need
from addon.decode.facts import DestinationSetting, Settings
from addon.policy import Destination as DeclaredDestination
from addon.policy import Policy
from addon.routing import Declaration, Message, Plan, Recipient, Source, SourceKey, plan_of, routers
from vendor_catalog import Catalogue, Category, Vendor, VendorCookie, VendorStorageKey

_SENSITIVITY = (Category.MARKETING, Category.ANALYTICS, Category.FUNCTIONAL, Category.NECESSARY)
_MAX_PLANS = 1000
_MAX_SOURCES = 10_000
_MAX_HOSTS = 1000


class SourceRegistry:
    """All sources of a capture."""

    def __init__(self, catalogue: Catalogue, resolver: Resolver, policy: Policy) -> None:
        self._catalogue = catalogue
        self._resolver = resolver
        self._policy = policy
        self.sources: dict[SourceKey, Source] = {}
        self._needs: dict[tuple[tuple[str, ...], str | None], Need] = {}
        self._needs_of_vendors: dict[str, Need] = {}
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
            router, hidden = routers()[source.cdp], self._hidden(source.write_key)
            plan = plan_of(router, settings, message, self.recipient, hidden)
            if len(source.plans) >= _MAX_PLANS:
                source.plans.clear()
            source.plans[key] = plan
        return plan

    def _hidden(self, write_key: str) -> list[Declaration]:
        """Destinations of a source that only the policy knows."""
        return [
            Declaration(name, tuple(entry.workspace_categories))
            for name, entry in self._policy.destinations.items()
            if entry.hidden and (not entry.sources or write_key in entry.sources)
        ]

    def recipient(self, destination: DestinationSetting) -> Recipient:
        """Who receives at a destination, and what that needs consent for."""
        entry = self.declared(destination.names)
        return Recipient(
            vendor=self.vendor_of(destination.names),
            need=self.need_of_destination(destination),
            warehouse=self.is_warehouse(destination.names),
            declared=entry is not None,
            owner=None if entry is None else entry.owner,
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
        need = self._needs_of_vendors.get(vendor_id)
        if need is None:
            need = self._needs_of_vendors[vendor_id] = self._need_of_vendor(vendor_id)
        return need

    def _need_of_vendor(self, vendor_id: str) -> Need:
        override = self._policy.vendors.get(vendor_id)
        if override is not None:
            return Need((override.category,), vendor_id)
        vendor = self._catalogue.vendors.get(vendor_id)
        # a consent manager's own traffic records the choice itself
        return Need((vendor.category if vendor is not None else Category.NECESSARY,), vendor_id)

    def category_of_cookie(self, vendor: Vendor, cookie: VendorCookie | VendorStorageKey) -> Category:
        """What a vendor's cookie, or what it keeps in the browser's storage, needs consent for."""
        override = self._policy.vendors.get(vendor.id)
        return override.category if override is not None else cookie.category or vendor.category
