"""What a cause is: what violations have in common so that one change would end them all.

A violation belongs to exactly one cause, which its act decides and not its verdict: so it stays in its cause when evidence moves the
verdict, and the same defect has the same cause in every capture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote, unquote

from .acts.act import Act
from .rule import Breach

_NO_KIND = "alone"
"""Stands for the kind of a finding that shares its cause with no other."""


class Subject(NamedTuple):
    """What tells the causes of one kind on one site apart."""

    vendor: str | None = None
    """Catalogue id: of the CDP, or of whoever is called."""
    destination: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseKind:
    """One kind of cause. A module in ``judge/causes`` holds one as ``CAUSE``, and that is all it takes to add it."""

    slug: str
    order: int
    """Of several kinds that claim a violation, the one with the lowest has it. In tens, so that there is room between."""
    claims: Callable[[str, Act, Breach], Subject | None]
    """Takes the rule's slug, the act and the breach. ``None`` for a violation that this change would not end."""
    title: str
    """What is wrong, as a sentence without its full stop, true of every violation under it; ``{vendor}``, ``{destination}`` and
    ``{site}`` stand for names."""
    fix: str
    """The change that ends it, in whole sentences."""


@dataclass(frozen=True, slots=True)
class CauseName:
    """One cause, by what it is about. As text it is its id: ``unstamped:segment::shop.example``."""

    kind: str
    vendor: str | None = None
    destination: str | None = None
    site: str | None = None
    fingerprint: str | None = None
    """Of the finding that stands alone, where it does."""

    def __str__(self) -> str:
        if self.fingerprint is not None:
            return f"{_NO_KIND}:{self.fingerprint}"
        parts = (self.kind, self.vendor, self.destination, self.site)
        return ":".join(quote(part or "", safe=" ()") for part in parts)

    @classmethod
    def read(cls, text: str) -> CauseName:
        """The cause of an id.

        Raises:
            ValueError: if it is none.
        """
        kind, *rest = (unquote(part) for part in text.split(":"))
        if kind == _NO_KIND and len(rest) == 1:
            return cls(_NO_KIND, fingerprint=rest[0])
        if len(rest) != 3:
            raise ValueError(f"{text!r} names no cause")
        vendor, destination, site = (part or None for part in rest)
        return cls(kind, vendor, destination, site)


def cause_of(kinds: Iterable[CauseKind], rule: str, act: Act, breach: Breach, fingerprint: str) -> CauseName:
    """The cause of a violation; what no kind claims stands alone, with the other violations of its finding.

    Args:
        kinds: in the order in which they may claim it.
        rule: the slug of the rule that was broken.
    """
    for kind in kinds:
        subject = kind.claims(rule, act, breach)
        if subject is not None:
            return CauseName(kind.slug, subject.vendor, subject.destination, act.place.site)
    return CauseName(_NO_KIND, fingerprint=fingerprint)
