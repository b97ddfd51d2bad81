"""Folders of the user's own, laid over a catalogue: entries of new vendors and consent managers, and additions to known ones.

A folder has ``vendors/*.toml`` and ``cmps/*.toml`` in the catalogue's own format. A file of an id that is known already adds to
that entry: it states the ``id``, its ``sources``, and only what it adds (cookies, endpoints, keys, an id that was not known). What
contradicts the catalogue is refused, file by file, and the rest is taken; a vendor's category is the policy's to change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from .catalogue import Catalogue, CatalogueError, check_name, read_document, toml_files, validated
from .models import ConsentManager, Vendor, VendorCookie

_NOT_KNOWN = {"absence": "unknown", "storage": "cookie-or-local-storage"}
"""What entries say of which it is not known; who knows more contradicts nothing."""

type Check = Callable[[ConsentManager], str | None]
"""Returns what the engine cannot use in a consent manager's entry: key and reason."""


def with_folders(base: Catalogue, folders: Iterable[Path], check: Check) -> Catalogue:
    """A catalogue with what folders add to it, the first folder first. Files with errors are left out and listed in ``unread``.

    Raises:
        CatalogueError: if a folder is not there, or is none of this kind.
    """
    for folder in folders:
        if not folder.is_dir():
            raise CatalogueError(f"{folder}: no such folder")
        if not (folder / "vendors").is_dir() and not (folder / "cmps").is_dir():
            raise CatalogueError(f"{folder}: holds neither vendors/ nor cmps/, so it is no catalogue")
        base = _with_vendors(base, folder / "vendors")
        base = _with_managers(base, folder / "cmps", check)
    return base


def _with_vendors(base: Catalogue, folder: Path) -> Catalogue:
    vendors = dict(base.vendors)
    unread: list[str] = []
    claims = _Claims(base)
    for file in toml_files(folder):
        try:
            vendor = _entry(file.name, read_document(file), vendors, Vendor)
            claims.take(file.name, vendor)
        except CatalogueError as error:
            unread.append(f"{folder}/{error}")
        else:
            vendors[vendor.id] = vendor
    return replace(base, vendors=vendors, unread=(*base.unread, *unread))


def _with_managers(base: Catalogue, folder: Path, check: Check) -> Catalogue:
    managers = dict(base.consent_managers)
    unread: list[str] = []
    for file in toml_files(folder):
        try:
            manager = _entry(file.name, read_document(file), managers, ConsentManager)
            if manager.id in base.vendors:
                raise CatalogueError(f"{file.name}: id: {manager.id} is a vendor's already")
            wrong = check(manager)
            if wrong is not None:
                raise CatalogueError(f"{file.name}: {wrong}")
        except CatalogueError as error:
            unread.append(f"{folder}/{error}")
        else:
            managers[manager.id] = manager
    return replace(base, consent_managers=managers, unread=(*base.unread, *unread))


def _entry[Model: (Vendor, ConsentManager)](
    file: str, document: Mapping[str, Any], known: Mapping[str, Model], model: type[Model]
) -> Model:
    identifier = document.get("id")
    entry = known.get(identifier) if isinstance(identifier, str) else None
    if entry is None:
        made = validated(file, document, model)
        check_name(file, made.id)
        return made
    check_name(file, entry.id)
    return added(file, entry, document)


def added[Model: (Vendor, ConsentManager)](file: str, known: Model, document: Mapping[str, Any]) -> Model:
    """An entry with what a document adds to it; ``file`` is what errors call the document.

    Raises:
        CatalogueError: if it breaks the format, or contradicts the entry.
    """
    held = dict(known)
    single = {key: value for key, value in held.items() if not isinstance(value, (list, dict))}
    stated = validated(file, {**single, **document}, type(known))
    changes = {key: _combined(file, key, held[key], getattr(stated, key)) for key in document}
    return known.model_copy(update=changes)


def _combined(file: str, key: str, held: Any, stated: Any) -> Any:
    """What an entry holds under one key after an addition."""
    if isinstance(held, list):
        return [*held, *(fact for at, fact in enumerate(stated) if not _is_held(file, key, at, fact, held))]
    if isinstance(held, dict):
        for name, value in stated.items():
            if held.get(name, value) != value:
                raise CatalogueError(f"{file}: {key}.{name}: the catalogue has {held[name]!s}, and this file {value!s}")
        return {**held, **stated}
    if held not in (None, stated, _NOT_KNOWN.get(key, stated)):
        raise CatalogueError(f"{file}: {key}: the catalogue has {held!s}, and this file {stated!s}; leave it out")
    return stated


def _is_held(file: str, key: str, at: int, fact: Any, held: list[Any]) -> bool:
    """Whether a fact of a list is known already."""
    if not isinstance(fact, VendorCookie):
        return fact in held
    same = next((each for each in held if _identity(each) == _identity(fact)), None)
    if same is not None and fact.category not in (None, same.category):
        raise CatalogueError(
            f"{file}: {key}.{at}: the catalogue has the cookie {fact.name or fact.prefix} with the category"
            f" {same.category or 'of its vendor'}, and this file {fact.category}"
        )
    return same is not None


def _identity(cookie: VendorCookie) -> tuple[str | None, ...]:
    return (cookie.name, cookie.prefix, cookie.party, cookie.domain)


class _Claims:
    """Everything that a vendor has claimed already."""

    def __init__(self, base: Catalogue) -> None:
        self._base = base
        self._keys = {key: vendor.id for vendor in base.vendors.values() for key in vendor.segment_keys}
        self._cookies: dict[tuple[str | None, ...], str] = {}

    def take(self, file: str, vendor: Vendor) -> None:
        """Records what a vendor claims.

        Raises:
            CatalogueError: if another one has it.
        """
        wrong = self._taken(vendor)
        if wrong is not None:
            raise CatalogueError(f"{file}: {wrong}")
        self._keys.update(dict.fromkeys(vendor.segment_keys, vendor.id))
        self._cookies.update((_identity(cookie), vendor.id) for cookie in vendor.cookies)

    def _taken(self, vendor: Vendor) -> str | None:
        known = self._base.vendors.get(vendor.id)
        if vendor.id in self._base.consent_managers:
            return f"id: {vendor.id} is a consent manager's already"
        alike = self._base.vendor_by_alias(vendor.name) or self._base.vendor_by_alias(vendor.id)
        if known is None and alike is not None:
            return f"name: {vendor.name!r} stands for {alike.id} already; add to that one by its id"
        for key in vendor.segment_keys:
            if self._keys.get(key, vendor.id) != vendor.id:
                return f"segment_keys: {key!r} is {self._keys[key]}'s already"
        held = () if known is None else known.cookies
        for at, cookie in enumerate(vendor.cookies[len(held) :]):
            owner = self._owner(cookie)
            if owner not in (None, vendor.id):
                return f"cookies.{at}: {cookie.name or cookie.prefix} is {owner}'s already"
        return None

    def _owner(self, cookie: VendorCookie) -> str | None:
        name = cookie.name or cookie.prefix or ""
        kept = self._base.consent_cookies(name)
        if kept:
            return kept[0][0].id
        found = self._base.cookie_owner(name, cookie.domain or "", first_party=cookie.party == "first")
        return self._cookies.get(_identity(cookie)) if found is None else found[0].id
