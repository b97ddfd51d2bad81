"""One list as it lies on the disk: what it is, and its entries."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

_MAX_BYTES = 64 * 1024 * 1024
"""IAB's list has some 2 MB with all its languages, the others less."""
_MAX_ROWS = 200_000
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
"""How spreadsheets mark text in UTF-16."""


class ImportRefused(Exception):
    """A list cannot be imported; the message names it, the place, and what was expected."""


class Kind(StrEnum):
    """The kinds of lists that can be imported."""

    COOKIE_DATABASE = "open-cookie-database"
    GOOGLE = "google-providers"
    IAB = "iab-vendor-list"
    EXPORT = "consent-manager-export"

    @property
    def label(self) -> str:
        """The name of the kind, for people."""
        return _TITLES[self]


_TITLES = {
    Kind.COOKIE_DATABASE: "Open Cookie Database",
    Kind.GOOGLE: "Google's list of ad technology providers",
    Kind.IAB: "IAB Global Vendor List",
    Kind.EXPORT: "a consent manager's list of cookies",
}

NAME, CATEGORY, PROVIDER, HOST = "name", "category", "provider", "host"
LIFETIME, PURPOSE, WEBSITE, WILDCARD, STORAGE = "lifetime", "purpose", "website", "wildcard", "storage"
NUMBER, DOMAINS = "number", "domains"

HEADERS: Mapping[str, tuple[str, ...]] = {
    NAME: ("cookie / data key name", "cookie name", "cookie", "name"),
    CATEGORY: ("category", "cookie category", "category name", "classification", "cookie group", "group"),
    PROVIDER: ("platform", "provider name", "provider", "vendor", "vendor name", "service", "third party"),
    HOST: ("domain", "host", "cookie domain", "hostname", "host name"),
    LIFETIME: ("retention period", "lifespan", "life span", "lifetime", "duration", "expiry", "expiration", "expires"),
    PURPOSE: ("description", "cookie description", "purpose", "cookie purpose"),
    WEBSITE: ("user privacy & gdpr rights portals", "policy url", "privacy policy", "website"),
    WILDCARD: ("wildcard match",),
    STORAGE: ("type", "storage type", "cookie type"),
    NUMBER: ("provider id",),
    DOMAINS: ("domains",),
}
"""What a column may be called, in any spelling of case, ``_`` and blanks. Consent managers differ, and change their exports: these
are words in use for each, documented for those who make such a file themselves."""

_NEEDED = {
    Kind.COOKIE_DATABASE: (PROVIDER, CATEGORY, NAME, WILDCARD),
    Kind.GOOGLE: (NUMBER, PROVIDER, DOMAINS),
    Kind.EXPORT: (NAME, CATEGORY),
}
"""The columns by which a table is recognised; the first kind that has all of them."""


@dataclass(frozen=True, slots=True)
class Contents:
    """A list, read."""

    kind: Kind
    rows: Sequence[Mapping[str, Any]]
    """Tables: column (as in :data:`HEADERS`) to text. IAB's list: vendors as they stand there."""


def read_list(path: Path, kind: Kind | None) -> Contents:
    """A list, recognised by its content unless ``kind`` says what it is.

    Raises:
        ImportRefused: if it cannot be read, or is none that is known.
    """
    text = _text(path)
    if text.lstrip()[:1] == "{":
        if kind not in (None, Kind.IAB):
            raise ImportRefused(f"{path}: is JSON, and {kind} is a table (CSV)")
        return Contents(Kind.IAB, _vendor_list(path, text))
    if kind is Kind.IAB:
        raise ImportRefused(f"{path}: is no JSON, as {kind} is")
    return _table(path, text, kind)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ImportRefused(f"{path}: larger than {_MAX_BYTES // 1024 // 1024} MB; no list of this kind is")
        raw = path.read_bytes()
    except OSError as error:
        raise ImportRefused(f"{path}: cannot be read: {error.strerror}") from error
    encoding = "utf-16" if raw.startswith(_UTF_16) else "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise ImportRefused(
            f"{path}: not {encoding[:-4] if encoding != 'utf-16' else encoding} text (byte {error.start})"
        ) from error


def _vendor_list(path: Path, text: str) -> Sequence[Mapping[str, Any]]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ImportRefused(f"{path}: not JSON: {str(error)[:200]}") from error
    vendors = document.get("vendors")
    if not isinstance(vendors, dict) or "vendorListVersion" not in document:
        raise ImportRefused(
            f"{path}: JSON, but without 'vendors' and 'vendorListVersion' as IAB's Global Vendor List has them"
        )
    return [vendor for vendor in vendors.values() if isinstance(vendor, dict)][:_MAX_ROWS]


def _table(path: Path, text: str, kind: Kind | None) -> Contents:
    lines = text.splitlines(keepends=True)
    header = lines[0] if lines else ""
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        columns = _columns(next(reader, []))
        found = next((each for each, needed in _NEEDED.items() if columns.keys() >= set(needed)), None)
        if kind is not None and not columns.keys() >= set(_NEEDED[kind]):
            lacking = [HEADERS[each][0] for each in _NEEDED[kind] if each not in columns]
            raise ImportRefused(f"{path}: has no column {' and none '.join(map(repr, lacking))}, so it is no {kind}")
        chosen = kind or found
        if chosen is None:
            raise ImportRefused(
                f"{path}: no list that is known. Expected IAB's Global Vendor List (JSON), or a table (CSV) whose first line names"
                f" its columns, at least {HEADERS[NAME][1]!r} and {HEADERS[CATEGORY][0]!r}"
            )
        return Contents(chosen, list(_rows(reader, columns)))
    except csv.Error as error:
        raise ImportRefused(f"{path}: line {reader.line_num}: not a table (CSV): {error}") from error


def _rows(reader: Iterable[list[str]], columns: Mapping[str, int]) -> Iterable[dict[str, str]]:
    for number, cells in enumerate(reader):
        if number >= _MAX_ROWS:
            return
        if any(cells):
            yield {column: cells[at].strip() for column, at in columns.items() if at < len(cells)}


def _columns(header: Sequence[str]) -> dict[str, int]:
    """Column -> its place. Of several that could be meant, the first of :data:`HEADERS` is."""
    written = {" ".join(name.replace("_", " ").lower().split()): at for at, name in reversed(list(enumerate(header)))}
    found = {}
    for column, names in HEADERS.items():
        name = next((each for each in names if each in written), None)
        if name is not None:
            found[column] = written[name]
    return found
