"""Rows as objects again: records as they were written, and views of a table that want some of its columns."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path

import pytest

from addon.exchange import Headers
from addon.records import Record, table_of
from addon.store import Database
from addon.store.selection import seconds, selection

from .rows_made import event, exchange, row_maker, small


def stored(path: Path, records: list[Record]) -> sqlite3.Connection:
    database = Database(path)
    database.write(records, row_maker())
    database.close()
    return sqlite3.connect(path)


def plain(value: object) -> object:
    return value.raw if isinstance(value, Headers) else value


def test_every_record_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    evidence = exchange(
        request_headers=Headers.from_text([("Accept", "*/*")]), request_body=b"{}", response_body=b"\xc3\xa4"
    )
    records = [evidence if record.id == evidence.id else record for record in small()]  # type: ignore[union-attr]
    records.append(replace(evidence, id="1.2", request_body=None, response_headers=Headers()))
    with closing(stored(tmp_path / "a.db", records)) as connection:
        for record in records:
            if type(record).__name__ == "HitRecord":
                continue  # its identifiers are hashed under any policy
            table = table_of(type(record))
            (key,) = table.key
            found = selection(type(record), table)
            read = found.first(connection, f"FROM {table.name} WHERE {key} = :key", key=getattr(record, key))
            assert read is not None
            assert {name: plain(value) for name, value in asdict(read).items()} == {
                name: plain(value) for name, value in asdict(record).items()
            }


class Shape(StrEnum):
    MISSING = "missing"


@dataclass(frozen=True)
class View:
    id: str
    received_at: str
    moment: float
    stamped: Shape
    started: bool
    nothing: bool | None


def test_a_view_reads_a_column_as_its_field_says(tmp_path: Path) -> None:
    with closing(stored(tmp_path / "a.db", [*small(), event(place=1)])) as connection:
        view = selection(
            View, table_of(type(event())), "e", moment="e.received_at", started="e.type = 'track'", nothing="NULL"
        )
        (read,) = view.all(connection, "FROM events e WHERE e.id = :id", id="1.1.0")
    assert read == View("1.1.0", "2026-01-01T12:00:00.123Z", 1_767_268_800.123, Shape.MISSING, True, None)
    assert read.started is True
    assert isinstance(read.stamped, Shape)


def test_a_field_that_no_column_fills_is_refused_when_the_query_is_made() -> None:
    with pytest.raises(TypeError, match="the table events has no column moment, started, nothing for View"):
        selection(View, table_of(type(event())))


@pytest.mark.parametrize("text", [None, "", "soon", "2026-13-01T00:00:00Z", "9" * 50])
def test_what_is_no_time_is_read_as_none(text: str | None) -> None:
    assert seconds(text) is None
