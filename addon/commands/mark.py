"""Tells a running capture what the tester did."""

from __future__ import annotations

import click

from .exit_codes import ExitCode
from .shared import PORT, BadInput, out


class MarkUnplaced(BadInput):
    """The capture has the mark, but has not said yet which session it belongs to."""

    exit_code = ExitCode.UNPROVEN


@click.command()
@click.argument("text")
@click.option(
    "--kind",
    type=click.Choice(["accepted", "rejected", "withdrew", "note"]),
    help="What you did. Without it, the kind is read from the text; an unclear text is a note.",
)
@click.option("--site", help="The site (shop.example) or app (bundle id) of the mark; without it, the one last used.")
@click.option("--port", type=PORT, default=8080, show_default=True, help="Port of the running proxy.")
def mark(text: str, kind: str | None, site: str | None, port: int) -> None:
    """Tell the running capture what you just did, and see to which session the mark belongs.

    \b
    consentwire mark "rejected all"
    consentwire mark "opened the app again"

    \b
    0  a session has the mark
    2  no session has it: no capture runs, or the site is not in the capture
    3  the capture has it, but its session is not known yet
    """
    from addon.observe.mark_client import MarkFailed, MarkPending, place_mark
    from addon.report.text import plain

    try:
        placed = place_mark(text, kind, site, port)
    except MarkPending as error:
        raise MarkUnplaced(str(error)) from error
    except MarkFailed as error:
        raise BadInput(str(error)) from error
    out.print(plain(str(placed)), markup=False, soft_wrap=True)


COMMAND, PLACE = mark, 60
