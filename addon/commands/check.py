"""The gate for CI."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from .exit_codes import ExitCode
from .report_options import anchored, give_out, report_options
from .shared import catalogue_option, err, knowledge_of, policy_option, said_plainly


@click.command()
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path))
@policy_option
@catalogue_option
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "note"]),
    default="error",
    show_default=True,
    help="The mildest severity that fails.",
)
@click.option("--allow-unproven", is_flag=True, help="Do not fail on what could not be decided; it is still listed.")
@click.option(
    "--allow-empty",
    is_flag=True,
    help="Do not exit with 3 if nothing could be judged; the report still says so. Losses exit with 3 all the same.",
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Fail on what this earlier run did not find: a database, a capture, or a report in JSON.",
)
@report_options
def check(
    inputs: Sequence[Path],
    policy_path: Path | None,
    folders: Sequence[Path],
    fail_on: str,
    allow_unproven: bool,
    allow_empty: bool,
    baseline: Path | None,
    form: str | None,
    output: Path | None,
    anchor: str | None,
) -> None:
    """The gate for CI: judge captures, or a database that is there already, and say so by the exit code.

    \b
    0  no finding at or above --fail-on, and every capture was judged
    1  there is one (unproven ones count, unless --allow-unproven)
    2  bad input or usage
    3  there is none, but nothing was proven: nothing of a capture could be judged (unless --allow-empty), or a
       part of it was lost, or it has not ended; the report says what was seen, judged, unread and lost
    """
    from addon.commands import display
    from addon.findings.report import Gate
    from addon.findings.rules import Severity
    from addon.findings.visibility import shortfalls

    with said_plainly():
        known = knowledge_of(policy_path, folders)
        report = display.report_of(inputs, known.policy, known.path, known.catalogue, err)
        earlier = frozenset() if baseline is None else display.baseline_of(baseline, known, err)
        gate = Gate(Severity(fail_on), allow_unproven, earlier)
        report = replace(anchored(report, anchor, known.path), gate=gate)
        give_out(report, form, output)
    if report.failing:
        sys.exit(ExitCode.FOUND)
    sys.exit(ExitCode.UNPROVEN if shortfalls(report.visibility, allow_empty=allow_empty) else ExitCode.CLEAN)


COMMAND, PLACE = check, 40
