"""What a table is, and how a record declares it: on its own fields, once.

A record's class names its table; its fields are the columns, in their order. What a field is for people, whether it refers to
another table and how it is redacted stands beside its type, and everything else is made from that: the tables, the rows, the
records that are read back, Datasette's descriptions and ``docs/database.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cached_property
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from addon.exchange import Headers

type Kind = Literal["text", "integer", "boolean", "time", "json"]
type Redaction = Literal["headers", "query", "body", "payload", "identifier", "identifiers"]
"""Methods of the store's redactor."""

_KINDS: dict[type, Kind] = {
    str: "text",
    bytes: "text",
    int: "integer",
    bool: "boolean",
    float: "time",
    Headers: "json",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Args:
        help: what it means.
        kind: if the field's type does not say it: JSON is text already. ``time`` is Unix time in seconds in the record, and
            text in the database, ISO 8601 in UTC with milliseconds.
        references: the table to whose rows it leads.
        required: whether it may not be empty.
        redaction: what is done with the value before it is written.
        named: whether it is an id of the catalogue: then the name that goes with it is stored as well.
        written_apart: whether it is filled once the row is there, and stays when the row is written again.
    """

    help: str
    kind: Kind | None = None
    references: str | None = None
    required: bool = False
    redaction: Redaction | None = None
    named: bool = False
    written_apart: bool = False


@dataclass(frozen=True)
class Table:
    """One table, and the dataclass whose instances are its rows."""

    name: str
    record: type
    key: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...]
    derived: bool = False
    """Whether the database itself keeps its rows, from those of other tables."""

    @property
    def help(self) -> str:
        """What its rows are: the record's docstring."""
        return " ".join((self.record.__doc__ or "").split())

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Its columns by name, in the order of the record's fields."""
        hints = get_type_hints(self.record, include_extras=True)
        return {field.name: _column(self.record, field.name, hints[field.name]) for field in fields(self.record)}


def _column(record: type, name: str, hint: Any) -> Column:
    if get_origin(hint) is not Annotated:
        raise TypeError(f"{record.__name__}.{name} does not say what its column is")
    of_type, column = get_args(hint)
    assert isinstance(column, Column)
    return column if column.kind is not None else replace(column, kind=_KINDS[plain_type(of_type)])


def plain_type(hint: Any) -> Any:
    """A field's type without ``None`` and without what is annotated."""
    if get_origin(hint) is Annotated:
        return plain_type(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        (only,) = [each for each in get_args(hint) if each is not NoneType]
        return only
    return hint


def own_id(help_text: str) -> Column:
    """The column by which a row is known."""
    return Column(help_text, required=True)


def reference(to: str, help_text: str, *, required: bool = False) -> Column:
    """A column with the id of a row of another table."""
    return Column(help_text, references=to, required=required)


_TABLES: dict[type, Table] = {}


def table[Record](
    name: str,
    *,
    key: tuple[str, ...] = ("id",),
    indexes: tuple[tuple[str, ...], ...] = (),
    derived: bool = False,
) -> Callable[[type[Record]], type[Record]]:
    """Declares a dataclass to be the rows of a table."""

    def declared(record: type[Record]) -> type[Record]:
        _TABLES[record] = Table(name, record, key, indexes, derived)
        return record

    return declared


def table_of(record: type) -> Table:
    """The table that a record is a row of.

    Raises:
        KeyError: if it is none.
    """
    return _TABLES[record]
