"""How rows become dataclasses, and text times become seconds."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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


def file_of(connection: Connection) -> Path | None:
    """The file of a database; ``None`` if it is in memory."""
    name = next((name for _, schema, name in connection.execute("PRAGMA database_list") if schema == "main"), "")
    return Path(name) if name else None


def seconds(text: str | None) -> float | None:
    """Unix time in seconds of a column of times; ``None`` for what is no time."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        return None


def iso(at: float) -> str:
    """The other way: text that compares with the column's. What no calendar holds becomes the nearest that it does."""
    return (
        datetime.fromtimestamp(min(max(at, 0.0), _LAST), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def document(text: str | None) -> Any:
    """What a JSON column holds; ``None`` for what is no JSON."""
    if not text:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
