"""The report for machines."""

from __future__ import annotations

import json

from addon import __version__
from addon.judge.verdict import Verdict
from addon.report.formats import json as json_format
from tests.addon.report.reports import finding, gap, report


def test_the_document_has_these_keys() -> None:
    document = json.loads(json_format.render(report(finding(), gaps=(gap(),))))
    assert list(document) == [
        "tool",
        "captures",
        "seen",
        "visibility",
        "counts",
        "coverage",
        "audit",
        "causes",
        "findings",
        "gaps",
    ]
    assert document["tool"] == {"name": "consentwire", "version": __version__}
    assert document["captures"] == [{"id": 1, "kind": "har", "path": "a.har"}]
    assert document["seen"] == {"sessions": 1, "exchanges": 9, "events": 2, "calls": 3, "signals": 1}
    assert document["counts"] == {"confirmed": 1, "likely": 0, "unproven": 0}
    assert document["gaps"] == [{"kind": "websocket", "host": "a.example", "reason": "why"}]
    (row,) = document["findings"]
    assert list(row) == [
        "fingerprint",
        "rule",
        "severity",
        "verdict",
        "vendor",
        "destination",
        "site",
        "event_name",
        "violations",
        "first_at",
        "last_at",
        "triage",
        "phase",
        "explanation",
        "violation",
        "signal_source",
        "signal_at",
        "suppressed",
    ]
    assert (row["severity"], row["verdict"]) == ("error", "confirmed")


def test_only_what_counts_is_counted_but_everything_is_listed() -> None:
    made = report(
        finding(1, verdict=Verdict.UNPROVEN),
        finding(2, verdict=Verdict.CLEARED),
        finding(3, triage="suppressed"),
    )
    document = json.loads(json_format.render(made))
    assert document["counts"] == {"confirmed": 0, "likely": 0, "unproven": 1}
    assert len(document["findings"]) == 3
