"""SARIF 2.1.0, for code hosts that show findings beside the code: each finding is a result, with the choice, the message and the
receiver as its flow."""

from __future__ import annotations

import json
from typing import Any

from addon import __version__
from addon.findings.report import Report
from addon.findings.rows import SUPPRESSED, Finding
from addon.findings.rules import Rule, Severity, Verdict, all_rules, rule_of
from addon.findings.sentences import PHASE_CLAUSES
from addon.findings.text import counted
from addon.findings.visibility import document, shortfalls
from addon.report.format import Format
from addon.report.sentences import sentence, subject

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MAX_RESULTS = 25_000
"""What GitHub takes of one run: https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support"""
_MAX_TEXT = 1500
_MAX_NAME = 500
_MAX_NOTES = 100
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def render(report: Report) -> str:
    """One run. What was taken back is no result; what the policy covers is one that is suppressed."""
    listed = [finding for finding in report.findings if finding.verdict is not Verdict.CLEARED]
    rules = list(all_rules().values())
    places = {rule.slug: place for place, rule in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "consentwire",
                "semanticVersion": __version__,
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "columnKind": "utf16CodeUnits",
        "results": [_result(finding, report, places) for finding in listed[:MAX_RESULTS]],
        "invocations": [
            {
                "executionSuccessful": not shortfalls(report.visibility),
                "toolExecutionNotifications": _notifications(report, len(listed)),
            }
        ],
        "properties": {"visibility": document(report.visibility)},
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, ensure_ascii=False) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    sources = "".join(f"\n- {source}" for source in rule.references)
    return {
        "id": rule.slug,
        "name": "".join(part.capitalize() for part in rule.slug.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why},
        "help": {
            "text": f"{rule.fix}\n\nSources: {'; '.join(rule.references)}.",
            "markdown": f"**How to fix it.** {rule.fix}\n\n**Why it matters.** {rule.why}\n\n**Sources**\n{sources}",
        },
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": ["privacy", "consent"]},
    }


def _result(finding: Finding, report: Report, places: dict[str, int]) -> dict[str, Any]:
    where = _location(report.anchor, subject(finding, report.names))
    if finding.site:
        where["logicalLocations"] = [{"fullyQualifiedName": _brief(finding.site), "kind": "resource"}]
    times = counted(finding.violations, "violation")
    text = (
        f"{sentence(finding, report.names)[:_MAX_TEXT]}. {finding.explanation[:_MAX_TEXT]} ({finding.verdict}, {times})"
    )
    result: dict[str, Any] = {
        "ruleId": finding.rule[:_MAX_NAME],
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [where],
        "partialFingerprints": {"consentwireFinding/v1": finding.fingerprint},
        "codeFlows": [{"threadFlows": [{"locations": _flow(finding, report)}]}],
        "properties": {
            "verdict": finding.verdict,
            "phase": finding.phase,
            "violations": finding.violations,
            "vendor": _brief(finding.vendor),
            "destination": _brief(finding.destination),
            "firstAt": finding.first_at,
            "lastAt": finding.last_at,
        },
    }
    if report.gate.known:
        result["baselineState"] = "unchanged" if finding.fingerprint in report.gate.known else "new"
    if finding.rule in places:
        result["ruleIndex"] = places[finding.rule]
    if finding.triage == SUPPRESSED:
        result["suppressions"] = [{"kind": "external", "justification": _brief(finding.suppressed) or "by the policy"}]
    return result


def _flow(finding: Finding, report: Report) -> list[dict[str, Any]]:
    """The choice, what was sent, and who received it."""
    rule = rule_of(finding.rule)
    steps = []
    if rule is None or rule.tells_phase(finding.phase):
        source = f", by {report.names.source(finding.signal_source)}" if finding.signal_source else ""
        steps.append(f"Consent: this happened {PHASE_CLAUSES.get(finding.phase, finding.phase)}{source}")
    steps.append(f"Sent: {finding.event_name or finding.rule}")
    if finding.vendor or finding.destination:
        steps.append(f"Receiver: {report.names.receiver(finding.vendor, finding.destination)}")
    return [{"location": _location(report.anchor, step[:_MAX_TEXT])} for step in steps]


def _location(anchor: str, text: str) -> dict[str, Any]:
    return {
        "physicalLocation": {"artifactLocation": {"uri": anchor}, "region": {"startLine": 1}},
        "message": {"text": text[:_MAX_TEXT]},
    }


def _brief(text: str | None) -> str | None:
    return None if text is None else text[:_MAX_NAME]


def _notifications(report: Report, results: int) -> list[dict[str, Any]]:
    """What was not seen, and what did not fit."""
    found = [("error", f"{each.reason}. {each.remedy}") for each in shortfalls(report.visibility)]
    if results > MAX_RESULTS:
        left = results - MAX_RESULTS
        found.append(
            (
                "warning",
                f"{counted(left, 'result')} of {results:,} left out, the mildest: code hosts take {MAX_RESULTS:,}.",
            )
        )
    found += [("note", f"{gap.kind}{f' ({gap.host})' if gap.host else ''}: {gap.reason}") for gap in report.gaps]
    more = len(found) - _MAX_NOTES
    if more > 0:
        found = [*found[:_MAX_NOTES], ("note", f"{counted(more, 'more gap')}; --format json has them all.")]
    return [{"level": level, "message": {"text": text[:_MAX_TEXT]}} for level, text in found]


FORMAT = Format(name="sarif", help="for code hosts, as SARIF 2.1.0", extension="sarif", render=render)
