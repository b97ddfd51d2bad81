"""Analyses recorded captures into a database."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from .exit_codes import ExitCode
from .shared import catalogue_option, err, knowledge_of, out, policy_option, said_plainly


@click.command()
@click.argument("captures", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--db",
    "database",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="SQLite file; a capture that is in it already is replaced.",
)
@policy_option
@catalogue_option
@click.option(
    "--jobs",
    type=click.IntRange(1),
    default=min(4, os.cpu_count() or 1),
    show_default="CPUs, up to 4",
    help="Files read at a time.",
)
def analyze(
    captures: Sequence[Path], database: Path, policy_path: Path | None, folders: Sequence[Path], jobs: int
) -> None:
    """Analyse recorded captures: mitmproxy flow files and HAR files, recognised by their content.

    Exits with 2 if any of them could not be read at all; what can be read of a damaged one is analysed, and the rest is
    in the table gaps.
    """
    from addon.commands import display

    with said_plainly():
        known = knowledge_of(policy_path, folders)
        failures = display.analyse_shown(
            captures, database, known.policy, known.path, known.catalogue, jobs=jobs, out=out, err=err
        )
        if failures < len(captures):
            display.print_report(database, out)
            out.print(f"Browse it: consentwire serve {shlex.quote(str(database))}", soft_wrap=True, markup=False)
    sys.exit(ExitCode.BAD_INPUT if failures else ExitCode.CLEAN)


COMMAND, PLACE = analyze, 30
