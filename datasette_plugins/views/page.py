"""What every page gives: a template with its context, and a document for machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from datasette_plugins.plugin.links import Links
from datasette_plugins.reading.query import Connection


@dataclass(frozen=True, slots=True)
class Page:
    """A page that can be shown."""

    template: str
    context: Mapping[str, Any]
    document: Mapping[str, Any]
    """The same as JSON."""


class Missing(Exception):
    """Something that was asked for and is not there."""

    def __init__(self, what: str, hint: str, ways: Mapping[str, str]) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.ways = dict(ways)
        """Words -> address of where to go instead."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a page was asked for."""

    connection: Connection
    links: Links
    key: str
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
