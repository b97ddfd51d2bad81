"""A source (write key), and what its settings said over time."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from operator import itemgetter

from addon.decode.facts import Settings

from .plan import Plan

_BY_TIME = itemgetter(0)
_MAX_SETTINGS = 50

type SourceKey = tuple[str, str]
"""CDP and write key."""


@dataclass(slots=True)
class Source:
    """One write key of one CDP, and the settings seen for it, in order of time."""

    cdp: str
    write_key: str
    settings: list[tuple[float, Settings]] = field(default_factory=list)
    plans: dict[tuple[object, ...], Plan] = field(default_factory=dict)
    """Plans made so far, by what decides them: messages of a source hardly differ in it."""

    def add(self, settings: Settings, at: float) -> None:
        self.settings.insert(bisect_right(self.settings, at, key=_BY_TIME), (at, settings))
        del self.settings[:-_MAX_SETTINGS]
        self.plans.clear()

    def at(self, moment: float, origin: str) -> Settings | None:
        """The settings in force at a moment: the last ones fetched before, else the first ones fetched after."""
        of_origin = [(at, settings) for at, settings in self.settings if settings.origin == origin]
        if not of_origin:
            return None
        index = bisect_right(of_origin, moment, key=_BY_TIME)
        return of_origin[max(index - 1, 0)][1]

    @property
    def key(self) -> SourceKey:
        return self.cdp, self.write_key

    @property
    def seen(self) -> bool:
        return bool(self.settings)
