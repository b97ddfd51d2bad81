"""One module per grammar in which consent is kept: ``cookie`` reads a stored answer, ``call`` a recording request,
``api`` what the in-page probe read of a script interface (by the names that the catalogue's ``[[apis]]`` give).

The catalogue's files name a module here by ``format``; nothing else lists them. Each answers two separate questions
(was the banner answered, what is granted), raises :class:`~addon.consent.signal.NotThisFormat` for a value of another
grammar under the same name, and :class:`~addon.consent.signal.MalformedSignal` for a broken one.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from addon.consent.signal import Answer
from addon.exchange import Exchange
from addon.jsontext import Json

type CookieFormat = Callable[[str, Mapping[str, str]], Answer]
"""Cookie name and all cookies of the request -> answer."""
type ApiFormat = Callable[[Mapping[str, Json], str | None], Answer]
"""The state that a script interface gave, and the last of its events -> answer."""
type CallFormat = Callable[[Exchange], Answer]


@lru_cache
def cookie_format(name: str) -> CookieFormat:
    """The reader of a cookie grammar.

    Raises:
        ModuleNotFoundError, AttributeError: if there is none of that name.
    """
    reader: CookieFormat = _module(name).cookie
    return reader


@lru_cache
def cookie_formats() -> tuple[str, ...]:
    """Every cookie grammar there is."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    return tuple(name for name in names if hasattr(_module(name), "cookie"))


@lru_cache
def call_format(name: str) -> CallFormat:
    """The reader of a recording call.

    Raises:
        ModuleNotFoundError, AttributeError: if there is none of that name.
    """
    reader: CallFormat = _module(name).call
    return reader


@lru_cache
def api_format(name: str) -> ApiFormat:
    """The reader of a script interface's state.

    Raises:
        ModuleNotFoundError, AttributeError: if there is none of that name.
    """
    reader: ApiFormat = _module(name).api
    return reader


def _module(name: str) -> Any:
    return importlib.import_module(f"{__name__}.{name}")
