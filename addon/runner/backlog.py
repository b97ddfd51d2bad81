"""What waits for the analysis: kept until it is stored, so that a process that takes over finds what the one before it had not done.

It is bounded in bytes: a proxy whose analysis hangs must not take all memory. Exchanges that find no room are counted, and the
count goes to the analysis as a gap as soon as there is room again.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

from addon.exchange import Exchange

from .messages import Gap, Item, Message

MAX_BYTES = 64 * 1024 * 1024
_FOR_NOTES = 4 * 1024 * 1024
"""Extra room for messages that are no exchanges: the capture's end must always fit."""
_OVERHEAD = 1000
"""Bytes of an exchange besides its fields and bodies."""
_DEATHS = 2
"""After so many crashes on the same message, that message is left out."""


@dataclass(slots=True)
class _Entry:
    message: Message
    size: int
    since: float = field(default_factory=time.monotonic)
    deaths: int = 0
    stands_for: int = 0
    """The number of exchanges this gap stands for."""

    @property
    def exchanges(self) -> int:
        return len(self.message.item) if isinstance(self.message.item, list) else 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much is not stored yet."""

    exchanges: int
    size: int
    """Bytes."""
    seconds: float
    """Since the oldest of it came; 0 if there is none."""
    unread: float
    """Seconds since the oldest came that the analysis has not read; 0 if it has read everything."""


class Backlog:
    """Messages that are not stored yet, in order. Used by the proxy's loop and by threads."""

    def __init__(self, most: int = MAX_BYTES) -> None:
        self._most = most
        self._sent: deque[_Entry] = deque()
        self._unsent: deque[_Entry] = deque()
        self._changed = threading.Condition()
        self._number = self._judged = self._handed_over = self._size = 0
        self._generation = 0
        self._given_up = False
        self.left_out = 0
        """Exchanges that found no room, or on which the analysis ended, so far."""
        self._noted = 0
        """Those of them whose gap is stored."""
        self._overflow = _Overflow()

    def put(self, item: Item) -> bool:
        """Adds an item without waiting. Returns whether there was room."""
        size, most = _size(item), self._most
        if not isinstance(item, list):
            most += _FOR_NOTES
        with self._changed:
            if self._given_up or self._size + size > most:
                self.left_out += len(item) if isinstance(item, list) else 0
                self._overflow.add(item)
                return False
            if self._overflow.since and not isinstance(item, Gap):
                self._append(self._overflow.gap(self._most), 0, self._overflow.exchanges)
                self._overflow = _Overflow()
            self._append(item, size)
            self._changed.notify_all()
        return True

    @property
    def unnoted(self) -> int:
        """Exchanges that were left out and have no gap in the database yet."""
        return self.left_out - self._noted

    def _append(self, item: Item, size: int, stands_for: int = 0) -> None:
        self._number += 1
        self._handed_over += len(item) if isinstance(item, list) else 0
        self._unsent.append(_Entry(Message(self._number, self._handed_over, item), size, stands_for=stands_for))
        self._size += size

    def next(self, generation: int) -> Message | None:
        """The next message that was not sent yet; waits for it. ``None`` once another process has taken over."""
        with self._changed:
            while self._generation == generation:
                if self._unsent:
                    self._sent.append(self._unsent.popleft())
                    return self._sent[-1].message
                self._changed.wait()
            return None

    def judged(self, number: int) -> None:
        """Records that the analysis has read everything up to a message."""
        self._judged = number

    def stored(self, number: int) -> None:
        """Records that everything up to a message is stored, and need not be kept."""
        with self._changed:
            while self._sent and self._sent[0].message.number <= number:
                entry = self._sent.popleft()
                self._size -= entry.size
                self._noted += entry.stands_for

    def rewind(self, exchanges: int) -> int:
        """Another process takes over: what is not stored goes to it. Its generation, for :meth:`next`.

        Args:
            exchanges: how many of those that were handed over are stored.
        """
        with self._changed:
            self._generation += 1
            suspect = next((entry for entry in self._sent if entry.message.number > self._judged), None)
            again = [part for entry in self._sent for part in self._rest(entry, exchanges, again=entry is suspect)]
            self._unsent.extendleft(reversed(again))
            self._sent.clear()
            if any(entry.message.number == 0 for entry in again):  # what was divided needs more numbers than it had
                for number, entry in enumerate(self._unsent, self._number + 1):
                    entry.message = replace(entry.message, number=number)
                self._number += len(self._unsent)
            self._judged = 0
            self._size = sum(entry.size for entry in self._unsent)
            self._changed.notify_all()
            return self._generation

    def _rest(self, entry: _Entry, stored: int, *, again: bool) -> Iterator[_Entry]:
        """The part of a message that is not stored yet. Exchanges that may have crashed the analysis are sent one by one, so
        that only the one that does is left out the next time, with a gap in its place."""
        item, end = entry.message.item, entry.message.exchanges
        if not isinstance(item, list):
            yield entry
            return
        kept = item[max(stored - (end - len(item)), 0) :]
        deaths = entry.deaths + again
        if deaths >= _DEATHS:
            self.left_out += len(kept)
            reason = f"an exchange was left out: the analysis ended {deaths} times while it read it; please report it"
            kept_gaps = [Gap("internal-error", exchange.host, reason, 1) for exchange in kept]
            yield from (_Entry(Message(0, end, gap), _size(gap), entry.since, stands_for=1) for gap in kept_gaps)
        elif again:
            for place, exchange in enumerate(kept, end - len(kept) + 1):
                yield _Entry(Message(0, place, [exchange]), _size([exchange]), entry.since, deaths)
        elif kept:
            yield _Entry(replace(entry.message, item=kept), _size(kept), entry.since, deaths)

    def give_up(self) -> None:
        """Discards everything that waits, and what comes from here on."""
        with self._changed:
            self._given_up = True
            self._generation += 1
            self.left_out += sum(entry.exchanges for entry in (*self._sent, *self._unsent))
            self._sent.clear()
            self._unsent.clear()
            self._size = 0
            self._changed.notify_all()

    def waiting(self) -> Waiting:
        """How much is not stored yet."""
        with self._changed:
            now = time.monotonic()
            first = next(chain(self._sent, self._unsent), None)
            unread = next(
                (each for each in chain(self._sent, self._unsent) if each.message.number > self._judged), None
            )
            return Waiting(
                exchanges=sum(entry.exchanges for entry in chain(self._sent, self._unsent)),
                size=self._size,
                seconds=0.0 if first is None else now - first.since,
                unread=0.0 if unread is None else max(now - unread.since, 1e-3),
            )


