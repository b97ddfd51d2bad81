"""Names of what occurs in records, by the catalogue, folders and policy that a capture is judged with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import attrgetter

from addon.consent.signal import Resolver
from addon.decode.facts import Decoded
from addon.records import TABLES, NameRecord, Record
from vendor_catalog import Catalogue

_NAMED = {
    table.record: attrgetter(*names, names[0])  # at least two, so that it always gives a tuple
    for table in TABLES
    if (names := [name for name, column in table.columns.items() if column.named])
}
_MAX_CATEGORIES = 1000


class Names:
    """Gives out the name of each id once."""

    def __init__(self, catalogue: Catalogue, resolver: Resolver) -> None:
        self._catalogue = catalogue
        self._resolver = resolver
        self._known: set[str | None] = {None}
        self._categories: set[str] = set()

    def missing(self, records: Iterable[Record]) -> list[NameRecord]:
        """The names of ids in records that were given out for none before."""
        found: list[NameRecord] = []
        for record in records:
            ids = _NAMED.get(type(record))
            if ids is not None:
                for identifier in ids(record):
                    if identifier not in self._known:
                        self._known.add(identifier)
                        found += self._name(identifier)
        return found

    def _name(self, identifier: str) -> Iterator[NameRecord]:
        vendors, managers = self._catalogue.vendors, self._catalogue.consent_managers
        if identifier in vendors:
            yield NameRecord(kind="vendor", id=identifier, name=vendors[identifier].name)
        if identifier in managers:
            yield NameRecord(kind="consent-manager", id=identifier, name=managers[identifier].name)

    def categories(self, decoded: Decoded | None) -> Iterator[NameRecord]:
        """What the workspace's categories mean that stamps and settings speak of."""
        for key in () if decoded is None else _category_keys(decoded):
            if key not in self._categories and len(self._categories) < _MAX_CATEGORIES:
                self._categories.add(key)
                category = self._resolver.category_of(key)
                yield NameRecord(kind="category", id=key, name="" if category is None else category)


def _category_keys(decoded: Decoded) -> Iterator[str]:
    for event in decoded.events:
        yield from event.stamp.preferences
    if decoded.settings is not None:
        yield from decoded.settings.all_categories
        for destination in decoded.settings.destinations:
            yield from destination.categories
