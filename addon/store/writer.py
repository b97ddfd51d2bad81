"""Writes outside the proxy's event loop: records go into a queue, and a separate thread commits them in batches.

The queue is bounded. While the file cannot be written (the disk is full, another program holds it), the batch at hand is
tried again and the queue fills. What then finds no room, and what SQLite cannot hold, is not silently lost: it is counted,
and the count becomes a gap as soon as there is room; if there is none to the end, room that was reserved is given back for it, or it
is noted beside the file. A file that was deleted, renamed or replaced meanwhile is copied from what is still open, and the
capture goes on in the copy.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, Full, Queue

from addon.records import CaptureRecord, GapRecord, Record

from .database import Database
from .losses import leave_note, lost_records
from .recognition import DatabaseError
from .rows import RowMaker
from .running_captures import RunningCapture

log = logging.getLogger("consentwire")
_BATCH_SECONDS = 0.2
_BATCH_RECORDS = 5000
_RETRY_SECONDS = 1.0
_RESCUE_SECONDS = 30.0
_QUEUE = 20_000
"""Lists of records."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What could not be written at a capture's end, and where it is noted."""

    database: Path
    records: int
    """Those that could not be stored."""
    reasons: tuple[str, ...]
    """What was lost or went elsewhere, in words; none if the database is whole and where it belongs."""


