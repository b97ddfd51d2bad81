"""Records -> rows: times as text, text that SQLite can hold, secrets masked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from addon.records import EventRecord, ExchangeRecord, HitRecord, IdentityRecord, Record

from .redaction import Redactor
from .schema import BY_RECORD, Column, Table

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
_CONVERTERS: dict[str, Callable[[Any], object]] = {
    "text": text,
    "json": text,
    "integer": integer,
    "boolean": integer,
    "time": iso,
}


class RowMaker:
    """Makes rows of every record type."""

    def __init__(self, redactor: Redactor) -> None:
        special = self._redactions(redactor)
        self._makers: dict[type, Callable[[Any], Row]] = {
            record: _maker(record, table, special.get(record, {})) for record, table in BY_RECORD.items()
        }

    def row(self, record: Record) -> Row:
        """A record's values, in the order of its table's columns."""
        return self._makers[type(record)](record)

    @staticmethod
    def _redactions(redactor: Redactor) -> dict[type, dict[str, Callable[[Any], object]]]:
        return {
            ExchangeRecord: {
                "request_headers": redactor.headers,
                "response_headers": redactor.headers,
                "query": redactor.query,
                "request_body": redactor.body,
                "response_body": redactor.body,
            },
            EventRecord: {
                "anonymous_id": redactor.identifier,
                "user_id": redactor.identifier,
                "payload": redactor.payload,
            },
            IdentityRecord: {
                "user_id": redactor.identifier,
                "anonymous_id": redactor.identifier,
                "device_id": redactor.identifier,
                "previous_id": redactor.identifier,
            },
            HitRecord: {"identifiers": redactor.identifiers},
        }


def _maker(record: type, table: Table, special: dict[str, Callable[[Any], object]]) -> Callable[[Any], Row]:
    names = [field.name for field in fields(record)]
    if names != list(table.columns):
        raise TypeError(f"{record.__name__} and the table {table.name} do not have the same columns in the same order")
    values = attrgetter(*names)
    steps = [_step(column, special.get(name)) for name, column in table.columns.items()]

    def make(item: Any) -> Row:
        return tuple([step(value) for step, value in zip(steps, values(item), strict=True)])

    return make


def _step(column: Column, redaction: Callable[[Any], object] | None) -> Callable[[Any], object]:
    converter = _CONVERTERS[column.kind]
    if redaction is None:
        return converter
    return lambda value: converter(redaction(value))
