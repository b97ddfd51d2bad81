"""Lists that others publish or export -> catalogue files in a folder of the user's own.

A list is recognised by its content: the Open Cookie Database, Google's list of ad technology providers, IAB's Global Vendor List,
or the cookies that a consent manager exports. What a list lacks is never guessed: such rows are left out, and counted by reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from addon.policy import catalogue_with
from vendor_catalog import Catalogue

from .cookies import cookie_rows, take_cookies
from .draft import Draft
from .files import Contents, ImportRefused, Kind, read_list
from .google import take_providers
from .iab import take_vendor_list

__all__ = ["ImportRefused", "Imported", "Kind", "import_list"]

type Progress = Callable[[int, int], None]
"""Entries handled so far, of how many."""


@dataclass(frozen=True, slots=True)
class Imported:
    """The result of importing one list."""

    kind: Kind
    entries: int
    """Rows or vendors that it holds."""
    new_vendors: int
    known_vendors: int
    """Vendors of the catalogue to which something was added."""
    cookies: int
    left_out: Mapping[str, int]
    """Reason -> entries."""
    unread: tuple[str, ...]
    """Files of the folder with errors, which are left out."""


def import_list(
    path: Path, folder: Path, base: Catalogue, kind: Kind | None = None, progress: Progress | None = None
) -> Imported:
    """Writes what a list adds to a catalogue into a folder.

    Args:
        base: what is known without the folder.
        kind: what the list is; recognised by its content if not given.

    Raises:
        ImportRefused: if the list cannot be read, or nothing can be written.
    """
    contents = read_list(path, kind)
    for needed in (folder / "vendors", folder / "cmps"):
        try:
            needed.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ImportRefused(f"{needed}: cannot be made: {error.strerror}") from error
    known = catalogue_with([folder], base)
    draft = Draft(known, f"{path.name} ({contents.kind.label})")
    _take(contents, draft)
    written = draft.write(folder / "vendors", progress)
    after = catalogue_with([folder], base)
    return Imported(
        kind=contents.kind,
        entries=len(contents.rows),
        new_vendors=sum(identifier not in known.vendors for identifier in written),
        known_vendors=sum(identifier in known.vendors for identifier in written),
        cookies=sum(written.values()),
        left_out=dict(draft.left_out.most_common()),
        unread=after.unread[len(base.unread) :],
    )


def _take(contents: Contents, draft: Draft) -> None:
    match contents.kind:
        case Kind.IAB:
            take_vendor_list(contents.rows, draft)
        case Kind.GOOGLE:
            take_providers(contents.rows, draft)
        case _:
            take_cookies(cookie_rows(contents), draft)
