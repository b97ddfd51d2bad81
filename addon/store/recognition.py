"""Whose a SQLite file is: consentwire's, and of which version."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from . import schema


class DatabaseError(Exception):
    """A database that cannot be used: says which, why and what to do."""


def recognise(connection: sqlite3.Connection, path: Path) -> None:
    """Makes sure that a database is one of ours, as this version writes them.

    Raises:
        DatabaseError: if it is not. One of another version is not migrated: what its captures hold is read again.
    """
    if connection.execute("PRAGMA application_id").fetchone()[0] != schema.APPLICATION_ID:
        raise DatabaseError(f"{path}: a SQLite database, but not one of consentwire's; name another file")
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version != schema.VERSION:
        age = "an earlier" if version < schema.VERSION else "a later"
        raise DatabaseError(
            f"{path}: made by {age} version of consentwire (its schema is {version}, this one's is {schema.VERSION});"
            " analyze the capture again into a new file: consentwire analyze CAPTURE --db NEW.db"
        )
