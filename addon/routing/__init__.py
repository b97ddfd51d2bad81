"""Where a message goes on, by each CDP's own rules. One module a kind of rules; each is found here by itself.

A module in this folder with ``CDPS`` (ids of the CDPs whose servers decide so) says whether sources have settings that a
page asks for (``HAS_SETTINGS``), and has two functions: ``named``, the
destinations that a message names itself, and ``deliveries``, what becomes of it at each. A CDP that no module names
sends nothing on as far as anybody documents it, so nothing is predicted for it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Protocol, cast

from addon.decode.facts import DestinationSetting
from addon.judge.acts import Delivery
from addon.routing.message import Message
from addon.routing.segment.filters import Carried, SourceRules


class Fanout(Protocol):
    """What a module of this folder holds."""

    CDPS: tuple[str, ...]
    HAS_SETTINGS: bool
    """Whether a source's settings cross the wire, so that it is worth waiting for them."""

    def named(self, message: Message) -> list[DestinationSetting]:
        """The destinations that a message names itself, in its metadata or its integrations object."""
        ...

    def deliveries(
        self,
        message: Message,
        destinations: Iterable[DestinationSetting],
        mapped_categories: frozenset[str],
        vendors: Mapping[str, str | None],
    ) -> list[Delivery]:
        """What becomes of one message at each destination.

        Args:
            mapped_categories: every category id that the workspace maps to some destination.
            vendors: the catalogue's vendor by destination name.
        """
        ...


@lru_cache(maxsize=1)
def fanouts() -> dict[str, Fanout]:
    """The fan-out of each CDP that has one.

    Raises:
        ValueError: if two modules claim one CDP.
    """
    found: dict[str, Fanout] = {}
    for each in sorted(pkgutil.iter_modules(__path__), key=lambda item: item.name):
        module = importlib.import_module(f"{__name__}.{each.name}")
        for cdp in getattr(module, "CDPS", ()):
            if cdp in found:
                raise ValueError(f"two modules say where messages of {cdp} go on")
            found[cdp] = cast(Fanout, module)
    return found


__all__ = ["Carried", "Fanout", "Message", "SourceRules", "fanouts"]
