"""Findings for a terminal: what to fix, a table of findings, what could not be seen, and one sentence that says what follows."""

from __future__ import annotations

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from addon.findings.gravity import gravity
from addon.findings.names import Names
from addon.findings.report import Report
from addon.findings.rows import SUPPRESSED, Finding, Gap
from addon.findings.rules import Severity
from addon.findings.text import counted
from addon.findings.visibility import shortfalls
from addon.findings.visibility.text import hosts, ratio
from addon.report.format import Format
from addon.report.sentences import conclusion, phase, subject
from addon.report.text import STYLES, plain

_MAX_ROWS = 60
_MAX_CAUSES = 20
_MAX_PLACES = 10
_WIDTH = 160
"""Columns of a file."""
_WIDE = 120
"""Columns of a terminal from which on a finding has one line."""


def show(report: Report) -> RenderableType:
    """A whole report."""
    held = [finding for finding in report.findings if finding.counts]
    parts: list[RenderableType] = [_causes(report), _Findings(held, report.names)] if held else []
    suppressed = sum(finding.triage == SUPPRESSED for finding in report.findings)
    if suppressed:
        parts.append(Text(f"{suppressed} more suppressed by the policy.", style="dim"))
    if report.gaps:
        parts.append(_gaps(report.gaps))
    parts.append(Text(ratio(report.visibility)))
    parts.append(Text(plain(hosts(report.visibility.hosts))))
    parts += [Text(f"Coverage of {plain(line)}.") for line in report.coverage.sentences()[:_MAX_PLACES]]
    parts.append(Text(conclusion(report)))
    missing = shortfalls(report.visibility)
    for shortfall in missing[:_MAX_ROWS]:
        remark = f"{plain(shortfall.reason)}. What to do: {plain(shortfall.remedy)}"
        parts.append(Text.assemble((f"{_SHORTFALLS[shortfall.kind]}: ", "bold yellow"), remark))
    if len(missing) > _MAX_ROWS:
        parts.append(Text(f"… and {len(missing) - _MAX_ROWS} more reasons; --format json has them all."))
    return Group(*parts)


_SHORTFALLS = {"empty": "Nothing was proven", "lost": "This is no pass", "running": "This is no pass yet"}


def _causes(report: Report) -> RenderableType:
    """What to change, each with what it would end."""
    violations = sum(cause.violations for cause in report.causes)
    heading = f"What to fix: {counted(len(report.causes), 'cause')} of {counted(violations, 'violation')}"
    lines: list[RenderableType] = [Text(heading, style="bold")]
    fixes: dict[str, int] = {}
    for number, cause in enumerate(report.causes[:_MAX_CAUSES], 1):
        surest = Text.assemble((cause.verdict, STYLES[cause.verdict]), f" {cause.severity}")
        title = Text.assemble(f"{number}. ", (plain(cause.title), "bold"), " (", surest, ")", overflow="fold")
        facts = " ".join(part for part in (plain(cause.consequence(report.names)), f"{cause.certainty}.") if part)
        since = f" Since {cause.first_at[:16].replace('T', ' ')} UTC." if cause.first_at else ""
        first = fixes.setdefault(cause.fix, number)
        fix = f"Fix, which ends {counted(cause.violations, 'violation')}: {cause.fix if first == number else f'as {first}.'}"
        lines += [title, Padding(Group(Text(facts + since, overflow="fold"), Text(fix, style="dim")), (0, 0, 0, 3))]
    if len(report.causes) > _MAX_CAUSES:
        lines.append(Text(f"… and {len(report.causes) - _MAX_CAUSES} more; --format json has them all.", style="dim"))
    return Padding(Group(*lines), (0, 0, 1, 0))


class _Findings:
    """The gravest findings first: in columns where a terminal has room for them, in pairs of lines where it has not."""

    def __init__(self, findings: list[Finding], names: Names) -> None:
        self._findings = sorted(findings, key=gravity)[:_MAX_ROWS]
        self._more = len(findings) - len(self._findings)
        self._names = names

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        wide = options.max_width >= _WIDE
        table = Table(box=None, pad_edge=False, header_style="bold", expand=False)
        table.add_column("verdict", no_wrap=True)
        if wide:
            table.add_column("severity", no_wrap=True)
        table.add_column("phase", no_wrap=True)
        table.add_column("×", justify="right", no_wrap=True)
        if wide:
            table.add_column("rule", no_wrap=True)
        table.add_column("to whom, with what" if wide else "rule, to whom, with what", overflow="fold")
        for finding in self._findings:
            verdict = Text(finding.verdict, style=STYLES[finding.verdict])
            severity = Text(finding.severity, style="" if finding.severity is Severity.ERROR else "dim")
            rule, whom = Text(finding.rule, style="bold"), Text(plain(subject(finding, self._names)))
            middle = (phase(finding), str(finding.violations))
            if wide:
                table.add_row(verdict, severity, *middle, rule, whom)
            else:
                table.add_row(Group(verdict, severity), *middle, Group(rule, whom))
        yield table
        if self._more:
            yield Text(f"… and {self._more} more; browse them with 'consentwire serve'.", style="dim")


def _gaps(gaps: tuple[Gap, ...]) -> RenderableType:
    lines = [Text("What this capture could not see:", style="bold")]
    for gap in gaps[:_MAX_ROWS]:
        where = f" ({gap.host})" if gap.host else ""
        lines.append(Text(plain(f"· {gap.kind}{where}: {gap.reason}"), overflow="fold"))
    if len(gaps) > _MAX_ROWS:
        lines.append(Text(f"… and {len(gaps) - _MAX_ROWS} more in the table gaps."))
    return Padding(Group(*lines), (1, 0, 1, 0))


def render(report: Report) -> str:
    """The same without colour, for files."""
    console = Console(width=_WIDTH, no_color=True)
    with console.capture() as captured:
        console.print(show(report))
    return captured.get()


FORMAT = Format(name="text", help="for people, in a terminal or a file", extension="txt", render=render, show=show)
