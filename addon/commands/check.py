"""The gate for CI."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .exit_codes import ExitCode
from .shared import BadInput, LateChoice, catalogue_option, err, knowledge_of, out, policy_option, said_plainly

if TYPE_CHECKING:
    from addon.report.format import Format


def _format_names() -> list[str]:
    from addon.report.formats import formats

    return list(formats())


class _FormatOption(click.Option):
    """``--format``, whose help lists the formats that there are."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        from addon.report.formats import formats

        record = super().get_help_record(ctx)
        listed = "; ".join(f"{form.name}: {form.help}" for form in formats().values())
        return None if record is None else (record[0], f"{record[1]} {listed}.")


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
    "--format",
    "form",
    cls=_FormatOption,
    type=LateChoice(_format_names),
    help="Format of the report. Without it, the extension of --output decides, else it is text.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write the report to this file.")
def check(
    inputs: Sequence[Path],
    policy_path: Path | None,
    folders: Sequence[Path],
    fail_on: str,
    allow_unproven: bool,
    allow_empty: bool,
    form: str | None,
    output: Path | None,
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
    from addon.findings.visibility import shortfalls

    with said_plainly():
        known = knowledge_of(policy_path, folders)
        report = display.report_of(inputs, known.policy, known.path, known.catalogue, err)
        chosen = _format(form, output)
        if output is not None:
            _write(output, chosen.render(report))
        elif chosen.show is not None:
            out.print(chosen.show(report))
        else:
            click.echo(chosen.render(report), nl=False)
    if display.fails(report, fail_on, allow_unproven=allow_unproven):
        sys.exit(ExitCode.FOUND)
    sys.exit(ExitCode.UNPROVEN if shortfalls(report.visibility, allow_empty=allow_empty) else ExitCode.CLEAN)


def _format(name: str | None, output: Path | None) -> Format:
    from addon.report.formats import formats

    if name is not None:
        return formats()[name]
    extension = "" if output is None else output.suffix.removeprefix(".").lower()
    by_extension = {form.extension: form for form in formats().values()}
    return by_extension.get(extension) or formats()["text"]


def _write(output: Path, text: str) -> None:
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{output}: the report cannot be written there: {error.strerror}") from error


COMMAND, PLACE = check, 40
