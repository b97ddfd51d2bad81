"""What a database says, and what of it is held against a capture."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from addon.findings.report import Gate, read_report
from addon.judge.rule import Severity
from addon.judge.verdict import Verdict
from addon.policy import Policy
from addon.runner import analyse_files, open_captures, opened
from addon.store import Database, DatabaseError
from addon.store.losses import leave_note, lost_records
from tests.addon.readers.samples import CHROME, entry, open_folder, without_privileges, write_har
from tests.addon.report.reports import finding, report
from tests.addon.store.rows_made import capture, exchange, gap, query, row_maker, small, violation


def written(path: Path, *more: object) -> Path:
    database = Database(path)
    database.write([*small(1), *more], row_maker())  # type: ignore[list-item]
    database.close()
    return path


@pytest.mark.parametrize(
    ("level", "counted"),
    [
        (Severity.ERROR, ["error"]),
        (Severity.WARNING, ["error", "warning"]),
        (Severity.NOTE, ["error", "warning", "note"]),
    ],
)
def test_a_level_counts_itself_and_what_is_graver(level: Severity, counted: list[str]) -> None:
    made = report(*(finding(number, severity=severity) for number, severity in enumerate(Severity)))
    assert [found.severity for found in replace(made, gate=Gate(level)).failing] == counted


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("triage", ["open", "suppressed", "accepted"])
def test_what_was_cleared_or_suppressed_is_never_held_against_a_capture(verdict: Verdict, triage: str) -> None:
    made = finding(verdict=verdict, triage=triage)
    assert made.counts is (verdict is not Verdict.CLEARED and triage != "suppressed")
    assert bool(report(made, gate=Gate(Severity.NOTE)).failing) is made.counts


def test_a_finding_is_told_by_the_first_of_its_surest_violations(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.db",
        violation(1, 2, verdict="confirmed", occurred_at=500.0, explanation="second"),
        violation(1, 3, verdict="confirmed", occurred_at=400.0, explanation="first"),
        violation(1, 4, verdict="unproven", occurred_at=300.0, explanation="unsure"),
    )
    (found,) = read_report(path).findings
    assert (found.verdict, found.explanation, found.violation, found.violations) == ("confirmed", "first", "1.v3", 4)


def test_findings_come_gravest_first(tmp_path: Path) -> None:
    more = [
        violation(1, place, fingerprint=f"f{place}", verdict=verdict, severity=severity)
        for place, (verdict, severity) in enumerate(
            [
                ("cleared", "error"),
                ("unproven", "error"),
                ("confirmed", "note"),
                ("likely", "warning"),
                ("confirmed", "error"),
            ],
            start=2,
        )
    ]
    found = read_report(written(tmp_path / "a.db", *more)).findings
    assert [(each.verdict, each.severity) for each in found] == [
        ("confirmed", "error"),
        ("likely", "error"),
        ("unproven", "error"),
        ("likely", "warning"),
        ("confirmed", "note"),
        ("cleared", "error"),
    ]


def test_a_report_counts_what_was_seen(tmp_path: Path) -> None:
    made = read_report(written(tmp_path / "a.db", gap(1)))
    assert (made.captures, made.sessions, made.exchanges) == (((1, "har", "a.har"),), 1, 1)
    assert (made.events, made.calls, made.signals, made.visibility.judged) == (1, 0, 1, 1)
    assert [each.kind for each in made.gaps] == ["websocket"]


@pytest.mark.parametrize(
    ("url", "judged"),
    [
        ("https://www.facebook.com/tr/?id=1&ev=PageView", True),
        ("https://cdn.cookielaw.org/scripttemplates/otSDKStub.js", False),
        ("https://example.org/picture.png", False),
    ],
)
def test_only_traffic_that_needs_consent_can_be_judged(tmp_path: Path, url: str, judged: bool) -> None:
    agent = {"user-agent": CHROME, "cookie": "a=b"}
    entries = [
        entry("https://shop.example/", headers={**agent, "sec-fetch-dest": "document"}),
        entry(url, headers={**agent, "referer": "https://shop.example/"}),
    ]
    path = write_har(tmp_path / "a.har", entries)
    with opened(tmp_path / "a.db") as database:
        list(analyse_files(open_captures([path]), database, Policy()))
    assert bool(read_report(tmp_path / "a.db").visibility.judged) is judged


def test_reading_changes_nothing_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = written(tmp_path / "a.db")
    before = path.read_bytes()
    read_report(path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["a.db"]


def test_a_database_is_read_while_it_grows(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.db")
    database.write(small(1), row_maker())
    assert len(read_report(tmp_path / "a.db").findings) == 1
    database.write([violation(1, 2, fingerprint="f2")], row_maker())
    assert len(read_report(tmp_path / "a.db").findings) == 2
    database.close()


def test_a_database_in_a_folder_that_is_not_ours_is_read() -> None:
    with open_folder() as folder:
        path = written(folder / "a.db")
        path.chmod(0o444)
        folder.chmod(0o555)
        with without_privileges():
            assert len(read_report(path).findings) == 1


def test_a_path_with_signs_of_a_url_is_read(tmp_path: Path) -> None:
    assert read_report(written(tmp_path / "a?mode=rw#b%20.db")).exchanges == 1


def test_what_is_no_database_of_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("text" * 200)
    with pytest.raises(DatabaseError, match="text: not a SQLite database; if it is a capture"):
        read_report(tmp_path / "text")
    with pytest.raises(DatabaseError, match="nothing: cannot be read: No such file"):
        read_report(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()
    (tmp_path / "empty").touch()
    with pytest.raises(DatabaseError, match="empty: the file is empty, and no database; 'consentwire analyze"):
        read_report(tmp_path / "empty")
    (tmp_path / "short").write_text("x")
    with pytest.raises(DatabaseError, match="short: not a SQLite database"):
        read_report(tmp_path / "short")
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE mine (a)")
    with pytest.raises(DatabaseError, match="not one of consentwire's"):
        read_report(tmp_path / "other.db")
    with closing(sqlite3.connect(written(tmp_path / "old.db"))) as connection:
        connection.execute("PRAGMA user_version = 7")
    with pytest.raises(DatabaseError, match=r"its schema is 7, .* analyze the capture again"):
        read_report(tmp_path / "old.db")


def broken_off(path: Path) -> Path:
    """A database with a live capture that nobody ended."""
    database = Database(path)
    number, held = database.begin()
    database.write(
        [replace(capture(number), kind="live", ended_at=None), exchange(number, 1, session_id=None)], row_maker()
    )
    database.close()
    assert held is not None
    held.close()
    return path


def test_a_capture_that_broke_off_is_told_and_given_its_end(tmp_path: Path) -> None:
    path = broken_off(tmp_path / "a.db")
    assert [gap.kind for gap in read_report(path).gaps] == ["capture-cut-short"]
    assert query(path, "SELECT count(*) FROM captures WHERE ended_at IS NULL") == [(0,)]
    assert [gap.kind for gap in read_report(path).gaps] == ["capture-cut-short"]


def test_it_is_told_too_where_nothing_can_be_written(tmp_path: Path) -> None:
    path = broken_off(tmp_path / "a.db")
    leave_note(path, [lost_records(1, 3, "full")])
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        kinds = [gap.kind for gap in read_report(path).gaps]
    assert kinds == ["capture-cut-short", "records-lost"]
    assert query(path, "SELECT count(*) FROM captures WHERE ended_at IS NULL") == [(1,)]


def test_nothing_is_concluded_from_a_damaged_database(tmp_path: Path) -> None:
    path = written(tmp_path / "a.db")
    content = bytearray(path.read_bytes())
    size = int.from_bytes(content[16:18], "big")
    for page in range(2, len(content) // size):
        content[page * size : page * size + 64] = b"\x5a" * 64
    path.write_bytes(content)
    with pytest.raises(DatabaseError, match="the database is damaged"):
        read_report(path)
