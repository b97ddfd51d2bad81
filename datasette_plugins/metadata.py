"""Datasette's descriptions of our tables, made from the schema that the writer uses.

Datasette's ``--plugins-dir`` executes this file too, outside of its package and perhaps without consentwire on the path:
so nothing of ours is imported before it is called.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from addon.store.schema import Table

_SORTS = {
    "sessions": ("sort", "started_at"),
    "exchanges": ("sort", "started_at"),
    "events": ("sort_desc", "received_at"),
    "violations": ("sort_desc", "occurred_at"),
    "findings": ("sort_desc", "last_at"),
}
"""Table -> direction and column."""
_FACETS = {
    "findings": ("verdict", "rule", "vendor", "site"),
    "violations": ("verdict", "rule", "vendor"),
    "events": ("name", "write_key"),
    "calls": ("vendor", "kind"),
    "hits": ("vendor", "name"),
    "cookies": ("vendor", "name"),
    "deliveries": ("destination", "outcome"),
    "gaps": ("kind",),
}
_FACET_SIZE = 8
_LABELS = {
    "captures": "path",
    "sessions": "site",
    "exchanges": "host",
    "events": "name",
    "sources": "write_key",
    "signals": "source",
    "findings": "rule",
}
"""What Datasette shows beside the number of a row that another row refers to."""


def metadata(database: str, hosts: Sequence[str] = ()) -> dict[str, Any]:
    """Metadata for a database of the given name.

    Args:
        hosts: names besides this machine's own under which the pages may be asked for.
    """
    described: dict[str, Any] = {"databases": {database: {"tables": tables()}}}
    if hosts:
        described["plugins"] = {"consentwire": {"hosts": list(hosts)}}
    return described


def tables() -> dict[str, dict[str, Any]]:
    """What Datasette is told of each table. Made anew for each call, because Datasette writes into what it is given."""
    from addon.store.schema import TABLES

    return {table.name: _table(table) for table in TABLES}


def _table(table: Table) -> dict[str, Any]:
    described: dict[str, Any] = {
        "description": table.help,
        "columns": {name: column.help for name, column in table.columns.items()},
    }
    if table.name in _LABELS:
        described["label_column"] = _LABELS[table.name]
    if table.name in _SORTS:
        direction, column = _SORTS[table.name]
        # sorting without an index reads and sorts every row on every page
        if column in _leading(table.indexes):
            described[direction] = column
    facets = [column for column in _FACETS.get(table.name, ()) if column in _indexed(table)]
    if facets:
        described["facets"] = facets
        described["facet_size"] = _FACET_SIZE
    return described


def _leading(indexes: Iterable[tuple[str, ...]]) -> set[str]:
    return {columns[0] for columns in indexes}


def _indexed(table: Table) -> set[str]:
    """Columns that can be counted from an index alone."""
    return {column for columns in (*table.indexes, table.key) for column in columns}
