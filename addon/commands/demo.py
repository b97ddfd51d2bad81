"""Shows what consentwire does, with the captures that ship."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from .serve import browse
from .shared import PORT, err, out, said_plainly


@click.command()
@click.option(
    "--db", "database", type=click.Path(path_type=Path, dir_okay=False), help="Keep the database in this file."
)
@click.option("--port", type=PORT, default=8001, show_default=True, help="Port of Datasette.")
@click.option("--serve/--no-serve", default=True, help="Browse the findings afterwards, until Ctrl-C.")
@click.option("--open/--no-open", "open_browser", default=True, help="Open the pages in your browser.")
def demo(database: Path | None, port: int, serve: bool, open_browser: bool) -> None:
    """Try consentwire on the captures that ship: analyse them, show the findings, browse them.

    The captures were recorded from real SDKs and real consent managers: sites that leak, and sites that do not.
    """
    from addon.commands import display
    from addon.launcher import datasette_server
    from addon.policy import Policy
    from vendor_catalog import shipped_catalogue

    with said_plainly():
        if serve:
            datasette_server.check_port("127.0.0.1", port, "--port")
        if database is None:
            database = Path(tempfile.mkdtemp(prefix="consentwire-")) / "demo.db"
        captures = display.shipped_captures()
        catalogue = shipped_catalogue()
        display.analyse_shown(captures, database, Policy(), None, catalogue, jobs=1, out=out, err=err)
        display.print_report(database, out)
        if serve:
            browse(database, "127.0.0.1", port, open_browser)


COMMAND, PLACE = demo, 10
