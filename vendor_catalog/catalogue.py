"""Loads the catalogue. It finds the vendor of a request, the owner of a cookie, and the vendor behind a Segment key.

Adding knowledge is adding a file below ``vendors/`` or ``cmps/``; nothing else names it. Lookups go through
dictionaries by host, cookie name and Segment key, so that their cost does not grow with the number of entries.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import chain
from typing import Any

from pydantic import BaseModel, ValidationError

from .indexes import EndpointIndex, ListedEndpoint, Match, NameIndex
from .models import Category, ConsentCookie, ConsentManager, RecordingCall, Vendor, VendorCookie, VendorStorageKey


class CatalogueError(Exception):
    """A catalogue file has an error; the message names the file, the key and the reason."""


@dataclass(frozen=True)
class Catalogue:
    """Everything the catalogue knows, indexed."""

    vendors: Mapping[str, Vendor]
    consent_managers: Mapping[str, ConsentManager]
    unread: tuple[str, ...] = ()
    """The files with errors, which are left out, each with its key and the reason."""
    _endpoints: EndpointIndex = field(init=False, repr=False)
    _cookies: NameIndex[VendorCookie] = field(init=False, repr=False)
    _storage: NameIndex[VendorStorageKey] = field(init=False, repr=False)
    _consent_cookies: NameIndex[ConsentCookie] = field(init=False, repr=False)
    _segment_keys: Mapping[str, str] = field(init=False, repr=False)
    _aliases: Mapping[str, str | None] = field(init=False, repr=False)
    _categories: Mapping[str, Category | None] = field(init=False, repr=False)
    iab_vendors: Mapping[int, tuple[Vendor, ...]] = field(init=False, repr=False)
    """Vendors by their id in the IAB's Global Vendor List: the products of a company share its id."""
    google_vendors: tuple[Vendor, ...] = field(init=False, repr=False)
    """Vendors that Additional Consent strings speak for: on Google's list of providers, and not on IAB's."""
    domains: frozenset[str] = field(init=False, repr=False)
    """Every host, and parent of hosts, at which somebody in the catalogue is called."""
    _recording: Mapping[str, list[tuple[str, RecordingCall]]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        vendors, managers = self.vendors.values(), self.consent_managers.values()
        entries = [ListedEndpoint(vendor.id, endpoint) for vendor in vendors for endpoint in vendor.endpoints]
        entries += [ListedEndpoint(manager.id, endpoint) for manager in managers for endpoint in manager.endpoints]
        recording: dict[str, list[tuple[str, RecordingCall]]] = {}
        for manager in managers:
            for call in manager.recording:
                recording.setdefault(call.segment or call.host, []).append((manager.id, call))
        put = object.__setattr__
        put(self, "_endpoints", EndpointIndex(entries))
        put(self, "_cookies", NameIndex((vendor.id, cookie) for vendor in vendors for cookie in vendor.cookies))
        put(self, "_storage", NameIndex((vendor.id, key) for vendor in vendors for key in vendor.storage))
        put(self, "_consent_cookies", NameIndex((m.id, cookie) for m in managers for cookie in m.cookies))
        put(self, "_segment_keys", {key: vendor.id for vendor in vendors for key in vendor.segment_keys})
        put(
            self,
            "_aliases",
            _unambiguous((_plain(name), vendor.id) for vendor in vendors for name in _names(vendor)),
        )
        put(self, "_categories", _unambiguous(pair for manager in managers for pair in manager.categories.items()))
        put(self, "_recording", recording)
        listed: dict[int, tuple[Vendor, ...]] = {}
        judged = [vendor for vendor in vendors if vendor.category is not Category.NECESSARY]
        for vendor in judged:
            if vendor.tcf_vendor_id is not None:
                listed[vendor.tcf_vendor_id] = (*listed.get(vendor.tcf_vendor_id, ()), vendor)
        put(self, "iab_vendors", listed)
        named_by_google = (vendor for vendor in judged if vendor.google_provider_id is not None)
        put(self, "google_vendors", tuple(vendor for vendor in named_by_google if vendor.tcf_vendor_id is None))
        hosts = {entry.endpoint.host.removeprefix("*.") for entry in entries} - {"*"}
        put(self, "domains", frozenset(hosts.union(host.removeprefix("*.") for host in recording)))

    def match(self, method: str, host: str, path: str, query: str = "") -> Match | None:
        """The vendor that a request goes to; ``None`` for an address that no entry claims. ``host`` is in lower case; ``method``
        is ``SCRIPT`` for a GET by which a script is fetched."""
        return self._endpoints.find(method, host, path, query)

    def match_all(self, method: str, host: str, path: str, query: str = "") -> list[Match]:
        """All entries that claim an address: more than one vendor is an overlap."""
        return self._endpoints.find_all(method, host, path, query)

    def cookie_owner(self, name: str, domain: str, *, first_party: bool) -> tuple[Vendor, VendorCookie] | None:
        """Whose a cookie is. ``domain`` is the registrable domain it was seen on."""
        for owner, cookie in chain.from_iterable(self._cookies.find(name)):
            if first_party and cookie.party == "first":
                return self.vendors[owner], cookie
            if cookie.party == "third" and cookie.domain == domain:
                return self.vendors[owner], cookie
        return None

    def storage_owner(self, key: str) -> tuple[Vendor, VendorStorageKey] | None:
        """Whose a key of the browser's storage is; what stands there is the visited site's by its place, whoever wrote it."""
        for owner, fact in chain.from_iterable(self._storage.find(key)):
            if fact.fits(key):
                return self.vendors[owner], fact
        return None

    def consent_cookies(self, name: str) -> list[tuple[ConsentManager, ConsentCookie]]:
        """The consent managers that keep their answer under this cookie name: names collide, values decide."""
        nearest = next(self._consent_cookies.find(name), [])
        return [(self.consent_managers[owner], cookie) for owner, cookie in nearest]

    def recording_call(self, host: str, path: str) -> tuple[ConsentManager, RecordingCall] | None:
        """The consent manager that records a choice by a request to this address."""
        name, below = host, ""
        while name:
            for owner, call in self._recording.get(below + name, ()):
                if call.accepts(path):
                    return self.consent_managers[owner], call
            name, below = name.partition(".")[2], "*."
        for owner, call in self._recording.get(path.rpartition("/")[2], ()):
            if call.segment is not None and call.accepts(path):
                return self.consent_managers[owner], call
        return None

    def vendor_of_segment_key(self, key: str) -> Vendor | None:
        """The vendor behind a destination's name in Segment settings or in an ``integrations`` object."""
        owner = self._segment_keys.get(key)
        return None if owner is None else self.vendors[owner]

    def vendor_by_alias(self, name: str) -> Vendor | None:
        """The vendor that a service name in a consent manager stands for: by id, name or Segment key, spelling aside."""
        owner = self._aliases.get(_plain(name))
        return None if owner is None else self.vendors[owner]

    def category_of_key(self, key: str) -> Category | None:
        """What a category key means if every consent manager that lists it agrees; ``key`` in lower case."""
        return self._categories.get(key)

    def name_of(self, vendor_id: str) -> str:
        """A vendor's or consent manager's name for people; the id itself if the catalogue has none."""
        entry = self.vendors.get(vendor_id) or self.consent_managers.get(vendor_id)
        return vendor_id if entry is None else entry.name


def _names(vendor: Vendor) -> Iterator[str]:
    """The names by which a consent manager may call a vendor."""
    yield from vendor.aliases
    for name in (vendor.id, vendor.name, *vendor.segment_keys):
        if not (vendor.everyday_name and name.isalpha()):
            yield name


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _unambiguous[Value](pairs: Iterable[tuple[str, Value]]) -> dict[str, Value | None]:
    """A dictionary without the keys that stand for two things."""
    found: dict[str, Value | None] = {}
    for key, value in pairs:
        found[key] = value if found.get(key, value) == value else None
    return found


def toml_files(folder: Traversable) -> list[Traversable]:
    """The TOML files in a folder, by name; none if there is no such folder."""
    if not folder.is_dir():
        return []
    return sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)


