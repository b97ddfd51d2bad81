"""What the commands share that give out a report: in which format, and where to."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import click

from .shared import BadInput, LateChoice, out

if TYPE_CHECKING:
    from addon.findings.report import Report
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


def report_options[Command: Callable[..., Any]](command: Command) -> Command:
    """Adds ``--format``, ``--output`` and ``--anchor``."""
    for option in (
        click.option(
            "--anchor",
            metavar="FILE",
            help="The file of your repository that sarif and github point to. Without it, the policy file.",
        ),
        click.option(
            "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write the report to this file."
        ),
        click.option(
            "--format",
            "form",
            cls=_FormatOption,
            type=LateChoice(_format_names),
            help="Format of the report. Without it, the extension of --output decides, else it is text.",
        ),
    ):
        command = option(command)
    return command


def anchored(report: Report, anchor: str | None, policy: Path | None) -> Report:
    """The report with the file that it points to, as a relative address."""
    if anchor is None and policy is not None:
        relative = os.path.relpath(policy)
        anchor = report.anchor if relative.startswith("..") else relative
    return report if anchor is None else replace(report, anchor=PurePath(anchor).as_posix())


def give_out(report: Report, form: str | None, output: Path | None) -> None:
    """Prints the report, or writes it to a file; and to the CI server's page of the job, where the format has one."""
    chosen = _format(form, output)
    if output is not None:
        _write(output, chosen.render(report))
    elif chosen.show is not None:
        out.print(chosen.show(report))
    else:
        click.echo(_encodable(chosen.render(report)), nl=False)
    if chosen.summary is not None:
        variable, render = chosen.summary
        if file := os.environ.get(variable):
            _write(Path(file), render(report), add=True)


def _format(name: str | None, output: Path | None) -> Format:
    from addon.report.formats import formats

    if name is not None:
        return formats()[name]
    extension = "" if output is None else output.suffix.removeprefix(".").lower()
    by_extension = {form.extension: form for form in formats().values()}
    return by_extension.get(extension) or formats()["text"]


def _encodable(text: str) -> str:
    """Without halves of surrogate pairs, which JSON of the wire may hold and no encoding can."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _write(output: Path, text: str, *, add: bool = False) -> None:
    try:
        with output.open("a" if add else "w", encoding="utf-8") as file:
            file.write(_encodable(text))
    except OSError as error:
        raise BadInput(f"{output}: the report cannot be written there: {error.strerror}") from error
