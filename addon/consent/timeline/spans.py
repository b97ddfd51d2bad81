"""A timeline as spans of time, in each of which one and the same state was in force.

The timeline's answer changes only at the moments that it lists, so one query between two of them holds for the whole time
between.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from .state import ConsentState, Need
from .timeline import Timeline


@dataclass(frozen=True, slots=True)
class Span:
    """From one moment (included) to another (excluded), Unix time in seconds."""

    since: float
    """``-inf`` if it held from the beginning."""
    until: float
    """``inf`` if nothing ended it; ``since`` itself if it held at that one moment only."""
    state: ConsentState


def spans(timeline: Timeline, need: Need, most_moments: int) -> list[Span]:
    """What was in force of a need, in order of time and without gaps.

    Args:
        most_moments: after so many moments the last state is taken to hold on: ask for ``timeline.moments()`` whether there are
            more.
    """
    return _spans(timeline.moments()[:most_moments], lambda at: timeline.state(need, at, outline=True))


def opt_out_spans(timeline: Timeline, most_moments: int) -> list[Span]:
    """When an opt-out from sale and sharing was in force, or may have been, by the first of those who keep one."""

    def refused(at: float) -> ConsentState | None:
        return next(iter(timeline.opt_outs(at, outline=True).values()), None)

    return _spans(timeline.moments()[:most_moments], refused)


def _spans(moments: list[float], state_at: Callable[[float], ConsentState | None]) -> list[Span]:
    found: list[Span] = []
    for span in _pieces(moments, state_at):
        last = found[-1] if found else None
        whole = last is not None and last.since < last.until == span.since < span.until
        if last is not None and whole and _kind(last.state) == _kind(span.state):
            found[-1] = Span(last.since, span.until, last.state)
        else:
            found.append(span)
    return found


def _pieces(moments: list[float], state_at: Callable[[float], ConsentState | None]) -> Iterator[Span]:
    """The state between each two moments, and at a moment itself where another state was in force just then."""
    for since, until in pairwise([-math.inf, *moments, math.inf]):
        state = state_at(_between(since, until))
        if since != -math.inf:
            just_then = state_at(since)
            if just_then is not None and _answer(just_then) != _answer(state):
                yield Span(since, since, just_then)
        if state is not None:
            yield Span(since, until, state)


def _between(since: float, until: float) -> float:
    if since == -math.inf:
        return 0.0 if until == math.inf else until - 1
    return since + 1 if until == math.inf else (since + until) / 2


def _answer(state: ConsentState | None) -> object:
    return None if state is None else (state.standing, state.alternative)


def _kind(state: ConsentState) -> object:
    decisive = state.decisive
    return state.standing, state.alternative, state.certainty, None if decisive is None else decisive.id
