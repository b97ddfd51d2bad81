"""The file that a database is in: made for its owner alone, told from another one, looked through for damage; and why one
cannot be used, in words."""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import suppress
from pathlib import Path

log = logging.getLogger("consentwire")
MAGIC = b"SQLite format 3\0"
NO_DATABASE = "not a SQLite database; name another file with --db"
_HEADER = 4096
_MAX_CHECKED = 1 << 30
"""Bytes of a file that is looked through for damage when it is opened."""


class DatabaseError(Exception):
    """A database that cannot be used: says which, why and what to do."""


def is_foreign(path: Path) -> bool:
    """Whether a file holds something that is no SQLite database. SQLite itself would overwrite a very short one."""
    try:
        with path.open("rb") as file:
            head = file.read(len(MAGIC))
    except OSError:
        return False  # not there yet, or SQLite says what is wrong with it
    return bool(head) and head != MAGIC


def identity(path: Path) -> tuple[int, int] | None:
    """Which file is at a path."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def make(path: Path) -> bool:
    """Makes an empty file, for its owner alone; what SQLite makes beside it takes after it. Says whether it was not there."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError:
        return False  # there already, or SQLite says what is wrong
    return True


def unmake(path: Path) -> None:
    """Takes a file away that was made for nothing: with no more in it than SQLite's own header."""
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
    """Why a file cannot be used, and what to do."""
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
