"""Recognises whether a SQLite file is consentwire's, and of which version."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from . import schema

SQLITE_MAGIC = b"SQLite format 3\0"
"""What every SQLite file but an empty one starts with."""


class DatabaseError(Exception):
    """A database cannot be used; the message names it, says why, and what to do."""


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


def require_database(path: Path) -> None:
    """Makes sure that a file is a SQLite database at all.

    Raises:
        DatabaseError: if it is none: says what it is, and what to do.
    """
    try:
        head = _head(path)
    except OSError as error:
        raise DatabaseError(f"{path}: cannot be read: {error.strerror}") from error
    if not head:
        made = "'consentwire analyze CAPTURE --db FILE' or 'consentwire run --db FILE' writes one"
        raise DatabaseError(f"{path}: the file is empty, and no database; {made}")
    if head != SQLITE_MAGIC:
        made = "if it is a capture, 'consentwire analyze CAPTURE --db FILE' makes one of it"
        raise DatabaseError(f"{path}: not a SQLite database; {made}")


def is_database(path: Path) -> bool:
    """Whether a file starts as a SQLite database does."""
    try:
        return _head(path) == SQLITE_MAGIC
    except OSError:
        return False


def is_foreign(path: Path) -> bool:
    """Whether a file holds something that is no SQLite database. SQLite itself would overwrite a very short one."""
    try:
        head = _head(path)
    except OSError:
        return False  # not there yet, or SQLite says what is wrong with it
    return bool(head) and head != SQLITE_MAGIC


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(SQLITE_MAGIC))
