"""Prints where mitmproxy finds the addon."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("addon-path")
def addon_path() -> None:
    """Print the path of the addon for mitmproxy: mitmdump -s "$(consentwire addon-path)"."""
    click.echo(Path(__file__).parents[1] / "live" / "__init__.py")


COMMAND, PLACE = addon_path, 110
