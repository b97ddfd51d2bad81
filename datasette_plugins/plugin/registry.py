"""Which pages there are: every module of ``views`` declares one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules

from datasette_plugins import views

from .page import DatasetteTable, Entry, Page


class BadPage(Exception):
    """A module of ``views`` that declares no page, or one that is in another's way."""


@lru_cache
def declared() -> Mapping[str, Page | DatasetteTable]:
    """Name of a module -> what it declares, in the order of their names.

    Raises:
        BadPage: if one declares nothing, or two the same route or the same table.
    """
    found: dict[str, Page | DatasetteTable] = {}
    taken: dict[str, str] = {}
    for module in sorted(iter_modules(views.__path__), key=lambda each: each.name):
        if module.ispkg:
            continue
        page = getattr(import_module(f"{views.__name__}.{module.name}"), "PAGE", None)
        if not isinstance(page, Page | DatasetteTable):
            raise BadPage(f"datasette_plugins/views/{module.name}.py declares no PAGE")
        claims = (page.table,) if isinstance(page, DatasetteTable) else (page.route, page.row_of)
        for claim in filter(None, claims):
            if claim in taken:
                raise BadPage(f"views/{module.name}.py and views/{taken[claim]}.py both declare {claim}")
            taken[claim] = module.name
        found[module.name] = page
    return found


def pages() -> Mapping[str, Page]:
    """Name -> page of ours."""
    return {name: page for name, page in declared().items() if isinstance(page, Page)}


def name_of_row(table: str | None) -> str | None:
    """The page that shows a row of a table."""
    return next((name for name, page in pages().items() if table is not None and page.row_of == table), None)


def entries() -> list[tuple[Entry, str]]:
    """The places in the navigation in their order, each with the name of who declares it."""
    listed = [(page.entry, name) for name, page in declared().items() if page.entry is not None]
    return sorted(listed, key=lambda each: (each[0].order, each[1]))
