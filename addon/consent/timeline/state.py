"""The consent in force at one moment, and what one signal contributes to it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from addon.consent.signal import Signal
from vendor_catalog import Category


class Standing(StrEnum):
    """The state of one category at one moment."""

    GRANTED = "granted"
    DENIED = "denied"
    UNANSWERED = "unanswered"
    NOTHING = "nothing known"
    UNCLEAR = "unclear"
    """Answered, but the meaning of the answer for this category is unknown."""
    UNREADABLE = "unreadable"
    """A record is there, or may be, and cannot be read: nothing is known, and nothing is known to be missing."""


class Certainty(StrEnum):
    """How certain the state is."""

    DATED = "dated"
    """By the timestamp inside a signal."""
    OBSERVED = "observed"
    """The act's own request, or one of the same moment, carried it."""
    BRACKETED = "bracketed"
    """Observed before and after, the same both times."""
    SEEN_BEFORE = "seen before"
    """Observed before; nothing after."""
    OPEN_WINDOW = "open window"
    """It changed, undated, between two observations: either may have been in force."""
    DISPUTED = "disputed"
    """Another consent manager shows something else, and nothing tells which of the two counts."""
    ONLY_AFTER = "only after"
    """Not observed before; what was observed later still shows no consent."""
    NOTHING_AFTER = "nothing after"
    """Neither observed before nor after."""


@dataclass(frozen=True, slots=True)
class Need:
    """The consent that an act needs."""

    categories: tuple[Category, ...]
    """All of them are needed, the most sensitive first; empty if only the workspace knows what its ``keys`` mean."""
    vendor: str | None = None
    keys: tuple[str, ...] = ()
    """Workspace category ids that are all needed, where the workspace maps the destination."""

    @property
    def category(self) -> Category | None:
        return self.categories[0] if self.categories else None


@dataclass(frozen=True, slots=True)
class ConsentState:
    """The state of one need at one moment, with the signals that show it."""

    standing: Standing
    certainty: Certainty
    alternative: Standing | None = None
    """In an open window, or where it is disputed: the other state that may have been in force."""
    before: Signal | None = None
    """The last signal seen before the moment."""
    after: Signal | None = None
    """The first signal seen after it."""
    after_at: float | None = None
    """When that was seen."""
    earlier_grant: bool = False
    """Whether consent was in force before, so that a denial is a withdrawal."""
    answered_later: bool = False
    """Whether an answer was seen after the moment."""
    at_odds: bool = False
    """Whether the window is open because signals of one and the same moment differ."""
    lasted: bool = False
    """Whether an answer, ``before``, held until the later time that ``after`` gives for the next one."""

    rival: Signal | None = None
    """What shows the ``alternative`` where it is disputed: another consent manager's."""
    waits: bool = False
    """Whether it is ``after`` that proves that nobody had answered."""
    parted: bool = False
    """Whether the page that showed it before the moment was left with it, and what it sent at its end may still have been under way."""

    @property
    def explicit(self) -> bool:
        """Whether a signal that is there (not merely missing) showed the state before the moment."""
        return self.before is not None and self.before.speaks

    @property
    def possible(self) -> tuple[Standing, ...]:
        """Every state that may have been in force."""
        return (self.standing,) if self.alternative is None else (self.standing, self.alternative)

    @property
    def missing(self) -> bool:
        """Whether the only evidence is that something is missing."""
        silent = (Standing.UNANSWERED, Standing.NOTHING)
        shown = (self.before, self.after)
        return all(one in silent for one in self.possible) and not any(one is not None and one.speaks for one in shown)

    @property
    def unreadable(self) -> Signal | None:
        """The record that cannot be read, where that leaves the state open."""
        if Standing.UNREADABLE not in self.possible:
            return None
        near = (self.before, self.after)
        return next((signal for signal in near if signal is not None and signal.unread is not None), None)

    @property
    def decisive(self) -> Signal | None:
        """The signal to show as evidence: the one that decides, or the one that comes nearest to it."""
        if self.before is None or (self.certainty in (Certainty.DATED, Certainty.ONLY_AFTER) and not self.lasted):
            return self.after or self.before
        return self.before


@lru_cache(maxsize=2000)
def standing_of(signal: Signal, need: Need) -> Standing:
    """What one signal says about a need."""
    if signal.unread is not None:
        return Standing.UNREADABLE
    if signal.absent:
        return Standing.UNANSWERED if signal.answered is False else Standing.NOTHING
    if signal.answered is False:
        return Standing.UNANSWERED
    value = signal.value(need.categories, need.vendor, need.keys)
    if value is None:
        return Standing.UNCLEAR
    return Standing.GRANTED if value else Standing.DENIED
