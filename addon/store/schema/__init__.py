"""The database: its tables, columns, keys and indexes, each with what it means.

A module for each group of them; nothing else names them. The writer, Datasette's descriptions and ``docs/database.md`` are made from it.
"""

from __future__ import annotations

import sqlite_utils

from . import captures, consent, findings, gaps, messages, people, vendors
from .table import Column, Table

__all__ = ["APPLICATION_ID", "BY_NAME", "BY_RECORD", "TABLES", "VERSION", "Column", "Table", "create"]

VERSION = 4
"""``PRAGMA user_version``. A database of another version is refused, not migrated: captures can be analysed again."""
APPLICATION_ID = 0x434F4E57
"""``PRAGMA application_id``: "CONW"."""

TABLES: tuple[Table, ...] = (  # what is referred to stands before what refers to it
    *captures.TABLES,
    *messages.TABLES,
    *vendors.TABLES,
    *people.TABLES,
    *consent.TABLES,
    *findings.TABLES,
    *gaps.TABLES,
)

BY_NAME = {table.name: table for table in TABLES}
BY_RECORD = {table.record: table for table in TABLES if table.record is not None}

_PYTHON_TYPES: dict[str, type] = {"text": str, "integer": int, "boolean": int, "time": str, "json": str}


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
        database.execute(f"PRAGMA user_version = {VERSION}")
        database.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _key_of(table: str) -> str:
    return BY_NAME[table].key[0]
