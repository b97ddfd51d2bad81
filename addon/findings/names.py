"""What ids stand for in a database: by the catalogue, the folders and the policy that its captures were judged with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vendor_catalog import Category, shipped_catalogue

from .query import Connection
from .text import short

STAMPS = "message-stamp"
"""The source of signals that messages themselves carry. No catalogue has it."""


@dataclass(frozen=True, slots=True)
class Names:
    """Names as they are stored; the catalogue's own only for ids of which none is."""

    vendors: Mapping[str, str]
    managers: Mapping[str, str]
    categories: Mapping[str, str]
    """A workspace's category -> ours; empty if nothing says which."""

    def of(self, identifier: str) -> str:
        """The full name of a vendor or consent manager; the id itself if nobody knows one."""
        stored = self.vendors.get(identifier) or self.managers.get(identifier)
        return stored or shipped_catalogue().name_of(identifier)

    def short(self, identifier: str) -> str:
        """What people call a vendor or consent manager."""
        return short(self.of(identifier))

    def receiver(self, vendor: str | None, destination: str | None = None) -> str:
        """Who receives, for people."""
        if destination:
            return destination
        return self.short(vendor) if vendor else "No single receiver"

    def source(self, source: str | None) -> str:
        """Where a session's consent is known from."""
        if source is None:
            return "nothing seen"
        return "the messages' own stamps" if source == STAMPS else short(self.managers.get(source) or self.of(source))

    def category(self, key: str) -> Category | None:
        """Our category for a workspace's; ``None`` if nothing says which."""
        stored = self.categories.get(key)
        if stored is None:
            return shipped_catalogue().category_of_key(key.lower())
        return Category(stored) if stored in set(Category) else None


def read_names(connection: Connection) -> Names:
    """All that are stored: no more than occur, and of categories at most a thousand."""
    found: dict[str, dict[str, str]] = {}
    for kind, identifier, name in connection.execute("SELECT kind, id, name FROM names"):
        found.setdefault(kind, {})[identifier] = name
    return Names(found.get("vendor", {}), found.get("consent-manager", {}), found.get("category", {}))
