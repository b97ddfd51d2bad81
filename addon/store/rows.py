"""Records -> rows: times as text, text that SQLite can hold, secrets masked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from addon.records import TABLES, Column, RowRecord, Table

from .redaction import Redactor

type Row = tuple[object, ...]


def iso(at: float | None) -> str | None:
    """Unix time in seconds as ``2026-11-23T12:00:03.120Z``; ``None`` for what is no time."""
    if at is None:
        return None
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):
        return None


def text(value: object) -> object:
    """Text without lone surrogates, which JSON allows and SQLite refuses, and without NUL, at which SQLite ends it."""
    if not isinstance(value, str):
        return value
    if not value.isascii():
        value = value.encode("utf-8", "replace").decode("utf-8")
    return value.replace("\0", "\N{SYMBOL FOR NULL}") if "\0" in value else value


def integer(value: int | None) -> int | None:
    """A number that SQLite can hold.

    Raises:
        OverflowError: if it takes more than 64 bits.
    """
    if value is not None and not -_INTEGERS <= value < _INTEGERS:
        raise OverflowError("a number takes more than 64 bits")
    return value


_INTEGERS = 1 << 63
_CONVERTERS: dict[str | None, Callable[[Any], object]] = {
    "text": text,
    "json": text,
    "integer": integer,
    "boolean": integer,
    "time": iso,
}


class RowMaker:
    """Makes rows of every record type."""

    def __init__(self, redactor: Redactor) -> None:
        self._makers = {table.record: _maker(table, redactor) for table in TABLES}

    def row(self, record: RowRecord) -> Row:
        """A record's values, in the order of its table's columns."""
        return self._makers[type(record)](record)


def _maker(table: Table, redactor: Redactor) -> Callable[[Any], Row]:
    values = attrgetter(*table.columns)
    steps = [_step(column, redactor) for column in table.columns.values()]

    def make(item: Any) -> Row:
        return tuple([step(value) for step, value in zip(steps, values(item), strict=True)])

    return make


def _step(column: Column, redactor: Redactor) -> Callable[[Any], object]:
    converter = _CONVERTERS[column.kind]
    if column.redaction is None:
        return converter
    redact: Callable[[Any], object] = getattr(redactor, column.redaction)
    return lambda value: converter(redact(value))
