"""Records of one small capture, and what a database file holds."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from addon.exchange import Headers
from addon.policy import Storage
from addon.records import (
    CaptureRecord,
    EventRecord,
    ExchangeRecord,
    GapRecord,
    HitRecord,
    Record,
    SessionRecord,
    SignalRecord,
    ViolationRecord,
)
from addon.store import Redactor, RowMaker
from addon.store.schema import TABLES

AT = 1_767_268_800.123
KEY = b"k" * 32


def row_maker(**storage: Any) -> RowMaker:
    return RowMaker(Redactor(Storage(**storage), KEY))


def capture(number: int = 1, digest: str | None = None) -> CaptureRecord:
    return CaptureRecord(
        id=number,
        kind="har",
        path="a.har",
        digest=digest,
        started_at=AT,
        ended_at=AT,
        policy=None,
        tool_version="0",
    )


def session(number: int = 1) -> SessionRecord:
    return SessionRecord(
        id=f"{number}.s1",
        capture_id=number,
        client="10.0.0.7",
        site="shop.example",
        app=None,
        user_agent="Mozilla/5.0",
        surface="web",
        started_at=AT,
        ended_at=AT,
    )


def exchange(number: int = 1, place: int = 1, **changes: Any) -> ExchangeRecord:
    made = ExchangeRecord(
        id=f"{number}.{place}",
        capture_id=number,
        session_id=f"{number}.s1",
        started_at=AT,
        method="POST",
        scheme="https",
        host="api.segment.io",
        path="/v1/t",
        query="",
        status=200,
        failure=None,
        vendor="segment",
        kind="collect",
        request_headers=Headers(),
        request_body=None,
        response_headers=Headers(),
        response_body=None,
    )
    return replace(made, **changes)


def event(number: int = 1, place: int = 1, **changes: Any) -> EventRecord:
    made = EventRecord(
        id=f"{number}.{place}.0",
        exchange_id=f"{number}.{place}",
        session_id=f"{number}.s1",
        cdp="segment",
        write_key="wk",
        message_id="m1",
        type="track",
        name="Order Completed",
        anonymous_id="anon-1",
        user_id="user-1",
        timestamp=None,
        sent_at=None,
        received_at=AT,
        surface="web",
        library=None,
        stamped="missing",
        stamp=None,
        integrations=None,
        payload="{}",
    )
    return replace(made, **changes)


def hit(number: int = 1, **identifiers: str) -> HitRecord:
    return HitRecord(
        id=f"{number}.1.0",
        exchange_id=f"{number}.1",
        session_id=f"{number}.s1",
        vendor="meta-pixel",
        name="Purchase",
        account="1",
        identifiers=json.dumps(identifiers),
    )


def signal(number: int = 1) -> SignalRecord:
    return SignalRecord(
        id=f"{number}.c1",
        session_id=f"{number}.s1",
        exchange_id=f"{number}.1",
        source="onetrust",
        carrier="cookie OptanonConsent",
        raw=None,
        answered=True,
        necessary=True,
        functional=None,
        analytics=False,
        marketing=False,
        observed_at=AT,
        effective_at=None,
        effective_precision=None,
    )


def violation(number: int = 1, place: int = 1, **changes: Any) -> ViolationRecord:
    made = ViolationRecord(
        id=f"{number}.v{place}",
        capture_id=number,
        session_id=f"{number}.s1",
        exchange_id=f"{number}.1",
        event_id=f"{number}.1.0",
        signal_id=f"{number}.c1",
        later_signal_id=None,
        rule="event-without-consent",
        severity="error",
        verdict="likely",
        phase="no-signal",
        vendor="segment",
        destination=None,
        category="analytics",
        site="shop.example",
        event_name="track 'Order Completed'",
        occurred_at=AT + place,
        explanation="It was sent.",
        fingerprint="f1",
        cause="ungated:segment::shop.example",
        suppressed=None,
    )
    return replace(made, **changes)


def gap(number: int = 1) -> GapRecord:
    return GapRecord(id=f"{number}.g1", capture_id=number, exchange_id=None, kind="websocket", host=None, reason="why")


def small(number: int = 1) -> list[Record]:
    """One of each, in the order in which the pipeline gives them out."""
    return [
        capture(number),
        session(number),
        exchange(number),
        signal(number),
        event(number),
        hit(number, cookie_id="fb.1"),
        violation(number),
        gap(number),
    ]


def rows(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, in order of key."""
    with closing(sqlite3.connect(path)) as connection:
        return {
            table.name: connection.execute(f"SELECT * FROM {table.name} ORDER BY {', '.join(table.key)}").fetchall()
            for table in TABLES
        }


def query(path: Path, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql, parameters).fetchall()
