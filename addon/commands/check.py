"""The gate for CI."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
from rich.text import Text

from .exit_codes import ExitCode
from .report_options import anchored, give_out, report_options
from .shared import BadInput, catalogue_option, err, knowledge_of, policy_option, said_plainly


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
    "--require",
    multiple=True,
    metavar="WHAT",
    help="What has to have been exercised, or nothing is proven: a state of consent (unanswered, accepted, refused, withdrawn,"
    " opted-out) on every site and app, vendor:ID or destination:NAME. Several with commas, or the option several times.",
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
    require: Sequence[str],
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
       part of it was lost, or it has not ended, or what --require names was not exercised; the report says what
       was seen, judged, unread and lost
    """
    from addon.commands import display
    from addon.findings.report import Gate
    from addon.findings.rules import Severity
    from addon.findings.visibility import shortfalls
    from addon.report.text import plain

    with said_plainly():
        known = knowledge_of(policy_path, folders)
        report = display.report_of(inputs, known.policy, known.path, known.catalogue, err)
        required = _requirements(require)
        earlier = frozenset() if baseline is None else display.baseline_of(baseline, known, err)
        gate = Gate(Severity(fail_on), allow_unproven, earlier)
        report = replace(anchored(report, anchor, known.path), gate=gate)
        give_out(report, form, output)
    lacking = report.coverage.missing(required, report.names)
    for reason in lacking:
        err.print(Text.assemble(("Not exercised: ", "bold yellow"), plain(reason)), soft_wrap=True)
    if report.failing:
        sys.exit(ExitCode.FOUND)
    proven = not lacking and not shortfalls(report.visibility, allow_empty=allow_empty)
    sys.exit(ExitCode.CLEAN if proven else ExitCode.UNPROVEN)


def _requirements(given: Sequence[str]) -> list[str]:
    from addon.findings.coverage import State, is_requirement

    required = [part.strip() for each in given for part in each.split(",") if part.strip()]
    for each in required:
        if not is_requirement(each):
            known = ", ".join(State)
            raise BadInput(f"--require {each}: give a state of consent ({known}), vendor:ID or destination:NAME")
    return required


COMMAND, PLACE = check, 40
