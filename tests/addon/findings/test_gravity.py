"""One order of findings, in SQL and in Python."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import fields, replace
from itertools import permutations
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from addon.findings.gravity import counts, gravest_first, gravity, violation_gravity
from addon.findings.rows import Finding, findings
from addon.findings.rules import Severity, Verdict
from addon.store import Database
from tests.addon.report.reports import finding
from tests.addon.store.rows_made import row_maker, small, violation

names = st.none() | st.sampled_from(["", "a", "B", "é", "\N{PILE OF POO}", "\uffff"])
anything = st.builds(
    replace,
    st.just(finding()),
    severity=st.sampled_from(Severity),
    verdict=st.sampled_from(Verdict),
    triage=st.sampled_from(["open", "suppressed", "accepted"]),
    violations=st.integers(0, 3),
    rule=st.sampled_from(["a-rule", "b-rule"]),
    site=names,
    vendor=names,
    destination=names,
    event_name=names,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(anything, max_size=30))
def test_the_database_sorts_as_we_do(listed: list[Finding]) -> None:
    listed = [replace(each, fingerprint=f"{place:02}") for place, each in enumerate(listed)]
    columns = [field.name for field in fields(Finding)]
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"CREATE TABLE findings ({', '.join(columns)})")
        connection.executemany(
            f"INSERT INTO findings VALUES ({', '.join('?' * len(columns))})",
            [[getattr(each, column) for column in columns] for each in listed],
        )
        by_sql = [row[0] for row in connection.execute(f"SELECT fingerprint FROM findings ORDER BY {gravest_first()}")]
        counted = {row[0] for row in connection.execute(f"SELECT fingerprint FROM findings f WHERE {counts('f')}")}
    assert by_sql == [each.fingerprint for each in sorted(listed, key=gravity)]
    assert counted == {each.fingerprint for each in listed if each.counts}


def test_what_is_held_comes_first_then_severity_then_verdict_then_number() -> None:
    listed = [
        finding(1, severity=Severity.ERROR, verdict=Verdict.CONFIRMED, violations=9),
        finding(2, severity=Severity.ERROR, verdict=Verdict.CONFIRMED, violations=1),
        finding(3, severity=Severity.ERROR, verdict=Verdict.UNPROVEN, violations=90),
        finding(4, severity=Severity.WARNING, verdict=Verdict.CONFIRMED),
        finding(5, severity=Severity.NOTE, verdict=Verdict.CONFIRMED),
        finding(6, severity=Severity.ERROR, verdict=Verdict.CONFIRMED, triage="suppressed"),
        finding(7, severity=Severity.ERROR, verdict=Verdict.CLEARED),
    ]
    for shuffled in permutations(listed):
        assert sorted(shuffled, key=gravity) == listed


def test_a_finding_is_told_by_a_violation_that_counts(tmp_path: Path) -> None:
    """The first of the surest may be one that the policy covered, whose day is over for the others."""
    database = Database(tmp_path / "a.db")
    more = [
        violation(1, 2, verdict="confirmed", occurred_at=400.0, suppressed="reviewed", explanation="covered"),
        violation(1, 3, verdict="confirmed", occurred_at=500.0, explanation="counts"),
    ]
    database.write([*small(1), *more], row_maker())
    database.close()
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        (found,) = findings(connection)
        assert (found.violation, found.explanation) == ("1.v3", "counts")
        connection.execute("UPDATE findings SET verdict = 'likely'")
        (found,) = findings(connection)
        assert found.violation in {"1.v1", "1.v2", "1.v3"}, (
            "a finding that its violations moved away from is still listed"
        )


def test_the_violations_of_an_act_stand_in_the_same_order(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.db")
    order = [("error", "confirmed", None), ("error", "unproven", None), ("note", "confirmed", None)]
    order += [("error", "confirmed", "reviewed")]
    more = [
        violation(1, place, severity=severity, verdict=verdict, suppressed=why, fingerprint=f"f{place}")
        for place, (severity, verdict, why) in reversed(list(enumerate(order, start=2)))
    ]
    database.write([*small(1), *more], row_maker())
    database.close()
    from addon.findings.rows import violations

    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        listed = violations(connection, "WHERE v.id <> '1.v1'")
    assert [each.id for each in sorted(listed, key=violation_gravity)] == ["1.v2", "1.v3", "1.v4", "1.v5"]
