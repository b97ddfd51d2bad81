"""Script interfaces of consent managers: what the in-page probe may read of them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, field_validator

from .facts import Fact, NonEmpty, Sources

_STEP = re.compile(r"[A-Za-z_$][\w$]*|\*\w*|[A-Za-z_]\w*\([a-z]*\)")
_GETTER = re.compile(r"([gG]et|[iI]s|[hH]as|[aA]re|[sS]hould|[vV]alid|[cC]urrent)[A-Z]\w*\(")


def _readable(path: str) -> str:
    """A path into a page's script objects. It may call getters (``getX``, ``isX``, ``currentX``), and nothing else."""
    for step in path.split("."):
        if _STEP.fullmatch(step) is None:
            raise ValueError(f"{step!r}: expected a name, a getter's call such as 'isOpen()', or '*' for every one")
        if step.endswith(")") and _GETTER.match(step) is None:
            raise ValueError(
                f"{step!r}: only what begins with get, is, has, are, should, valid or current may be called"
            )
    return path


_Path = Annotated[NonEmpty, AfterValidator(_readable)]
_Paths = dict[Annotated[NonEmpty, StringConstraints(pattern=r"^[a-z_]+$", max_length=40)], _Path]


class ApiListener(Fact):
    """A function of a script interface that takes a listener."""

    path: Annotated[NonEmpty, StringConstraints(pattern=r"^[\w.()]*(__tcfapi|__gpp|on\w*|watch|addEventListener)$")]
    """From ``window``; its last step is the function: ``Didomi.on``."""
    arguments: Annotated[list[str | int], Field(max_length=4)] = []
    """The arguments before the listener."""
    watcher: str | None = None
    """The method of the listener that it calls, if the listener is an object and not a function."""
    keeps: Annotated[str, StringConstraints(pattern=r"^[a-z]+$")] | None = None
    """The name under which the listener's first argument is kept, for a path's call: ``getManager(config)``."""

    @field_validator("path")
    @classmethod
    def _leads_through_getters(cls, path: str) -> str:
        _readable(path.rpartition(".")[0] or "window")
        return path


class ScriptApi(Fact):
    """How the in-page probe reads a consent manager's script interface. Paths start at ``window``; ``*`` stands for every entry
    of an object or array (``*id``: named by its ``id``). Nothing that changes a state can be called."""

    name: NonEmpty | None = None
    """Its global, if it is not ``javascript_api``."""
    format: NonEmpty
    """The module in ``addon/consent/formats`` whose ``api`` reads the state."""
    window_paths: _Paths = {}
    """Name in the state -> the path, from ``window``, whose value is read for it."""
    event_paths: _Paths = {}
    """Name in the state -> the path in a listener's first argument, or in an event's ``detail``, whose value is read for it."""
    listeners: list[ApiListener] = []
    """The functions with which the probe registers listeners."""
    events: list[NonEmpty] = []
    """Events on ``window`` or ``document`` after which it is read again."""
    sources: Sources