def _explain(file: str, error: ValidationError) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"]) or "(the whole file)"
    return f"{file}: {key}: {first['msg']}"


def read_entry[Model: BaseModel](file: Traversable, model: type[Model]) -> Model:
    """One catalogue file.

    Raises:
        CatalogueError: naming the file, the key and what was expected.
    """
    return validated(file.name, read_document(file), model)


def read_document(file: Traversable) -> dict[str, Any]:
    """What a TOML file holds.

    Raises:
        CatalogueError: if it is none, or cannot be read.
    """
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CatalogueError(f"{file.name}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CatalogueError(f"{file.name}: not a TOML file: {error}") from error


def validated[Model: BaseModel](file: str, document: Mapping[str, Any], model: type[Model]) -> Model:
    """A document as an entry; ``file`` is what errors call it.

    Raises:
        CatalogueError: naming the file, the key and what was expected.
    """
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise CatalogueError(_explain(file, error)) from error


def _read_folder[Model: (Vendor, ConsentManager)](
    folder: Traversable, model: type[Model], unread: list[str]
) -> dict[str, Model]:
    """The entries without errors; the errors of the others go to ``unread``."""
    entries: dict[str, Model] = {}
    for file in toml_files(folder):
        try:
            entry = read_entry(file, model)
            check_name(file.name, entry.id)
        except CatalogueError as error:
            unread.append(str(error))
        else:
            entries[entry.id] = entry
    return entries


def check_name(file: str, identifier: str) -> None:
    """
    Raises:
        CatalogueError: if a file is not named after its entry.
    """
    if file != f"{identifier}.toml":
        raise CatalogueError(f"{file}: id: the file of {identifier!r} is named {identifier}.toml")


def read_catalogue(folder: Traversable) -> Catalogue:
    """The catalogue in a folder that holds ``vendors/`` and ``cmps/``. Entries with errors are left out and listed in
    ``unread``.

    Raises:
        CatalogueError: if no entry is usable, with the first reason.
    """
    unread: list[str] = []
    vendors = _read_folder(folder / "vendors", Vendor, unread)
    managers = _read_folder(folder / "cmps", ConsentManager, unread)
    for identifier in sorted(vendors.keys() & managers.keys()):
        unread.append(f"{identifier}.toml: id: stands below both vendors/ and cmps/")
        del managers[identifier]
    owners: dict[str, str] = {}
    for vendor in list(vendors.values()):
        taken = next((key for key in vendor.segment_keys if owners.get(key, vendor.id) != vendor.id), None)
        if taken is not None:
            unread.append(f"{vendor.id}.toml: segment_keys: {taken!r} stands in {owners[taken]}.toml too")
            del vendors[vendor.id]
        else:
            owners.update(dict.fromkeys(vendor.segment_keys, vendor.id))
    if not vendors and not managers:
        raise CatalogueError(unread[0] if unread else f"{folder}: holds no entry below vendors/ or cmps/")
    return Catalogue(vendors, managers, tuple(unread))


@lru_cache(maxsize=1)
def shipped_catalogue() -> Catalogue:
    """The catalogue that ships with this package."""
    return read_catalogue(resources.files("vendor_catalog"))
