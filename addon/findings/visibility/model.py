"""How much of a database's captures was seen, as numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from addon.store.schema.gaps import Consequence, kind_of

MAX_NAMED = 50
"""Unknown hosts that are given by name."""


@dataclass(frozen=True, slots=True)
class CaptureVisibility:
    """One capture."""

    id: int
    name: str
    """Its file's name, or what it is."""
    ended: bool
    """Whether nothing more is to come: it was recorded or read to its end, or broke off, which is a loss. Until then, a process
    holds it."""
    seen: int
    judged: int
    proofs: int
    """Exchanges, and reports of the in-page probe, with an act that was judged and read: a call whose body nobody could read is
    judged as a call, and what it carried is not known."""
    unread: int
    unjudged: int
    lost: int
    lost_uncounted: tuple[str, ...]
    """Kinds of gaps of which nobody knows how much was lost with them."""
    pages: int
    """Pages of a site that were opened and answered."""
    fetched: int
    """Answered requests beside the pages, in sessions that opened one."""
    kinds: dict[str, int] = field(default_factory=dict)
    """Kind of gap, where it is more than a note -> how many exchanges show it, or were lost by it."""
    elsewhere: dict[str, int] = field(default_factory=dict)
    """Likewise, of gaps that concern no single exchange: connections, files."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was judged: no act that could be read, and no page of which it could be said that it made no call."""
        if self.proofs:
            return False
        blind = self.unread or self.unjudged or self.elsewhere
        return bool(blind) or not (self.pages and self.fetched)

    @property
    def is_cut(self) -> bool:
        """Whether a part of it was lost."""
        return bool(self.lost or self.lost_uncounted)


@dataclass(frozen=True, slots=True)
class Hosts:
    """Whom the traffic went to."""

    contacted: int
    """Hosts that a request went out to."""
    named: int
    """Those of them that the catalogue or the policy names, and the visited sites' own."""
    unknown: tuple[tuple[str, int], ...]
    """The others with the number of their exchanges, the most frequent first; at most ``MAX_NAMED``."""

    @property
    def unknown_count(self) -> int:
        return self.contacted - self.named


@dataclass(frozen=True, slots=True)
class Visibility:
    """Everything in one database."""

    captures: tuple[CaptureVisibility, ...]
    hosts: Hosts

    @property
    def seen(self) -> int:
        return sum(each.seen for each in self.captures)

    @property
    def judged(self) -> int:
        return sum(each.judged for each in self.captures)

    @property
    def proofs(self) -> int:
        return sum(each.proofs for each in self.captures)

    @property
    def pages(self) -> int:
        return sum(each.pages for each in self.captures)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was judged in any capture."""
        return all(each.is_empty for each in self.captures)

    @property
    def unread(self) -> int:
        return sum(each.unread for each in self.captures)

    @property
    def unjudged(self) -> int:
        return sum(each.unjudged for each in self.captures)

    @property
    def lost(self) -> int:
        return sum(each.lost for each in self.captures)

    @property
    def lost_uncounted(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(kind for each in self.captures for kind in each.lost_uncounted))

    def kinds(self, *consequences: Consequence, elsewhere: bool = False) -> dict[str, int]:
        """Kinds of gaps with one of some consequences, and how many exchanges show them; or, with ``elsewhere``, how many of
        them concern no single exchange."""
        counts: Counter[str] = Counter()
        for each in self.captures:
            counts.update(each.elsewhere if elsewhere else each.kinds)
        frequent = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
        return {kind: count for kind, count in frequent if kind_of(kind).consequence in consequences}
