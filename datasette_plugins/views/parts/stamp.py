"""What a message is stamped with, category by category, beside what the person had chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from addon.findings import sentences
from addon.findings.events import Chosen, chosen
from addon.findings.names import Names
from addon.findings.query import document
from addon.findings.rows import EventRow
from vendor_catalog import Category


@dataclass(frozen=True, slots=True)
class StampLine:
    """One category of the stamp beside what the person chose."""

    key: str
    category: str | None
    stamped: bool | None
    chosen: str
    how_known: str
    agreement: str
    """``agrees``, ``contradicts``, ``denies`` or ``open``."""
    comparison: str


def stamp_lines(found: EventRow, names: Names) -> list[StampLine]:
    """The lines of a stamp; none where it cannot be read."""
    preferences, known = document(found.stamp), chosen(found)
    if not isinstance(preferences, dict):
        return []
    return [_line(str(key), value, names.category(str(key)), known) for key, value in preferences.items()]


def _line(key: str, value: Any, category: Category | None, known: Mapping[str, Chosen]) -> StampLine:
    stamped = value if isinstance(value, bool) else None
    if category is Category.NECESSARY:
        return StampLine(key, category, stamped, "not needed", "", "agrees", "needs no consent")
    choice = known.get(key)
    if choice is None:
        return StampLine(key, category, stamped, "not known", "", "open", "what was chosen of it is not stored")
    state = sentences.standing(choice.consent, choice.alternative)
    agreement, comparison = sentences.agreement(
        stamped, choice.consent, choice.alternative, mapped=category is not None
    )
    return StampLine(key, category, stamped, state, sentences.certainty(choice.certainty), agreement, comparison)
