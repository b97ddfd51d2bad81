"""Markdown, for tickets, pull requests and job summaries. What the wire says stands in code, where nothing reads it as markup."""

from __future__ import annotations

from collections.abc import Iterator

from addon.findings.causes import Cause
from addon.findings.coverage import LABELS, said, shown_states
from addon.findings.report import Report
from addon.findings.rows import SUPPRESSED, Finding
from addon.findings.text import counted
from addon.findings.ticket import code, plain
from addon.findings.visibility import shortfalls
from addon.findings.visibility.text import hosts, ratio
from addon.report.format import Format
from addon.report.sentences import conclusion, sentence

_MAX_CAUSES = 50
_MAX_FINDINGS = 200
_MAX_GAPS = 50
_MAX_PLACES = 5
_MAX_SUBJECTS = 30
_MAX_TEXT = 500


def render(report: Report) -> str:
    """What to fix, the findings, and what could not be seen."""
    return "\n".join(_lines(report)).rstrip() + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield "# Consent report"
    yield ""
    yield conclusion(report)
    yield ""
    for shortfall in shortfalls(report.visibility):
        yield f"> **This is no pass.** {code(shortfall.reason)}. {plain(shortfall.remedy)}"
        yield ""
    if report.causes:
        yield "## What to fix"
        yield ""
        for number, cause in enumerate(report.causes[:_MAX_CAUSES], 1):
            yield from _cause(number, cause, report)
        yield from _more(len(report.causes) - _MAX_CAUSES, "cause")
    yield from _coverage(report)
    held = [finding for finding in report.findings if finding.counts]
    if held:
        yield "## Findings"
        yield ""
        yield "| verdict | severity | what | times | fingerprint |"
        yield "| --- | --- | --- | ---: | --- |"
        for finding in held[:_MAX_FINDINGS]:
            yield _row(finding, report)
        yield ""
        yield from _more(len(held) - _MAX_FINDINGS, "finding")
    suppressed = [finding for finding in report.findings if finding.triage == SUPPRESSED]
    if suppressed:
        yield "## Suppressed by the policy"
        yield ""
        for finding in suppressed[:_MAX_FINDINGS]:
            yield f"- {_cell(sentence(finding, report.names))}: {_cell(finding.suppressed or '')}"
        yield from _more(len(suppressed) - _MAX_FINDINGS, "finding")
        yield ""
    yield "## What could not be seen"
    yield ""
    yield ratio(report.visibility)
    yield ""
    yield plain(hosts(report.visibility.hosts))
    yield ""
    for gap in report.gaps[:_MAX_GAPS]:
        yield f"- {gap.kind}: {code(f'{gap.host}: {gap.reason}' if gap.host else gap.reason)}"
    yield from _more(len(report.gaps) - _MAX_GAPS, "gap")


def _coverage(report: Report) -> Iterator[str]:
    """Who was seen in which state of consent, and what came of it."""
    for place in report.coverage.places[:_MAX_PLACES]:
        states = shown_states(report.coverage.places)
        yield f"## Coverage of {plain(place.name)}"
        yield ""
        yield f"| | {' | '.join(LABELS[state] for state in states)} |"
        yield f"| --- |{' --- |' * len(states)}"
        for subject in place.subjects[:_MAX_SUBJECTS]:
            cells = (said(subject.cells[state]) for state in states)
            yield f"| {_cell(report.names.receiver(subject.vendor, subject.destination))} | {' | '.join(cells)} |"
        yield ""
        yield from _more(len(place.subjects) - _MAX_SUBJECTS, "subject")
    yield from _more(len(report.coverage.places) - _MAX_PLACES, "place")


def _cause(number: int, cause: Cause, report: Report) -> Iterator[str]:
    yield f"### {number}. {plain(cause.title)}"
    yield ""
    facts = [plain(cause.consequence(report.names)), f"{cause.certainty}."]
    yield f"**{cause.verdict} {cause.severity}.** {' '.join(fact for fact in facts if fact)}"
    yield ""
    yield f"Fix, which ends {counted(cause.violations, 'violation')}: {cause.fix}"
    yield ""


def _row(finding: Finding, report: Report) -> str:
    what = _cell(sentence(finding, report.names))
    site = f" on {_cell(finding.site)}" if finding.site else ""
    return (
        f"| {finding.verdict} | {finding.severity} | {what}{site} | {finding.violations:,} | `{finding.fingerprint}` |"
    )


def _cell(text: str) -> str:
    """Code within a table, whose columns end at a vertical bar even there."""
    return code(text[:_MAX_TEXT]).replace("|", "\\|")


def _more(count: int, noun: str) -> Iterator[str]:
    if count > 0:
        yield f"… and {counted(count, f'more {noun}')}; `--format json` has them all."


FORMAT = Format(name="markdown", help="for tickets, pull requests and job summaries", extension="md", render=render)
