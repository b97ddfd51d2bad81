"""The analysis of a live capture, in a process of its own: exchanges go there, verdicts come back.

The proxy keeps one core busy. Judging and writing in the same process would slow it down; in another process they do not. The
order of exchanges is kept, so the rows are the ones that the same capture gives as a file.

The proxy keeps what is not stored yet, within bounds. A process that ends or hangs is started anew with it, a few times; that it
is behind, does not answer, or ended for good is said when it happens.
"""

from __future__ import annotations

import atexit
import logging
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.util import get_temp_dir
from pathlib import Path
from typing import Any

from addon.exchange import Exchange
from addon.policy import Policy
from addon.records import CaptureRecord, GapRecord
from addon.store import DatabaseError, Loss, Redactor, RowMaker, RunningCapture
from addon.store.losses import leave_note
from addon.store.rows import iso
from vendor_catalog import Catalogue

from .backlog import Backlog
from .files import opened
from .lag import LagWords, backlog_text
from .live_process import Restart, analyse_live, ending_signals
from .messages import End, Ended, Gap, Judged, Ready, Stored, Verdicts, answer_from_bytes, as_bytes

log = logging.getLogger("consentwire")
_TICK_SECONDS = 0.25
_HUNG_SECONDS = 30.0
"""Ended, and to be started again."""
_STOPPED_SECONDS = 3.0
"""Such a long time between two looks shows that this process itself was stopped."""
_STARTING_SECONDS = 60.0
"""Seconds that it may take to start."""
_PAUSES = (0.2, 1.0, 5.0)
"""Seconds before each new start; there are no more of them than that."""
_REMAINING_SECONDS = 3.0
"""Seconds between two messages at the end about what is still waiting."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a capture ended."""

    database: Path
    losses: tuple[str, ...]
    """What was lost or is not in its place, in words; empty if the database is complete."""


