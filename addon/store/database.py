"""The database file: opened or refused, written in batches, findings kept in step with violations."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import sqlite_utils

from addon import __version__
from addon.records import (
    ConsentStateRecord,
    GapRecord,
    JudgedRecord,
    Record,
    StaleStatesRecord,
    ViolationRecord,
)

from . import schema
from .recognition import SQLITE_MAGIC, DatabaseError, recognise
from .rows import RowMaker
from .schema import BY_RECORD, TABLES
from .statements import (
    BY_BATCH,
    BY_ROW,
    IDENTITIES,
    JUDGED_BY_BATCH,
    JUDGED_BY_ROW,
    ORDER,
    REFRESH_FINDINGS,
    VIOLATIONS_OF_CAPTURE,
    WHERE_COMPARED,
    WITHIN_CAPTURE,
)

_NO_DATABASE = "not a SQLite database; name another file with --db"
_PATIENCE_SECONDS = 30
"""How long another program may hold the file."""
_CLOSING_MILLISECONDS = 1000
"""How long a reader may hold up the end: without the file alone, its write-ahead log beside it is as complete."""
_CONTENT_ERRORS = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError)
"""What is the fault of a row, and not of the file."""


class Database:
    """One consentwire database, open for writing. Used from one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Opens a database, or makes one.

        Raises:
            DatabaseError: if the file is no consentwire database, is of another version, or cannot be written.
        """
        self.path = path
        self._decided: list[tuple[str, str]] = []
        """What people had set in findings of captures that were replaced: triage, fingerprint."""
        if _is_foreign(path):
            raise DatabaseError(f"{path}: {_NO_DATABASE}")
        try:
            self._connection = sqlite3.connect(path, timeout=_PATIENCE_SECONDS, check_same_thread=False)
        except sqlite3.DatabaseError as error:
            raise DatabaseError(f"{path}: {_reason(error)}") from error
        try:
            self._prepare()
        except (sqlite3.DatabaseError, DatabaseError) as error:
            self._connection.close()
            if isinstance(error, DatabaseError):
                raise
            raise DatabaseError(f"{path}: {_reason(error)}") from error

    def _prepare(self) -> None:
        database = sqlite_utils.Database(self._connection)
        empty = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        if empty:
            database.enable_wal()
            schema.create(database)
            self._connection.commit()
        else:
            recognise(self._connection, self.path)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        # a file that may only be read is opened all the same, and is refused at the first write: so there is one
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("DELETE FROM captures WHERE false")
        self._connection.rollback()

    def claim(self, kind: str, digest: str | None) -> int:
        """The number of a capture: the one that it has if it was analysed before, else the next, which is taken at once:
        another process may be writing to the file too."""
        with self._transaction():
            if digest is not None:
                known = self._connection.execute("SELECT id FROM captures WHERE digest = ?", (digest,)).fetchone()
                if known is not None:
                    return int(known[0])
            claimed = self._connection.execute(
                "INSERT INTO captures (id, kind, digest, tool_version)"
                " SELECT coalesce(max(id), 0) + 1, ?, ?, ? FROM captures RETURNING id",
                (kind, digest, __version__),
            ).fetchone()
            return int(claimed[0])

    @contextmanager
    def replacing(self, capture: int) -> Iterator[None]:
        """Takes a capture's rows away but for its number, for them to be written anew. What people set in its findings is
        set again in those that come back."""
        decided = self._connection.execute(
            "SELECT triage, fingerprint FROM findings WHERE triage NOT IN ('open', 'suppressed')"
            f" AND fingerprint IN (SELECT fingerprint FROM violations WHERE {VIOLATIONS_OF_CAPTURE})",
            {"capture": capture},
        ).fetchall()
        self._decided += decided
        self._remove(capture, WITHIN_CAPTURE)
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
        """Puts what comparing captures shows in the place of what it showed before. Its ids are ``<capture>.x<n>``; what people
        set in its findings stays."""
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
        """Takes a capture's rows away, and what findings had from it. What people set in findings stays while any
        violation of theirs does."""
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
                    values = (record.consent, record.alternative, record.certainty, record.signal_id, *record.key)
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
            raise DatabaseError(f"{self.path}: {_reason(error)}") from error

    def _refresh_findings(self, fingerprints: Iterable[str]) -> None:
        listed = list(fingerprints)
        if listed:
            self._connection.execute(REFRESH_FINDINGS, (json.dumps(listed),))

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


def _is_foreign(path: Path) -> bool:
    """Whether a file holds something that is no SQLite database. SQLite itself would overwrite a very short one."""
    try:
        with path.open("rb") as file:
            head = file.read(len(SQLITE_MAGIC))
    except OSError:
        return False  # not there yet, or SQLite says what is wrong with it
    return bool(head) and head != SQLITE_MAGIC


def _reason(error: sqlite3.DatabaseError) -> str:
    message = str(error)
    if "not a database" in message:
        return _NO_DATABASE
    if "unable to open" in message or "readonly" in message:
        return f"cannot be written ({message}); check that the folder exists and is yours"
    if "locked" in message:
        return "another program is writing to it; stop that, or name another file with --db"
    return message
