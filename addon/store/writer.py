"""Writes off the proxy's loop: records go into a queue, a thread of its own commits them in batches.

The queue is bounded. While the file cannot be written (the disk is full, another program holds it), the batch at hand is
tried again and the queue fills. What then finds no room, and what SQLite cannot hold, is not silently lost: it is counted,
and the count becomes a gap as soon as there is room.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, Full, Queue

from addon.records import GapRecord, Record

from .database import Database
from .recognition import DatabaseError
from .rows import RowMaker

log = logging.getLogger("consentwire")
_BATCH_SECONDS = 0.2
_BATCH_RECORDS = 5000
_RETRY_SECONDS = 1.0
_QUEUE = 20_000
"""Lists of records, one list an exchange."""


def lost_records(capture: int, count: int, why: str) -> GapRecord:
    """The gap that records leave which could not be stored. There is one a capture; its count grows."""
    return GapRecord(
        id=f"{capture}.g-lost",
        capture_id=capture,
        exchange_id=None,
        kind="records-lost",
        host=None,
        reason=f"{count} record{'' if count == 1 else 's'} could not be stored: {why}",
        count=count,
    )


class BackgroundWriter:
    """Owns a database while a capture runs."""

    def __init__(self, database: Database, rows: RowMaker, capture: int) -> None:
        self._database = database
        self._rows = rows
        self._capture = capture
        self._queue: Queue[Sequence[Record] | None] = Queue(_QUEUE)
        self._overflowed = 0
        """Records that found the queue full; counted by who puts."""
        self._refused = 0
        """Records that could not be written; counted by the thread."""
        self._told = 0
        self.failure: str | None = None
        """The first reason why something could not be written."""
        self._closing = threading.Event()
        self._given_up = False
        self._thread = threading.Thread(target=self._run, name="consentwire-writer", daemon=True)
        self._thread.start()

    def put(self, records: Sequence[Record]) -> None:
        """Takes records in; never waits."""
        if not records:
            return
        try:
            self._queue.put_nowait(records)
        except Full:
            self._overflowed += len(records)

    def close(self, last: Callable[[Database], object] | None = None) -> None:
        """Writes what is left, and closes the database. A file that cannot be written by now is given up.

        Args:
            last: what is to be done with the complete database, if it is complete.
        """
        self._closing.set()
        self._queue.put(None)
        self._thread.join()
        try:
            if last is not None and not self._given_up:
                last(self._database)
        except Exception as error:
            log.error("consentwire: the end of the capture could not be written", exc_info=error)
        finally:
            self._database.close()

    def _run(self) -> None:
        stop = False
        while not stop:
            batch, stop = self._collect()
            self._write(batch)
            lost = self._overflowed + self._refused
            if lost > self._told:
                self._told = lost
                self._write([lost_records(self._capture, lost, self.failure or "the disk did not keep up")])

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
        """Writes a batch. As long as the capture runs, waits for a file that cannot be written: a batch that was left out
        would take with it whatever refers to it later."""
        while batch and not self._given_up:
            closing = self._closing.is_set()
            try:
                errors = self._database.write_what_fits(batch, self._rows, beside_proxy=True)
            except DatabaseError as error:
                self._say(str(error))
                self._given_up = closing
                self._closing.wait(_RETRY_SECONDS)
                continue
            self._refused += len(errors)
            if errors:
                self._say(f"a record cannot be stored ({errors[0]})")
            return
        self._refused += len(batch)

    def _say(self, failure: str) -> None:
        if self.failure is None:
            self.failure = failure
            log.error("consentwire: %s", failure)
