"""The database: its tables, columns, keys and indexes, made as the records declare them.

The writer, the readers, Datasette's descriptions and ``docs/database.md`` are made from the same declarations.
"""

from __future__ import annotations

import sqlite_utils

from addon.records import TABLES, Column, Table

from .counts import TRIGGERS

__all__ = ["APPLICATION_ID", "BY_NAME", "BY_RECORD", "TABLES", "VERSION", "Column", "Table", "create"]

VERSION = 6
"""``PRAGMA user_version``. A database of another version is refused, not migrated: captures can be analysed again."""
APPLICATION_ID = 0x434F4E57
"""``PRAGMA application_id``: "CONW"."""

BY_NAME = {table.name: table for table in TABLES}
BY_RECORD = {table.record: table for table in TABLES}

_PYTHON_TYPES: dict[str | None, type] = {"text": str, "integer": int, "boolean": int, "time": str, "json": str}


def create(database: sqlite_utils.Database) -> None:
    """Makes every table and index in an empty database: all of them, or none."""
    with database.atomic():
        for table in TABLES:
            database.create_table(
                table.name,
                {name: _PYTHON_TYPES[column.kind] for name, column in table.columns.items()},
                pk=table.key[0] if len(table.key) == 1 else table.key,
                not_null=[name for name, column in table.columns.items() if column.required],
                foreign_keys=[
                    (name, column.references, _key_of(column.references))
                    for name, column in table.columns.items()
                    if column.references is not None
                ],
            )
            for columns in table.indexes:
                database.table(table.name).create_index(columns, index_name=f"{table.name}_{'_'.join(columns)}")
        for trigger in TRIGGERS:
            database.execute(trigger)
        database.execute(f"PRAGMA user_version = {VERSION}")
        database.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _key_of(table: str) -> str:
    return BY_NAME[table].key[0]
