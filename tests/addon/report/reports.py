"""Reports made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from addon.findings.names import Names
from addon.findings.report import Report
from addon.findings.rows import Finding, Gap
from addon.findings.visibility import CaptureVisibility, Hosts, Visibility
from addon.judge.rule import Severity
from addon.judge.verdict import Verdict


def finding(number: int = 1, **changes: Any) -> Finding:
    made = Finding(
        fingerprint=f"f{number}",
        rule="event-without-consent",
        severity=Severity.ERROR,
        verdict=Verdict.CONFIRMED,
        vendor="segment",
        destination=None,
        site="shop.example",
        event_name="track 'Order Completed'",
        violations=2,
        first_at="2026-01-01T12:00:00.000Z",
        last_at="2026-01-01T12:00:01.000Z",
        triage="open",
        phase="before-choice",
        explanation="It was sent.",
        violation=f"1.v{number}",
    )
    return replace(made, **changes)


def report(*findings: Finding, **changes: Any) -> Report:
    made = Report(
        captures=((1, "har", "a.har"),),
        sessions=1,
        exchanges=9,
        events=2,
        calls=3,
        signals=1,
        causes=(),
        findings=findings,
        gaps=(),
        names=Names({}, {}, {}),
        visibility=visibility(),
    )
    return replace(made, **changes)


def visibility(*, unknown: tuple[tuple[str, int], ...] = (), contacted: int = 3, **changes: Any) -> Visibility:
    """Of one capture."""
    made = CaptureVisibility(
        id=1,
        name="a.har",
        ended=True,
        seen=9,
        judged=5,
        proofs=5,
        unread=0,
        unjudged=0,
        lost=0,
        lost_uncounted=(),
        pages=1,
        fetched=3,
    )
    named = contacted - len(unknown)
    return Visibility((replace(made, **changes),), Hosts(contacted, named, unknown))


def gap(reason: str = "why", host: str | None = "a.example") -> Gap:
    return Gap("websocket", host, reason)
