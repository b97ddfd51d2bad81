"""What a list adds to the catalogue, collected by vendor and written as catalogue files."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tomli_w

from vendor_catalog import Catalogue, Category, Vendor
from vendor_catalog.catalogue import CatalogueError, read_document

from .files import ImportRefused

SENSITIVITY = (Category.MARKETING, Category.ANALYTICS, Category.FUNCTIONAL, Category.NECESSARY)
"""The most sensitive first."""
_MAX_ID = 56
_MAX_TEXT = 300
_PARTS_OF_ID = re.compile(r"[a-z0-9]+")
_COMMENT = re.compile(r"^[ \t]*#", re.MULTILINE)


def clean(text: str) -> str:
    """Foreign text as one line of bounded length, without what controls a terminal."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text[: _MAX_TEXT * 4])
    return " ".join(printable.split())[:_MAX_TEXT]


def slug(name: str) -> str:
    """A name as an id; empty if nothing in it can be part of one."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "-".join(_PARTS_OF_ID.findall(plain))[:_MAX_ID].strip("-")


class Draft:
    """Additions to a catalogue.

    Args:
        known: the catalogue with what the folder holds already.
        source: what every fact states as its source.
    """

    def __init__(self, known: Catalogue, source: str) -> None:
        self.known = known
        self.source = source
        self.left_out: Counter[str] = Counter()
        self._documents: dict[str, dict[str, Any]] = {}

    def leave_out(self, reason: str) -> None:
        """Counts an entry that is not taken."""
        self.left_out[reason] += 1

    def add(self, vendor: Vendor, **facts: Any) -> None:
        """Adds single facts to a vendor that is known."""
        self._documents.setdefault(vendor.id, {"id": vendor.id, "sources": [self.source]}).update(facts)

    def new(self, identifier: str, name: str, category: Category, reason: str, website: str, **facts: Any) -> None:
        """Adds a vendor."""
        self._documents[identifier] = {
            "id": identifier,
            "name": name,
            "category": category.value,
            "category_reason": reason,
            "website": website,
            "sources": [self.source],
            **facts,
        }

    def has(self, identifier: str) -> bool:
        """Whether an id is taken."""
        return (
            identifier in self._documents
            or identifier in self.known.vendors
            or identifier in self.known.consent_managers
        )

    def cookie(self, identifier: str, cookie: Mapping[str, Any]) -> None:
        """Adds a cookie to a vendor that was added before."""
        self._documents[identifier].setdefault("cookies", []).append({**cookie, "sources": [self.source]})

    def write(self, folder: Path, progress: Callable[[int, int], None] | None) -> dict[str, int]:
        """Writes the files. Returns how many cookies were written for each vendor; what could not be is counted.

        Raises:
            ImportRefused: if the disk refuses.
        """
        written: dict[str, int] = {}
        for at, (identifier, document) in enumerate(self._documents.items()):
            file = folder / f"{identifier}.toml"
            try:
                merged = _merged(file, document) if file.exists() else document
                if merged is None:
                    self.leave_out(f"{file.name} has comments of yours, which would be lost; add to it by hand")
                else:
                    file.write_text(tomli_w.dumps(merged), encoding="utf-8")
                    written[identifier] = len(document.get("cookies", ()))
            except CatalogueError as error:
                self.leave_out(f"{error}; mend or remove that file")
            except OSError as error:
                raise ImportRefused(f"{file}: cannot be written: {error.strerror}") from error
            if progress is not None:
                progress(at + 1, len(self._documents))
        return written


def _merged(file: Path, document: dict[str, Any]) -> dict[str, Any] | None:
    """A file with what is added to it; ``None`` if people wrote comments into it."""
    there = read_document(file)
    if _COMMENT.search(file.read_text(encoding="utf-8")):
        return None
    for key, value in document.items():
        held = there.get(key)
        if isinstance(value, list) and isinstance(held, list):
            there[key] = [*held, *(each for each in value if each not in held)]
        else:
            there.setdefault(key, value)
    return there
