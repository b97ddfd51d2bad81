"""A session's states of consent -> a ribbon: what was in force when, one row a category."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from addon.findings.consent import StateRow, Stretch

from .axis import Axis

_MOST_BANDS = 240
"""In one row: a site that flips its consent all the time has more states than anybody can see."""
_SHAPES = {"granted": "granted", "denied": "denied", "unanswered": "unanswered"}


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch as it is drawn."""

    x: float
    width: float
    stretch: Stretch

    @property
    def shape(self) -> str:
        """``granted``, ``denied``, ``unanswered`` or ``unknown``."""
        return shape_of(self.stretch.state.state)

    @property
    def other(self) -> str | None:
        """The shape that is hatched over it, where either may be."""
        state: StateRow = self.stretch.state
        other = None if state.alternative is None else shape_of(state.alternative)
        return None if other == self.shape else other


def shape_of(consent: str) -> str:
    """What a state of consent looks like."""
    return _SHAPES.get(consent, "unknown")


def bands(listed: Sequence[Stretch], axis: Axis) -> list[Band]:
    """Stretches on an axis, without gaps; the shortest one can still be seen. Of more than can be told apart, those are left out
    that begin where another was drawn already."""
    room = axis.width / _MOST_BANDS if len(listed) > _MOST_BANDS else 0.0
    begun: list[tuple[float, Stretch]] = []
    for stretch in listed:
        x = axis.x(stretch.start)
        if not begun or x - begun[-1][0] >= room:
            begun.append((x, stretch))
    end = axis.x(listed[-1].end) if listed else 0.0
    ends = [*(x for x, _ in begun[1:]), end]
    return [Band(x, max(round(until - x, 1), 1.0), stretch) for (x, stretch), until in zip(begun, ends, strict=False)]
