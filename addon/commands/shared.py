"""Shared by the commands: consoles, errors that the user can fix, and the policy and catalogue options."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem
from rich.console import Console
from rich.text import Text

from .exit_codes import ExitCode

if TYPE_CHECKING:
    from addon.policy import Policy
    from vendor_catalog import Catalogue

DEFAULT_NAME = "consentwire.toml"
"""The policy file that is used if none is named."""
PORT = click.IntRange(1, 65535)
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


class BadInput(click.ClickException):
    """A command cannot use what it was given."""

    exit_code = ExitCode.BAD_INPUT

    def show(self, file: object = None) -> None:
        from addon.report.text import plain

        message = "\n".join(plain(line) for line in self.message.splitlines())
        err.print(Text.assemble(("consentwire:", "bold red"), " ", message), soft_wrap=True)


@contextmanager
def said_plainly() -> Iterator[None]:
    """Turns errors that the user can fix into one sentence and exit code 2."""
    from addon.catalogue_import import ImportRefused
    from addon.findings.comparison import BaselineError
    from addon.launcher.browser import BrowserError
    from addon.launcher.datasette_server import NotStarted, PortTaken
    from addon.policy import PolicyError
    from addon.readers import CaptureError
    from addon.store import DatabaseError
    from vendor_catalog import CatalogueError

    try:
        yield
    except (
        DatabaseError,
        PolicyError,
        CatalogueError,
        CaptureError,
        PortTaken,
        NotStarted,
        BrowserError,
        ImportRefused,
        BaselineError,
    ) as error:
        raise BadInput(str(error)) from error


class LateChoice(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.3 on
    """A ``click.Choice`` that looks up its values only when a value is given or the help is shown."""

    name = "choice"

    def __init__(self, values: Callable[[], Sequence[str]]) -> None:
        self._values = values

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return click.Choice(self._values()).convert(value, param, ctx)

    def get_metavar(self, *about: Any, **more: Any) -> str | None:
        return click.Choice(self._values()).get_metavar(*about, **more)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return click.Choice(self._values()).shell_complete(ctx, param, incomplete)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The policy and the catalogue that a command uses."""

    policy: Policy
    path: Path | None
    """The policy's file."""
    catalogue: Catalogue


def knowledge_of(path: Path | None, folders: Sequence[Path]) -> Knowledge:
    """The policy of ``--policy``, else of a ``consentwire.toml`` in this folder, else the default one; and the catalogue with the
    folders of ``--catalogue`` and of the policy."""
    from addon.policy import Policy, catalogue_with, read_policy_and_catalogue

    if path is None and Path(DEFAULT_NAME).is_file():
        path = Path(DEFAULT_NAME)
        err.print(f"Using {DEFAULT_NAME} in this folder.", style="dim")
    policy, catalogue = Policy(), catalogue_with(folders)
    if path is not None:
        policy, catalogue = read_policy_and_catalogue(path, catalogue)
    warn_of_unread(catalogue)
    return Knowledge(policy, path, catalogue)


def catalogue_of(folders: Sequence[Path]) -> Catalogue:
    """The catalogue with the folders of ``--catalogue``, for what needs no policy."""
    from addon.policy import catalogue_with
    from vendor_catalog import CatalogueError

    try:
        catalogue = catalogue_with(folders)
    except CatalogueError as error:
        raise BadInput(str(error)) from error
    warn_of_unread(catalogue)
    return catalogue


def warn_of_unread(catalogue: Catalogue) -> None:
    """Prints which files of the catalogue are left out."""
    from addon.report.text import plain

    for reason in catalogue.unread:
        warning = f"{plain(reason)}; the file is left out"
        err.print(Text.assemble(("consentwire: ", "bold yellow"), warning), soft_wrap=True)


policy_option = click.option(
    "--policy",
    "policy_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"Policy file. Without it, {DEFAULT_NAME} in this folder is used if there is one.",
)
catalogue_option = click.option(
    "--catalogue",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder with vendors/ and cmps/ of your own, laid over the catalogue that ships; may be given several times. The policy's"
    " [catalogue] folders come on top.",
)
text_or_json_option = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or for machines.",
)