class BackgroundWriter:
    """Owns a database while a capture runs."""

    def __init__(
        self,
        database: Database,
        rows: RowMaker,
        capture: int,
        *,
        stored: Callable[[int], object] | None = None,
        running: RunningCapture | None = None,
    ) -> None:
        """Starts it.

        Args:
            stored: called with the number of what was put once it is committed or given up, in a thread of its own.
            running: the hold on the capture, with the room for its last words.
        """
        self._database = database
        self._rows = rows
        self._capture = capture
        self._stored = stored
        self._running = running
        self._queue: Queue[tuple[Sequence[Record], int | None] | None] = Queue(_QUEUE)
        self._overflowed = 0
        """Records that found the queue full; counted by who puts."""
        self._refused = 0
        """Records that could not be written; counted by the thread."""
        self._noted = 0
        self.failure: str | None = None
        """The first error because of which something was not written."""
        self._trouble = False
        self._displaced: list[str] = []
        """That the database went elsewhere, and where."""
        self._lost: str | None = None
        """That it is gone, and that nothing could be saved so far."""
        self._next_rescue = 0.0
        self._last: CaptureRecord | None = None
        """The capture's row as it was put last."""
        self._closing = threading.Event()
        self._given_up = False
        self._thread = threading.Thread(target=self._run, name="consentwire-writer", daemon=True)
        self._thread.start()

    def put(self, records: Sequence[Record], number: int | None = None) -> None:
        """Adds records, which are committed together, without waiting.

        Args:
            number: what ``stored`` is called with.
        """
        if not records:
            return
        try:
            self._queue.put_nowait((records, number))
        except Full:
            self._overflowed += len(records)

    def close(self, last: Callable[[Database], object] | None = None) -> Loss:
        """Writes what is left, and closes the database. A file that cannot be written by now is given up.

        Args:
            last: what is to be done with the complete database, if it is complete.
        """
        self._closing.set()
        self._queue.put(None)
        self._thread.join()
        reasons = [*self._displaced, *((f"{self._lost}: nothing of the capture is there",) if self._lost else ())]
        try:
            if last is not None and not self._given_up:
                last(self._database)
        except Exception as error:
            log.error("consentwire: the end of the capture could not be written", exc_info=error)
            reasons.append(f"the comparison with other captures could not be written: {error}")
        lost = self._overflowed + self._refused
        if lost:
            gap = self._gap(lost)
            reasons.append(gap.reason)
            if self._given_up:
                self._speak_last(gap)
        self._database.close()
        if self._displaced and self._running is not None:
            self._running.close(remove=True)
        return Loss(self._database.path, lost, tuple(reasons))

    def _speak_last(self, gap: GapRecord) -> None:
        """Says in the database that it is incomplete, with the room that was kept for it; else beside it."""
        if self._running is not None:
            self._running.give_back()
        ends = [] if self._last is None else [self._last]
        try:
            self._database.write([*ends, gap], self._rows)
        except (DatabaseError, OSError):
            if not leave_note(self._database.path, [gap]):
                log.error("consentwire: %s: there is no room to say so in the database, nor beside it", gap.reason)

    def _gap(self, lost: int) -> GapRecord:
        return lost_records(self._capture, lost, self.failure or "the disk did not keep up")

    def _run(self) -> None:
        stop = False
        while not stop:
            batch, numbers, stop = self._collect()
            self._follow()
            self._write(batch)
            if numbers and self._stored is not None:
                self._stored(numbers[-1])
            lost = self._overflowed + self._refused
            if lost > self._noted and not self._given_up:
                self._noted = lost
                self._write([self._gap(lost)])
        self._follow()

    def _collect(self) -> tuple[list[Record], list[int], bool]:
        """A batch: whatever comes within a moment after the first record, and its numbers. Says whether it is the last."""
        batch: list[Record] = []
        numbers: list[int] = []
        deadline = 0.0
        while len(batch) < _BATCH_RECORDS:
            try:
                found = self._queue.get(timeout=max(deadline - time.monotonic(), 0) if deadline else None)
            except Empty:
                break
            if found is None:
                return batch, numbers, True
            deadline = deadline or time.monotonic() + _BATCH_SECONDS
            records, number = found
            batch.extend(records)
            if number is not None:
                numbers.append(number)
        return batch, numbers, False

    def _write(self, batch: list[Record]) -> None:
        """Writes a batch. As long as the capture runs, waits for a file that cannot be written: a batch that was left out
        would take with it whatever refers to it later."""
        for record in batch:
            if isinstance(record, CaptureRecord):
                self._last = record
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
                self._note(f"a record cannot be stored ({errors[0]})")
            self._over()
            return
        self._refused += len(batch)

    def _follow(self) -> None:
        """Moves to a new file if the database is no longer at its path, because writes to the old file would be lost."""
        if not self._database.displaced or self._given_up:
            return
        now, path = time.monotonic(), self._database.path
        if now < self._next_rescue and not self._closing.is_set():
            return
        try:
            beside = self._database.rescue()
        except DatabaseError as error:
            self._next_rescue = now + _RESCUE_SECONDS
            loss = f"{path} was deleted, renamed or replaced while the capture ran, and could not be copied ({error})"
            if self._lost is None:
                log.error("consentwire: %s; it is tried again", loss)
            self._lost = loss
            return
        self._lost = None
        if self._last is not None:  # the copy is held as the first file was: it says that the capture runs
            with suppress(OSError):
                self._running = RunningCapture(beside, self._capture)
        reason = (
            f"{path} was deleted, renamed or replaced while the capture ran: all of it is in {beside}, where it goes on"
        )
        self._displaced.append(reason)
        log.error("consentwire: %s", reason)
        number = len(self._displaced)
        gap = replace(
            self._gap(0), id=f"{self._capture}.g-moved{number}", kind="database-moved", reason=reason, count=None
        )
        self._write([gap])

    def _say(self, failure: str) -> None:
        """That writing stands still: once when it begins, each time."""
        if not self._trouble:
            self._trouble = True
            log.error("consentwire: %s; what passes by waits in memory until it can be written", failure)
        self.failure = self.failure or failure

    def _over(self) -> None:
        if self._trouble:
            self._trouble = False
            lost = self._overflowed + self._refused
            outcome = f"{lost} records were lost" if lost else "nothing was lost"
            log.warning("consentwire: %s can be written again; %s", self._database.path, outcome)

    def _note(self, failure: str) -> None:
        if self.failure is None:
            self.failure = failure
            log.error("consentwire: %s", failure)
