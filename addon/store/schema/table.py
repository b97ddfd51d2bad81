"""What a table is: columns, keys and indexes, each with what it means."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

type Kind = Literal["text", "integer", "boolean", "time", "json"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``time`` is text, ISO 8601 in UTC with milliseconds; ``json`` is text."""

    kind: Kind
    help: str
    references: str | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table. ``record`` is the dataclass that fills it; ``None`` for tables that are made from others."""

    name: str
    help: str
    record: type | None
    columns: dict[str, Column]
    key: tuple[str, ...] = ("id",)
    indexes: tuple[tuple[str, ...], ...] = field(default=())


def own_id(help_text: str) -> Column:
    """The column by which a row is known."""
    return Column("text", help_text, required=True)


def reference(table: str, help_text: str, *, required: bool = False) -> Column:
    """A column with the id of a row of another table."""
    return Column("text", help_text, references=table, required=required)
