"""What one change would end: counted, described by what it explains, and true of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from addon.findings.causes import explained, read_causes
from addon.findings.names import read_names
from addon.findings.query import opened as opened_for_reading
from addon.findings.report import read_report
from addon.judge.cause import CauseName
from addon.judge.causes import all_causes
from addon.policy import Policy, parse_policy
from addon.runner import analyse_files, open_captures, opened
from addon.store import Database
from tests.addon.readers.samples import CAPTURES
from tests.addon.store.rows_made import row_maker, small, violation
from vendor_catalog import shipped_catalogue

MOST_CAUSES = 12


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All captures that ship, in one database."""
    path = tmp_path_factory.mktemp("shipped") / "all.db"
    with opened(path) as database:
        list(analyse_files(open_captures(sorted(CAPTURES.glob("*.mitm"))), database, Policy()))
    return path


@pytest.fixture
def connection(shipped: Path) -> Iterator[sqlite3.Connection]:
    with opened_for_reading(shipped) as reading:
        yield reading


def test_the_shipped_captures_have_few_causes_and_every_violation_has_one(
    shipped: Path, connection: sqlite3.Connection
) -> None:
    report = read_report(shipped)
    assert len(report.findings) > 3 * len(report.causes)
    assert len(report.causes) <= MOST_CAUSES
    assert sum(cause.violations for cause in report.causes) == sum(each.violations for each in report.findings)
    for cause in report.causes:
        stored = connection.execute(
            "SELECT count(*), min(occurred_at), max(occurred_at) FROM violations"
            " WHERE cause = ? AND verdict <> 'cleared' AND suppressed IS NULL",
            (cause.id,),
        ).fetchone()
        assert (cause.violations, cause.first_at, cause.last_at) == tuple(stored)


TRUE_OF = {
    "unstamped": "v.event_id IS NOT NULL AND e.stamped <> 'preferences'",
    "stamp-untrue": "v.event_id IS NOT NULL AND e.stamped = 'preferences'",
    "server-unstamped": "s.surface = 'server' AND e.stamped <> 'preferences'",
    "ungated": "v.vendor = :vendor OR e.cdp = :vendor",
    "destination-unmapped": "v.destination = :destination",
    "integrations-override": "e.cdp = :vendor AND v.destination = :destination",
    "opt-out-unheeded": "v.rule IN ('gpc-ignored', 'opt-out-ignored')",
    "personal-data": "v.rule = 'personal-data-in-payload' AND v.vendor = :vendor",
    "withdrawal-unheeded": "v.rule = 'withdrawal-not-propagated'",
    "region": "v.rule = 'data-leaves-region' AND v.vendor = :vendor",
}
"""Kind -> SQL: what its sentence says, of every violation under it."""
POLICIES = {
    "none": "",
    "opt-out": '[policy]\nregime = "opt-out"\n',
    "eu": '[policy]\nregion = "eu"\n',
}


def test_each_kind_says_something_that_can_be_tested() -> None:
    assert TRUE_OF.keys() == all_causes().keys()


@pytest.mark.parametrize("policy", POLICIES)
def test_what_a_cause_says_is_true_of_every_violation_under_it(policy: str, tmp_path: Path) -> None:
    path = tmp_path / "all.db"
    with opened(path) as database:
        chosen = parse_policy(POLICIES[policy], shipped_catalogue())
        list(analyse_files(open_captures(sorted(CAPTURES.glob("*.mitm"))), database, chosen))
    with closing(sqlite3.connect(path)) as reading:
        causes = [row[0] for row in reading.execute("SELECT DISTINCT cause FROM violations")]
        assert causes
        for key in causes:
            name = CauseName.read(key)
            if name.kind == "alone":
                rows = reading.execute("SELECT count(DISTINCT fingerprint) FROM violations WHERE cause = ?", (key,))
                assert rows.fetchone() == (1,)
                continue
            values = {"cause": key, "vendor": name.vendor, "destination": name.destination, "site": name.site}
            untrue = reading.execute(
                "SELECT v.id, v.explanation FROM violations v JOIN sessions s ON s.id = v.session_id"
                " LEFT JOIN events e ON e.id = v.event_id"
                f" WHERE v.cause = :cause AND NOT (({TRUE_OF[name.kind]}) AND v.site IS :site)",
                values,
            ).fetchall()
            assert untrue == [], key


def test_a_finding_is_shown_under_a_cause_by_what_has_that_cause(connection: sqlite3.Connection) -> None:
    causes = read_causes(connection, read_names(connection))
    whole = dict(connection.execute("SELECT fingerprint, violations FROM findings").fetchall())
    shared = [cause for cause in causes for key, count in cause.by_finding.items() if count < whole[key]]
    assert shared, "no finding has violations of two causes: nothing is tested"
    for cause in causes:
        for each in explained(connection, cause, 1000):
            row = connection.execute("SELECT cause, fingerprint FROM violations WHERE id = ?", (each.example.id,))
            assert tuple(row.fetchone()) == (cause.id, each.finding.fingerprint)


def test_a_cause_of_unproven_violations_alone_is_called_potential(connection: sqlite3.Connection) -> None:
    for cause in read_causes(connection, read_names(connection)):
        assert cause.title.startswith("Potential: ") is (cause.verdict == "unproven")


def test_what_is_suppressed_or_taken_back_has_no_cause_any_more(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    database = Database(path)
    database.write(small(1), row_maker())
    assert [cause.violations for cause in read_report(path).causes] == [1]
    database.write([violation(1, verdict="cleared")], row_maker())
    assert read_report(path).causes == ()
    database.write([violation(1, suppressed="agreed (me, until 2027-01-01)")], row_maker())
    assert read_report(path).causes == ()
    database.write([violation(1)], row_maker())
    assert [cause.violations for cause in read_report(path).causes] == [1]
    database.remove_capture(1)
    database.close()
    with closing(sqlite3.connect(path)) as reading:
        assert reading.execute("SELECT count(*) FROM violation_counts").fetchone() == (0,)


def test_the_first_few_causes_cost_no_more_queries_however_many_there_are(connection: sqlite3.Connection) -> None:
    names, queries = read_names(connection), list[str]()
    connection.set_trace_callback(queries.append)
    everything = read_causes(connection, names)
    of_all = len(queries)
    assert [cause.id for cause in read_causes(connection, names, 2)] == [cause.id for cause in everything[:2]]
    assert len(queries) - of_all < of_all / 2
