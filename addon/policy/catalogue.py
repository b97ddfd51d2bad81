"""The catalogue that a command uses: the shipped one, with the user's own folders on top."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from addon.consent.formats import api_format, call_format, cookie_format
from vendor_catalog import Catalogue, ConsentManager, shipped_catalogue, with_folders

from .section import NonEmpty, Section


class CatalogueFolders(Section):
    """``[catalogue]``"""

    folders: list[NonEmpty] = []
    """Folders with ``vendors/`` and ``cmps/`` of your own, laid over the catalogue that ships; relative to the policy file."""


def catalogue_with(folders: Sequence[Path], base: Catalogue | None = None) -> Catalogue:
    """A catalogue (the shipped one, if no other is given) with folders over it.

    Raises:
        CatalogueError: if a folder is not there, or is no catalogue. Single files with errors are listed in ``unread``.
    """
    base = base or shipped_catalogue()
    return with_folders(base, folders, _unusable) if folders else base


def _unusable(manager: ConsentManager) -> str | None:
    """The first format that no module reads, by its key."""
    for key, name, reader in _formats(manager):
        try:
            if not name.isidentifier():
                raise ModuleNotFoundError
            reader(name)
        except (ModuleNotFoundError, AttributeError):
            return f"{key}: nothing reads a format {name!r}; see addon/consent/formats, or declare the grammar ('declared')"
    return None


def _formats(manager: ConsentManager) -> Iterator[tuple[str, str, Callable[[str], object]]]:
    for at, cookie in enumerate(manager.cookies):
        if cookie.format is not None:
            yield f"cookies.{at}.format", cookie.format, cookie_format
    for at, call in enumerate(manager.recording):
        yield f"recording.{at}.format", call.format, call_format
    for at, api in enumerate(manager.apis):
        yield f"apis.{at}.format", api.format, api_format
