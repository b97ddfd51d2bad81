"""Writes off the proxy's loop: records go into a queue, a thread of its own commits them in batches.

The queue is bounded. When it is full (a disk that stands still), records are not silently lost: they are counted, and the
count becomes a gap as soon as there is room.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Sequence
from queue import Empty, Full, Queue

from addon.records import GapRecord, Record

from .database import Database
from .rows import RowMaker

log = logging.getLogger("consentwire")
_BATCH_SECONDS = 0.2
_BATCH_RECORDS = 5000
_QUEUE = 20_000
"""Lists of records, one list an exchange."""


class BackgroundWriter:
    """Owns a database while a capture runs."""

    def __init__(self, database: Database, rows: RowMaker, capture: int) -> None:
        self._database = database
        self._rows = rows
        self._capture = capture
        self._queue: Queue[Sequence[Record] | None] = Queue(_QUEUE)
        self._dropped = 0
        self.failure: str | None = None
        """Why writing failed, if it did: said once, and counted from then on."""
        self._thread = threading.Thread(target=self._run, name="consentwire-writer", daemon=True)
        self._thread.start()

    def put(self, records: Sequence[Record]) -> None:
        """Takes records in; never waits."""
        if not records:
            return
        try:
            self._queue.put_nowait(records)
        except Full:
            self._dropped += len(records)

    def close(self) -> None:
        """Writes what is left, and closes the database."""
        self._queue.put(None)
        self._thread.join()
        self._database.close()

    def _run(self) -> None:
        stop = False
        while not stop:
            batch, stop = self._collect()
            if self._dropped:
                reason = f"{self._dropped} records were lost: {self.failure or 'the disk did not keep up'}"
                batch.append(
                    GapRecord(
                        id=f"{self._capture}.g-lost",
                        capture_id=self._capture,
                        exchange_id=None,
                        kind="records-lost",
                        host=None,
                        reason=reason,
                    )
                )
            if batch:
                self._write(batch)

    def _collect(self) -> tuple[list[Record], bool]:
        """A batch: whatever comes within a moment after the first record. Says whether it is the last."""
        batch: list[Record] = []
        first = self._queue.get()
        if first is None:
            return batch, True
        batch.extend(first)
        deadline = time.monotonic() + _BATCH_SECONDS
        while len(batch) < _BATCH_RECORDS:
            try:
                more = self._queue.get(timeout=max(deadline - time.monotonic(), 0))
            except Empty:
                break
            if more is None:
                return batch, True
            batch.extend(more)
        return batch, False

    def _write(self, batch: list[Record]) -> None:
        try:
            self._database.write(batch, self._rows, beside_proxy=True)
        except sqlite3.OperationalError as error:
            self._lose(len(batch), error)
        except Exception:  # one record that SQLite cannot hold must not cost the others
            for record in batch:
                try:
                    self._database.write([record], self._rows)
                except Exception as error:
                    self._lose(1, error)

    def _lose(self, records: int, error: Exception) -> None:
        self._dropped += records
        if self.failure is None:
            self.failure = str(error)
            log.error("consentwire: the database %s cannot be written: %s", self._database.path, error)
