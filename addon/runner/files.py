"""Recorded captures -> a database: one file after the other, or several at once."""

from __future__ import annotations

import multiprocessing
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from addon import __version__
from addon.exchange import Exchange
from addon.pipeline import CaptureTraits, Pipeline
from addon.policy import Policy
from addon.readers import CaptureError, CaptureFile, Unreadable, open_capture
from addon.records import CaptureRecord, Record
from addon.store import Database, Redactor, RowMaker, lost_records
from vendor_catalog import Catalogue, shipped_catalogue

from .across_captures import compare_captures

_BATCH = 4000
WORTH_PROCESSES = 8 * 1024 * 1024
"""Several processes pay off from so many bytes of captures on."""

type Progress = Callable[[Path, int, int], None]
"""File, bytes read so far, its size."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """The result for one capture file."""

    path: Path
    capture: int
    exchanges: int
    unreadable: tuple[str, ...]
    """What could not be read, in words."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The failure of a file that could not be read at all."""

    path: Path
    reason: str


def analyse_file(
    file: CaptureFile,
    database: Database,
    capture: int,
    catalogue: Catalogue,
    policy: Policy,
    policy_name: str | None,
    progress: Progress | None = None,
) -> Analysis:
    """Reads one capture into a database, under a number at which nothing is written yet.

    Raises:
        CaptureError: if the file holds no readable exchange; nothing is written then.
    """
    traits = CaptureTraits(live=False, cookies_visible=file.cookies_visible, one_clock=file.one_clock)
    pipeline = Pipeline(capture, catalogue, policy, traits)
    rows = RowMaker(Redactor(policy.storage, file.identity.secret))
    row = _row(file, capture, policy_name)
    batch: list[Record] = [row]
    unreadable: list[str] = []
    refused: list[Exception] = []
    report = None if progress is None else lambda done: progress(file.path, done, file.identity.size)
    for item in file.exchanges(report):
        if isinstance(item, Unreadable):
            unreadable.append(item.reason)
            batch += pipeline.gap(item.kind, item.host, item.reason, item.count)
            continue
        _cover(row, item)
        batch += pipeline.process(item)
        if len(batch) >= _BATCH:
            refused += database.write_what_fits(batch, rows)
            batch = []
    if row.exchanges_read == 0:
        why = unreadable[len(file.notes) :]
        raise CaptureError(f"{file.path}: " + (why[0] if why else "holds no HTTP exchange"))
    refused += database.write_what_fits([*batch, *pipeline.close(), row], rows)
    if refused:
        gap = lost_records(capture, len(refused), str(refused[0]))
        database.write([gap], rows)
        unreadable.append(gap.reason)
    return Analysis(file.path, capture, row.exchanges_read, tuple(unreadable))


def _row(file: CaptureFile, capture: int, policy_name: str | None) -> CaptureRecord:
    return CaptureRecord(
        id=capture,
        kind=file.kind,
        path=str(file.path),
        digest=file.identity.digest,
        started_at=None,
        ended_at=None,
        policy=policy_name,
        tool_version=__version__,
        cookies_visible=file.cookies_visible,
    )


def _cover(row: CaptureRecord, exchange: Exchange) -> None:
    at = exchange.started_at
    row.exchanges_read += 1
    row.started_at = at if row.started_at is None else min(row.started_at, at)
    row.ended_at = at if row.ended_at is None else max(row.ended_at, at)


def open_captures(paths: Iterable[Path]) -> Iterator[CaptureFile | Failure]:
    """Opens captures. Returns those that can be read, and a failure with the reason for each of the others. Writes nothing."""
    for path in paths:
        try:
            file = open_capture(path)
            file.require_exchange()
        except CaptureError as error:
            yield Failure(path, str(error))
        else:
            yield file


