"""What a format of reports is. Each is a module in ``addon.report.formats``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.console import RenderableType

from addon.findings.report import Report


@dataclass(frozen=True, slots=True)
class Format:
    """One format."""

    name: str
    """How ``--format`` calls it."""
    help: str
    """Whom or what it is for: the end of a sentence."""
    extension: str
    """What its files are called by, without a dot. ``-o`` with this extension chooses the format."""
    render: Callable[[Report], str]
    """A whole report as the text of a file, its last newline with it."""
    show: Callable[[Report], RenderableType] | None = None
    """The same for a terminal, where that looks different (colours, width); else ``render`` is printed as it is."""
    summary: tuple[str, Callable[[Report], str]] | None = None
    """An environment variable that names a file, and what is added to that file where it is set: a CI server's page of the job."""
