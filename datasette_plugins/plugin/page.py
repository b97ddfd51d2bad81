"""What a page is: a module in ``views`` that declares where the page is, what it reads, and who leads to it.

Adding a page is adding that module and its template. From the declaration come its route, its place in the navigation, the
links in the table whose row it shows, and the check that whoever asks may see what it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from addon.findings.query import Connection

from .links import Links


@dataclass(frozen=True, slots=True)
class Entry:
    """A place in the navigation."""

    label: str
    order: int
    """The lowest stands first. In tens, so that there is room between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of ours."""

    route: str
    """``/{database}/-/vendors`` or ``/{database}/-/vendors/{key}``. Without ``{database}`` it is about all databases."""
    template: str
    tables: tuple[str, ...]
    """Tables whose rows it shows. Who may not see one of them does not see the page."""
    read: Callable[[Ask], Shown]
    """Reads what it shows, of one database."""
    row_of: str | None = None
    """The table whose row it shows: numbers in that table lead here, and its list is the list of these pages."""
    entry: Entry | None = None
    combined: Callable[[Sequence[Shown], Sequence[Mapping[str, str]]], Shown] | None = None
    """For a page about all databases: what was read of each of ours, and the other databases, as one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetteTable:
    """A table that stands in the navigation and has no page of ours."""

    table: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Ask:
    """What a page was asked for."""

    connection: Connection
    links: Links
    key: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    """Of the query string; the first of each."""

    def missing(self, noun: str, table: str) -> Missing:
        """That there is no such row."""
        return Missing(
            f"There is no {noun} {self.key[:100]!r} in {self.links.database}.",
            "The capture may have been analysed again since the link was made: its numbers are given anew then."
            " Fingerprints of findings stay the same.",
            {f"All {table}": self.links.table(table), "Home": self.links.home()},
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """What was read: for the page's template, and for machines."""

    context: Mapping[str, Any]
    document: Mapping[str, Any]


class Missing(Exception):
    """Something that was asked for and is not there."""

    def __init__(self, what: str, hint: str, ways: Mapping[str, str]) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.ways = dict(ways)
        """Words -> address of where to go instead."""
