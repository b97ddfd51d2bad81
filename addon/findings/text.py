"""Small words for sentences: lists, counts, names cut short."""

from __future__ import annotations

from collections.abc import Iterable


def joined(words: Iterable[str]) -> str:
    """``a, b and c``"""
    listed = list(words)
    if len(listed) < 2:
        return "".join(listed)
    return f"{', '.join(listed[:-1])} and {listed[-1]}"


def counted(count: int, one: str, many: str | None = None) -> str:
    """``1 session``, ``12,003 sessions``"""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def short(name: str) -> str:
    """``Meta Pixel`` for ``Meta Pixel (Facebook Pixel) / Conversions API``"""
    return name.partition(" (")[0].partition(" / ")[0]
