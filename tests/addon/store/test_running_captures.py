"""Which captures are being recorded, and what becomes of those that broke off."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

from addon.store import Database, Lag, RunningCapture, is_running, lag_of, running_captures
from addon.store.losses import leave_note, lost_records, note_file, noted

from .rows_made import capture, exchange, query, row_maker

ROWS = row_maker()


def begun(path: Path) -> tuple[int, RunningCapture]:
    database = Database(path)
    number, held = database.begin()
    assert held is not None
    database.write([replace(capture(number), kind="live", ended_at=None), exchange(number, 1, session_id=None)], ROWS)
    database.close()
    return number, held


def test_a_capture_runs_while_it_is_held_and_is_left_alone(tmp_path: Path) -> None:
    number, held = begun(tmp_path / "a.db")
    assert is_running(tmp_path / "a.db", number)
    Database(tmp_path / "a.db").close()
    assert query(tmp_path / "a.db", "SELECT ended_at FROM captures") == [(None,)]
    held.close()


def test_one_that_nobody_holds_gets_its_end_and_a_gap_when_the_database_is_opened_next(tmp_path: Path) -> None:
    number, held = begun(tmp_path / "a.db")
    held.close()
    assert not is_running(tmp_path / "a.db", number)
    Database(tmp_path / "a.db").close()
    ((ended, read, last),) = query(
        tmp_path / "a.db", "SELECT c.ended_at, c.exchanges_read, e.started_at FROM captures c JOIN exchanges e"
    )
    assert (ended, read) == (last, 1)
    ((kind, reason),) = query(tmp_path / "a.db", "SELECT kind, reason FROM gaps")
    assert kind == "capture-cut-short"
    assert f"the last exchange that is stored is from {last}" in reason
    assert [path.name for path in tmp_path.iterdir()] == ["a.db"]
    Database(tmp_path / "a.db").close()
    assert query(tmp_path / "a.db", "SELECT count(*) FROM gaps") == [(1,)]


def test_of_several_captures_only_the_dead_one_is_ended(tmp_path: Path) -> None:
    (first, one), (second, other) = begun(tmp_path / "a.db"), begun(tmp_path / "a.db")
    one.close()
    Database(tmp_path / "a.db").close()
    assert query(tmp_path / "a.db", "SELECT id FROM captures WHERE ended_at IS NULL") == [(second,)]
    assert query(tmp_path / "a.db", "SELECT capture_id FROM gaps") == [(first,)]
    other.close()


def test_one_that_died_before_its_first_exchange_gets_an_end_too(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.db")
    _, held = database.begin()
    database.close()
    assert held is not None
    held.close()
    Database(tmp_path / "a.db").close()
    assert query(tmp_path / "a.db", "SELECT count(*) FROM captures WHERE ended_at IS NOT NULL") == [(1,)]
    assert "nothing of it is stored" in query(tmp_path / "a.db", "SELECT reason FROM gaps")[0][0]


def test_pages_are_told_how_far_behind_it_is_as_long_as_that_is_news(tmp_path: Path) -> None:
    number, held = begun(tmp_path / "a.db")
    assert lag_of(tmp_path / "a.db", number) is None
    held.reserve()
    held.say(3.25, 1000)
    assert lag_of(tmp_path / "a.db", number) == Lag(3.2, 1000)
    held.say(0.0, 0, stopped=True)
    assert lag_of(tmp_path / "a.db", number) == Lag(0.0, 0, stopped=True)
    size = running_captures.run_file(tmp_path / "a.db", number).stat().st_size
    held.give_back()
    assert running_captures.run_file(tmp_path / "a.db", number).stat().st_size < size // 100
    assert lag_of(tmp_path / "a.db", number) is not None
    held.close(remove=True)


def test_what_is_noted_beside_a_database_is_taken_in_and_the_note_goes(tmp_path: Path) -> None:
    number, held = begun(tmp_path / "a.db")
    assert leave_note(tmp_path / "a.db", [lost_records(number, 7, "full"), lost_records(99, 1, "of no capture here")])
    with note_file(tmp_path / "a.db").open("a") as note:
        note.write('not JSON\n[]\n{"id": 5}\n')
        strange = {**asdict(lost_records(number, 1, "strange")), "id": "x", "count": "many"}
        note.write(json.dumps(strange) + "\n")
    assert [gap.capture_id for gap in noted(tmp_path / "a.db")] == [number, 99]
    Database(tmp_path / "a.db").close()
    assert query(tmp_path / "a.db", "SELECT kind, reason FROM gaps") == [
        ("records-lost", "7 records could not be stored: full")
    ]
    assert not note_file(tmp_path / "a.db").exists()
    held.close(remove=True)


def test_a_reader_does_not_keep_a_dead_capture_alive(tmp_path: Path) -> None:
    number, held = begun(tmp_path / "a.db")
    with closing(sqlite3.connect(tmp_path / "a.db")) as reader:
        reader.execute("SELECT * FROM captures").fetchall()
        held.close()
        assert not is_running(tmp_path / "a.db", number)