def analyse_files(
    captures: Iterable[CaptureFile | Failure],
    database: Database,
    policy: Policy,
    policy_name: str | None = None,
    *,
    catalogue: Catalogue | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
) -> Iterator[Analysis | Failure]:
    """Analyses opened captures into a database, in their order, and compares them with each other and with what is in it
    already. A file that is in it already is replaced, so that analysing it twice leaves the same rows. Without captures, nothing
    is written.

    Args:
        captures: as :func:`open_captures` gives them; those that could not be opened come first in what is returned.
        catalogue: who is who; the one that ships, if none is given.
        jobs: how many files are read at a time, each by a process of its own. The rows do not depend on it.
    """
    files: list[CaptureFile] = []
    for capture in captures:
        if isinstance(capture, Failure):
            yield capture
        else:
            files.append(capture)
    if not files:
        return
    catalogue = catalogue or shipped_catalogue()
    # told beforehand, so that they do not depend on who is done first
    numbers = [database.claim(file.kind, file.identity.digest) for file in files]
    worth = sum(file.identity.size for file in files) >= WORTH_PROCESSES
    with _held(database, numbers):
        if jobs > 1 and len(files) > 1 and worth:
            yield from _in_parallel(files, numbers, database, catalogue, policy, policy_name, jobs, progress)
        else:
            yield from _in_turn(files, numbers, database, catalogue, policy, policy_name, progress)
    compare_captures(database, policy)


@contextmanager
def _held(database: Database, captures: Sequence[int]) -> Iterator[None]:
    """Holds the captures that are being analysed. A capture whose analysis was killed is recognised later: it has no end, and
    nobody holds it."""
    holds = [hold for capture in captures if (hold := database.hold(capture)) is not None]
    try:
        yield
    finally:
        for hold in holds:
            hold.close(remove=True)


def _in_turn(
    files: Sequence[CaptureFile],
    numbers: Sequence[int],
    database: Database,
    catalogue: Catalogue,
    policy: Policy,
    policy_name: str | None,
    progress: Progress | None,
) -> Iterator[Analysis | Failure]:
    for file, capture in zip(files, numbers, strict=True):
        try:
            with database.replacing(capture):
                result = analyse_file(file, database, capture, catalogue, policy, policy_name, progress)
        except CaptureError as error:
            database.remove_capture(capture)
            yield Failure(file.path, str(error))
        else:
            yield result


def _in_parallel(
    files: Sequence[CaptureFile],
    numbers: Sequence[int],
    database: Database,
    catalogue: Catalogue,
    policy: Policy,
    policy_name: str | None,
    jobs: int,
    progress: Progress | None,
) -> Iterator[Analysis | Failure]:
    """Each process writes a database of its own; they are put together in the order of the files."""
    with (
        tempfile.TemporaryDirectory(prefix="consentwire-") as folder,
        # not by forking, which would copy whatever lock a thread of this process (a progress bar's) holds
        ProcessPoolExecutor(min(jobs, len(files)), multiprocessing.get_context("spawn")) as pool,
    ):
        parts = [Path(folder) / f"{index}.db" for index in range(len(files))]
        futures = {
            pool.submit(_analyse_alone, file.path, part, number, catalogue, policy, policy_name): index
            for index, (file, part, number) in enumerate(zip(files, parts, numbers, strict=True))
        }
        results: dict[int, Analysis | Failure] = {}
        for future in as_completed(futures):
            index = futures[future]
            results[index] = future.result()
            if progress is not None:
                size = files[index].identity.size
                progress(files[index].path, size, size)
        for index, part in enumerate(parts):
            result = results[index]
            if isinstance(result, Analysis):
                with database.replacing(result.capture):
                    database.merge(part)
            else:
                database.remove_capture(numbers[index])
            yield result


def _analyse_alone(
    path: Path, part: Path, capture: int, catalogue: Catalogue, policy: Policy, policy_name: str | None
) -> Analysis | Failure:
    with opened(part) as database:
        try:
            return analyse_file(open_capture(path), database, capture, catalogue, policy, policy_name)
        except CaptureError as error:
            return Failure(path, str(error))


@contextmanager
def opened(path: Path, *, checked: bool = False) -> Iterator[Database]:
    """A database, closed in the end.

    Args:
        checked: look through it for damage first.

    Raises:
        DatabaseError: if it cannot be used.
    """
    database = Database(path, checked=checked)
    try:
        yield database
    finally:
        database.close()
