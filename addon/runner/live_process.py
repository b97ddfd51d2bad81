"""The process of the analysis: judges what comes through a pipe until its end, and writes the results."""

from __future__ import annotations

import gc
import logging
import os
import secrets
import signal
import threading
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

from addon.exchange import Exchange
from addon.pipeline import CaptureTraits, Pipeline
from addon.policy import Policy
from addon.records import CaptureRecord, ExchangeRecord, Record, ViolationRecord
from addon.store import BackgroundWriter, Database, Redactor, RowMaker, RunningCapture
from addon.store.losses import cut_short
from addon.store.rows import iso
from vendor_catalog import Catalogue

from .across_captures import compare_captures
from .messages import Answer, End, Ended, Gap, Judged, Message, Ready, Stored, Verdicts, answer_as_bytes, from_bytes

log = logging.getLogger("consentwire")
_MAX_KEYS = 50_000
_ENDINGS = ("SIGINT", "SIGTERM", "SIGHUP")
"""Signals that end the proxy, which then says when the capture ends; they often go to every process of a group."""
_SURE = ("confirmed", "likely")


@dataclass(frozen=True, slots=True)
class Restart:
    """The reason why this process continues a capture that another process began."""

    at: str
    """When, as in the database."""
    reason: str
    """How the former process ended."""


def ending_signals() -> list[signal.Signals]:
    """Those that there are on this system."""
    return [signal.Signals[name] for name in _ENDINGS if hasattr(signal, name)]


def analyse_live(
    connection: Connection,
    database: Path,
    capture: CaptureRecord,
    policy: Policy,
    catalogue: Catalogue,
    restart: Restart | None = None,
) -> None:
    """Judges what comes through ``connection`` until its end, and writes the results."""
    _prepare_process()
    running = _hold(database, capture.id)  # before it is opened: a capture that nobody holds is given its end then
    proxy = _Proxy(connection)
    store = Database(database)
    rows = RowMaker(Redactor(policy.storage, secrets.token_bytes(32)))
    pipeline = Pipeline(capture.id, catalogue, policy, CaptureTraits(live=True))
    if restart is not None:
        progress = store.resume(capture.id)
        capture = replace(capture, exchanges_read=progress.exchanges)
        pipeline.resume(progress.numbers, progress.gaps)

    def stored(number: int) -> None:
        proxy.send(Stored(number, store.path))

    writer = BackgroundWriter(store, rows, capture.id, stored=stored, running=running)
    desk = _Desk(pipeline, writer, capture, restart)
    proxy.send(Ready(capture.exchanges_read))
    final = _judge_until_end(connection, proxy, desk)
    verdicts = desk.cut_short() if final is None else final
    compared: list[ViolationRecord] = []
    loss = writer.close(lambda store: compared.extend(compare_captures(store, policy)))
    verdicts += [(violation, None) for violation in compared if violation.capture_id == capture.id]
    proxy.send(Ended(verdicts, loss))
    if running is not None:
        running.close(remove=final is None)


