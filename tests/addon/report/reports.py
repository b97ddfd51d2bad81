"""Reports made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from addon.judge.rule import Severity
from addon.judge.verdict import Verdict
from addon.report import Finding, Gap, Report


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
        judged=5,
        findings=findings,
        gaps=(),
    )
    return replace(made, **changes)


def gap(reason: str = "why", host: str | None = "a.example") -> Gap:
    return Gap("websocket", host, reason)
