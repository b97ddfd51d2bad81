"""The commands, one module each. Every module's ``COMMAND`` is discovered here.

A command's module is thin: it declares options, calls what does the work, and says what happened. It imports what it needs only
when it runs, so that ``--help`` does not wait for the engine. ``PLACE`` is its position in the help, the smallest number first.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import click


def commands() -> list[click.Command]:
    """Every command, in the order of the help."""
    return [command for _, command in sorted(_found(), key=lambda each: each[0])]


def _found() -> Iterator[tuple[int, click.Command]]:
    for module in pkgutil.iter_modules(__path__):
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        if hasattr(loaded, "COMMAND"):
            yield loaded.PLACE, loaded.COMMAND