class LiveAnalysis:
    """The proxy's side of the analysis."""

    def __init__(
        self,
        database: Path,
        capture: CaptureRecord,
        policy: Policy,
        catalogue: Catalogue,
        on_verdicts: Callable[[Verdicts], object],
        running: RunningCapture | None = None,
    ) -> None:
        """Starts it.

        Args:
            on_verdicts: called with verdicts, in a thread of its own.
            running: the proxy's hold on the capture, let go of at the end.
        """
        if "forkserver" in multiprocessing.get_all_start_methods():
            self._context: Any = multiprocessing.get_context("forkserver")
            self._context.set_forkserver_preload(["addon.runner"])
        else:
            self._context = multiprocessing.get_context("spawn")
        self._database = database
        self._capture = capture
        self._knowledge = (policy, catalogue)
        self._on_verdicts = on_verdicts
        self._running = running
        self._backlog = Backlog()
        self._losses: list[str] = []
        self._restarts = 0
        self._loss: Loss | None = None
        """What the analysis said at its end."""
        self._over = threading.Event()
        """Whether it finished or was given up."""
        self._given_up = False
        self._lag = LagWords(running)
        self._start(None)
        atexit.register(self._abandon)
        self._watcher = threading.Thread(target=self._watch, name="consentwire-watch", daemon=True)
        self._watcher.start()

    @property
    def folder(self) -> Path:
        """The folder with multiprocessing's sockets, which a killed process leaves behind."""
        return Path(get_temp_dir())

    def put(self, exchanges: list[Exchange]) -> None:
        """Adds exchanges in order, without waiting."""
        if not self._backlog.put(exchanges) and not self._given_up:
            self._lag.overflows()

    def gap(self, kind: str, host: str | None, reason: str, count: int | None = None) -> None:
        """Adds a gap for something the proxy could not see; ``count`` exchanges, if that is known."""
        self._backlog.put(Gap(kind, host, reason, count))

    def close(self, at: float, exchanges: int) -> Outcome:
        """Lets it finish what waits, as long as it makes progress, and give its final verdicts.

        Args:
            at: end of the capture (Unix time in seconds).
            exchanges: how many passed by.
        """
        self._backlog.put(End(at, exchanges))
        self._wait_for_end()
        if self._loss is None:
            self._end_without_it(at, exchanges)
        else:
            self._database = self._loss.database
            self._losses += self._loss.reasons
        if self._backlog.left_out and not self._given_up:
            self._losses.append(
                f"{self._backlog.left_out} exchanges were not analysed; the table gaps says when and why"
            )
        self._process.join(5)
        self._abandon()
        if self._running is not None:
            self._running.close(remove=True)
        return Outcome(self._database, tuple(self._losses))

    def _wait_for_end(self) -> None:
        """Waits, and prints what for. From then on, Ctrl-C ends the waiting."""
        interrupted = threading.Event()
        said, was_said = time.monotonic(), False
        with _on_interrupt(interrupted):
            while not self._over.wait(0.1):
                waiting = backlog_text(self._backlog.waiting())
                if time.monotonic() - said > _REMAINING_SECONDS:
                    said, was_said = time.monotonic(), True
                    log.warning("consentwire: %s for the analysis; Ctrl-C leaves that out", waiting)
                if not was_said:
                    interrupted.clear()  # pressed twice, before there was anything to decide
                elif interrupted.is_set():
                    self._give_up(f"Ctrl-C ended the wait while {waiting} for the analysis")
                    return

    def _end_without_it(self, at: float, exchanges: int) -> None:
        """Gives the capture its end where the analysis could not."""
        gap = self._gap_of_end(f"{self._losses[-1]}; {self._backlog.left_out} exchanges were not analysed")
        self._losses[-1] = gap.reason
        self._note([gap], replace(self._capture, ended_at=at, exchanges_read=exchanges))

    def _gap_of_end(self, reason: str) -> GapRecord:
        number = self._capture.id
        return GapRecord(
            id=f"{number}.g-end",
            capture_id=number,
            exchange_id=None,
            kind="analysis-ended",
            host=None,
            reason=reason,
            count=self._backlog.unnoted
            or None,  # without any, what it knew of those that are stored is lost all the same
        )

    def _note(self, gaps: list[GapRecord], capture: CaptureRecord) -> None:
        """Writes what the analysis can no longer write."""
        try:
            with opened(self._database) as store:
                store.write([capture, *gaps], RowMaker(Redactor(self._knowledge[0].storage, b"")))
        except DatabaseError as error:
            log.error("consentwire: %s", error)
            leave_note(self._database, gaps)

    # --- the process

    def _start(self, restart: Restart | None) -> None:
        self._connection, theirs = self._context.Pipe()
        arguments = (theirs, self._database, self._capture, *self._knowledge, restart)
        self._process = self._context.Process(
            target=analyse_live, args=arguments, name="consentwire-analysis", daemon=True
        )
        with _spared():
            self._process.start()
        theirs.close()
        self._ready = False
        self._answered_at = time.monotonic()
        self._receiver = threading.Thread(
            target=self._receive, args=(self._connection,), name="consentwire-receiver", daemon=True
        )
        if restart is None:  # nothing is stored yet, and what is in the pipe is read even if this process ends
            self._begin_to_send(self._connection, 0)
        self._receiver.start()

    def _begin_to_send(self, connection: Connection, stored: int) -> None:
        generation = self._backlog.rewind(stored)
        threading.Thread(
            target=self._send, args=(connection, generation), name="consentwire-sender", daemon=True
        ).start()

    def _send(self, connection: Connection, generation: int) -> None:
        with suppress(OSError):  # whoever receives notices that it ended
            while (message := self._backlog.next(generation)) is not None:
                for packed in as_bytes(message):
                    connection.send_bytes(packed)

    def _receive(self, connection: Connection) -> None:
        while True:
            try:
                answer = answer_from_bytes(connection.recv_bytes())
            except (EOFError, OSError):
                return
            self._answered_at = time.monotonic()
            match answer:
                case Ready():
                    self._ready = True
                    if self._restarts:
                        self._begin_to_send(connection, answer.exchanges)
                case Judged():
                    self._backlog.judged(answer.number)
                    if answer.verdicts:
                        self._on_verdicts(answer.verdicts)
                case Stored():
                    self._database = answer.database
                    self._backlog.stored(answer.number)
                case Ended():
                    self._on_verdicts(answer.verdicts)
                    self._loss = answer.loss
                    self._over.set()
                    return

    def _watch(self) -> None:
        """Watches that what waits is read, until the end."""
        ticked = time.monotonic()
        while not self._over.wait(_TICK_SECONDS):
            waiting, now = self._backlog.waiting(), time.monotonic()
            if now - ticked > _STOPPED_SECONDS:
                self._answered_at = now  # this process stood still itself (Ctrl-Z), and the other one with it
            ticked = now
            silent = min(now - self._answered_at, waiting.unread if self._ready else now)
            if not self._receiver.is_alive():
                if not self._over.is_set():
                    self._again(f"the analysis ended early{self._how()}")
            elif silent > (_HUNG_SECONDS if self._ready else _STARTING_SECONDS):
                log.error("consentwire: the analysis has not answered for %.0f seconds and is ended", silent)
                self._process.kill()
                self._receiver.join(5)
                self._again(f"the analysis did not answer for {silent:.0f} seconds")
            elif self._ready:
                self._lag.notice(waiting, silent)

    def _how(self) -> str:
        self._process.join(1)
        code = self._process.exitcode
        return f" (ended by signal {-code})" if code is not None and code < 0 else ""

    def _again(self, reason: str) -> None:
        """Starts a new process for what waits, unless that happened too often."""
        since = iso(time.time() - self._backlog.waiting().seconds)
        reason = f"{reason}, and had stored what came until {since}"
        self._ready = False
        self._connection.close()
        if self._restarts >= len(_PAUSES):
            reason = f"{reason}; it ended {self._restarts + 1} times and is not started again"
            log.error("consentwire: %s. NOTHING IS RECORDED ANY MORE: end this capture and begin another", reason)
            self._give_up(reason)
            return
        pause = _PAUSES[self._restarts]
        self._restarts += 1
        log.error("consentwire: %s; it is started anew (%d of %d)", reason, self._restarts, len(_PAUSES))
        self._over.wait(pause)
        if self._over.is_set():
            return
        self._losses.append(f"{reason}; it was started anew, and nothing after that is more than unproven")
        self._start(Restart(str(iso(time.time())), reason))

    def _give_up(self, reason: str) -> None:
        """Goes on without an analysis, and writes the reason at once."""
        self._given_up = True
        self._backlog.give_up()
        self._process.kill()
        self._process.join(5)
        self._losses.append(reason)
        self._lag.stops()
        self._note([self._gap_of_end(reason)], self._capture)
        self._over.set()

    def _abandon(self) -> None:
        """Kills the process, because it ignores the other signals."""
        atexit.unregister(self._abandon)
        self._over.set()
        if self._process.is_alive():
            self._process.kill()
            self._process.join(5)
        with suppress(OSError):
            self._connection.close()


@contextmanager
def _spared() -> Iterator[None]:
    """What is started within is not reached by signals that end the proxy, not even before it can ignore them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # which would unblock them when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ending_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _on_interrupt(interrupted: threading.Event) -> Iterator[None]:
    """Records Ctrl-C instead of acting on it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda *_: interrupted.set())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
