"""Connections that cannot write, queries, and what is made of their rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from addon.store import DatabaseError, recognise, require_database
from addon.store.file import reason_of, refuse_damage
from addon.store.selection import document, seconds

__all__ = ["Connection", "document", "first", "iso", "number", "opened", "rows", "seconds"]

type Connection = sqlite3.Connection

_LAST = 253_402_300_799.0
"""The last second of the year 9999."""
_PATIENCE_SECONDS = 5


@contextmanager
def opened(path: Path, *, growing: bool = False) -> Iterator[Connection]:
    """A connection to a consentwire database. Datasette's pages have connections of their own.

    Args:
        growing: whether this very process writes to it, so that it is known to be one.

    Raises:
        DatabaseError: if the file is none, or of another version, or damaged.
    """
    if not growing:
        require_database(path)
    # without a write-ahead log beside it nobody writes to it, and SQLite then need not make one (which it cannot where the
    # folder is not ours, and would leave behind where it is)
    at_rest = not growing and not path.with_name(f"{path.name}-wal").exists()
    address = f"{path.resolve().as_uri()}?mode=ro{'&immutable=1' if at_rest else ''}"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=_PATIENCE_SECONDS)) as connection:
            if not growing:
                recognise(connection, path)
                refuse_damage(connection, path)
            yield connection
    except sqlite3.DatabaseError as error:
        raise DatabaseError(f"{path}: {reason_of(error) if 'malformed' in str(error) else error}") from error


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
    """Unix time in seconds as text that compares with a column of times. What no calendar holds becomes the nearest that it does."""
    return (
        datetime.fromtimestamp(min(max(at, 0.0), _LAST), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )
