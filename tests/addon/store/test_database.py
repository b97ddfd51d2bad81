"""The file: refused or opened, written, replaced, merged."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from addon.policy import Storage
from addon.store import Database, DatabaseError, Redactor, RowMaker, file
from addon.store.schema import TABLES
from tests.addon.readers.samples import open_folder, without_privileges

from .rows_made import capture, event, exchange, gap, query, row_maker, rows, session, signal, small, violation

ROWS = row_maker()


def made(path: Path, *captures: int) -> Path:
    opened = Database(path)
    for number in captures:
        opened.write(small(number), ROWS)
    opened.close()
    return path


# --- refused


def refusal(path: Path) -> str:
    with pytest.raises(DatabaseError) as caught:
        Database(path)
    assert str(caught.value).startswith(f"{path}: ")
    return str(caught.value)


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE mine (a)")
    before = path.read_bytes()
    assert "not one of consentwire's; name another file" in refusal(path)
    assert path.read_bytes() == before


def test_a_database_of_another_version_says_which_and_what_to_do(tmp_path: Path) -> None:
    path = made(tmp_path / "old.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    assert "made by a later version of consentwire (its schema is 99, this one's is" in refusal(path)
    assert "analyze the capture again into a new file: consentwire analyze" in refusal(path)


@pytest.mark.parametrize("content", [b"just text, and enough of it to be looked at" * 50, b"\0" * 4096, b"x"])
def test_what_is_no_database_is_not_overwritten(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    assert "not a SQLite database; name another file with --db" in refusal(path)
    assert path.read_bytes() == content


def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    (tmp_path / "new.db").touch()
    assert rows(made(tmp_path / "new.db", 1))["captures"]


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    assert "check that the folder exists and is yours" in refusal(tmp_path / "nowhere" / "a.db")


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    assert "check that the folder exists" in refusal(tmp_path)


@pytest.mark.parametrize("folder_mode", [0o777, 0o555])
def test_a_file_that_may_only_be_read_is_refused_before_anything_is_analysed(folder_mode: int) -> None:
    with open_folder() as folder:
        path = made(folder / "a.db", 1)
        path.chmod(0o444)
        folder.chmod(folder_mode)
        with without_privileges():
            reason = refusal(path)
            assert "readonly" in reason
            assert "check that the folder exists and is yours" in reason


def test_a_file_that_another_program_writes_to_is_said_to_be_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "_OPENING_SECONDS", 0.01)
    path = made(tmp_path / "a.db", 1)
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "another program is writing to it" in refusal(path)


def test_a_file_that_is_taken_is_said_so_while_somebody_still_waits() -> None:
    assert file._OPENING_SECONDS <= 5
    assert file._PATIENCE_MILLISECONDS >= 30_000, "later nobody does, and rows wait for it"


def test_a_database_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        opened = Database(tmp_path / "a.db")
        opened.write(small(1), ROWS)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        opened.close()
    finally:
        os.umask(before)
    assert modes == {"a.db": 0o600, "a.db-wal": 0o600, "a.db-shm": 0o600}


def test_a_file_that_was_made_for_nothing_does_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(file.schema, "create", fails)
    assert "disk is full" in refusal(tmp_path / "a.db")
    assert not (tmp_path / "a.db").exists()


def damaged(path: Path) -> Path:
    """A database with random bytes in the middle."""
    made(path, 1, 2, 3)
    content = bytearray(path.read_bytes())
    size = int.from_bytes(content[16:18], "big")
    for page in range(2, len(content) // size):
        content[page * size : page * size + 64] = b"\x5a" * 64
    path.write_bytes(content)
    return path


def test_a_damaged_database_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = damaged(tmp_path / "a.db")
    before = path.read_bytes()
    with pytest.raises(DatabaseError) as refused:
        Database(path, checked=True)
    reason = str(refused.value)
    assert reason.startswith(f"{path}: the database is damaged (")
    assert "name another one with --db" in reason
    assert ".recover" in reason
    assert path.read_bytes() == before


def test_a_database_too_large_to_be_looked_through_is_used_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = made(tmp_path / "a.db", 1)
    monkeypatch.setattr("addon.store.file._MAX_CHECKED", 100)
    Database(path, checked=True).close()
    assert "was not looked through for damage" in caplog.text


@pytest.mark.parametrize("how", ["deleted", "renamed", "replaced"])
def test_a_database_that_is_no_longer_at_its_path_is_noticed_and_saved_beside_it(tmp_path: Path, how: str) -> None:
    path = tmp_path / "a.db"
    opened = Database(path)
    opened.write(small(1), ROWS)
    assert not opened.displaced
    if how == "deleted":
        path.unlink()
    else:
        path.rename(tmp_path / "elsewhere.db")
    if how == "replaced":
        path.write_bytes(b"")
    assert opened.displaced
    beside = opened.rescue()
    assert beside == opened.path == tmp_path / "a-rescued.db"
    assert not opened.displaced
    opened.write([violation(1, 2)], ROWS)
    opened.close()
    assert query(beside, "SELECT count(*) FROM violations") == [(2,)]
    assert stat.S_IMODE(beside.stat().st_mode) == 0o600
    Database(beside, checked=True).close()


def test_an_analysis_that_is_started_anew_learns_how_far_its_capture_has_come(tmp_path: Path) -> None:
    opened = Database(tmp_path / "a.db")
    opened.write([*small(1), exchange(1, 12), gap(1), *small(2)], ROWS)
    opened.write([replace(capture(1), exchanges_read=17)], ROWS)
    progress = opened.resume(1)
    opened.close()
    assert progress.exchanges == 17
    assert {letter: progress.numbers[letter] for letter in ("", "s", "v")} == {"": 12, "s": 1, "v": 1}
    assert [noted.kind for noted in progress.gaps] == [gap(1).kind]


def test_a_refused_file_is_closed_again(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    (tmp_path / "a.txt").write_bytes(b"text" * 100)
    refusal(tmp_path / "a.txt")
    (tmp_path / "a.txt").unlink()
    assert not [warning for warning in recwarn if issubclass(warning.category, ResourceWarning)]


# --- written


def test_it_can_be_read_while_it_grows(tmp_path: Path) -> None:
    growing = Database(tmp_path / "a.db")
    growing.write(small(1), ROWS)
    with closing(sqlite3.connect(tmp_path / "a.db")) as reader:
        assert reader.execute("SELECT count(*) FROM violations").fetchone() == (1,)
        growing.write([violation(1, 2)], ROWS)
        assert reader.execute("SELECT count(*) FROM violations").fetchone() == (2,)
        assert reader.execute("SELECT violations FROM findings").fetchone() == (2,)
    growing.close()


def test_a_closed_database_is_one_file(tmp_path: Path) -> None:
    made(tmp_path / "a.db", 1)
    assert [path.name for path in tmp_path.iterdir()] == ["a.db"]


@pytest.mark.parametrize("beside_proxy", [False, True])
def test_both_ways_of_writing_give_the_same_rows(tmp_path: Path, beside_proxy: bool) -> None:
    odd = 'NUL \0, a surrogate \ud800, a quote ", a line\n, caf\u00e9 😀, \x1b, \\u0041'
    records = [
        *small(1),
        exchange(1, 2, path=odd, status=2**62, failure=odd, request_body=odd.encode("utf-8", "replace"), query=odd),
        event(1, 2, name=odd, payload='{"a": "\\u0000"}', integrations='{"All": false}'),
    ]
    opened = Database(tmp_path / "a.db")
    opened.write(records, ROWS, beside_proxy=beside_proxy)
    opened.write(records, ROWS, beside_proxy=not beside_proxy)
    opened.close()
    ((path, status, body),) = query(
        tmp_path / "a.db", "SELECT path, status, request_body FROM exchanges WHERE id = '1.2'"
    )
    assert status == 2**62
    assert path == odd.replace("\0", "\u2400").replace("\ud800", "?")
    assert path.endswith("\\u0041")
    assert body == path, "a body is not cut where a NUL stands"
    ((answered, functional, analytics),) = query(
        tmp_path / "a.db", "SELECT answered, functional, analytics FROM signals"
    )
    assert (answered, functional, analytics) == (1, None, 0)
    assert query(tmp_path / "a.db", "SELECT payload FROM events WHERE id = '1.2.0'") == [('{"a": "\\u0000"}',)]


@pytest.mark.parametrize("beside_proxy", [False, True])
def test_a_record_that_sqlite_cannot_hold_costs_itself_and_what_refers_to_it(
    tmp_path: Path, beside_proxy: bool
) -> None:
    opened = Database(tmp_path / "a.db")
    huge = exchange(1, 2, status=2**63)
    errors = opened.write_what_fits([*small(1), huge, event(1, 2), exchange(1, 3)], ROWS, beside_proxy=beside_proxy)
    opened.close()
    assert [type(error) for error in errors] == [OverflowError, sqlite3.IntegrityError]
    assert query(tmp_path / "a.db", "SELECT id FROM exchanges ORDER BY id") == [("1.1",), ("1.3",)]
    assert query(tmp_path / "a.db", "SELECT id FROM events") == [("1.1.0",)]
    assert query(tmp_path / "a.db", "PRAGMA foreign_key_check") == []


@pytest.mark.parametrize("started_at", [float("nan"), float("inf"), 1e300])
def test_an_exchange_without_a_time_is_not_stored(tmp_path: Path, started_at: float) -> None:
    opened = Database(tmp_path / "a.db")
    errors = opened.write_what_fits([*small(1), exchange(1, 2, started_at=started_at)], ROWS)
    opened.close()
    assert [type(error) for error in errors] == [sqlite3.IntegrityError]


def test_rows_may_refer_to_rows_behind_them_in_one_batch(tmp_path: Path) -> None:
    opened = Database(tmp_path / "a.db")
    opened.write(list(reversed(small(1))), ROWS)
    opened.close()
    assert query(tmp_path / "a.db", "PRAGMA foreign_key_check") == []


@pytest.mark.parametrize("beside_proxy", [False, True])
def test_a_row_that_refers_to_nothing_is_refused(tmp_path: Path, beside_proxy: bool) -> None:
    opened = Database(tmp_path / "a.db")
    with pytest.raises(sqlite3.IntegrityError):
        opened.write([capture(), event(1, 7)], ROWS, beside_proxy=beside_proxy)
    opened.close()
    assert not any(rows(tmp_path / "a.db").values()), "a batch is written whole or not at all"


@pytest.mark.parametrize("beside_proxy", [False, True])
def test_a_full_disk_is_no_fault_of_a_record(tmp_path: Path, beside_proxy: bool) -> None:
    opened = Database(tmp_path / "a.db")
    opened.write(small(1), ROWS)
    pages = opened._connection.execute("PRAGMA page_count").fetchone()[0]
    opened._connection.execute(f"PRAGMA max_page_count = {pages + 1}")
    large = [exchange(1, place, request_body=b"x" * 4000) for place in range(2, 200)]
    with pytest.raises(DatabaseError, match=r"a\.db: .*full"):
        opened.write_what_fits(large, ROWS, beside_proxy=beside_proxy)
    opened.close()
    assert len(rows(tmp_path / "a.db")["exchanges"]) == 1


def test_a_violation_written_again_moves_its_finding(tmp_path: Path) -> None:
    opened = Database(tmp_path / "a.db")
    opened.write(small(1), ROWS)
    for verdict, expected in (("unproven", "unproven"), ("confirmed", "confirmed"), ("cleared", "cleared")):
        opened.write([violation(1, verdict=verdict)], ROWS)
        ((kept, count),) = query(tmp_path / "a.db", "SELECT verdict, violations FROM findings")
        assert (kept, count) == (expected, 0 if verdict == "cleared" else 1)
    opened.write([violation(1, 2, verdict="unproven"), violation(1, 3, verdict="likely")], ROWS)
    assert query(tmp_path / "a.db", "SELECT verdict, violations FROM findings") == [("likely", 2)]
    opened.close()


def test_a_finding_is_suppressed_only_if_all_of_it_is(tmp_path: Path) -> None:
    opened = Database(tmp_path / "a.db")
    opened.write([*small(1)[:-2], violation(1, suppressed="reviewed")], ROWS)
    assert query(tmp_path / "a.db", "SELECT triage FROM findings") == [("suppressed",)]
    opened.write([violation(1, 2)], ROWS)
    assert query(tmp_path / "a.db", "SELECT triage FROM findings") == [("open",)]
    opened.close()


# --- replaced and merged


def test_a_removed_capture_leaves_nothing(tmp_path: Path) -> None:
    made(tmp_path / "a.db", 1, 2)
    kept = rows(made(tmp_path / "b.db", 2))
    opened = Database(tmp_path / "a.db")
    opened.remove_capture(1)
    opened.close()
    assert rows(tmp_path / "a.db") == kept
    opened = Database(tmp_path / "a.db")
    opened.remove_capture(2)
    opened.remove_capture(3)
    opened.close()
    assert not any(rows(tmp_path / "a.db").values())


def set_triage(path: Path, triage: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE findings SET triage = ?", (triage,))
        connection.commit()


def test_what_people_decided_survives_the_replacement_of_the_only_capture(tmp_path: Path) -> None:
    made(tmp_path / "a.db", 1)
    set_triage(tmp_path / "a.db", "accepted: see ticket 12")
    opened = Database(tmp_path / "a.db")
    with opened.replacing(1):
        assert not opened._connection.execute("SELECT * FROM findings").fetchall()
        opened.write(small(1), ROWS)
    opened.close()
    assert query(tmp_path / "a.db", "SELECT triage FROM findings") == [("accepted: see ticket 12",)]


def test_what_people_decided_goes_with_a_finding_that_does_not_come_back(tmp_path: Path) -> None:
    made(tmp_path / "a.db", 1)
    set_triage(tmp_path / "a.db", "accepted")
    opened = Database(tmp_path / "a.db")
    with opened.replacing(1):
        opened.write([capture(1), session(1)], ROWS)
    opened.close()
    assert query(tmp_path / "a.db", "SELECT * FROM findings") == []


def test_the_policys_suppression_wins_over_what_people_decided(tmp_path: Path) -> None:
    made(tmp_path / "a.db", 1)
    set_triage(tmp_path / "a.db", "accepted")
    opened = Database(tmp_path / "a.db")
    with opened.replacing(1):
        opened.write([*small(1)[:-2], violation(1, suppressed="reviewed")], ROWS)
    opened.close()
    assert query(tmp_path / "a.db", "SELECT triage FROM findings") == [("suppressed",)]


def test_a_capture_keeps_its_number_and_a_new_one_gets_the_next(tmp_path: Path) -> None:
    opened = Database(tmp_path / "a.db")
    opened.write([capture(1, "d1"), capture(5, "d5")], ROWS)
    assert (opened.claim("har", "d1"), opened.claim("har", "d5")) == (1, 5)
    assert (opened.claim("har", "new"), opened.claim("har", "new"), opened.claim("live", None)) == (6, 6, 7)
    opened.remove_capture(7)
    assert opened.claim("live", None) == 7
    opened.close()


def test_a_number_is_taken_before_anything_is_written(tmp_path: Path) -> None:
    one, other = Database(tmp_path / "a.db"), Database(tmp_path / "a.db")
    assert (one.claim("live", None), other.claim("live", None)) == (1, 2)
    with one.replacing(1):
        assert other.claim("har", "d") == 3
        one.write(small(1), ROWS)
    other.close()
    one.close()
    assert query(tmp_path / "a.db", "SELECT id, kind FROM captures ORDER BY id") == [
        (1, "har"),
        (2, "live"),
        (3, "har"),
    ]


def test_a_reader_does_not_hold_up_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("addon.store.database._CLOSING_MILLISECONDS", 1)
    opened = Database(tmp_path / "a.db")
    opened.write(small(1), ROWS)
    with closing(sqlite3.connect(tmp_path / "a.db")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM captures").fetchall()
        opened.write([violation(1, 2)], ROWS)
        opened.close()
    assert query(tmp_path / "a.db", "SELECT count(*) FROM violations") == [(2,)]


def test_merging_takes_every_row_over(tmp_path: Path) -> None:
    whole = made(tmp_path / "whole.db", 1, 2)
    made(tmp_path / "a.db", 1)
    made(tmp_path / "part?.db", 2)
    opened = Database(tmp_path / "a.db")
    opened.merge(tmp_path / "part?.db")
    opened.close()
    assert rows(tmp_path / "a.db") == rows(whole)
    assert query(tmp_path / "a.db", "SELECT violations FROM findings") == [(2,)]


def test_merging_fills_a_number_that_was_only_claimed(tmp_path: Path) -> None:
    whole = made(tmp_path / "whole.db", 1, 2)
    made(tmp_path / "a.db", 1)
    made(tmp_path / "part.db", 2)
    opened = Database(tmp_path / "a.db")
    with opened.replacing(opened.claim("har", "digest")):
        opened.merge(tmp_path / "part.db")
    opened.close()
    assert rows(tmp_path / "a.db") == rows(whole)


def test_merging_keeps_what_people_decided(tmp_path: Path) -> None:
    made(tmp_path / "a.db", 1)
    set_triage(tmp_path / "a.db", "accepted")
    made(tmp_path / "part.db", 2)
    opened = Database(tmp_path / "a.db")
    opened.merge(tmp_path / "part.db")
    opened.close()
    assert query(tmp_path / "a.db", "SELECT triage, violations FROM findings") == [("accepted", 2)]


def test_a_batch_names_every_column_of_every_table(tmp_path: Path) -> None:
    opened = Database(tmp_path / "a.db")
    opened.write([*small(1), signal(1)], RowMaker(Redactor(Storage(), b"x")))
    opened.close()
    filled = {name for name, found in rows(tmp_path / "a.db").items() if found}
    assert filled <= {table.name for table in TABLES}
    assert {"captures", "sessions", "exchanges", "events", "signals", "violations", "findings", "gaps"} <= filled
