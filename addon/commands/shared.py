"""What the commands have in common: consoles, errors that people can do something about, the policy option."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from addon.policy import DEFAULT_NAME, Policy, PolicyError, read_policy
from addon.report.text import plain
from addon.store import DatabaseError
from vendor_catalog import shipped_catalogue

PORT = click.IntRange(1, 65535)
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


class BadInput(click.ClickException):
    """Something given to a command that it cannot use."""

    exit_code = 2

    def show(self, file: object = None) -> None:
        told = "\n".join(plain(line) for line in self.message.splitlines())
        err.print(Text.assemble(("consentwire:", "bold red"), " ", told), soft_wrap=True)


@contextmanager
def said_plainly() -> Iterator[None]:
    """Errors that people can do something about, as one sentence and exit code 2."""
    from addon.readers import CaptureError
    from addon.running.browser import BrowserError
    from addon.running.serving import NotStarted, PortTaken

    try:
        yield
    except (DatabaseError, PolicyError, CaptureError, PortTaken, NotStarted, BrowserError) as error:
        raise BadInput(str(error)) from error


def policy_of(path: Path | None) -> tuple[Policy, Path | None]:
    """The policy of ``--policy``, else of a ``consentwire.toml`` in this folder, else the default one."""
    if path is None and Path(DEFAULT_NAME).is_file():
        path = Path(DEFAULT_NAME)
        err.print(f"Using {DEFAULT_NAME} in this folder.", style="dim")
    return (Policy(), None) if path is None else (read_policy(path, shipped_catalogue()), path)


policy_option = click.option(
    "--policy",
    "policy_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"Policy file. Without it, {DEFAULT_NAME} in this folder is used if there is one.",
)
