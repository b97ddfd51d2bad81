"""The receivers of the first page: how many violations each has, by what was in force, as rows of numbers that lead to them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from addon.findings.gravity import HELD
from addon.findings.names import Names
from addon.findings.overview import MILD, PHASES, Overview, Receiver
from addon.findings.text import joined
from datasette_plugins.plugin.links import Links

_COUNTED = {"verdict__not": "cleared", "suppressed__isnull": "1"}
"""Datasette's filters for the violations that count."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A number in the matrix."""

    count: int
    verdicts: dict[str, int]
    surest: str | None
    href: str
    shares: list[tuple[str, float, float]]
    """Verdict, start and width, in per cent of the cell's bar."""
    title: str


@dataclass(frozen=True, slots=True)
class ReceiverRow:
    """A receiver."""

    name: str
    vendor: str | None
    destination: str | None
    via: str
    """The CDPs that send on to it; empty for one that was called itself."""
    href: str
    cells: list[Cell | None]
    """One a phase, then warnings and notes."""


def gravest(seen: Overview, names: Names) -> list[Receiver]:
    """All receivers: those with the most errors first, among equals those with the surest."""
    return sorted(
        seen.tally.receivers.values(),
        key=lambda each: (
            -each.grave,
            *(-count for count in each.surest),
            names.receiver(each.vendor, each.destination),
        ),
    )


def receiver_row(receiver: Receiver, links: Links, seen: Overview, names: Names) -> ReceiverRow:
    """A receiver with its numbers."""
    whom = _filters(receiver)
    cells: list[Cell | None] = []
    for phase in (*PHASES, MILD):
        counts = receiver.cells.get(phase, Counter())
        which = {"severity__not": "error"} if phase == MILD else {"severity": "error", "phase": phase}
        cells.append(_cell(counts, links.table("violations", **whom, **which, **_COUNTED)) if counts else None)
    href = links.vendor(receiver.vendor) if receiver.vendor else links.table("violations", **whom, **_COUNTED)
    via = (names.receiver(cdp).removeprefix("Twilio ") for cdp in seen.routers.get(receiver.destination or "", ()))
    name = names.receiver(receiver.vendor, receiver.destination)
    return ReceiverRow(name, receiver.vendor, receiver.destination, joined(via), href, cells)


def _filters(receiver: Receiver) -> dict[str, str]:
    found: dict[str, str] = {}
    for column, value in (("vendor", receiver.vendor), ("destination", receiver.destination)):
        found[column if value else f"{column}__isnull"] = value or "1"
    return found


def _cell(counts: Counter[str], href: str) -> Cell:
    total = sum(counts.values())
    shares: list[tuple[str, float, float]] = []
    start = 0.0
    for verdict in HELD:
        width = 100 * counts[verdict] / total
        if width:
            shares.append((verdict, round(start, 2), round(width, 2)))
        start += width
    return Cell(
        count=total,
        verdicts={verdict: counts[verdict] for verdict in HELD if counts[verdict]},
        surest=next((verdict for verdict in HELD if counts[verdict]), None),
        href=href,
        shares=shares,
        title=", ".join(f"{counts[verdict]:,} {verdict}" for verdict in HELD if counts[verdict]),
    )


def document(row: ReceiverRow) -> dict[str, Any]:
    """The same for machines."""
    counts = {
        phase: cell.verdicts for phase, cell in zip((*PHASES, "warnings-and-notes"), row.cells, strict=True) if cell
    }
    return {"name": row.name, "vendor": row.vendor, "destination": row.destination, "phases": counts}
