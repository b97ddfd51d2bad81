"""The links above every page, ours and Datasette's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import instance
from .links import Links

_TABLES = ("findings", "violations", "sessions", "events", "gaps")


@dataclass(frozen=True, slots=True)
class Item:
    """One link."""

    label: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class Navigation:
    """The links, and the database that they lead into."""

    home: str
    database: str
    several: bool
    """Whether it has to be said which database that is."""
    items: tuple[Item, ...]


def of(datasette: instance.Datasette, request: Any, database: str | None) -> Navigation | None:
    """The links of a page; ``None`` where nothing is ours.

    Args:
        request: ``None`` on pages that Datasette renders without saying for which address.
        database: the page's database, if it has one.
    """
    ours = instance.ours(datasette)
    if not ours:
        return None
    if database is not None and database not in ours:
        return None
    path = "" if request is None else request.path
    links = Links(datasette, database or ours[0])
    several = len(datasette.databases) - ("_internal" in datasette.databases) > 1
    items = [Item("Home", links.home(), path == links.home())]
    for table in _TABLES:
        current = path == links.table(table) or path.startswith((f"{links.tables()}/-/{table}/", links.row(table, "")))
        items.append(Item(table.capitalize(), links.table(table), current))
    vendors = path == links.vendors() or path.startswith(f"{links.vendors()}/")
    items.insert(3, Item("Vendors", links.vendors(), vendors))
    items.append(Item("Datasette", links.tables(), path == links.tables()))
    return Navigation(links.home(), links.database, several, tuple(items))
