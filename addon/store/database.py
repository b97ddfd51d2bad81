"""The database file: opened or refused, written in batches, findings kept in step with violations."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlite_utils

from addon.records import Record, ViolationRecord

from . import schema
from .rows import RowMaker
from .schema import BY_RECORD, TABLES, Table


class DatabaseError(Exception):
    """A database that cannot be used: says which, why and what to do."""


def _upsert(table: Table, values: str) -> str:
    names = ", ".join(table.columns)
    others = [name for name in table.columns if name not in table.key]
    update = ", ".join(f"{name} = excluded.{name}" for name in others)
    action = f"DO UPDATE SET {update}" if others else "DO NOTHING"
    return f"INSERT INTO {table.name} ({names}) {values} ON CONFLICT ({', '.join(table.key)}) {action}"


def _by_row(table: Table) -> str:
    return _upsert(table, f"VALUES ({', '.join('?' * len(table.columns))})")


def _by_batch(table: Table) -> str:
    values = ", ".join(f"value ->> {index}" for index in range(len(table.columns)))
    return _upsert(table, f"SELECT {values} FROM json_each(?) WHERE true")


_BY_ROW = {table.name: _by_row(table) for table in TABLES}
_BY_BATCH = {table.name: _by_batch(table) for table in TABLES}
_ORDER = {table.name: position for position, table in enumerate(TABLES)}

_FINDINGS = """
INSERT INTO findings (fingerprint, rule, severity, verdict, vendor, destination, site, event_name, violations, first_at, last_at, triage)
SELECT fingerprint, rule, severity,
       CASE min(CASE verdict WHEN 'confirmed' THEN 0 WHEN 'likely' THEN 1 WHEN 'unproven' THEN 2 ELSE 3 END)
            WHEN 0 THEN 'confirmed' WHEN 1 THEN 'likely' WHEN 2 THEN 'unproven' ELSE 'cleared' END,
       vendor, destination, site, event_name,
       sum(verdict <> 'cleared'), min(occurred_at), max(occurred_at),
       CASE WHEN min(suppressed IS NOT NULL) THEN 'suppressed' ELSE 'open' END
FROM violations WHERE fingerprint IN (SELECT value FROM json_each(?)) GROUP BY fingerprint
ON CONFLICT (fingerprint) DO UPDATE SET
    severity = excluded.severity, verdict = excluded.verdict, violations = excluded.violations,
    first_at = excluded.first_at, last_at = excluded.last_at,
    triage = CASE WHEN excluded.triage = 'suppressed' THEN 'suppressed'
                  WHEN findings.triage = 'suppressed' THEN 'open' ELSE findings.triage END
"""


class Database:
    """One consentwire database, open for writing. Used from one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Opens a database, or makes one.

        Raises:
            DatabaseError: if the file is no consentwire database, is of another version, or cannot be written.
        """
        self.path = path
        try:
            self._connection = sqlite3.connect(path, timeout=30, check_same_thread=False)
            self._prepare()
        except sqlite3.DatabaseError as error:
            raise DatabaseError(f"{path}: {_reason(error)}") from error

    def _prepare(self) -> None:
        database = sqlite_utils.Database(self._connection)
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        application = self._connection.execute("PRAGMA application_id").fetchone()[0]
        empty = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        if empty:
            database.enable_wal()
            schema.create(database)
            self._connection.commit()
        elif application != schema.APPLICATION_ID:
            raise DatabaseError(
                f"{self.path}: a SQLite database, but not one of consentwire's; name another file with --db"
            )
        elif version != schema.VERSION:
            raise DatabaseError(
                f"{self.path}: written by another version of consentwire (schema {version}, this one has {schema.VERSION});"
                " analyse the capture again into a new file with --db"
            )
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("PRAGMA foreign_keys = ON")

    def capture_id(self, digest: str | None) -> int:
        """The number for a capture: the one it has if it was analysed before, else the next."""
        if digest is not None:
            found = self._connection.execute("SELECT id FROM captures WHERE digest = ?", (digest,)).fetchone()
            if found is not None:
                return int(found[0])
        return int(self._connection.execute("SELECT coalesce(max(id), 0) + 1 FROM captures").fetchone()[0])

    def remove_capture(self, capture: int) -> None:
        """Takes a capture's rows away, and what findings had from it. What people set in findings stays while any
        violation of theirs does."""
        touched = [
            row[0]
            for row in self._connection.execute(
                "SELECT DISTINCT fingerprint FROM violations WHERE capture_id = ?", (capture,)
            )
        ]
        sessions = "SELECT id FROM sessions WHERE capture_id = :capture"
        exchanges = "SELECT id FROM exchanges WHERE capture_id = :capture"
        events = f"SELECT id FROM events WHERE exchange_id IN ({exchanges})"
        sources = "SELECT id FROM sources WHERE capture_id = :capture"
        statements = (
            "DELETE FROM violations WHERE capture_id = :capture",
            "DELETE FROM gaps WHERE capture_id = :capture",
            "DELETE FROM marks WHERE capture_id = :capture",
            f"DELETE FROM banner_events WHERE session_id IN ({sessions})",
            f"DELETE FROM signals WHERE session_id IN ({sessions})",
            f"DELETE FROM cookies WHERE session_id IN ({sessions})",
            f"DELETE FROM calls WHERE exchange_id IN ({exchanges})",
            f"DELETE FROM deliveries WHERE event_id IN ({events})",
            f"DELETE FROM duplicates WHERE event_id IN ({events})",
            f"DELETE FROM events WHERE exchange_id IN ({exchanges})",
            f"DELETE FROM destinations WHERE source_id IN ({sources})",
            "DELETE FROM sources WHERE capture_id = :capture",
            "DELETE FROM exchanges WHERE capture_id = :capture",
            "DELETE FROM sessions WHERE capture_id = :capture",
            "DELETE FROM captures WHERE id = :capture",
        )
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
            for name in sorted(by_table, key=_ORDER.__getitem__):
                if beside_proxy:
                    self._connection.execute(_BY_BATCH[name], (json.dumps(by_table[name]),))
                else:
                    self._connection.executemany(_BY_ROW[name], by_table[name])
            self._refresh_findings(fingerprints)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """One transaction, in which rows may refer to rows that come later in it."""
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute("PRAGMA defer_foreign_keys = ON")
            yield

    def _refresh_findings(self, fingerprints: Iterable[str]) -> None:
        listed = list(fingerprints)
        if listed:
            self._connection.execute(_FINDINGS, (json.dumps(listed),))

    def merge(self, path: Path) -> None:
        """Takes over every row of another consentwire database, whose captures have numbers that are free here."""
        self._connection.execute("ATTACH DATABASE ? AS part", (str(path),))
        try:
            with self._transaction():
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
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._connection.execute("PRAGMA optimize")
        except sqlite3.OperationalError:
            pass  # a reader holds it: the log stays beside the file, which is as complete
        self._connection.close()


def _reason(error: sqlite3.DatabaseError) -> str:
    message = str(error)
    if "not a database" in message:
        return "not a SQLite database; name another file with --db"
    if "unable to open" in message or "readonly" in message:
        return f"cannot be written ({message}); check that the folder exists and is yours"
    if "locked" in message:
        return "another program is writing to it; stop that, or name another file with --db"
    return message
