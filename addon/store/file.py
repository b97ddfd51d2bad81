"""The file of a database: made for its owner alone and opened, recognised if it was replaced, checked for damage; and the
messages for a file that cannot be used."""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import suppress
from pathlib import Path

import sqlite_utils

from . import schema
from .recognition import DatabaseError, is_foreign, recognise

log = logging.getLogger("consentwire")
NO_DATABASE = "not a SQLite database; name another file with --db"
_HEADER = 4096
_MAX_CHECKED = 1 << 30
"""Files up to so many bytes are checked for damage when they are opened."""
_OPENING_SECONDS = 4
"""How long another program may hold the file when it is opened: there somebody waits."""
_PATIENCE_MILLISECONDS = 30_000
"""How long it may later."""


def connect(path: Path, *, checked: bool = False) -> sqlite3.Connection:
    """Opens the database in a file, or makes one.

    Args:
        checked: look through a file that is there already for damage, unless it is very large.

    Raises:
        DatabaseError: if it is none of ours, of another version, damaged, or cannot be written.
    """
    if is_foreign(path):
        raise DatabaseError(f"{path}: {NO_DATABASE}")
    made = make(path)
    try:
        connection = sqlite3.connect(path, timeout=_OPENING_SECONDS, check_same_thread=False)
    except sqlite3.DatabaseError as error:
        raise DatabaseError(f"{path}: {reason_of(error)}") from error
    try:
        if checked:
            refuse_damage(connection, path)
        _prepare(connection, path)
    except (sqlite3.DatabaseError, DatabaseError) as error:
        connection.close()
        if made:
            unmake(path)
        if isinstance(error, DatabaseError):
            raise
        raise DatabaseError(f"{path}: {reason_of(error)}") from error
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    database = sqlite_utils.Database(connection)
    empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if empty:
        database.enable_wal()
        schema.create(database)
        connection.commit()
    else:
        recognise(connection, path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    # a file that may only be read is opened all the same, and is refused at the first write: so there is one
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("DELETE FROM captures WHERE false")
    connection.rollback()
    connection.execute(f"PRAGMA busy_timeout = {_PATIENCE_MILLISECONDS}")


def identity(path: Path) -> tuple[int, int] | None:
    """Which file is at a path."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def make(path: Path) -> bool:
    """Makes an empty file that its owner alone can read; the files that SQLite adds get the same permissions. Returns whether
    it was new."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError:
        return False  # there already, or SQLite says what is wrong
    return True


def unmake(path: Path) -> None:
    """Removes a file that holds nothing but SQLite's own header."""
    with suppress(OSError):
        if path.stat().st_size <= _HEADER:
            path.unlink()


def free_name(path: Path) -> Path:
    """A name beside a database: ``x-rescued.db``."""
    taken = 1
    while (beside := path.with_name(f"{path.stem}-rescued{'' if taken == 1 else f'-{taken}'}{path.suffix}")).exists():
        taken += 1
    return beside


def refuse_damage(connection: sqlite3.Connection, path: Path) -> None:
    """Looks through a database for damage.

    Raises:
        DatabaseError: if there is any.
    """
    if not path.exists():
        return
    if path.stat().st_size > _MAX_CHECKED:
        log.warning("consentwire: %s is larger than 1 GiB and was not looked through for damage", path)
        return
    try:
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        if "malformed" not in str(error):
            raise
        found = str(error)
    if found != "ok":
        raise DatabaseError(f"{path}: {_damaged(found)}")


def _damaged(found: str) -> str:
    return (
        f"the database is damaged ({' '.join(found.split())}), and nothing is added to it or concluded from it; keep the file, name"
        " another one with --db, and try 'sqlite3 FILE .recover' for what can be saved of it"
    )


def reason_of(error: sqlite3.DatabaseError) -> str:
    """The message for a file that cannot be used: the reason, and what to do."""
    message = str(error)
    if "not a database" in message:
        return NO_DATABASE
    if "malformed" in message:
        return _damaged(message)
    if "unable to open" in message or "readonly" in message:
        return f"cannot be written ({message}); check that the folder exists and is yours"
    if "locked" in message:
        return "another program is writing to it; stop that, or name another file with --db"
    return message
