"""Recorded captures -> a database: one file after the other, or several at once."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
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
from addon.store import Database, Redactor, RowMaker
from vendor_catalog import Catalogue, shipped_catalogue

_BATCH = 4000

type Progress = Callable[[Path, int, int], None]
"""File, bytes read so far, its size."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What became of one capture file."""

    path: Path
    capture: int
    exchanges: int
    unreadable: tuple[str, ...]
    """What could not be read, in words."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A file of which nothing could be read."""

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
    """Reads one capture into a database, under a number that it does not have yet.

    Raises:
        CaptureError: if the file holds no readable exchange; nothing is written then.
    """
    traits = CaptureTraits(live=False, cookies_visible=file.cookies_visible, one_clock=file.one_clock)
    pipeline = Pipeline(capture, catalogue, policy, traits)
    rows = RowMaker(Redactor(policy.storage, bytes.fromhex(file.digest)))
    row = CaptureRecord(
        id=capture,
        kind=file.kind,
        path=str(file.path),
        digest=file.digest,
        started_at=None,
        ended_at=None,
        policy=policy_name,
        tool_version=__version__,
        cookies_visible=file.cookies_visible,
    )
    batch: list[Record] = [row]
    unreadable: list[str] = []
    told = None if progress is None else lambda done: progress(file.path, done, file.size)
    for item in file.exchanges(told):
        if isinstance(item, Unreadable):
            unreadable.append(item.reason)
            batch += pipeline.gap(item.kind, item.host, item.reason)
            continue
        _cover(row, item)
        batch += pipeline.process(item)
        if len(batch) >= _BATCH:
            database.write(batch, rows)
            batch = []
    if row.exchanges_read == 0:
        raise CaptureError(f"{file.path}: " + (unreadable[0] if unreadable else "holds no HTTP exchange"))
    database.write([*batch, *pipeline.close(), row], rows)
    return Analysis(file.path, capture, row.exchanges_read, tuple(unreadable))


def _cover(row: CaptureRecord, exchange: Exchange) -> None:
    at = exchange.started_at
    row.exchanges_read += 1
    row.started_at = at if row.started_at is None else min(row.started_at, at)
    row.ended_at = at if row.ended_at is None else max(row.ended_at, at)


def analyse(
    paths: Sequence[Path],
    database: Database,
    policy: Policy,
    policy_name: str | None = None,
    *,
    jobs: int = 1,
    progress: Progress | None = None,
) -> Iterator[Analysis | Failure]:
    """Analyses capture files into a database, in their order. A file that is in it already is replaced, so that analysing
    it twice leaves the same rows.

    Args:
        jobs: how many files are read at a time, each by a process of its own. The rows do not depend on it.
    """
    files: list[CaptureFile] = []
    for path in paths:
        try:
            files.append(open_capture(path))
        except CaptureError as error:
            yield Failure(path, str(error))
    if jobs > 1 and len(files) > 1:
        yield from _in_parallel(files, database, policy, policy_name, jobs, progress)
        return
    catalogue = shipped_catalogue()
    for file in files:
        capture = database.capture_id(file.digest)
        database.remove_capture(capture)
        try:
            yield analyse_file(file, database, capture, catalogue, policy, policy_name, progress)
        except CaptureError as error:
            yield Failure(file.path, str(error))


def _in_parallel(
    files: Sequence[CaptureFile],
    database: Database,
    policy: Policy,
    policy_name: str | None,
    jobs: int,
    progress: Progress | None,
) -> Iterator[Analysis | Failure]:
    """Each process writes a database of its own; they are put together in the order of the files."""
    numbers: dict[str, int] = {}
    following = database.capture_id(None)
    for file in files:
        known = database.capture_id(file.digest)
        if file.digest not in numbers:
            numbers[file.digest] = known if known < database.capture_id(None) else following
            following += numbers[file.digest] == following
    with tempfile.TemporaryDirectory(prefix="consentwire-") as folder, ProcessPoolExecutor(jobs) as pool:
        parts = {file.path: Path(folder) / f"{index}.db" for index, file in enumerate(files)}
        futures = {
            pool.submit(_analyse_alone, file.path, parts[file.path], numbers[file.digest], policy, policy_name): file
            for file in files
        }
        results: dict[Path, Analysis | Failure] = {}
        for future in as_completed(futures):
            file = futures[future]
            results[file.path] = future.result()
            if progress is not None:
                progress(file.path, file.size, file.size)
        for file in files:
            result = results[file.path]
            if isinstance(result, Analysis):
                database.remove_capture(result.capture)
                database.merge(parts[file.path])
            yield result


def _analyse_alone(path: Path, part: Path, capture: int, policy: Policy, policy_name: str | None) -> Analysis | Failure:
    with opened(part) as database:
        try:
            return analyse_file(open_capture(path), database, capture, shipped_catalogue(), policy, policy_name)
        except CaptureError as error:
            return Failure(path, str(error))


@contextmanager
def opened(path: Path) -> Iterator[Database]:
    """A database, closed in the end.

    Raises:
        DatabaseError: if it cannot be used.
    """
    database = Database(path)
    try:
        yield database
    finally:
        database.close()
