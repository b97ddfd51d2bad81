"""Tells a running capture what the tester did."""

from __future__ import annotations

import time

import click

from .exit_codes import ExitCode
from .shared import PORT, BadInput, out


class MarkUnplaced(BadInput):
    """The capture has the mark, but has not said yet which session it belongs to."""

    exit_code = ExitCode.UNPROVEN


_CATEGORIES = ("functional", "analytics", "marketing")


@click.command()
@click.argument("text")
@click.option(
    "--kind",
    type=click.Choice(["accepted", "rejected", "withdrew", "note"]),
    help="What you did. Without it, the kind is read from the text; an unclear text is a note.",
)
@click.option(
    "--grant",
    multiple=True,
    type=click.Choice(_CATEGORIES),
    help="A category that you allowed, where you did not choose the same for all; may be repeated.",
)
@click.option(
    "--refuse", multiple=True, type=click.Choice(_CATEGORIES), help="A category that you refused; may be repeated."
)
@click.option("--site", help="The site (shop.example) or app (bundle id) of the mark; without it, the one last used.")
@click.option("--port", type=PORT, default=8080, show_default=True, help="Port of the running proxy.")
def mark(
    text: str, kind: str | None, grant: tuple[str, ...], refuse: tuple[str, ...], site: str | None, port: int
) -> None:
    """Tell the running capture what you just did, and see to which session the mark belongs.

    \b
    consentwire mark "rejected all"
    consentwire mark "statistics alone" --grant analytics --refuse marketing
    consentwire mark "opened the app again"

    \b
    0  a session has the mark
    2  no session has it: no capture runs, or the site is not in the capture
    3  the capture has it, but its session is not known yet
    """
    pressed = time.monotonic()  # what is imported now takes time, which is no part of what the tester did
    from addon.observe.mark_client import MarkFailed, MarkPending, place_mark
    from addon.report.text import plain
    from vendor_catalog import Category

    both = sorted(set(grant) & set(refuse))
    if both:
        raise BadInput(f"{', '.join(both)} cannot be both granted and refused")
    choices = {Category(each): True for each in grant} | {Category(each): False for each in refuse}
    try:
        placed = place_mark(text, kind, site, port, pressed=pressed, choices=choices or None)
    except MarkPending as error:
        raise MarkUnplaced(str(error)) from error
    except MarkFailed as error:
        raise BadInput(str(error)) from error
    out.print(plain(str(placed)), markup=False, soft_wrap=True)


COMMAND, PLACE = mark, 60