def _prepare_process() -> None:
    for each in ending_signals():
        signal.signal(each, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(10)  # the proxy and the browser go first
    gc.freeze()  # modules and catalogue stay to the end: the collector would go through them again and again


def _judge_until_end(connection: Connection, proxy: _Proxy, desk: _Desk) -> Verdicts | None:
    """The final verdicts, or ``None`` if the pipe ended without the message for the capture's end."""
    with suppress(EOFError, OSError):  # the proxy was ended by force: what came is kept
        while True:
            message = from_bytes(connection.recv_bytes())
            if isinstance(message.item, End):
                verdicts = desk.end(message.item)
                proxy.send(Judged(message.number, []))
                return verdicts
            proxy.send(Judged(message.number, desk.read(message)))
    return None


def _hold(database: Path, capture: int) -> RunningCapture | None:
    try:
        return RunningCapture(database, capture)
    except OSError:
        return None  # said when the capture began


class _Proxy:
    """The other end of the pipe. If it is gone, nothing is sent to it, but what it had sent is still read."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._one_at_a_time = threading.Lock()

    def send(self, answer: Answer) -> None:
        with self._one_at_a_time, suppress(OSError):
            self._connection.send_bytes(answer_as_bytes(answer))


class _Desk:
    """Runs exchanges through the pipeline; an exchange that fails is skipped alone."""

    def __init__(
        self, pipeline: Pipeline, writer: BackgroundWriter, capture: CaptureRecord, restart: Restart | None
    ) -> None:
        self._pipeline = pipeline
        self._writer = writer
        self._capture = capture
        self._restart = restart
        self._last: float | None = None
        """When the latest exchange was sent."""
        self._keys: OrderedDict[str, str] = OrderedDict()
        self._writer.put([capture])
        if restart is not None:
            reason = (
                f"{restart.reason}; it was started anew at {restart.at}. What had not been stored was read again. What it knew of"
                " sessions until then is lost, so they begin anew there, and nothing after it is more than unproven; verdicts"
                " from before it stand as they were"
            )
            self._writer.put(self._pipeline.gap("analysis-restarted", None, reason))

    def read(self, message: Message) -> Verdicts:
        """Handles one message. Its records are stored together with the progress of the capture."""
        if isinstance(message.item, list):
            for exchange in message.item:
                if isinstance(exchange.started_at, float):  # other addons can put anything there
                    self._last = max(exchange.started_at, self._last or exchange.started_at)
            records = self._judged(message.item)
        else:
            assert isinstance(message.item, Gap)
            gap = message.item
            records = self._pipeline.gap(gap.kind, gap.host, gap.reason, gap.count)
        self._capture = replace(self._capture, exchanges_read=message.exchanges)
        return self._kept([*records, self._capture], message.number)

    def _judged(self, exchanges: Sequence[Exchange]) -> list[Record]:
        found: list[Record] = []
        for exchange in exchanges:
            records = self._pipeline.process(exchange)
            for record in records:
                if isinstance(record, ExchangeRecord) and exchange.key is not None:
                    self._keys[record.id] = exchange.key
                    if len(self._keys) > _MAX_KEYS:
                        self._keys.popitem(last=False)
            found += records
        return found

    def end(self, end: End) -> Verdicts:
        """Gives the final verdicts."""
        self._capture = replace(self._capture, ended_at=end.at, exchanges_read=end.exchanges)
        return self._kept([*self._closed(), self._capture])

    def cut_short(self) -> Verdicts:
        """The same, if the pipe ended without the message for the capture's end."""
        self._capture = replace(self._capture, ended_at=self._last or self._capture.started_at)
        return self._kept([*self._closed(), self._capture, cut_short(self._capture.id, "live", iso(self._last))])

    def _closed(self) -> list[Record]:
        try:
            return self._pipeline.close()
        except Exception as error:  # the database is closed whatever happens
            log.error("consentwire: the end of the capture could not be analysed", exc_info=error)
            reason = f"{type(error).__name__} while analysing the end of the capture; please report it"
            return self._pipeline.gap("internal-error", None, reason)

    def _kept(self, records: list[Record], number: int | None = None) -> Verdicts:
        if self._restart is not None:
            records = [self._unsure(record) if isinstance(record, ViolationRecord) else record for record in records]
        self._writer.put(records, number)
        return [
            (record, self._keys.get(record.exchange_id)) for record in records if isinstance(record, ViolationRecord)
        ]

    def _unsure(self, violation: ViolationRecord) -> ViolationRecord:
        """A violation with the verdict that half a timeline allows."""
        if self._restart is None or violation.verdict not in _SURE:
            return violation
        reason = (
            f"{violation.explanation} Unproven all the same: the analysis was started anew at {self._restart.at}, and what it knew"
            " of this session before is lost."
        )
        return replace(violation, verdict="unproven", explanation=reason)
