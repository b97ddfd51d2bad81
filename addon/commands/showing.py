"""What commands show in a terminal, between the engine and ``cli``."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rich.console import Console, Group, RenderableType
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from addon.importing import Imported, Kind, import_list
from addon.judge.rule import Severity
from addon.judge.rules import all_rules
from addon.judge.verdict import Verdict
from addon.policy import Policy
from addon.readers import CaptureError, CaptureFile
from addon.report import Report, read_report
from addon.report import json as json_format
from addon.report import text as text_format
from addon.report.findings import is_database
from addon.report.text import plain
from vendor_catalog import Catalogue, ConsentManager, Vendor, shipped_catalogue

if TYPE_CHECKING:
    from addon.analysis import Analysis, Failure

_MAX_TOLD = 20
"""Parts of one file that could not be read and are told one by one."""


def shipped_captures() -> list[Path]:
    """The captures that ship: in the package when installed, beside it in a checkout."""
    package = Path(str(resources.files("addon")))
    for folder in (package / "captures", package.parent / "captures"):
        found = sorted((*folder.glob("*.mitm"), *folder.glob("*.har")))
        shipped = [path for path in found if not path.name.startswith("local-")]  # what people record there is theirs
        if shipped:
            return shipped
    raise CaptureError("the captures that ship are not there; install consentwire again")


def analyse_shown(
    captures: Sequence[Path],
    database: Path,
    policy: Policy,
    policy_path: Path | None,
    catalogue: Catalogue,
    *,
    jobs: int,
    out: Console,
    err: Console,
) -> int:
    """Analyses captures with a progress bar, says what could not be read, and returns how many could not be read at all. If none
    can, the database is neither made nor touched."""
    from addon.analysis import Failure, analyse_files, open_captures, opened

    files: list[CaptureFile] = []
    failures = 0
    for file in open_captures(captures):
        if isinstance(file, Failure):
            failures += 1
            _say_failure(file, err)
        else:
            files.append(file)
    if not files:
        return failures
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
    )
    with opened(database) as store, bar:
        tasks: dict[Path, TaskID] = {}

        def progress(path: Path, done: int, size: int) -> None:
            if path not in tasks:
                tasks[path] = bar.add_task(path.name, total=size)
            bar.update(tasks[path], completed=done)

        name = None if policy_path is None else str(policy_path)
        for result in analyse_files(files, store, policy, name, catalogue=catalogue, jobs=jobs, progress=progress):
            if isinstance(result, Failure):
                failures += 1
                _say_failure(result, err)
            else:
                _say_unreadable(result, err)
    return failures


def _say_failure(failure: Failure, err: Console) -> None:
    err.print(Text.assemble(("consentwire: ", "bold red"), plain(failure.reason)), soft_wrap=True)


def _say_unreadable(result: Analysis, err: Console) -> None:
    told = [*result.unreadable[:_MAX_TOLD]]
    if len(result.unreadable) > _MAX_TOLD:
        told.append(f"{len(result.unreadable) - _MAX_TOLD} more parts could not be read; see the table gaps")
    for reason in told:
        err.print(Text.assemble((f"{result.path.name}: ", "bold yellow"), plain(reason)), soft_wrap=True)


def report_of(
    inputs: Sequence[Path], policy: Policy, policy_path: Path | None, catalogue: Catalogue, err: Console
) -> Report:
    """The report on captures, or on one database.

    Raises:
        CaptureError: if any input cannot be read at all.
        DatabaseError: if a database is not ours.
    """
    databases = [path for path in inputs if is_database(path)]
    if databases:
        if len(inputs) > 1:
            raise CaptureError("a database is checked alone: give one database, or captures")
        if policy_path is not None:
            err.print("A database keeps the verdicts that it was written with; the policy is not applied to it.")
        return read_report(databases[0])
    with tempfile.TemporaryDirectory(prefix="consentwire-") as folder:
        database = Path(folder) / "check.db"
        failures = analyse_shown(inputs, database, policy, policy_path, catalogue, jobs=1, out=err, err=err)
        if failures:
            raise CaptureError(f"{failures} of {len(inputs)} inputs could not be read, so nothing is passed")
        return read_report(database)


def rendered(report: Report, form: str, catalogue: Catalogue, *, to_file: bool) -> str:
    """A report as text in a format."""
    if form == "json":
        return json_format.render(report) + ("\n" if to_file else "")
    return text_format.to_string(report, catalogue)


def print_report(database: Path, catalogue: Catalogue, out: Console) -> None:
    print_parts(read_report(database), catalogue, out)


def print_parts(report: Report, catalogue: Catalogue, out: Console) -> None:
    out.print(text_format.render(report, catalogue))


def fails(report: Report, fail_on: str, *, allow_unproven: bool) -> bool:
    """Whether a report is held against its capture."""
    found = report.at_or_above(Severity(fail_on))
    return any(not allow_unproven or finding.verdict is not Verdict.UNPROVEN for finding in found)


def rules_table() -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("rule", no_wrap=True)
    table.add_column("severity", no_wrap=True)
    table.add_column("broken when")
    for rule in all_rules().values():
        table.add_row(rule.slug, rule.severity, rule.summary)
    return table


def rule_page(slug: str) -> RenderableType | None:
    rule = all_rules().get(slug)
    if rule is None:
        return None
    parts = [Text.assemble((rule.slug, "bold"), f"  {rule.severity}"), Text(rule.summary)]
    for title, told in (
        ("Needs", rule.needs),
        ("Why", rule.why),
        ("Fix", rule.fix),
        ("Sources", "; ".join(rule.references)),
    ):
        parts += [Text(), Text(title, style="bold"), Text(told)]
    return Group(*parts)


def import_shown(file: Path, folder: Path, kind: Kind | None, err: Console) -> Imported:
    """Imports a list with a progress bar.

    Raises:
        ImportRefused: if it cannot be read, or nothing can be written.
    """
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(file.name, total=None)
        return import_list(
            file, folder, shipped_catalogue(), kind, lambda done, of: bar.update(task, completed=done, total=of)
        )


def imported_lines(imported: Imported, file: Path, folder: Path) -> list[Text]:
    """What became of a list, for people."""
    told = f"{imported.entries} entries, read as {imported.kind.told}"
    lines = [Text.assemble((plain(file.name), "bold"), f": {told}.")]
    wrote = f"{imported.new_vendors} new vendors, additions to {imported.known_vendors} known ones, {imported.cookies} cookies"
    lines.append(Text(f"Written to {plain(str(folder))}: {wrote}."))
    for reason, number in imported.left_out.items():
        lines.append(Text.assemble((f"{number:>6} left out: ", "dim"), plain(reason)))
    for reason in imported.unread:
        lines.append(Text.assemble(("       not read: ", "bold yellow"), plain(reason)))
    return lines


def catalogue_table(catalogue: Catalogue, category: str | None, kind: str | None) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("id", "name", "category", "addresses", "cookies"):
        table.add_column(
            column, no_wrap=column == "id", justify="right" if column in ("addresses", "cookies") else "left"
        )
    for vendor in catalogue.vendors.values():
        if kind != "cmp" and category in (None, vendor.category):
            table.add_row(vendor.id, vendor.name, vendor.category, str(len(vendor.endpoints)), str(len(vendor.cookies)))
    for manager in catalogue.consent_managers.values():
        if kind != "vendor" and category is None:
            table.add_row(
                manager.id, manager.name, "consent manager", str(len(manager.endpoints)), str(len(manager.cookies))
            )
    return table


def catalogue_entry(catalogue: Catalogue, identifier: str) -> RenderableType | None:
    entry: Vendor | ConsentManager | None = catalogue.vendors.get(identifier) or catalogue.consent_managers.get(
        identifier
    )
    if entry is None:
        return None
    lines = [Text.assemble((entry.name, "bold"), f"  {entry.id}  {entry.website}")]
    if isinstance(entry, Vendor):
        lines.append(Text(f"{entry.category}: {entry.category_reason}"))
        if entry.segment_keys:
            modes = f" ({', '.join(entry.modes)})" if entry.modes else ""
            lines.append(Text(f"In Segment: {', '.join(entry.segment_keys)}{modes}"))
        if entry.warehouse:
            lines.append(Text("A store that others read: it needs the category of its most permissive declared use."))
    elif entry.notes:
        lines.append(Text(entry.notes))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("what", "where", "sources"):
        table.add_column(column, overflow="fold")
    for endpoint in entry.endpoints:
        methods = f"{'/'.join(endpoint.methods)} " if endpoint.methods else ""
        query = f" ?{endpoint.query}" if endpoint.query else ""
        regions = f" [{', '.join(endpoint.regions)}]" if endpoint.regions else ""
        where = Text(f"{methods}{endpoint.host} {endpoint.path}{query}{regions}")
        table.add_row(endpoint.kind, where, Text("; ".join(endpoint.sources)))
    for cookie in entry.cookies:
        table.add_row("cookie", Text(cookie.name or f"{cookie.prefix}*"), Text("; ".join(cookie.sources)))
    return Group(*lines, Text(), table)


def catalogue_match(catalogue: Catalogue, method: str, url: str) -> list[Text] | None:
    """Who claims an address, a line each; ``None`` if it is no address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    found = catalogue.match_all(method, parts.hostname, parts.path or "/", parts.query)
    return [
        Text.assemble(
            (match.vendor, "bold"),
            f"  {match.kind}  {catalogue.name_of(match.vendor)}  ({match.endpoint.host} {match.endpoint.path})",
        )
        for match in found
    ]
