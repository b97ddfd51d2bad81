"""The database file: opened or refused, written in batches, findings kept in step with violations."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import astuple
from pathlib import Path

from addon import __version__
from addon.records import (
    ConsentStateRecord,
    GapRecord,
    JudgedRecord,
    Record,
    StaleStatesRecord,
    ViolationRecord,
)

from .file import connect, free_name, identity, make, reason_of, unmake
from .losses import cut_short, note_file, noted
from .progress import Progress, read_progress
from .recognition import DatabaseError
from .rows import RowMaker, text
from .running_captures import RunningCapture, broken_off, run_file
from .schema import BY_RECORD, TABLES
from .statements import (
    BY_BATCH,
    BY_ROW,
    CLOSE_BROKEN_OFF,
    IDENTITIES,
    JUDGED,
    JUDGED_BY_BATCH,
    JUDGED_BY_ROW,
    ORDER,
    REFRESH_FINDINGS,
    VIOLATIONS_OF_CAPTURE,
    WHERE_COMPARED,
    WITHIN_CAPTURE,
)

log = logging.getLogger("consentwire")
_CLOSING_MILLISECONDS = 1000
"""How long a reader may delay the end. Without the final merge, the database is complete together with its write-ahead log."""
_CONTENT_ERRORS = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError)
"""Errors of SQLite that concern one row, and not the file."""


class Database:
    """One consentwire database, open for writing. Used from one thread at a time."""

    def __init__(self, path: Path, *, checked: bool = False) -> None:
        """Opens a database, or makes one, for its owner alone. Captures in it that broke off are given their end.

        Args:
            checked: look through a file that is there already for damage, unless it is very large.

        Raises:
            DatabaseError: if the file is no consentwire database, is of another version, damaged, or cannot be written.
        """
        self.path = path
        self._decided: list[tuple[str, str]] = []
        """What people had set in findings of captures that were replaced: triage, fingerprint."""
        self._connection = connect(path, checked=checked)
        self._identity = identity(path)
        try:
            self._settle()
        except DatabaseError:
            self._connection.close()
            raise

    def _settle(self) -> None:
        """Writes the end of captures that broke off, and reads the notes kept beside the file."""
        broken = broken_off(self._connection, self.path)
        gaps = noted(self.path)
        if not broken and not gaps:
            return
        with self._transaction():
            known = {number for (number,) in self._connection.execute("SELECT id FROM captures")}
            for number, kind, last in broken:
                self._connection.execute(CLOSE_BROKEN_OFF, {"capture": number, "last": last})
                gaps.append(cut_short(number, kind, last))
            for gap in gaps:
                if gap.capture_id in known:
                    self._connection.execute(BY_ROW["gaps"], tuple(text(value) for value in astuple(gap)))
        with suppress(OSError):
            note_file(self.path).unlink(missing_ok=True)
            for number, *_ in broken:
                run_file(self.path, number).unlink(missing_ok=True)

    def begin(self) -> tuple[int, RunningCapture | None]:
        """Reserves the number of a new live capture, and holds a lock that shows it is running. There is no lock if the file
        system supports none."""
        with self._transaction():
            number = self._next("live", None)
            return number, self.hold(number)

    def hold(self, capture: int) -> RunningCapture | None:
        """Holds a lock that shows the capture is being worked on, until it is closed or the process ends."""
        try:
            return RunningCapture(self.path, capture)
        except OSError as error:
            log.warning("consentwire: %s: no file can be held beside it (%s)", self.path, error.strerror)
            return None

    def claim(self, kind: str, digest: str | None) -> int:
        """Reserves the number of a capture: its former number if the file was analysed before, else the next free one. It is
        written at once, because another process may write to the file too."""
        with self._transaction():
            if digest is not None:
                known = self._connection.execute("SELECT id FROM captures WHERE digest = ?", (digest,)).fetchone()
                if known is not None:
                    return int(known[0])
            return self._next(kind, digest)

    def _next(self, kind: str, digest: str | None) -> int:
        claimed = self._connection.execute(
            "INSERT INTO captures (id, kind, digest, tool_version)"
            " SELECT coalesce(max(id), 0) + 1, ?, ?, ? FROM captures RETURNING id",
            (kind, digest, __version__),
        ).fetchone()
        return int(claimed[0])

    @property
    def displaced(self) -> bool:
        """Whether the file at the path is no longer the one that was opened: deleted, renamed or replaced."""
        return identity(self.path) != self._identity

    def rescue(self) -> Path:
        """Copies what was written into a new file beside the missing one, and continues there.

        Raises:
            DatabaseError: if it cannot be copied.
        """
        beside = free_name(self.path)
        make(beside)
        try:
            self._connection.execute("VACUUM INTO ?", (str(beside),))
            rescued = connect(beside)
        except sqlite3.DatabaseError as error:
            unmake(beside)
            raise DatabaseError(f"{self.path}: {reason_of(error)}") from error
        self._connection.close()
        self.path, self._connection, self._identity = beside, rescued, identity(beside)
        return beside

    def resume(self, capture: int) -> Progress:
        """The progress of a capture whose analysis is started again."""
        return read_progress(self._connection, capture)

    @contextmanager
    def replacing(self, capture: int) -> Iterator[None]:
        """Deletes a capture's rows but keeps its number, so that they can be written again. What people set in its findings is
        restored in those that come back."""
        decided = self._connection.execute(
            "SELECT triage, fingerprint FROM findings WHERE triage NOT IN ('open', 'suppressed')"
            f" AND fingerprint IN (SELECT fingerprint FROM violations WHERE {VIOLATIONS_OF_CAPTURE})",
            {"capture": capture},
        ).fetchall()
        self._decided += decided
        self._remove(capture, (*WITHIN_CAPTURE, "UPDATE captures SET ended_at = NULL WHERE id = :capture"))
        try:
            yield
        finally:
            with self._transaction():
                self._decide(decided)

    def _decide(self, decided: Iterable[tuple[str, str]]) -> None:
        self._connection.executemany(
            "UPDATE findings SET triage = ? WHERE fingerprint = ? AND triage = 'open'", decided
        )

    def identities(self, most: int) -> list[dict[str, object]]:
        """What was noted of identities, if there is more than one capture to compare: the rows of ``identities``, each with
        the capture, surface, site and app of its session. At most so many, in the order of captures."""
        cursor = self._connection.execute(IDENTITIES, {"most": most})
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def write_comparison(self, found: Sequence[ViolationRecord | GapRecord], rows: RowMaker) -> None:
        """Replaces the results of the comparison between captures. Its ids are ``<capture>.x<n>``; what people set in its
        findings stays."""
        before = [
            row[0] for row in self._connection.execute(f"SELECT DISTINCT fingerprint FROM violations {WHERE_COMPARED}")
        ]
        with self._transaction():
            self._connection.execute(f"DELETE FROM violations {WHERE_COMPARED}")
            self._connection.execute(f"DELETE FROM gaps {WHERE_COMPARED}")
            for record in found:
                self._connection.execute(BY_ROW[BY_RECORD[type(record)].name], rows.row(record))
            fingerprints = {record.fingerprint for record in found if isinstance(record, ViolationRecord)}
            self._refresh_findings({*before, *fingerprints})
            self._connection.execute(
                "DELETE FROM findings WHERE fingerprint NOT IN (SELECT fingerprint FROM violations)"
            )
            self._decide(self._decided)

    def remove_capture(self, capture: int) -> None:
        """Deletes a capture's rows, and its part of the findings. What people set in a finding stays as long as the finding has
        a violation."""
        self._remove(capture, (*WITHIN_CAPTURE, "DELETE FROM captures WHERE id = :capture"))

    def _remove(self, capture: int, statements: Iterable[str]) -> None:
        touched = [
            row[0]
            for row in self._connection.execute(
                f"SELECT DISTINCT fingerprint FROM violations WHERE {VIOLATIONS_OF_CAPTURE}", {"capture": capture}
            )
        ]
        with self._transaction():
            for statement in statements:
                self._connection.execute(statement, {"capture": capture})
            self._refresh_findings(touched)
            self._connection.execute(
                "DELETE FROM findings WHERE fingerprint NOT IN (SELECT fingerprint FROM violations)"
            )

    def write(self, records: Iterable[Record], rows: RowMaker, *, beside_proxy: bool = False) -> None:
        """Writes a batch of records in one transaction; a record under a known key replaces it.

        Args:
            beside_proxy: hand SQLite all rows of a table as one JSON text. That costs SQLite more, but Python's lock is
                taken once a table instead of twice a row, and each time it is, the proxy's thread has to wait its turn.
        """
        by_table: dict[str, list[tuple[object, ...]]] = {}
        judged: dict[str, dict[tuple[str, ...], tuple[object, ...]]] = {}
        stale: dict[str, None] = {}
        fingerprints: set[str] = set()
        for record in records:
            match record:
                case JudgedRecord():
                    values = (*(getattr(record, name) for name in JUDGED[record.table]), *record.key)
                    judged.setdefault(record.table, {})[record.key] = values
                    continue
                case StaleStatesRecord():
                    stale.update(dict.fromkeys(record.ids))
                    continue
                case ViolationRecord():
                    fingerprints.add(record.fingerprint)
                case ConsentStateRecord():
                    stale.pop(record.id, None)
            by_table.setdefault(BY_RECORD[type(record)].name, []).append(rows.row(record))
        with self._transaction():
            for name in sorted(by_table, key=ORDER.__getitem__):
                self._many(BY_BATCH[name] if beside_proxy else BY_ROW[name], by_table[name], at_once=beside_proxy)
            for name, updates in judged.items():
                statement = JUDGED_BY_BATCH[name] if beside_proxy else JUDGED_BY_ROW[name]
                self._many(statement, list(updates.values()), at_once=beside_proxy)
            self._many("DELETE FROM consent_states WHERE id = ?", [(key,) for key in stale], at_once=False)
            self._refresh_findings(fingerprints)

    def _many(self, statement: str, values: list[tuple[object, ...]], *, at_once: bool) -> None:
        """Runs a statement for each of several rows; ``at_once`` if it takes them as one JSON text."""
        if at_once:
            self._connection.execute(statement, (json.dumps(values),))
        else:
            self._connection.executemany(statement, values)

    def write_what_fits(
        self, records: Sequence[Record], rows: RowMaker, *, beside_proxy: bool = False
    ) -> list[Exception]:
        """Writes a batch and skips the records that SQLite rejects, with those that refer to them. Returns an error for each
        skipped record.

        Raises:
            DatabaseError: if the file cannot be written.
        """
        try:
            self.write(records, rows, beside_proxy=beside_proxy)
        except DatabaseError:
            raise
        except Exception:
            return [error for record in records if (error := self._refusal(record, rows)) is not None]
        return []

    def _refusal(self, record: Record, rows: RowMaker) -> Exception | None:
        """Writes one record. Returns the error if SQLite rejects it."""
        try:
            self.write([record], rows)
        except DatabaseError:
            raise
        except Exception as error:
            return error
        return None

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """One transaction, in which rows may refer to rows that come later in it.

        Raises:
            DatabaseError: if the file cannot be written: locked, full, read-only, damaged.
        """
        try:
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                self._connection.execute("PRAGMA defer_foreign_keys = ON")
                yield
        except _CONTENT_ERRORS:
            raise
        except sqlite3.DatabaseError as error:
            raise DatabaseError(f"{self.path}: {reason_of(error)}") from error

    def _refresh_findings(self, fingerprints: Iterable[str]) -> None:
        listed = list(fingerprints)
        if listed:
            self._connection.execute(REFRESH_FINDINGS, (json.dumps(listed),))

    def merge(self, path: Path) -> None:
        """Copies every row of another consentwire database. The numbers of its captures must be free here, or reserved only."""
        self._connection.execute("ATTACH DATABASE ? AS part", (str(path),))
        try:
            with self._transaction():
                self._connection.execute("DELETE FROM captures WHERE id IN (SELECT id FROM part.captures)")
                for table in (each for each in TABLES if not each.derived):
                    self._connection.execute(
                        f"INSERT INTO {table.name} SELECT * FROM part.{table.name} WHERE true ON CONFLICT DO NOTHING"
                    )
                touched = [
                    row[0] for row in self._connection.execute("SELECT DISTINCT fingerprint FROM part.violations")
                ]
                self._refresh_findings(touched)
        finally:
            self._connection.execute("DETACH DATABASE part")

    def close(self) -> None:
        """Folds the write-ahead log into the file and closes it, so that the file alone is complete."""
        try:
            self._connection.execute(f"PRAGMA busy_timeout = {_CLOSING_MILLISECONDS}")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._connection.execute("PRAGMA optimize")
        except sqlite3.DatabaseError:
            pass  # a reader holds it, or the disk is full: the log stays beside the file, which is as complete
        self._connection.close()
