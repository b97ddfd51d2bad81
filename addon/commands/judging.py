"""What judges recorded captures, and shows what was found."""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
import webbrowser
from collections.abc import Sequence
from pathlib import Path

import click
from rich.text import Text

from addon.commands import showing
from addon.policy import Policy
from vendor_catalog import shipped_catalogue

from .exit_codes import ExitCode
from .shared import PORT, BadInput, catalogue_option, err, knowledge_of, out, policy_option, said_plainly


@click.command()
@click.option(
    "--db", "database", type=click.Path(path_type=Path, dir_okay=False), help="Keep the database in this file."
)
@click.option("--port", type=PORT, default=8001, show_default=True, help="Port of Datasette.")
@click.option("--serve/--no-serve", default=True, help="Browse the findings afterwards, until Ctrl-C.")
@click.option("--open/--no-open", "open_browser", default=True, help="Open the pages in your browser.")
def demo(database: Path | None, port: int, serve: bool, open_browser: bool) -> None:
    """The whole main job on the captures that ship: analyse them, show the findings, browse them.

    The captures were recorded from real SDKs and real consent managers: sites that leak, and sites that do not.
    """
    from addon.running import serving

    with said_plainly():
        if serve:
            serving.check_port("127.0.0.1", port, "--port")
        if database is None:
            database = Path(tempfile.mkdtemp(prefix="consentwire-")) / "demo.db"
        captures = showing.shipped_captures()
        catalogue = shipped_catalogue()
        showing.analyse_shown(captures, database, Policy(), None, catalogue, jobs=1, out=out, err=err)
        showing.print_report(database, catalogue, out)
        if serve:
            _serve(database, "127.0.0.1", port, open_browser)


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
    with said_plainly():
        known = knowledge_of(policy_path, folders)
        failures = showing.analyse_shown(
            captures, database, known.policy, known.path, known.catalogue, jobs=jobs, out=out, err=err
        )
        if failures < len(captures):
            showing.print_report(database, known.catalogue, out)
            out.print(f"Browse it: consentwire serve {shlex.quote(str(database))}", soft_wrap=True, markup=False)
    sys.exit(ExitCode.BAD_INPUT if failures else ExitCode.CLEAN)


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
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or for machines.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write the report to this file.")
def check(
    inputs: Sequence[Path],
    policy_path: Path | None,
    folders: Sequence[Path],
    fail_on: str,
    allow_unproven: bool,
    form: str,
    output: Path | None,
) -> None:
    """The gate for CI: judge captures, or a database that is there already, and say so by the exit code.

    \b
    0  no finding at or above --fail-on
    1  there is one (unproven ones count, unless --allow-unproven: what was not seen is no pass)
    2  bad input or usage
    """
    with said_plainly():
        known = knowledge_of(policy_path, folders)
        report = showing.report_of(inputs, known.policy, known.path, known.catalogue, err)
        text = showing.rendered(report, form, known.catalogue, to_file=output is not None)
        if output is not None:
            _write(output, text)
        elif form == "text":
            showing.print_parts(report, known.catalogue, out)
        else:
            click.echo(text)
    found = showing.fails(report, fail_on, allow_unproven=allow_unproven)
    sys.exit(ExitCode.FOUND if found else ExitCode.CLEAN)


def _write(output: Path, text: str) -> None:
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{output}: the report cannot be written there: {error.strerror}") from error


@click.command()
@click.argument("database", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--port", type=PORT, default=8001, show_default=True, help="Port to listen on.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; the pages show everything to whoever reaches it.",
)
@click.option("--open/--no-open", "open_browser", default=True, help="Open the pages in your browser.")
@click.option("--attached", is_flag=True, hidden=True)
def serve(database: Path, port: int, host: str, open_browser: bool, attached: bool) -> None:
    """Browse a database: Datasette with pages for findings, sessions and events. It may be growing meanwhile."""
    from addon.report import read_report
    from addon.running import serving

    with said_plainly():
        if not database.exists():
            raise BadInput(
                f"{database}: there is no such file; 'consentwire analyze CAPTURE --db {database}' makes one"
            )
        if attached:  # to a capture, which ends it, and says where the pages are
            serving.end_with_parent()
        read_report(database)
        serving.check_port(host, port, "--port")
        _serve(database, host, port, open_browser, quiet=attached)


def _serve(database: Path, host: str, port: int, open_browser: bool, *, quiet: bool = False) -> None:
    from addon.running import serving

    url = serving.url_of(host, port)
    if not quiet:
        out.print(Text.assemble("Browse the findings at ", (url, "bold"), " (Ctrl-C ends it)"))
    if open_browser and out.is_terminal:
        webbrowser.open(url)
    serving.serve(database, host, port)
