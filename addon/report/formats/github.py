"""GitHub's workflow commands: an annotation for each cause, and one for each reason why nothing is proven. With
``GITHUB_STEP_SUMMARY`` set, the same report as Markdown goes to the job's summary."""

from __future__ import annotations

from addon.findings.report import Report
from addon.findings.rules import Severity
from addon.findings.text import counted
from addon.findings.visibility import shortfalls
from addon.report.format import Format
from addon.report.sentences import conclusion
from addon.report.text import plain

from . import markdown

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_MAX_TEXT = 2000


def render(report: Report) -> str:
    """One line an annotation, and last the conclusion."""
    lines = []
    for shortfall in shortfalls(report.visibility):
        text = f"{shortfall.reason}. {shortfall.remedy}"
        lines.append(_annotation("error", report.anchor, "Nothing was proven", text))
    for cause in report.causes:
        fix = f"Fix, which ends {counted(cause.violations, 'violation')}: {cause.fix}"
        text = f"{cause.consequence(report.names)} {cause.certainty}.\n{fix}"
        lines.append(_annotation(_COMMANDS[cause.severity], report.anchor, cause.title, text.strip()))
    lines.append(_data(conclusion(report)))
    return "\n".join(lines) + "\n"


def _annotation(command: str, file: str, title: str, text: str) -> str:
    lines = "\n".join(map(plain, text[:_MAX_TEXT].splitlines()))
    return f"::{command} file={_property(file)},line=1,title={_property(plain(title[:_MAX_TEXT]))}::{_data(lines)}"


def _data(text: str) -> str:
    """As GitHub's toolkit escapes it (actions/toolkit, packages/core/src/command.ts). What begins a line could else be a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


FORMAT = Format(
    name="github",
    help="annotations of a GitHub workflow, with the job's summary",
    extension="annotations",
    render=render,
    summary=("GITHUB_STEP_SUMMARY", markdown.render),
)
