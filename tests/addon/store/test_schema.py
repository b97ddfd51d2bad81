"""The contract: tables and columns that the outside may rely on."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from addon.policy import Policy
from addon.runner import Analysis, analyse_files, open_captures, opened
from addon.store import Database
from addon.store.schema import APPLICATION_ID, TABLES, VERSION
from tests.addon.readers.samples import CAPTURES

from .rows_made import query

CONTRACT = """
captures(id, kind, path, started_at, ended_at, policy, tool_version)
sessions(id, capture_id, client, site, app, user_agent)
exchanges(id, capture_id, session_id, started_at, method, host, path, status, vendor, kind)
events(id, exchange_id, session_id, cdp, write_key, message_id, type, name, anonymous_id, user_id, timestamp, sent_at,
  stamped, integrations, consent, certainty, signal_id)
duplicates(event_id, exchange_id)
deliveries(event_id, destination, vendor, mode, category, outcome, basis, consent, certainty, signal_id)
calls(id, exchange_id, session_id, vendor, kind, category, consent, certainty, signal_id)
cookies(id, session_id, name, host, vendor, category, seen_by, first_seen_at, consent, certainty, signal_id)
signals(id, session_id, source, raw, answered, necessary, functional, analytics, marketing, observed_at, effective_at)
banner_events(id, session_id)
marks(id, session_id)
violations(id, capture_id, session_id, exchange_id, event_id, rule, severity, verdict, phase, vendor, destination, category, occurred_at,
  explanation, fingerprint)
consent_states(id, session_id, host, category, since, until, state, certainty, signals, alternative)
names(kind, id, name)
findings(fingerprint, rule, severity, verdict, vendor, destination, site, violations, first_at, last_at, triage)
gaps(id, capture_id, exchange_id, kind, host, reason)
"""
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every capture that ships, in one database."""
    path = tmp_path_factory.mktemp("store") / "all.db"
    captures = sorted(CAPTURES.glob("*.mitm"))
    with opened(path) as database:
        results = list(analyse_files(open_captures(captures), database, Policy()))
    assert len(results) == len(captures) > 5
    assert all(isinstance(result, Analysis) and not result.unreadable for result in results)
    return path


def test_every_table_and_column_of_the_contract_exists(analysed: Path) -> None:
    promised = re.findall(r"(\w+)\(([^)]*)\)", CONTRACT)
    assert len(promised) == 16
    for table, columns in promised:
        there = {row[1] for row in query(analysed, f"PRAGMA table_info({table})")}
        assert set(re.split(r",\s+", columns)) <= there, table


def test_the_schema_names_exactly_what_the_file_has(analysed: Path) -> None:
    made = {row[0] for row in query(analysed, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert made - {"sqlite_stat1"} == {table.name for table in TABLES}
    for table in TABLES:
        assert [row[1] for row in query(analysed, f"PRAGMA table_info({table.name})")] == list(table.columns)


def test_every_table_and_column_is_explained() -> None:
    assert all(table.help and column.help for table in TABLES for column in table.columns.values())


def test_no_foreign_key_points_nowhere(analysed: Path) -> None:
    assert query(analysed, "PRAGMA foreign_key_check") == []
    assert query(analysed, "PRAGMA integrity_check") == [("ok",)]


def test_every_foreign_key_is_declared_and_indexed(analysed: Path) -> None:
    for table in TABLES:
        declared = {(row[3], row[2]) for row in query(analysed, f"PRAGMA foreign_key_list({table.name})")}
        named = {(name, column.references) for name, column in table.columns.items() if column.references}
        assert declared == named
        led = {columns[0] for columns in (*table.indexes, table.key)}
        assert {name for name, _ in named} <= led, f"{table.name}: removing a capture would scan it"


def test_times_are_iso_8601_in_utc_with_milliseconds(analysed: Path) -> None:
    for table in TABLES:
        for name in (name for name, column in table.columns.items() if column.kind == "time"):
            for (value,) in query(analysed, f"SELECT DISTINCT {name} FROM {table.name} WHERE {name} IS NOT NULL"):
                assert TIME.fullmatch(value), f"{table.name}.{name}"


def test_flags_are_zero_one_or_empty(analysed: Path) -> None:
    for table in TABLES:
        for name in (name for name, column in table.columns.items() if column.kind == "boolean"):
            values = {value for (value,) in query(analysed, f"SELECT DISTINCT {name} FROM {table.name}")}
            assert values <= {0, 1, None}, f"{table.name}.{name}"


def test_json_columns_hold_json(analysed: Path) -> None:
    for table in TABLES:
        for name in (name for name, column in table.columns.items() if column.kind == "json"):
            there = f"SELECT {name} FROM {table.name} WHERE {name} IS NOT NULL"
            assert query(analysed, f"{there} AND NOT json_valid({name}) LIMIT 1") == [], f"{table.name}.{name}"


def test_every_violation_leads_to_its_bytes_its_event_and_its_signal(analysed: Path) -> None:
    (total,) = query(analysed, "SELECT count(*) FROM violations")[0]
    assert total > 30
    joined = query(
        analysed,
        "SELECT count(*) FROM violations v JOIN exchanges x ON x.id = v.exchange_id JOIN sessions s ON s.id = v.session_id"
        " JOIN captures c ON c.id = v.capture_id JOIN findings f ON f.fingerprint = v.fingerprint",
    )
    assert joined == [(total,)]
    assert query(analysed, "SELECT count(*) FROM violations v JOIN events e ON e.id = v.event_id")[0][0] > 0
    assert query(analysed, "SELECT count(*) FROM violations v JOIN signals s ON s.id = v.signal_id")[0][0] > 0


def test_findings_sum_up_their_violations(analysed: Path) -> None:
    kept = query(analysed, "SELECT fingerprint, violations, first_at, last_at FROM findings ORDER BY fingerprint")
    counted = query(
        analysed,
        "SELECT fingerprint, sum(verdict <> 'cleared'), min(occurred_at), max(occurred_at) FROM violations"
        " GROUP BY fingerprint ORDER BY fingerprint",
    )
    assert kept == counted


def test_the_file_says_whose_it_is(tmp_path: Path) -> None:
    Database(tmp_path / "a.db").close()
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
