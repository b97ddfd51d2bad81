"""Time -> pixels. Idle stretches are cut short, so that what happens around them keeps its room."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

_CUT = 30.0
"""Pixels that an idle stretch keeps."""
_IDLE_AT_LEAST = 4.0
"""Seconds."""
_IDLE_SHARE = 0.08
"""Part of the whole from which on a stretch without acts counts as idle."""
_MOST_CUTS = 8
_STEPS = (
    0.01,
    0.02,
    0.05,
    0.1,
    0.2,
    0.5,
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    21600,
    43200,
    86400,
)
"""Seconds between ticks."""
_DAY = 86_400
_TICK_ROOM = 84.0
"""Pixels that a tick's label needs."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment with its label."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Cut:
    """An idle stretch."""

    x: float
    width: float
    label: str


@dataclass(frozen=True, slots=True)
class _Piece:
    start: float
    end: float
    x: float
    width: float
    idle: bool


class Axis:
    """A stretch of time on a width of pixels, from ``left``."""

    def __init__(self, start: float, end: float, busy: Iterable[float], left: float, width: float) -> None:
        """
        Args:
            busy: moments at which something happened, to the second is enough.
        """
        self.start = start
        self.end = max(end, start + 0.05)
        self.left = left
        self.width = width
        self._pieces = self._cut(sorted(moment for moment in busy if start <= moment <= end))
        self._starts = [piece.start for piece in self._pieces]

    def _cut(self, busy: list[float]) -> list[_Piece]:
        whole = self.end - self.start
        threshold = max(_IDLE_AT_LEAST, whole * _IDLE_SHARE)
        edges = [self.start, *busy, self.end]
        gaps = [(later - earlier, earlier, later) for earlier, later in pairwise(edges)]
        longest = sorted((gap for gap in gaps if gap[0] > threshold), reverse=True)[:_MOST_CUTS]
        # a little air stays on both sides, because moments are only known to the second
        idle = sorted((earlier + 1.0, later - 0.5) for _, earlier, later in longest)
        lively = whole - sum(later - earlier for earlier, later in idle)
        room = self.width - _CUT * len(idle)
        pieces: list[_Piece] = []
        at, x = self.start, self.left
        for earlier, later in [*idle, (self.end, self.end)]:
            width = room * (earlier - at) / lively
            pieces.append(_Piece(at, earlier, x, width, idle=False))
            x += width
            if later > earlier:
                pieces.append(_Piece(earlier, later, x, _CUT, idle=True))
                x += _CUT
            at = later
        return [piece for piece in pieces if piece.end > piece.start]

    def x(self, at: float) -> float:
        """Where a moment is; the ends for what lies outside."""
        at = min(max(at, self.start), self.end)
        piece = self._pieces[max(bisect_right(self._starts, at) - 1, 0)]
        share = (at - piece.start) / (piece.end - piece.start)
        return round(piece.x + piece.width * min(share, 1.0), 1)

    def cuts(self) -> list[Cut]:
        """The idle stretches."""
        return [
            Cut(round(piece.x, 1), piece.width, duration(piece.end - piece.start))
            for piece in self._pieces
            if piece.idle
        ]

    def ticks(self) -> list[Tick]:
        """Round moments, as many as have room."""
        lively = [piece for piece in self._pieces if not piece.idle]
        length = sum(piece.end - piece.start for piece in lively)
        per_second = sum(piece.width for piece in lively) / length
        step = next((step for step in _STEPS if step * per_second >= _TICK_ROOM), _STEPS[-1])
        found: list[Tick] = []
        for piece in lively:
            count = int(-(-piece.start // step))
            while count * step <= piece.end:
                x = self.x(count * step)
                if not found or x - found[-1].x >= _TICK_ROOM * 0.8:
                    found.append(Tick(x, clock(count * step, step)))
                count += 1
        return found


def clock(at: float, step: float) -> str:
    """``12:00:03``, with as many decimals as a step needs."""
    text = datetime.fromtimestamp(at % _DAY, UTC).strftime("%H:%M:%S.%f")
    return text[:8] if step >= 1 else text[:10] if step >= 0.1 else text[:11]


def duration(seconds: float) -> str:
    """``12 s``, ``3 min``, ``2 h``"""
    if seconds < 120:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
