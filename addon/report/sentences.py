"""Sentences that several formats have. Names in them are as the wire had them: each format makes them harmless in its own way."""

from __future__ import annotations

from collections import Counter

from addon.findings.gravity import HELD
from addon.findings.names import Names
from addon.findings.report import Report
from addon.findings.rows import SUPPRESSED, Finding
from addon.findings.rules import rule_of
from addon.findings.sentences import title
from addon.findings.text import counted


def conclusion(report: Report) -> str:
    """What was looked at and what was found, never saying more than was seen."""
    seen = (
        f"{counted(report.events, 'CDP message')} and {counted(report.calls, 'vendor call')} in"
        f" {counted(report.sessions, 'session')} ({counted(report.exchanges, 'exchange')},"
        f" {counted(report.signals, 'consent signal')})"
    )
    held = [finding for finding in report.findings if finding.counts]
    if not held:
        blind = f" What could not be seen is listed above ({len(report.gaps)})." if report.gaps else ""
        suppressed = sum(finding.triage == SUPPRESSED for finding in report.findings)
        if suppressed:
            return f"No violation besides {counted(suppressed, 'suppressed finding')}, among {seen}.{blind}"
        if report.visibility.is_empty:
            nothing = "Nothing that could be read was judged" if report.visibility.judged else "Nothing to judge"
            return f"{nothing}: {seen}.{blind}"
        if not report.visibility.proofs:
            pages = counted(report.visibility.pages, "page")
            return f"No violation: {pages} opened, and nothing that takes consent among {seen}.{blind}"
        return f"No violation among {seen}.{blind}"
    by_verdict = Counter(finding.verdict for finding in held)
    verdicts = ", ".join(f"{by_verdict[verdict]} {verdict}" for verdict in HELD if by_verdict[verdict])
    earlier = sum(finding.fingerprint in report.gate.known for finding in held)
    known = f" {earlier} of them known from the baseline, {len(held) - earlier} new." if report.gate.known else ""
    return f"{counted(len(held), 'finding')} ({verdicts}) among {seen}.{known}"


def phase(finding: Finding) -> str:
    """Empty under a rule that judges no moment, whose acts show by themselves what is wrong with them."""
    rule = rule_of(finding.rule)
    return finding.phase if rule is None or rule.tells_phase(finding.phase) else ""


def subject(finding: Finding, names: Names) -> str:
    """``Braze: track 'Order Completed' on shop.example``: who received what. Names are as the wire had them."""
    receiver = finding.destination or (names.of(finding.vendor) if finding.vendor else None)
    what = ": ".join(part for part in (receiver, finding.event_name) if part) or "-"
    return f"{what} on {finding.site}" if finding.site else what


def sentence(finding: Finding, names: Names) -> str:
    """What happened, in one sentence without its full stop."""
    return title(finding.explanation, finding.verdict, names, finding.vendor) or finding.rule
