"""The analysis of a live capture, in a process of its own: exchanges go there, violations come back.

A proxy is busy on one core. What is judged and written beside it in the same process takes turns with it; in another one it
does not. The order of exchanges is kept, so the rows are the ones that the same capture gives as a file.
"""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import pickle
import queue
import secrets
import signal
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from addon.exchange import Exchange
from addon.pipeline import CaptureTraits, Pipeline
from addon.policy import Policy
from addon.records import CaptureRecord, ExchangeRecord, Record, ViolationRecord
from addon.store import BackgroundWriter, Database, Redactor, RowMaker
from addon.store.writer import lost_records
from vendor_catalog import Catalogue

from .captures import opened
from .comparison import compare_captures
from .packing import pack, unpack

log = logging.getLogger("consentwire")
type Verdicts = list[tuple[ViolationRecord, str | None]]
"""Violations as they were raised or moved, each with its door's key for the exchange."""

_MAX_UNSENT = 20_000
"""Exchanges that may wait for the analysis; more are left out and counted."""
_MAX_KEYS = 50_000
_LAST_WORDS = 60.0
"""Seconds that the analysis may take, at the end of a capture, for what is still waiting."""


@dataclass(frozen=True, slots=True)
class _Gap:
    kind: str
    host: str | None
    reason: str
    count: int | None = None
    """Exchanges that it stands for."""


@dataclass(frozen=True, slots=True)
class _End:
    at: float
    exchanges: int


type _Message = list[Exchange] | _Gap | _End
_EXCHANGES = b"e"
"""What a message of exchanges begins with; a pickle does not."""


def _as_bytes(message: _Message) -> Iterator[bytes]:
    if not isinstance(message, list):
        yield pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        return
    try:
        yield _EXCHANGES + pack(message)
    except ValueError as error:  # another addon left in a flow what no flow holds: that costs the one alone
        if len(message) > 1:
            for exchange in message:
                yield from _as_bytes([exchange])
        else:
            reason = f"an exchange could not be handed over ({error}); please report it"
            yield from _as_bytes(_Gap("internal-error", message[0].host, reason, 1))


def _from_bytes(message: bytes) -> _Message:
    if message.startswith(_EXCHANGES):
        return unpack(message[len(_EXCHANGES) :])
    told: _Gap | _End = pickle.loads(message)  # noqa: S301, from our own process
    return told


class Analyst:
    """The proxy's side of the analysis."""

    def __init__(
        self,
        database: Path,
        capture: CaptureRecord,
        policy: Policy,
        catalogue: Catalogue,
        told: Callable[[Verdicts], object],
    ) -> None:
        """Starts it.

        Args:
            told: called with verdicts, in a thread of its own.
        """
        if "forkserver" in multiprocessing.get_all_start_methods():
            context: Any = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload(["addon.analysis"])
        else:
            context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=analyse_live,
            args=(theirs, database, capture, policy, catalogue),
            name="consentwire-analysis",
            daemon=True,
        )
        self._process.start()
        theirs.close()
        self._told = told
        self._messages: queue.SimpleQueue[_Message] = queue.SimpleQueue()
        self._unsent = 0
        self.left_out = 0
        """Exchanges that came while too many waited."""
        self._sender = threading.Thread(target=self._send, name="consentwire-sender", daemon=True)
        self._receiver = threading.Thread(target=self._receive, name="consentwire-receiver", daemon=True)
        self._sender.start()
        self._receiver.start()

    def put(self, exchanges: list[Exchange]) -> None:
        """Takes exchanges in, in order; never waits."""
        if self._unsent > _MAX_UNSENT:
            self.left_out += len(exchanges)
            return
        self._unsent += len(exchanges)
        self._messages.put(exchanges)

    def gap(self, kind: str, host: str | None, reason: str, count: int | None = None) -> None:
        """Notes what the door could not see; ``count`` exchanges, if that is known."""
        self._messages.put(_Gap(kind, host, reason, count))

    def close(self, at: float, exchanges: int) -> bool:
        """Lets it finish what waits, and speak the last word on everything. Says whether it did, and its database is complete.

        Args:
            at: end of the capture (Unix time in seconds).
            exchanges: how many passed by.
        """
        if self.left_out:
            reason = f"{self.left_out} exchanges were not analysed: the analysis did not keep up"
            self.gap("records-lost", None, reason, self.left_out)
        self._messages.put(_End(at, exchanges))
        self._receiver.join(_LAST_WORDS)
        self._process.join(5)
        whole = bool(self._process.exitcode == 0)
        if not whole:
            self._process.kill()
            self._process.join()
        self._connection.close()
        return whole

    def _send(self) -> None:
        while True:
            message = self._messages.get()
            try:
                for packed in _as_bytes(message):
                    self._connection.send_bytes(packed)
            except OSError:
                return  # the receiver says that it ended
            if isinstance(message, list):
                self._unsent -= len(message)
            if isinstance(message, _End):
                return

    def _receive(self) -> None:
        while True:
            try:
                verdicts: Verdicts | None = self._connection.recv()
            except (EOFError, OSError):
                log.error("consentwire: the analysis ended early; what passes by from here on is not judged")
                return
            if verdicts is None:
                return
            self._told(verdicts)


