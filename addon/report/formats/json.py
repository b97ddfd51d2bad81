"""Findings for machines: one JSON document, stable keys."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict

from addon import __version__
from addon.findings import visibility
from addon.findings.audit import audit_document
from addon.findings.causes import cause_document
from addon.findings.coverage import coverage_document
from addon.findings.gravity import HELD
from addon.findings.report import Report
from addon.report.format import Format


def render(report: Report) -> str:
    """The report as JSON text. It has the catalogue's ids where a report for people has names."""
    counted = [finding for finding in report.findings if finding.counts]
    by_verdict = Counter(finding.verdict for finding in counted)
    document = {
        "tool": {"name": "consentwire", "version": __version__},
        "captures": [{"id": number, "kind": kind, "path": path} for number, kind, path in report.captures],
        "seen": {
            "sessions": report.sessions,
            "exchanges": report.exchanges,
            "events": report.events,
            "calls": report.calls,
            "signals": report.signals,
        },
        "visibility": visibility.document(report.visibility),
        "counts": {verdict.value: by_verdict[verdict] for verdict in HELD},
        "coverage": coverage_document(report.coverage),
        "audit": audit_document(report.audit),
        "causes": [cause_document(cause) for cause in report.causes],
        "findings": [asdict(finding) for finding in report.findings],
        "gaps": [asdict(gap) for gap in report.gaps],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


FORMAT = Format(name="json", help="for machines, with stable keys", extension="json", render=render)
