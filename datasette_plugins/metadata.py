"""Datasette's descriptions of our tables, made from the schema that the writer uses."""

from __future__ import annotations

from addon.store.schema import TABLES


def metadata(database: str) -> dict[str, object]:
    """Metadata for a database of the given name."""
    return {"databases": {database: {"tables": {table.name: {"description": table.help} for table in TABLES}}}}
