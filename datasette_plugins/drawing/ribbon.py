"""A session's timeline -> a ribbon: what consent was in force when, one row a category.

The timeline is asked, not interpreted: between two moments at which its answer can change, one question in the middle
tells the state of the whole stretch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from addon.consent.timeline import Certainty, ConsentState, Need, Standing
from vendor_catalog import Category

from .axis import Axis

CATEGORIES = (Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING)
_MOST_QUESTIONS = 240
"""Questions to the timeline for one row; beyond that, stretches are no longer exact to the millisecond."""
SHAPES = {
    Standing.GRANTED: "granted",
    Standing.DENIED: "denied",
    Standing.UNANSWERED: "unanswered",
    Standing.NOTHING: "unknown",
    Standing.UNCLEAR: "unknown",
    Standing.UNREADABLE: "unknown",
}

type Asked = Callable[[Need, float], ConsentState]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time in which one category's state is the same. Times are Unix time in seconds."""

    start: float
    end: float
    state: ConsentState

    @property
    def shape(self) -> str:
        """``granted``, ``denied``, ``unanswered`` or ``unknown``."""
        return SHAPES[self.state.standing]

    @property
    def undecided(self) -> bool:
        """Whether another state may have been in force: it changed within, and nothing says when."""
        return self.state.alternative is not None or self.state.certainty is Certainty.OPEN_WINDOW


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch as it is drawn."""

    x: float
    width: float
    stretch: Stretch


def stretches(asked: Asked, category: Category, moments: Sequence[float], start: float, end: float) -> list[Stretch]:
    """A category's states between two times.

    Args:
        moments: times at which the state may change, in order.
    """
    edges = [start, *sorted({moment for moment in moments if start < moment < end}), end]
    if len(edges) > _MOST_QUESTIONS:
        edges = [start + (end - start) * part / _MOST_QUESTIONS for part in range(_MOST_QUESTIONS + 1)]
    found: list[Stretch] = []
    for earlier, later in pairwise(edges):
        state = asked(Need((category,)), (earlier + later) / 2)
        if found and _same(found[-1].state, state):
            found[-1] = Stretch(found[-1].start, later, found[-1].state)
        else:
            found.append(Stretch(earlier, later, state))
    return found


def _same(one: ConsentState, other: ConsentState) -> bool:
    return (one.standing, one.alternative, _open(one)) == (other.standing, other.alternative, _open(other))


def _open(state: ConsentState) -> bool:
    return state.certainty is Certainty.OPEN_WINDOW


def bands(listed: Sequence[Stretch], axis: Axis) -> list[Band]:
    """Stretches on an axis; the shortest one can still be seen."""
    placed = []
    for stretch in listed:
        x = axis.x(stretch.start)
        placed.append(Band(x, max(round(axis.x(stretch.end) - x, 1), 1.0), stretch))
    return placed
