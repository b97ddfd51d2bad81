"""Serves the pages of a database."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click
from rich.text import Text

from .shared import PORT, BadInput, out, said_plainly


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
@click.option("-v", "--verbose", is_flag=True, help="Show the traceback of a page that failed, not only one line.")
@click.option("--attached", is_flag=True, hidden=True)
def serve(database: Path, port: int, host: str, open_browser: bool, verbose: bool, attached: bool) -> None:
    """Browse a database: Datasette with pages for findings, sessions and events. A capture may still be writing to it."""
    from addon.findings.report import read_report
    from addon.launcher import datasette_server

    with said_plainly():
        if not database.exists():
            raise BadInput(
                f"{database}: there is no such file; 'consentwire analyze CAPTURE --db {database}' makes one"
            )
        if attached:  # to a capture, which ends it, and says where the pages are
            datasette_server.end_with_parent()
        read_report(database)
        datasette_server.check_port(host, port, "--port")
        browse(database, host, port, open_browser, quiet=attached, verbose=verbose)


def browse(
    database: Path, host: str, port: int, open_browser: bool, *, quiet: bool = False, verbose: bool = False
) -> None:
    """Serves a database until Ctrl-C, and says where."""
    from addon.launcher import datasette_server

    url = datasette_server.url_of(host, port)
    if not quiet:
        out.print(Text.assemble("Browse the findings at ", (url, "bold"), " (Ctrl-C ends it)"))
    if open_browser and out.is_terminal:
        webbrowser.open(url)
    datasette_server.serve(database, host, port, verbose=verbose)


COMMAND, PLACE = serve, 50
