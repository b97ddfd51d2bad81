"""Acts -> marks in lanes. What lies too close to be told apart shares a mark, so that a picture stays small however long
the session is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from addon.findings.gravity import HELD, VERDICTS

from .axis import Axis

BIN = 11.0
"""Pixels that marks share."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One act, or several at one moment."""

    at: float
    count: int
    title: str
    href: str | None
    """Its own page; ``None`` if it stands for several."""
    verdicts: Mapping[str, int] = field(default_factory=dict)
    """Of its violations that are errors."""
    mild: int = 0
    """Its warnings and notes: most of them judge no moment, so that their verdict says nothing about consent."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What is drawn."""

    x: float
    height: float
    count: int
    first: float
    last: float
    """Unix time in seconds."""
    title: str
    href: str | None
    verdict: str | None
    """The surest among its errors."""
    errors: int
    mild: int


def marks(spots: Iterable[Spot], axis: Axis, noun: str) -> list[Mark]:
    """Marks of one lane, from left to right.

    Args:
        noun: what several acts of this lane are called: ``events``.
    """
    bins: dict[int, list[Spot]] = {}
    for spot in spots:
        bins.setdefault(int((axis.x(spot.at) - axis.left) // BIN), []).append(spot)
    return [_mark(bins[number], axis, noun) for number in sorted(bins)]


def _mark(spots: list[Spot], axis: Axis, noun: str) -> Mark:
    spots.sort(key=lambda spot: spot.at)
    count = sum(spot.count for spot in spots)
    verdicts: Counter[str] = Counter()
    for spot in spots:
        verdicts.update(spot.verdicts)
    surest = next((verdict for verdict in VERDICTS if verdicts[verdict]), None)
    places = [axis.x(spot.at) for spot in spots]
    alone = len(spots) == 1 and count == 1
    return Mark(
        x=round(sum(places) / len(places), 1),
        height=10.0 if count == 1 else 14.0 if count < 5 else 18.0 if count < 20 else 22.0,
        count=count,
        first=spots[0].at,
        last=spots[-1].at,
        title=spots[0].title if alone else f"{count:,} {noun}" if count else noun,
        href=spots[0].href if alone else None,
        verdict=surest,
        errors=sum(verdicts[verdict] for verdict in HELD),
        mild=sum(spot.mild for spot in spots),
    )
