"""The thread that writes while a capture runs: everything arrives, or is counted."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from addon.store import BackgroundWriter, Database, DatabaseError, is_running, writer
from addon.store.losses import noted

from .rows_made import capture, event, exchange, gap, query, row_maker, session, small, violation

ROWS = row_maker()


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_BATCH_SECONDS", 0.001)
    monkeypatch.setattr(writer, "_RETRY_SECONDS", 0.001)


class Gate:
    """A database that stands still until it is let go, or fails as often as it is told."""

    def __init__(self, database: Database, failures: int = 0) -> None:
        self._database = database
        self._write = database.write_what_fits
        self.go = threading.Event()
        self.reached = threading.Event()
        self.failures = failures
        self.attempts = 0
        database.write_what_fits = self.write  # type: ignore[method-assign]

    def write(self, *arguments: Any, **options: Any) -> list[Exception]:
        self.reached.set()
        assert self.go.wait(20)
        self.attempts += 1
        if self.failures:
            self.failures -= 1
            raise DatabaseError(f"{self._database.path}: the disk is full")
        return self._write(*arguments, **options)


@contextmanager
def written(path: Path, failures: int | None = None) -> Iterator[tuple[BackgroundWriter, Gate]]:
    """A writer; held back if ``failures`` is given."""
    database = Database(path)
    gate = Gate(database, failures or 0)
    if failures is None:
        gate.go.set()
    made = BackgroundWriter(database, ROWS, 1)
    yield made, gate
    gate.go.set()
    made.close()


def losses(path: Path) -> list[str]:
    return [reason for (reason,) in query(path, "SELECT reason FROM gaps WHERE kind = 'records-lost'")]


def test_everything_that_was_put_is_there_once_it_is_closed(tmp_path: Path) -> None:
    with written(tmp_path / "a.db") as (made, _):
        made.put([capture(1), session(1)])
        for place in range(1, 3001):
            made.put([exchange(1, place), event(1, place)])
        made.put([])
    assert query(tmp_path / "a.db", "SELECT count(*) FROM events") == [(3000,)]
    assert losses(tmp_path / "a.db") == []
    assert made.failure is None
    assert [path.name for path in tmp_path.iterdir()] == ["a.db"], "the file alone is complete"


def test_a_writer_that_got_nothing_closes(tmp_path: Path) -> None:
    with written(tmp_path / "a.db"):
        pass
    assert query(tmp_path / "a.db", "SELECT count(*) FROM captures") == [(0,)]


def test_what_gathers_meanwhile_is_written_in_one_batch(tmp_path: Path) -> None:
    with written(tmp_path / "a.db", failures=0) as (made, gate):
        made.put([capture(1), session(1)])
        assert gate.reached.wait(20)
        for place in range(1, 101):
            made.put([exchange(1, place)])
    assert gate.attempts == 2
    assert query(tmp_path / "a.db", "SELECT count(*) FROM exchanges") == [(100,)]


def test_others_can_read_while_it_writes(tmp_path: Path) -> None:
    with written(tmp_path / "a.db") as (made, _):
        made.put(small(1))
        with closing(sqlite3.connect(tmp_path / "a.db")) as reader:
            for _ in range(2000):
                if reader.execute("SELECT count(*) FROM violations").fetchone() == (1,):
                    break
                threading.Event().wait(0.005)
            assert reader.execute("SELECT count(*) FROM violations").fetchone() == (1,)


def test_a_record_that_cannot_be_stored_leaves_a_gap_even_in_the_last_batch(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with written(tmp_path / "a.db") as (made, _):
        made.put([*small(1), exchange(1, 2, status=10**30), exchange(1, 3)])
    assert query(tmp_path / "a.db", "SELECT id FROM exchanges") == [("1.1",), ("1.3",)]
    assert losses(tmp_path / "a.db") == [
        "1 record could not be stored: a record cannot be stored (a number takes more than 64 bits)"
    ]
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_what_finds_the_queue_full_is_counted_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_QUEUE", 3)
    with written(tmp_path / "a.db", failures=0) as (made, gate):
        made.put([capture(1), session(1)])
        assert gate.reached.wait(20)
        for place in range(1, 11):
            made.put([exchange(1, place), event(1, place)])
    kept = query(tmp_path / "a.db", "SELECT count(*) FROM exchanges")[0][0]
    assert kept == 3
    assert losses(tmp_path / "a.db") == ["14 records could not be stored: the disk did not keep up"]


def test_the_count_of_what_was_lost_grows_in_one_gap(tmp_path: Path) -> None:
    with written(tmp_path / "a.db") as (made, gate):
        made.put(small(1))
        for place in range(2, 5):
            gate.reached.clear()
            made.put([exchange(1, place, status=10**30)])
            assert gate.reached.wait(20)
    assert len(losses(tmp_path / "a.db")) == 1
    assert losses(tmp_path / "a.db")[0].startswith("3 records could not be stored")


def test_a_disk_that_recovers_costs_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with written(tmp_path / "a.db", failures=3) as (made, gate):
        made.put(small(1))
        gate.go.set()
        while gate.failures:
            threading.Event().wait(0.001)
        made.put([violation(1, 2)])
    assert query(tmp_path / "a.db", "SELECT count(*) FROM violations") == [(2,)]
    assert losses(tmp_path / "a.db") == []
    first, second = caplog.records
    assert "the disk is full" in first.getMessage(), "said once, when it begins"
    assert second.getMessage() == f"consentwire: {tmp_path / 'a.db'} can be written again; nothing was lost"


def test_a_disk_that_does_not_recover_does_not_hold_up_the_end(tmp_path: Path) -> None:
    gate = Gate(opened := Database(tmp_path / "a.db"), failures=10**9)
    gate.go.set()
    made = BackgroundWriter(opened, ROWS, 1)
    made.put(small(1))
    made.put([gap(1), replace(capture(1), exchanges_read=5)])
    loss = made.close()
    lost = len(small(1)) + 2
    assert (loss.records, loss.database) == (lost, tmp_path / "a.db")
    assert loss.reasons == (f"{lost} records could not be stored: {tmp_path / 'a.db'}: the disk is full",)
    # in the room that was kept for it, the database says so itself
    assert query(tmp_path / "a.db", "SELECT exchanges_read FROM captures") == [(5,)]
    assert losses(tmp_path / "a.db") == list(loss.reasons)


def test_a_database_that_cannot_even_hold_that_it_is_incomplete_has_a_note_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(opened := Database(tmp_path / "a.db"), failures=10**9)
    opened.write([capture(1)], ROWS)
    gate.go.set()
    made = BackgroundWriter(opened, ROWS, 1)

    def refuses(*_: object) -> None:
        raise DatabaseError("the disk is full")

    monkeypatch.setattr(opened, "write", refuses)
    made.put([exchange(1, 1)])
    loss = made.close()
    assert [each.reason for each in noted(tmp_path / "a.db")] == list(loss.reasons)
    Database(tmp_path / "a.db").close()
    assert losses(tmp_path / "a.db") == list(loss.reasons)


def test_what_is_committed_is_acknowledged_in_order(tmp_path: Path) -> None:
    numbers: list[int] = []
    made = BackgroundWriter(Database(tmp_path / "a.db"), ROWS, 1, stored=numbers.append)
    made.put([capture(1), session(1)], 1)
    for number in range(2, 50):
        made.put([exchange(1, number)], number)
    assert made.close().reasons == ()
    assert numbers[-1] == 49
    assert numbers == sorted(numbers)


def test_a_database_that_is_deleted_meanwhile_goes_on_beside_it_and_that_is_said_at_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    opened = Database(tmp_path / "a.db")
    number, held = opened.begin()
    made = BackgroundWriter(opened, ROWS, number, running=held)
    made.put([replace(capture(number), kind="live", ended_at=None), session(number), exchange(number, 1)], 1)
    while not query(tmp_path / "a.db", "SELECT count(*) FROM exchanges")[0][0]:
        threading.Event().wait(0.005)
    (tmp_path / "a.db").unlink()
    made.put([exchange(number, 2)], 2)
    deadline = time.monotonic() + 20
    while "was deleted, renamed or replaced" not in caplog.text and time.monotonic() < deadline:
        threading.Event().wait(0.005)
    assert "was deleted, renamed or replaced while the capture ran" in caplog.text
    assert is_running(tmp_path / "a-rescued.db", number), "it is not taken for one that broke off"
    loss = made.close()
    assert loss.database == tmp_path / "a-rescued.db"
    assert len(loss.reasons) == 1
    assert query(loss.database, "SELECT count(*) FROM exchanges") == [(2,)]
    assert query(loss.database, "SELECT kind, reason FROM gaps") == [("database-moved", loss.reasons[0])]


def test_a_full_queue_does_not_hold_up_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_QUEUE", 1)
    with written(tmp_path / "a.db", failures=2) as (made, gate):
        made.put([capture(1), session(1)])
        assert gate.reached.wait(20)
        made.put([exchange(1, 1)])
        made.put([exchange(1, 2)])
    assert query(tmp_path / "a.db", "SELECT id FROM exchanges") in ([("1.1",)], [])
