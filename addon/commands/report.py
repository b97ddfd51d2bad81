"""A report to hand on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from .report_options import anchored, give_out, report_options
from .shared import catalogue_option, err, knowledge_of, policy_option, said_plainly


@click.command()
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path))
@policy_option
@catalogue_option
@report_options
def report(
    inputs: Sequence[Path],
    policy_path: Path | None,
    folders: Sequence[Path],
    form: str | None,
    output: Path | None,
    anchor: str | None,
) -> None:
    """Write a report on captures, or on a database that is there already, to hand on.

    It says the same as 'check', and its exit code is 0 whatever it says.
    """
    from addon.commands import display

    with said_plainly():
        known = knowledge_of(policy_path, folders)
        found = display.report_of(inputs, known.policy, known.path, known.catalogue, err)
        give_out(anchored(found, anchor, known.path), form, output)


COMMAND, PLACE = report, 44
