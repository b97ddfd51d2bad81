"""The database file: opened or refused, written in batches, findings kept in step with violations."""

from __future__ import annotations

import json
import logging
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass
from pathlib import Path

import sqlite_utils

from addon import __version__
from addon.records import GapRecord, Record, ViolationRecord

from . import schema
from .file import NO_DATABASE, DatabaseError, free_name, identity, is_foreign, make, reason_of, refuse_damage, unmake
from .losses import cut_short, note_file, noted
from .rows import RowMaker, text
from .running import RunningCapture, broken_off, run_file
from .schema import BY_RECORD, TABLES
from .statements import BY_BATCH, BY_ROW, FINDINGS, ORDER, VIOLATIONS, WITHIN_CAPTURE

log = logging.getLogger("consentwire")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a capture has come: what an analysis that is started anew goes on from."""

    exchanges: int
    """Those that were handed over and are stored, counted from the beginning."""
    numbers: Mapping[str, int]
    """Letter of an id -> the highest number that was given."""
    gaps: Sequence[tuple[str, str | None, str]]
    """Kind, host and reason of those that are noted."""


_COMPARED = "WHERE id GLOB '*.x[0-9]*'"
_IDENTITIES = """
SELECT i.*, s.capture_id, s.surface, s.site, s.app FROM identities i JOIN sessions s ON s.id = i.session_id
WHERE (SELECT count(*) FROM (SELECT id FROM captures LIMIT 2)) > 1
ORDER BY s.capture_id, i.first_at, i.id LIMIT :most
"""
_NUMBER = re.compile(r"\d+\.([a-z]*)(\d+)")
"""An id that a capture's ledger gave: a letter for what it is, and a number."""
_NUMBERED = tuple(table.name for table in TABLES if table.key == ("id",) and table.columns["id"].kind == "text")
_OPENING_SECONDS = 4
"""How long another program may hold the file when it is opened: there somebody waits."""
_PATIENCE_MILLISECONDS = 30_000
"""How long it may later."""
_CLOSE = """
UPDATE captures SET exchanges_read = (SELECT count(*) FROM exchanges WHERE capture_id = :capture),
       ended_at = coalesce(:last, started_at, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
WHERE id = :capture
"""
_CLOSING_MILLISECONDS = 1000
"""How long a reader may hold up the end: without the file alone, its write-ahead log beside it is as complete."""
_CONTENT_ERRORS = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError)
"""What is the fault of a row, and not of the file."""


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
        if is_foreign(path):
            raise DatabaseError(f"{path}: {NO_DATABASE}")
        self._connection = self._opened(path, checked=checked)
        self._identity = identity(path)
        try:
            self._settle()
        except DatabaseError:
            self._connection.close()
            raise

    def _opened(self, path: Path, *, checked: bool = False) -> sqlite3.Connection:
        made = make(path)
        try:
            connection = sqlite3.connect(path, timeout=_OPENING_SECONDS, check_same_thread=False)
        except sqlite3.DatabaseError as error:
            raise DatabaseError(f"{path}: {reason_of(error)}") from error
        try:
            if checked:
                refuse_damage(connection, path)
            self._prepare(connection)
        except (sqlite3.DatabaseError, DatabaseError) as error:
            connection.close()
            if made:
                unmake(path)
            if isinstance(error, DatabaseError):
                raise
            raise DatabaseError(f"{path}: {reason_of(error)}") from error
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        database = sqlite_utils.Database(connection)
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        if empty:
            database.enable_wal()
            schema.create(database)
            connection.commit()
        elif application != schema.APPLICATION_ID:
            raise DatabaseError(
                f"{self.path}: a SQLite database, but not one of consentwire's; name another file with --db"
            )
        elif version != schema.VERSION:
            raise DatabaseError(
                f"{self.path}: written by another version of consentwire (schema {version}, this one has {schema.VERSION});"
                " analyse the capture again into a new file with --db"
            )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        # a file that may only be read is opened all the same, and is refused at the first write: so there is one
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM captures WHERE false")
        connection.rollback()
        connection.execute(f"PRAGMA busy_timeout = {_PATIENCE_MILLISECONDS}")

    def _settle(self) -> None:
        """Gives captures that broke off their end, and takes in what was noted beside the file."""
        broken = broken_off(self._connection, self.path)
        gaps = noted(self.path)
        if not broken and not gaps:
            return
        with self._transaction():
            known = {number for (number,) in self._connection.execute("SELECT id FROM captures")}
            for number, kind, last in broken:
                self._connection.execute(_CLOSE, {"capture": number, "last": last})
                gaps.append(cut_short(number, kind, last))
            for gap in gaps:
                if gap.capture_id in known:
                    self._connection.execute(BY_ROW["gaps"], tuple(text(value) for value in astuple(gap)))
        with suppress(OSError):
            note_file(self.path).unlink(missing_ok=True)
            for number, *_ in broken:
                run_file(self.path, number).unlink(missing_ok=True)

    def begin(self) -> tuple[int, RunningCapture | None]:
        """The number of a new live capture, and the hold on it that says that it runs. There is no hold where the file
        system knows no locks."""
        with self._transaction():
            number = self._next("live", None)
            return number, self.hold(number)

    def hold(self, capture: int) -> RunningCapture | None:
        """Says that a capture is worked on, until that is closed or the process ends."""
        try:
            return RunningCapture(self.path, capture)
        except OSError as error:
            log.warning("consentwire: %s: no file can be held beside it (%s)", self.path, error.strerror)
            return None

    def claim(self, kind: str, digest: str | None) -> int:
        """The number of a capture: the one that it has if it was analysed before, else the next, which is taken at once:
        another process may be writing to the file too."""
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
        """Copies what was written into a file beside the one that is gone, and goes on there.

        Raises:
            DatabaseError: if it cannot be copied.
        """
        beside = free_name(self.path)
        make(beside)
        try:
            self._connection.execute("VACUUM INTO ?", (str(beside),))
            rescued = self._opened(beside)
        except sqlite3.DatabaseError as error:
            unmake(beside)
            raise DatabaseError(f"{self.path}: {reason_of(error)}") from error
        self._connection.close()
        self.path, self._connection, self._identity = beside, rescued, identity(beside)
        return beside

    def resume(self, capture: int) -> Progress:
        """How far a capture has come whose analysis is started anew."""
        row = self._connection.execute("SELECT exchanges_read FROM captures WHERE id = ?", (capture,)).fetchone()
        numbers: dict[str, int] = {}
        for table in _NUMBERED:
            for (number,) in self._connection.execute(f"SELECT id FROM {table} WHERE id GLOB ?", (f"{capture}.*",)):
                found = _NUMBER.fullmatch(number)
                if found is not None:
                    numbers[found[1]] = max(numbers.get(found[1], 0), int(found[2]))
        gaps = self._connection.execute("SELECT kind, host, reason FROM gaps WHERE capture_id = ?", (capture,))
        return Progress(row[0] or 0 if row else 0, numbers, [(kind, host, reason) for kind, host, reason in gaps])

    @contextmanager
    def replacing(self, capture: int) -> Iterator[None]:
        """Takes a capture's rows away but for its number, for them to be written anew. What people set in its findings is
        set again in those that come back."""
        decided = self._connection.execute(
            "SELECT triage, fingerprint FROM findings WHERE triage NOT IN ('open', 'suppressed')"
            f" AND fingerprint IN (SELECT fingerprint FROM violations WHERE {VIOLATIONS})",
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
        cursor = self._connection.execute(_IDENTITIES, {"most": most})
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def write_comparison(self, found: Sequence[ViolationRecord | GapRecord], rows: RowMaker) -> None:
        """Puts what comparing captures shows in the place of what it showed before. Its ids are ``<capture>.x<n>``; what people
        set in its findings stays."""
        before = [
            row[0] for row in self._connection.execute(f"SELECT DISTINCT fingerprint FROM violations {_COMPARED}")
        ]
        with self._transaction():
            self._connection.execute(f"DELETE FROM violations {_COMPARED}")
            self._connection.execute(f"DELETE FROM gaps {_COMPARED}")
            for record in found:
                self._connection.execute(BY_ROW[BY_RECORD[type(record)].name], rows.row(record))
            fingerprints = {record.fingerprint for record in found if isinstance(record, ViolationRecord)}
            self._refresh_findings({*before, *fingerprints})
            self._connection.execute(
                "DELETE FROM findings WHERE fingerprint NOT IN (SELECT fingerprint FROM violations)"
            )
            self._decide(self._decided)

    def remove_capture(self, capture: int) -> None:
        """Takes a capture's rows away, and what findings had from it. What people set in findings stays while any
        violation of theirs does."""
        self._remove(capture, (*WITHIN_CAPTURE, "DELETE FROM captures WHERE id = :capture"))

    def _remove(self, capture: int, statements: Iterable[str]) -> None:
        touched = [
            row[0]
            for row in self._connection.execute(
                f"SELECT DISTINCT fingerprint FROM violations WHERE {VIOLATIONS}", {"capture": capture}
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
        fingerprints: set[str] = set()
        for record in records:
            by_table.setdefault(BY_RECORD[type(record)].name, []).append(rows.row(record))
            if isinstance(record, ViolationRecord):
                fingerprints.add(record.fingerprint)
        with self._transaction():
            for name in sorted(by_table, key=ORDER.__getitem__):
                if beside_proxy:
                    self._connection.execute(BY_BATCH[name], (json.dumps(by_table[name]),))
                else:
                    self._connection.executemany(BY_ROW[name], by_table[name])
            self._refresh_findings(fingerprints)

    def write_what_fits(
        self, records: Sequence[Record], rows: RowMaker, *, beside_proxy: bool = False
    ) -> list[Exception]:
        """Writes a batch, but for records that SQLite cannot hold and those that refer to them: each costs itself alone.
        Returns why, an error for each that was left out.

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
        """Writes one record; the error if SQLite cannot hold it."""
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
            self._connection.execute(FINDINGS, (json.dumps(listed),))

    def merge(self, path: Path) -> None:
        """Takes over every row of another consentwire database, whose captures have numbers that are free here, or only
        claimed."""
        self._connection.execute("ATTACH DATABASE ? AS part", (str(path),))
        try:
            with self._transaction():
                self._connection.execute("DELETE FROM captures WHERE id IN (SELECT id FROM part.captures)")
                for table in TABLES:
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