def analyse_live(
    connection: Connection, database: Path, capture: CaptureRecord, policy: Policy, catalogue: Catalogue
) -> None:
    """What the other process does: judges what comes through ``connection`` until its end, and writes it down."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the proxy's to handle: it tells when the capture ends
    if hasattr(os, "nice"):
        os.nice(10)  # the proxy and the browser go first
    gc.freeze()  # modules and catalogue stay to the end: the collector would go through them again and again
    rows = RowMaker(Redactor(policy.storage, secrets.token_bytes(32)))
    writer = BackgroundWriter(Database(database), rows, capture.id)
    writer.put([capture])
    court = _Desk(Pipeline(capture.id, catalogue, policy, CaptureTraits(live=True)), writer)
    try:
        while True:
            message = _from_bytes(connection.recv_bytes())
            if isinstance(message, _End):
                verdicts = court.close()
                capture = replace(capture, ended_at=message.at, exchanges_read=message.exchanges)
                break
            verdicts = court.gap(message) if isinstance(message, _Gap) else court.judge(message)
            if verdicts:
                connection.send(verdicts)
    except (EOFError, OSError):  # the proxy was ended by force: what is there is kept
        verdicts = court.close()
    writer.put([capture])
    compared: list[ViolationRecord] = []
    writer.close(lambda store: compared.extend(compare_captures(store, policy)))
    verdicts += [(violation, None) for violation in compared if violation.capture_id == capture.id]
    try:
        connection.send(verdicts)
        connection.send(None)
    except OSError:
        pass


class _Desk:
    """Runs exchanges through the corridor; what breaks costs itself alone."""

    def __init__(self, pipeline: Pipeline, writer: BackgroundWriter) -> None:
        self._pipeline = pipeline
        self._writer = writer
        self._keys: OrderedDict[str, str] = OrderedDict()

    def judge(self, exchanges: Sequence[Exchange]) -> Verdicts:
        verdicts: Verdicts = []
        for exchange in exchanges:
            records = self._pipeline.process(exchange)
            for record in records:
                if isinstance(record, ExchangeRecord) and exchange.key is not None:
                    self._keys[record.id] = exchange.key
                    if len(self._keys) > _MAX_KEYS:
                        self._keys.popitem(last=False)
            verdicts += self._kept(records)
        return verdicts

    def gap(self, gap: _Gap) -> Verdicts:
        return self._kept(self._pipeline.gap(gap.kind, gap.host, gap.reason, gap.count))

    def close(self) -> Verdicts:
        try:
            return self._kept(self._pipeline.close())
        except Exception as error:  # the database is closed whatever happens
            log.error("consentwire: the end of the capture could not be analysed", exc_info=error)
            reason = f"{type(error).__name__} while analysing the end of the capture; please report it"
            return self.gap(_Gap("internal-error", None, reason))

    def _kept(self, records: list[Record]) -> Verdicts:
        self._writer.put(records)
        return [
            (record, self._keys.get(record.exchange_id)) for record in records if isinstance(record, ViolationRecord)
        ]


def note_early_end(database: Path, capture: int) -> None:
    """Writes down that the analysis did not come to its end."""
    reason = "the analysis ended early, so that what came after was not judged; please report it"
    gap = replace(lost_records(capture, 1, ""), id=f"{capture}.g-end", kind="internal-error", reason=reason, count=None)
    with opened(database) as store:
        store.write([gap], RowMaker(Redactor(Policy().storage, b"")))
