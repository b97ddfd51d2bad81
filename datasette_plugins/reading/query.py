"""Queries, and what is made of their rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime

from addon.store.selection import document, seconds

__all__ = ["Connection", "document", "first", "iso", "number", "rows", "seconds"]

type Connection = sqlite3.Connection

_LAST = 253_402_300_799.0
"""The last second of the year 9999."""


def rows[Row](connection: Connection, make: Callable[..., Row], sql: str, **values: object) -> list[Row]:
    """Each row as what ``make`` makes of its columns, in their order."""
    return [make(*row) for row in connection.execute(sql, values)]


def first[Row](connection: Connection, make: Callable[..., Row], sql: str, **values: object) -> Row | None:
    """The first row, or ``None``."""
    row = connection.execute(sql, values).fetchone()
    return None if row is None else make(*row)


def number(connection: Connection, sql: str, **values: object) -> int:
    """A count."""
    row = connection.execute(sql, values).fetchone()
    return int(row[0] or 0)


def iso(at: float) -> str:
    """The other way: text that compares with the column's. What no calendar holds becomes the nearest that it does."""
    return (
        datetime.fromtimestamp(min(max(at, 0.0), _LAST), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
