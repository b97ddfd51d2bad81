"""Captures live: proxy, database and pages in one command."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from .exit_codes import ExitCode
from .shared import PORT, BadInput, catalogue_option, err, knowledge_of, out, policy_option, said_plainly

if TYPE_CHECKING:
    from addon.launcher.live_run import Setup
    from addon.runner import Outcome


@click.command(context_settings={"ignore_unknown_options": False})
@click.option("--port", type=PORT, default=8080, show_default=True, help="Port of the proxy.")
@click.option(
    "--db",
    "database",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("consentwire.db"),
    show_default=True,
    help="SQLite file; a new capture is added to what is in it.",
)
@policy_option
@catalogue_option
@click.option(
    "--browser",
    type=click.Choice(["chromium", "chrome", "none"]),
    default="none",
    show_default=True,
    help="Open an isolated browser that uses the proxy and trusts its certificate.",
)
@click.option("--datasette-port", type=PORT, default=8001, show_default=True, help="Port of Datasette.")
@click.option("--no-datasette", is_flag=True, help="Only capture.")
@click.option(
    "--probe/--no-probe",
    default=True,
    show_default=True,
    help="Put the in-page probe into pages: it sees the banner, and when the choice was stored.",
)
@click.option(
    "--passthrough/--no-passthrough",
    "pass_through",
    default=True,
    show_default=True,
    help="If a program refuses the proxy's certificate on a device that trusts it, pass its traffic through unread, so that it works.",
)
@click.option(
    "--mode",
    "modes",
    multiple=True,
    help="mitmproxy mode, e.g. wireguard, transparent, local:Chrome; may be given several times.",
)
@click.option(
    "--phone",
    is_flag=True,
    help="Let other devices in this network use the proxy, and show what to do on them. Without it, the proxy listens on"
    " this machine alone.",
)
@click.option(
    "--wireguard",
    is_flag=True,
    help="Like --phone, with a WireGuard tunnel as well, for apps that ignore a proxy.",
)
@click.argument("mitmproxy_arguments", nargs=-1, type=click.UNPROCESSED)
def run(
    port: int,
    database: Path,
    policy_path: Path | None,
    folders: Sequence[Path],
    browser: str,
    datasette_port: int,
    no_datasette: bool,
    probe: bool,
    pass_through: bool,
    modes: Sequence[str],
    phone: bool,
    wireguard: bool,
    mitmproxy_arguments: Sequence[str],
) -> None:
    """Capture live: proxy, database and Datasette in one command. Ctrl-C ends it with a complete database.

    Exits with 3 if a part of the capture was lost; the last lines say which.

    Arguments after -- go to mitmproxy: consentwire run -- --set ssl_insecure=true

    In a terminal, keys mark what you just did: a accepted, r rejected, w withdrew, n a note, ? shows them.

    A phone: consentwire run --phone says what to do on it.
    """
    from addon.launcher.live_run import Setup

    setup = Setup(
        port=port,
        database=database,
        policy=policy_path,
        catalogue_folders=folders,
        browser=browser,
        datasette_port=None if no_datasette else datasette_port,
        probe=probe,
        pass_through=pass_through,
        phone=phone or wireguard,
        wireguard=wireguard,
        modes=modes,
        mitmproxy_arguments=mitmproxy_arguments,
    )
    outcome = _captured(setup)
    if outcome is None or outcome.losses:
        sys.exit(ExitCode.UNPROVEN)


def _captured(setup: Setup) -> Outcome | None:
    """Captures, and prints what was found; ``None`` if the capture did not start, and the reason is printed."""
    from addon.launcher import browser as browsers
    from addon.launcher.live_run import capture
    from addon.runner import opened

    if not setup.phone and any(mode.startswith("wireguard") for mode in setup.modes):
        raise BadInput("--mode wireguard is for other devices, and nothing listens for them without --phone: add it")
    with said_plainly():
        known = knowledge_of(setup.policy, setup.catalogue_folders)
        if setup.browser != "none":
            browsers.find(setup.browser)
            browsers.require_display()
        with opened(setup.database, checked=True):
            pass  # a database that cannot be used is refused here, before the proxy runs
        outcome = capture(replace(setup, policy=known.path), out)
        if outcome is not None:
            _print_end(outcome)
    return outcome


def _print_end(outcome: Outcome) -> None:
    """Prints the findings, and after them what was lost, so that nobody takes them for complete."""
    from addon.commands import display
    from addon.report.text import plain
    from addon.store import DatabaseError

    try:
        display.print_report(outcome.database, out)
    except DatabaseError as error:
        if not outcome.losses:
            raise
        err.print(Text.assemble(("consentwire: ", "bold red"), plain(str(error))), soft_wrap=True)
    for loss in outcome.losses:
        out.print(Text.assemble(("This capture is incomplete: ", "bold red"), plain(loss)), soft_wrap=True)


COMMAND, PLACE = run, 20
