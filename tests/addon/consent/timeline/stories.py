"""What a session showed, in a few words, and what was in force at a moment of it."""

from __future__ import annotations

from dataclasses import replace

from addon.consent.reader import TCF_ORIGIN
from addon.consent.signal import Rank, Signal, Unread
from addon.consent.stamps import STAMP_ORIGIN
from addon.consent.timeline import Certainty, ConsentState, Need, Standing, Timeline
from tests.addon.consent.managers import ANALYTICS, NECESSARY

GRANTED, DENIED, UNANSWERED, NOTHING, UNCLEAR, UNREADABLE = Standing
OBSERVED = Certainty.OBSERVED
DATED, BRACKETED, SEEN_BEFORE = Certainty.DATED, Certainty.BRACKETED, Certainty.SEEN_BEFORE
OPEN_WINDOW, ONLY_AFTER, NOTHING_AFTER = Certainty.OPEN_WINDOW, Certainty.ONLY_AFTER, Certainty.NOTHING_AFTER
WWW, BLOG = "www.shop.example", "blog.shop.example"
NEED = Need((ANALYTICS,))

# moments are seconds; the acts of these stories happen at 10


def says(
    value: bool | None,
    *,
    origin: str = "manager",
    rank: Rank = Rank.MANAGER,
    answered: bool | None = True,
    host: str = WWW,
    dated: float | None = None,
    not_before: float | None = None,
    note: str = "",
) -> Signal:
    """A signal whose analytics has this value."""
    return Signal(
        origin=origin,
        carrier="stamp" if rank is Rank.STAMP else "cookie consent",
        rank=rank,
        host=host,
        raw=f"{value} {answered} {note}",
        answered=answered,
        values={NECESSARY: True, ANALYTICS: value},
        keys={},
        vendors={},
        effective_at=dated,
        not_before=not_before,
    )


def banner_open(value: bool = False, **more: str) -> Signal:
    """A cookie that is there before any answer."""
    return says(value, answered=False, **more)  # type: ignore[arg-type]


def missing(host: str = WWW, *, origin: str = "manager", unanswered: bool = True, rank: Rank = Rank.MANAGER) -> Signal:
    """A first-party request without the cookie."""
    return Signal(
        origin=origin,
        carrier="no cookie",
        rank=rank,
        host=host,
        raw=None,
        answered=False if unanswered else None,
        values={},
        keys={},
        vendors={},
        absent=True,
    )


def unreadable(why: Unread) -> Signal:
    """A record of the manager's that is there, or may be, and cannot be read."""
    return replace(missing(), carrier="unread record", answered=None, absent=False, unread=why)


def stamp(value: bool | None, note: str = "") -> Signal:
    return says(value, origin=STAMP_ORIGIN, rank=Rank.STAMP, answered=None, note=note)


def tc(value: bool | None, *, day: float | None = None, note: str = "") -> Signal:
    return says(value, origin=TCF_ORIGIN, rank=Rank.STANDARD, not_before=day, note=note)


def story(*seen: tuple[float, Signal], margin: float = 0.0) -> Timeline:
    timeline = Timeline(clock_margin=margin)
    for at, signal in seen:
        timeline.observe(signal, at)
    return timeline


def at_10(*seen: tuple[float, Signal], margin: float = 0.0, host: str | None = WWW) -> ConsentState:
    return story(*seen, margin=margin).state(NEED, 10, host)


def summary(state: ConsentState) -> tuple[Standing, Certainty, Standing | None]:
    return state.standing, state.certainty, state.alternative
