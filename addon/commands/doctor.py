"""Checks whether this machine can capture."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from .shared import PORT, out

if TYPE_CHECKING:
    from addon.launcher.doctor import Check

_STYLES = {"ok": "green", "warning": "yellow", "failed": "bold red"}


@click.command()
@click.option("--port", type=PORT, default=8080, show_default=True, help="Port of the proxy.")
@click.option("--datasette-port", type=PORT, default=8001, show_default=True, help="Port of Datasette.")
@click.option("--no-datasette", is_flag=True, help="Do not check what Datasette needs.")
@click.option(
    "--db",
    "database",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("consentwire.db"),
    show_default=True,
    help="SQLite file that would be written to.",
)
@click.option(
    "--browser", type=click.Choice(["chromium", "chrome"]), help="Check for this browser; without it, either is enough."
)
@click.option("--phone", is_flag=True, help="Check also what a phone needs: this machine's address in the network.")
@click.option("--wireguard", is_flag=True, help="Like --phone, and check that WireGuard's port is free.")
@click.option(
    "--confdir",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("~/.mitmproxy"),
    show_default=True,
    help="Folder with mitmproxy's certificate authority.",
)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def doctor(
    port: int,
    datasette_port: int,
    no_datasette: bool,
    database: Path,
    browser: str | None,
    phone: bool,
    wireguard: bool,
    confdir: Path,
    as_json: bool,
) -> None:
    """Check what would keep this machine from capturing, and say what to do about it. Takes the options of run; changes
    nothing.

    \b
    0  ready to capture; there may be warnings
    1  something would keep this machine from capturing
    """
    from addon.launcher.doctor import Setup, Status, as_of_now, examine

    pages = None if no_datasette else datasette_port
    setup = Setup(port, pages, browser, database, confdir.expanduser(), phone or wireguard, wireguard)
    checks = examine(setup, as_of_now())
    failed = sum(check.status is Status.FAILED for check in checks)
    warnings = sum(check.status is Status.WARNING for check in checks)
    if as_json:
        result = {"failed": failed, "warnings": warnings, "checks": [asdict(check) for check in checks]}
        click.echo(json.dumps(result, indent=2))
    else:
        for check in checks:
            _show(check)
        out.print(_conclusion(failed, warnings))
    sys.exit(1 if failed else 0)


def _show(check: Check) -> None:
    from addon.report.text import plain

    status = Text(f"{check.status:<8} ", style=_STYLES[check.status])
    out.print(Text.assemble(status, (check.name, "bold"), ": ", plain(check.detail)), soft_wrap=True)
    if check.remedy is not None:
        out.print(Text(f"{'':<9}→ {plain(check.remedy)}"), soft_wrap=True)


def _conclusion(failed: int, warnings: int) -> str:
    noted = f"{warnings} warning{'s' if warnings > 1 else ''}" if warnings else ""
    if failed:
        return f"{failed} failed{f', {noted}' if noted else ''}: a capture would not work as it is."
    return f"Ready to capture{f', with {noted}' if noted else ''}."


COMMAND, PLACE = doctor, 70
