"""The SQL that the writer uses, made from the schema."""

from __future__ import annotations

import json

from addon.judge.verdict import Verdict

from .schema import TABLES, Table
from .selection import rank


def _upsert(table: Table, values: str) -> str:
    names = ", ".join(table.columns)
    others = [name for name, column in table.columns.items() if name not in table.key and not column.written_apart]
    update = ", ".join(f"{name} = excluded.{name}" for name in others)
    action = f"DO UPDATE SET {update}" if others else "DO NOTHING"
    return f"INSERT INTO {table.name} ({names}) {values} ON CONFLICT ({', '.join(table.key)}) {action}"


def _by_row(table: Table) -> str:
    return _upsert(table, f"VALUES ({', '.join('?' * len(table.columns))})")


def _by_batch(table: Table) -> str:
    values = ", ".join(f"value ->> {index}" for index in range(len(table.columns)))
    return _upsert(table, f"SELECT {values} FROM json_each(?) WHERE true")


JUDGED = {
    table.name: names
    for table in TABLES
    if (names := tuple(name for name, column in table.columns.items() if column.written_apart))
}
"""Table of acts -> the columns that are filled once an act is judged."""


def _judged_by_row(table: Table) -> str:
    columns = ", ".join(f"{name} = ?" for name in JUDGED[table.name])
    return f"UPDATE {table.name} SET {columns} WHERE {' AND '.join(f'{name} = ?' for name in table.key)}"


def _judged_by_batch(table: Table) -> str:
    judged = JUDGED[table.name]
    columns = ", ".join(f"{name} = value ->> {index}" for index, name in enumerate(judged))
    # with the table's name: json_each has an ``id`` and a ``key`` of its own
    keys = " AND ".join(f"{table.name}.{name} = value ->> {index}" for index, name in enumerate(table.key, len(judged)))
    return f"UPDATE {table.name} SET {columns} FROM json_each(?) WHERE {keys}"


BY_ROW = {table.name: _by_row(table) for table in TABLES}
BY_BATCH = {table.name: _by_batch(table) for table in TABLES}
JUDGED_BY_ROW = {table.name: _judged_by_row(table) for table in TABLES if table.name in JUDGED}
JUDGED_BY_BATCH = {table.name: _judged_by_batch(table) for table in TABLES if table.name in JUDGED}
ORDER = {table.name: position for position, table in enumerate(TABLES)}

_SUREST = f"json_extract('{json.dumps(list(Verdict))}', '$[' || min({rank('verdict', Verdict)}) || ']')"
REFRESH_FINDINGS = f"""
WITH counted AS (
    SELECT fingerprint, {_SUREST} AS verdict, sum(violations * (verdict <> 'cleared')) AS violations, min(suppressed) AS suppressed
    FROM violation_counts WHERE fingerprint IN (SELECT value FROM json_each(?)) GROUP BY fingerprint)
INSERT INTO findings (fingerprint, rule, severity, verdict, vendor, destination, site, event_name, violations, first_at, last_at, triage)
SELECT c.fingerprint, v.rule, v.severity, c.verdict, v.vendor, v.destination, v.site, v.event_name, c.violations,
       (SELECT min(occurred_at) FROM violations WHERE fingerprint = c.fingerprint),
       (SELECT max(occurred_at) FROM violations WHERE fingerprint = c.fingerprint),
       CASE WHEN c.suppressed THEN 'suppressed' ELSE 'open' END
FROM counted c JOIN violations v ON v.rowid = (SELECT rowid FROM violations WHERE fingerprint = c.fingerprint LIMIT 1) WHERE true
ON CONFLICT (fingerprint) DO UPDATE SET
    severity = excluded.severity, verdict = excluded.verdict, violations = excluded.violations,
    first_at = excluded.first_at, last_at = excluded.last_at,
    triage = CASE WHEN excluded.triage = 'suppressed' THEN 'suppressed'
                  WHEN findings.triage = 'suppressed' THEN 'open' ELSE findings.triage END
"""


_SESSIONS = "SELECT id FROM sessions WHERE capture_id = :capture"
_SIGNALS = f"SELECT id FROM signals WHERE session_id IN ({_SESSIONS})"
VIOLATIONS_OF_CAPTURE = f"capture_id = :capture OR signal_id IN ({_SIGNALS}) OR later_signal_id IN ({_SIGNALS})"
"""A capture's violations, and those in other captures that rest on what it shows."""
_EXCHANGES = "SELECT id FROM exchanges WHERE capture_id = :capture"
_EVENTS = f"SELECT id FROM events WHERE exchange_id IN ({_EXCHANGES})"
_SOURCES = "SELECT id FROM sources WHERE capture_id = :capture"
WITHIN_CAPTURE = (
    f"DELETE FROM violations WHERE {VIOLATIONS_OF_CAPTURE}",
    "DELETE FROM gaps WHERE capture_id = :capture",
    "DELETE FROM marks WHERE capture_id = :capture",
    f"DELETE FROM consent_states WHERE session_id IN ({_SESSIONS})",
    f"DELETE FROM banner_events WHERE session_id IN ({_SESSIONS})",
    f"DELETE FROM cookies WHERE session_id IN ({_SESSIONS})",
    f"DELETE FROM hits WHERE exchange_id IN ({_EXCHANGES})",
    f"DELETE FROM calls WHERE exchange_id IN ({_EXCHANGES})",
    f"DELETE FROM regulations WHERE exchange_id IN ({_EXCHANGES})",
    f"DELETE FROM identities WHERE session_id IN ({_SESSIONS})",
    f"DELETE FROM deliveries WHERE event_id IN ({_EVENTS})",
    f"DELETE FROM duplicates WHERE event_id IN ({_EVENTS})",
    f"DELETE FROM events WHERE exchange_id IN ({_EXCHANGES})",
    f"DELETE FROM destinations WHERE source_id IN ({_SOURCES})",
    "DELETE FROM sources WHERE capture_id = :capture",
    f"DELETE FROM signals WHERE session_id IN ({_SESSIONS})",
    "DELETE FROM exchanges WHERE capture_id = :capture",
    "DELETE FROM sessions WHERE capture_id = :capture",
)
"""Everything that a capture has, what refers to something before what it refers to."""
WHERE_COMPARED = "WHERE id GLOB '*.x[0-9]*'"
IDENTITIES = """
SELECT i.*, s.capture_id, s.surface, s.site, s.app FROM identities i JOIN sessions s ON s.id = i.session_id
WHERE (SELECT count(*) FROM (SELECT id FROM captures LIMIT 2)) > 1
ORDER BY s.capture_id, i.first_at, i.id LIMIT :most
"""
CLOSE_BROKEN_OFF = """
UPDATE captures SET exchanges_read = (SELECT count(*) FROM exchanges WHERE capture_id = :capture),
       ended_at = coalesce(:last, started_at, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
WHERE id = :capture
"""
"""The end of a capture that nobody ended."""
