"""What a capture adds, a module for each kind of fact; each module's ``COLLECTOR`` is found here by itself.

They are called in one order, which follows from what each says that it comes after (``AFTER``).
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from typing import Any, cast

from addon.decode.facts import Event
from addon.judge.acts.messages import EventAct
from addon.pipeline.capture import CaptureParts
from addon.pipeline.context import ExchangeContext

from .collector import Collector

__all__ = ["Collectors", "collectors_in_order", "in_order"]


@lru_cache(maxsize=1)
def collectors_in_order() -> tuple[type[Collector], ...]:
    """Every collector in this folder, in the order in which they are called."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    modules = {name: importlib.import_module(f"{__name__}.{name}") for name in names}
    return in_order({name: module.COLLECTOR for name, module in modules.items() if hasattr(module, "COLLECTOR")})


def in_order(kinds: dict[str, type[Collector]]) -> tuple[type[Collector], ...]:
    """Collectors by module, each after those that it says it comes after.

    Raises:
        ValueError: if one names none that there is, or if some wait for each other.
    """
    for name, kind in kinds.items():
        unknown = sorted(set(kind.AFTER) - kinds.keys())
        if unknown:
            raise ValueError(f"the collector {name} comes after {', '.join(unknown)}, which is no collector")
    sorter = TopologicalSorter({name: kind.AFTER for name, kind in kinds.items()})
    try:
        sorter.prepare()
    except CycleError as error:
        raise ValueError(f"collectors that come after each other: {', '.join(error.args[1])}") from error
    found: list[type[Collector]] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        found += [kinds[name] for name in ready]
        sorter.done(*ready)
    return tuple(found)


class Collectors:
    """The collectors of one capture; of each thing that is taken in, those that take it, in order."""

    def __init__(self, capture: CaptureParts) -> None:
        self._capture = capture
        self._made: dict[type[Collector], Collector] = {}
        self._all = [self.of(kind) for kind in collectors_in_order()]
        self.facts = self._overriding(Collector.facts)
        self.evidence = self._overriding(Collector.evidence)
        self.exchange = self._overriding(Collector.exchange)
        self._message = self._overriding(Collector.message)
        self.observation = self._overriding(Collector.observation)
        self.remainder = self._overriding(Collector.remainder)
        self.close = self._overriding(Collector.close)
        self.finish = self._overriding(Collector.finish)
        capture.judgements.witnesses = self._overriding(Collector.act)

    def of[C: Collector](self, kind: type[C]) -> C:
        """The collector of a kind; made when it is first wanted, which may be by another one."""
        if kind not in self._made:
            self._made[kind] = kind(self._capture, self)
        return cast(C, self._made[kind])

    def message(self, context: ExchangeContext, event: Event, act: EventAct | None) -> None:
        """Hands a message to all that take messages in."""
        for message in self._message:
            message(context, event, act)

    def _overriding(self, method: Any) -> tuple[Any, ...]:
        """A method of each collector that has its own."""
        name = method.__name__
        return tuple(getattr(each, name) for each in self._all if getattr(type(each), name) is not method)
