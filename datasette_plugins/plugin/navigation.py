"""The links above every page, ours and Datasette's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import instance, registry
from .links import Links
from .page import DatasetteTable


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
    items = [_item(links, entry.label, name, path) for entry, name in registry.entries()]
    items.append(Item("Datasette", links.tables(), path == links.tables()))
    return Navigation(links.home(), links.database, several, tuple(items))


def _item(links: Links, label: str, name: str, path: str) -> Item:
    """The link to a page, or to the table that lists its rows. It is the current one on each of these."""
    page = registry.declared()[name]
    if isinstance(page, DatasetteTable):
        address, below = links.table(page.table), [links.row(page.table, "")]
    elif page.row_of is not None:
        address, below = links.table(page.row_of), [links.row(page.row_of, ""), links.page(name)]
    else:
        address = links.page(name)
        rows = next((each.row_of for each in registry.pages().values() if each.route == f"{page.route}/{{key}}"), None)
        below = [f"{address}/", *([] if rows is None else [links.table(rows)])]
    return Item(label, address, path == address or path.startswith(tuple(below)))
