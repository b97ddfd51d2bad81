"""What a request shows about a consent manager whose record was not read: the cookie was missing, or is there but cannot be
read, or could not have been seen. Only the first is evidence."""

from __future__ import annotations

from vendor_catalog import ConsentManager

from .signal import Rank, Signal, Unread


def crosses_wire(manager: ConsentManager) -> bool:
    """Whether a consent manager's record is sent in a form that we read: only then can its absence be observed."""
    return any(cookie.unreadable is None for cookie in manager.cookies) and manager.storage != "local-storage"


def nothing_read(manager: ConsentManager, host: str) -> Signal:
    """A first-party request in which nothing of a consent manager in use was read: its cookie was missing, or it has none
    that could have been read."""
    if crosses_wire(manager):
        return absence(manager, host)
    return unread(manager, host, "record", Unread.OFF_WIRE if manager.storage == "local-storage" else Unread.NO_READER)


def unread(manager: ConsentManager, host: str, what: str, why: Unread) -> Signal:
    """A record that is there, or may be, and cannot be read; its value is never kept, as it may name the person."""
    return Signal(
        origin=manager.id,
        carrier=f"unread {what}",
        rank=rank_of(manager),
        host=host,
        raw=None,
        answered=None,
        values={},
        keys={},
        vendors={},
        unread=why,
    )


def absence(manager: ConsentManager, host: str) -> Signal:
    """A first-party request without the cookie of a consent manager in use."""
    return Signal(
        origin=manager.id,
        carrier="no cookie",
        rank=rank_of(manager),
        host=host,
        raw=None,
        answered=False if manager.absence == "unanswered" else None,
        values={},
        keys={},
        vendors={},
        absent=True,
    )


def rank_of(manager: ConsentManager) -> Rank:
    """The rank of a consent manager's signals."""
    return _RANKS[manager.role]


_RANKS = {"manager": Rank.MANAGER, "standard": Rank.STANDARD, "opt-out": Rank.OPT_OUT, "claim": Rank.CONSENT_MODE}
