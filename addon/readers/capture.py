"""A recorded capture: its format, what is known about it beforehand, and its exchanges."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from addon.exchange import Exchange

from .packed import Content

_YEAR_10000 = 253402300800.0
_MAX_DAMAGED = 1000
"""So many damaged parts of one file are reported one by one, because every two bytes of a file can be a damaged part."""


class CaptureError(Exception):
    """Nothing of a file can be read; the message names it and says what was expected."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A part of a capture that could not be read: becomes a gap."""

    kind: str
    reason: str
    host: str | None = None
    count: int | None = None
    """Exchanges that are missing, where that is known."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The digests by which a file is recognised."""

    digest: str
    """SHA-256, stored: a file that was analysed before is recognised by it."""
    secret: bytes
    """Another hash, never stored. It is the key for hashes of masked values, so that only someone with the file can test
    guesses."""
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class CaptureFile:
    """A recorded capture, opened."""

    path: Path
    kind: str
    """``flows`` or ``har``."""
    identity: Identity
    content: Content
    """Where what is read stands."""
    cookies_visible: bool
    one_clock: bool
    notes: tuple[Unreadable, ...]
    """What is already known to be missing."""
    read: Reading
    unsorted: Reading
    """The exchanges in the order of the file; this shows sooner whether anything can be read."""

    def require_exchange(self) -> None:
        """Reads as far as the first exchange.

        Raises:
            CaptureError: if there is none: says why.
        """
        reason = "holds no HTTP exchange"
        for number, item in enumerate(self.unsorted(self.content.path, lambda _: None)):
            if isinstance(item, Exchange):
                return
            if number == 0:
                reason = item.reason
        raise CaptureError(f"{self.path}: {reason}")

    def exchanges(self, progress: Callable[[int], None] | None = None) -> Iterator[Exchange | Unreadable]:
        """The exchanges in order of time, with the parts between them that cannot be read.

        Args:
            progress: called now and then with the number of bytes read.
        """
        yield from self.notes
        damaged = 0
        # of an unpacked capture, as many of the packed bytes count as read as is the share of the unpacked ones
        share = self.identity.size / max(1, self.content.size)
        report = (
            (lambda _: None)
            if progress is None
            else (lambda done: progress(min(self.identity.size, round(done * share))))
        )
        for item in self.read(self.content.path, report):
            if isinstance(item, Unreadable) and item.kind == "broken-flow":
                damaged += 1
                if damaged > _MAX_DAMAGED:
                    continue
            yield item
        if damaged > _MAX_DAMAGED:
            reason = f"{damaged - _MAX_DAMAGED} more parts of the file are damaged; they were left out"
            yield Unreadable("broken-flow", reason)


class Reading(Protocol):
    """Reads one kind of file."""

    def __call__(self, path: Path, progress: Callable[[int], None]) -> Iterator[Exchange | Unreadable]: ...


def checked_time(at: float) -> float:
    """A Unix time, if it can be one.

    Raises:
        ValueError: if no capture is of that time, so that it is damaged.
    """
    if not 0 <= at < _YEAR_10000:
        raise ValueError(f"{at} is no time of a capture")
    return at
