"""The progress of a running capture, from which a restarted analysis continues."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from addon.records import GapRecord

from .schema import BY_NAME, TABLES
from .selection import selection

_NUMBER = re.compile(r"\d+\.([a-z]*)(\d+)")
"""An id that a capture's emitter gave: a letter for what it is, and a number."""
_NUMBERED = tuple(table.name for table in TABLES if table.key == ("id",) and table.columns["id"].kind == "text")
_GAPS = selection(GapRecord, BY_NAME["gaps"])


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a capture has come."""

    exchanges: int
    """The number of exchanges that are stored, from the beginning."""
    numbers: Mapping[str, int]
    """Letter of an id -> the highest number that was given."""
    gaps: Sequence[GapRecord]
    """Those that are noted."""


def read_progress(connection: sqlite3.Connection, capture: int) -> Progress:
    """How far a capture has come, by its rows."""
    row = connection.execute("SELECT exchanges_read FROM captures WHERE id = ?", (capture,)).fetchone()
    numbers: dict[str, int] = {}
    for table in _NUMBERED:
        for (number,) in connection.execute(f"SELECT id FROM {table} WHERE id GLOB ?", (f"{capture}.*",)):
            found = _NUMBER.fullmatch(number)
            if found is not None:
                numbers[found[1]] = max(numbers.get(found[1], 0), int(found[2]))
    gaps = _GAPS.all(connection, "FROM gaps WHERE capture_id = :capture", capture=capture)
    return Progress(row[0] or 0 if row else 0, numbers, gaps)
