"""What several commands show in a terminal."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

if TYPE_CHECKING:
    from addon.findings.report import Report
    from addon.policy import Policy
    from addon.readers import CaptureFile
    from addon.runner import Analysis, Failure
    from vendor_catalog import Catalogue

    from .shared import Knowledge

_MAX_REASONS = 20
"""So many unreadable parts of one file are listed one by one."""


def shipped_captures() -> list[Path]:
    """The captures that ship: in the package when installed, beside it in a checkout."""
    from addon.readers import CaptureError

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
    """Analyses captures with a progress bar, and prints what could not be read. Returns how many captures could not be read at
    all. If none can be read, the database is neither made nor touched."""
    from addon.runner import Failure, analyse_files, opened

    files, failures = _open_captures(captures, err)
    if not files:
        return failures
    bar = progress_bar(err)
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


def _open_captures(captures: Sequence[Path], err: Console) -> tuple[list[CaptureFile], int]:
    """The captures that can be read, and how many cannot; why not is printed."""
    from addon.runner import Failure, open_captures

    files: list[CaptureFile] = []
    failures = 0
    for file in open_captures(captures):
        if isinstance(file, Failure):
            failures += 1
            _say_failure(file, err)
        else:
            files.append(file)
    return files, failures


def progress_bar(err: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
    )


def _say_failure(failure: Failure, err: Console) -> None:
    from addon.report.text import plain

    err.print(Text.assemble(("consentwire: ", "bold red"), plain(failure.reason)), soft_wrap=True)


def _say_unreadable(result: Analysis, err: Console) -> None:
    from addon.report.text import plain

    reasons = [*result.unreadable[:_MAX_REASONS]]
    if len(result.unreadable) > _MAX_REASONS:
        reasons.append(f"{len(result.unreadable) - _MAX_REASONS} more parts could not be read; see the table gaps")
    for reason in reasons:
        err.print(Text.assemble((f"{result.path.name}: ", "bold yellow"), plain(reason)), soft_wrap=True)


def report_of(
    inputs: Sequence[Path], policy: Policy, policy_path: Path | None, catalogue: Catalogue, err: Console
) -> Report:
    """The report on captures, or on one database.

    Raises:
        CaptureError: if any input cannot be read at all.
        DatabaseError: if a database is not ours.
    """
    from addon.findings.report import read_report
    from addon.readers import CaptureError
    from addon.store.recognition import is_database

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


def print_report(database: Path, out: Console) -> None:
    """Prints the report on a database."""
    from addon.findings.report import read_report
    from addon.report.formats.text import show

    out.print(show(read_report(database)))


def baseline_of(path: Path, known: Knowledge, err: Console) -> frozenset[str]:
    """Fingerprints of what an earlier run found: of a database, a capture, or a report in JSON."""
    from addon.findings import comparison

    if path.suffix.lower() == ".json":
        return comparison.known_from_json(path)
    return comparison.known(report_of([path], known.policy, known.path, known.catalogue, err))
