"""A note of losses beside a database that could not store them. The next command that opens the database reads it in.

``NAME.db-lost`` has a line for each gap, as JSON. A full disk may refuse the gap that says that it is full.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from addon.records import GapRecord

from .running_captures import broken_off, file_of


def lost_records(capture: int, count: int, why: str) -> GapRecord:
    """The gap for records that could not be stored. A capture has one such gap, whose count grows."""
    return GapRecord(
        id=f"{capture}.g-lost",
        capture_id=capture,
        exchange_id=None,
        kind="records-lost",
        host=None,
        reason=f"{count} record{'' if count == 1 else 's'} could not be stored: {why}",
        count=count,
    )


def cut_short(capture: int, kind: str, last: str | None) -> GapRecord:
    """The gap of a capture that broke off.

    Args:
        kind: ``live``, or a file's.
        last: when the last exchange that is stored was sent.
    """
    until = "nothing of it is stored" if last is None else f"the last exchange that is stored is from {last}"
    if kind == "live":
        what = f"the proxy was ended by force ({until}): what passed after that may be missing"
    else:
        what = f"reading the file was ended by force ({until}): the rest is missing; analyse the file again"
    reason = f"{what}. What waited for later evidence was not judged to its end"
    return GapRecord(
        id=f"{capture}.g-cut", capture_id=capture, exchange_id=None, kind="capture-cut-short", host=None, reason=reason
    )


def note_file(database: Path) -> Path:
    """Where the note of a database is."""
    whole = database.resolve()
    return whole.with_name(f"{whole.name}-lost")


def leave_note(database: Path, gaps: Iterable[GapRecord]) -> bool:
    """Writes gaps beside a database that cannot hold them. Says whether they are there."""
    lines = "".join(json.dumps(asdict(gap)) + "\n" for gap in gaps)
    try:
        file = os.open(note_file(database), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(file, "w", encoding="utf-8") as opened:
            opened.write(lines)
    except OSError:
        return False
    return True


def noted(database: Path) -> list[GapRecord]:
    """The gaps in the note beside a database; lines that are none are passed over."""
    try:
        lines = note_file(database).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    found: dict[str, GapRecord] = {}
    for line in lines:
        try:
            gap = GapRecord(**json.loads(line))
        except (ValueError, TypeError, RecursionError):
            continue
        if _is_gap(gap):
            found[gap.id] = gap
    return list(found.values())


def _is_gap(gap: GapRecord) -> bool:
    """Whether what a line holds is of the types that it says."""
    texts = all(isinstance(each, str) for each in (gap.id, gap.kind, gap.reason, gap.host or "", gap.exchange_id or ""))
    return texts and all(isinstance(each, int) for each in (gap.capture_id, gap.count or 0))


def unwritten(connection: sqlite3.Connection) -> list[GapRecord]:
    """The gaps that a database does not hold yet: of captures that broke off, and of what is noted beside it."""
    database = file_of(connection)
    if database is None:
        return []
    known = {number for (number,) in connection.execute("SELECT id FROM captures")}
    gaps = [cut_short(*each) for each in broken_off(connection, database)]
    return gaps + [gap for gap in noted(database) if gap.capture_id in known]
