"""Which captures of a database are being recorded, or read from their files: each holds a file beside it, as long as a process that
works on it lives.

``NAME.db-run-3`` belongs to capture 3. It says how far the analysis of a live one is behind, and takes up some room that is given
back for the last words when the disk is full. A capture without an end whose file nobody holds broke off.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from addon.held_file import HeldFile, is_held

_WORDS = 512
"""Bytes at the beginning of the file, for what it says."""
_BALLAST = 256 * 1024
"""Bytes behind them: what a gap and the capture's end take in a write-ahead log."""
_UNENDED = "SELECT id, kind FROM captures WHERE ended_at IS NULL"
_LAST = "SELECT max(started_at) FROM exchanges WHERE capture_id = ?"
_STALE_SECONDS = 15.0
"""How old what it says may be."""


def run_file(database: Path, capture: int) -> Path:
    """The file that a running capture holds."""
    whole = database.resolve()
    return whole.with_name(f"{whole.name}-run-{capture}")


def is_running(database: Path, capture: int) -> bool:
    """Whether a capture is being recorded into this file."""
    return is_held(run_file(database, capture))


def file_of(connection: sqlite3.Connection) -> Path | None:
    """The file of a database; ``None`` if it is in memory."""
    name = next((name for _, schema, name in connection.execute("PRAGMA database_list") if schema == "main"), "")
    return Path(name) if name else None


def broken_off(connection: sqlite3.Connection, database: Path) -> list[tuple[int, str, str | None]]:
    """Captures without an end that nobody works on: number, kind, and when the last exchange of each was sent."""
    return [
        (number, kind, connection.execute(_LAST, (number,)).fetchone()[0])
        for number, kind in connection.execute(_UNENDED).fetchall()
        if not is_running(database, number)
    ]


class RunningCapture:
    """A process's hold on a capture that it works on."""

    def __init__(self, database: Path, capture: int) -> None:
        """Raises:
        OSError: if no file can be held beside the database.
        """
        self._file = HeldFile(run_file(database, capture))

    def reserve(self) -> None:
        """Reserves disk space for the last records, if there is any."""
        with suppress(OSError):
            self._file.write(os.urandom(_BALLAST), at=_WORDS)  # random, so that no file system makes it small

    def give_back(self) -> None:
        """Frees the reserved space."""
        self._file.cut(_WORDS)

    def say(self, behind: float, waiting: int, *, stopped: bool = False) -> None:
        """Leaves for pages how far behind the analysis is.

        Args:
            behind: seconds since the oldest exchange came that is not stored yet.
            waiting: bytes of exchanges that are not.
            stopped: nothing is stored any more, although the proxy goes on.
        """
        at = None if stopped else round(time.time(), 1)
        words = json.dumps({"at": at, "behind": round(behind, 1), "waiting": waiting})
        with suppress(OSError):
            self._file.write(words.ljust(_WORDS).encode())

    def close(self, *, remove: bool = False) -> None:
        self._file.close(remove=remove)


@dataclass(frozen=True, slots=True)
class Lag:
    """How far the analysis of a running capture is behind."""

    seconds: float
    waiting: int
    """Bytes of exchanges."""
    stopped: bool = False
    """Whether nothing is stored any more, although the proxy goes on."""


def lag_of(database: Path, capture: int) -> Lag | None:
    """The last state that a running capture reported; ``None`` if the report is old."""
    try:
        with run_file(database, capture).open("rb") as file:
            words = json.loads(file.read(_WORDS))
        at, seconds, waiting = words["at"], float(words["behind"]), int(words["waiting"])
        if at is None:
            return Lag(seconds, waiting, stopped=True)
        return Lag(seconds, waiting) if abs(time.time() - float(at)) < _STALE_SECONDS else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
