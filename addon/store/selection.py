"""Rows -> objects: which columns a class needs, and how their values become what its fields say.

A class has a field for each column that it wants, under the column's name: a record has all of them, a view of it some. What a
column holds follows from the field's type: a time is read as text into a ``str`` and as Unix time in seconds into a ``float``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from sqlite3 import Connection
from typing import Any, get_type_hints

from addon.exchange import Headers
from addon.records import Table, plain_type

type _Step = Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class Selection[Row]:
    """The columns of a query, and what makes an object of each of its rows."""

    columns: str
    """As they stand behind ``SELECT``."""
    make: Callable[..., Row]
    """Takes a row's values, in the order of the columns."""

    def sql(self, rest: str) -> str:
        """A query; ``rest`` is what stands behind the columns."""
        return f"SELECT {self.columns} {rest}"

    def all(self, connection: Connection, rest: str, **values: object) -> list[Row]:
        """Every row of a query."""
        return [self.make(*row) for row in connection.execute(self.sql(rest), values)]

    def first(self, connection: Connection, rest: str, **values: object) -> Row | None:
        """The first row of a query, or ``None``."""
        row = connection.execute(self.sql(rest), values).fetchone()
        return None if row is None else self.make(*row)


def selection[Row](made: type[Row], table: Table, alias: str = "", **expressions: str) -> Selection[Row]:
    """What reads rows of a table into a dataclass.

    Args:
        made: the dataclass; a field of it is a column of the table, unless there is an expression for it.
        alias: what the query calls the table.
        expressions: SQL, by the name of the field that it fills.

    Raises:
        TypeError: if a field is neither.
    """
    assert is_dataclass(made)
    hints = get_type_hints(made, include_extras=True)
    names = [field.name for field in fields(made)]
    unknown = [name for name in names if name not in expressions and name not in table.columns]
    if unknown:
        raise TypeError(f"the table {table.name} has no column {', '.join(unknown)} for {made.__name__}")
    prefix = f"{alias}." if alias else ""
    columns = ", ".join(expressions.get(name, f"{prefix}{name}") for name in names)
    steps = {place: step for place, name in enumerate(names) if (step := _step(plain_type(hints[name]))) is not None}
    return Selection(columns, _maker(made, names, steps))


def _maker(made: Callable[..., Any], names: list[str], steps: Mapping[int, _Step]) -> Callable[..., Any]:
    def make(*values: object) -> Any:
        row = list(values)
        for place, step in steps.items():
            if row[place] is not None:
                row[place] = step(row[place])
        return made(**dict(zip(names, row, strict=True)))

    return make


def _step(wanted: Any) -> _Step | None:
    """How a column's value becomes what a field's type says; ``None`` if it is that already."""
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return wanted
    return _STEPS.get(wanted)


def rank(column: str, order: Iterable[str]) -> str:
    """SQL: the place of a column's value in an order, behind all of it for any other. ``order`` has words of ours."""
    listed = list(order)
    places = " ".join(f"WHEN '{value}' THEN {place}" for place, value in enumerate(listed))
    return f"CASE {column} {places} ELSE {len(listed)} END"


def seconds(text: str | None) -> float | None:
    """Unix time in seconds of a column of times; ``None`` for what is no time."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        return None


def document(text: str | None) -> Any:
    """What a JSON column holds; ``None`` for what is no JSON."""
    if not text:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def header_fields(text: str | None) -> list[tuple[str, str]]:
    """Names and values of header fields."""
    listed = document(text)
    pairs = [item for item in listed if isinstance(item, list) and len(item) == 2] if isinstance(listed, list) else []
    return [(str(name), str(value)) for name, value in pairs]


_STEPS: dict[Any, _Step] = {
    bool: bool,
    float: seconds,
    bytes: lambda text: str(text).encode("utf-8", "replace"),
    Headers: lambda text: Headers.from_text(header_fields(text)),
}