@dataclass(slots=True)
class _Overflow:
    """The gap for exchanges that found no room since the last time there was room."""

    exchanges: int = 0
    notes: int = 0
    since: float = 0.0

    def add(self, item: Item) -> None:
        self.since = self.since or time.time()
        if isinstance(item, list):
            self.exchanges += len(item)
        else:
            self.notes += 1

    def gap(self, most: int) -> Gap:
        notes = f" and {self.notes} notes of what could not be seen" if self.notes else ""
        reason = (
            f"{self.exchanges} exchanges{notes} in {max(time.time() - self.since, 0):.0f} seconds were not analysed: the analysis"
            f" did not keep up, and {most >> 20} MiB were waiting for it"
        )
        return Gap("records-lost", None, reason, self.exchanges or None)


def _size(item: Item) -> int:
    """An estimate, cheap to make, of the bytes that an item takes."""
    if isinstance(item, list):
        return sum(map(_exchange_size, item))
    return _OVERHEAD + len(item.reason) if isinstance(item, Gap) else 0


def _exchange_size(exchange: Exchange) -> int:
    size = _OVERHEAD + len(exchange.path) + len(exchange.query)
    for body in (exchange.request_body, exchange.response_body):
        size += 0 if body is None else len(body.raw)
    for headers in (exchange.request_headers, exchange.response_headers):
        size += sum(map(len, chain.from_iterable(headers.raw)))
    return size
