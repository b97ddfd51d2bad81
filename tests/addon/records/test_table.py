"""Tables as records declare them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest

import addon.records
from addon.exchange import Headers
from addon.records import TABLES
from addon.records.table import Column, own_id, reference, table, table_of


@table("letters", key=("id",), indexes=(("sent_at",),))
@dataclass(slots=True, kw_only=True)
class LetterRecord:
    """Letters, as
    they came."""

    id: Annotated[str, own_id("Number.")]
    reply_to: Annotated[str | None, reference("letters", "What it answers.")]
    pages: Annotated[int | None, Column("How many.")]
    opened: Annotated[bool, Column("Whether somebody read it.")]
    sent_at: Annotated[float, Column("When.", required=True)]
    head: Annotated[Headers, Column("Its head.", redaction="headers")]
    body: Annotated[bytes | None, Column("Its text.")]
    tags: Annotated[str, Column("What it is about.", kind="json")] = "[]"


def test_a_table_is_what_its_record_says() -> None:
    letters = table_of(LetterRecord)
    assert (letters.name, letters.key, letters.indexes) == ("letters", ("id",), (("sent_at",),))
    assert letters.help == "Letters, as they came."
    assert {name: column.kind for name, column in letters.columns.items()} == {
        "id": "text",
        "reply_to": "text",
        "pages": "integer",
        "opened": "boolean",
        "sent_at": "time",
        "head": "json",
        "body": "text",
        "tags": "json",
    }
    assert [name for name, column in letters.columns.items() if column.required] == ["id", "sent_at"]
    assert letters.columns["reply_to"].references == "letters"
    assert letters.columns["head"].redaction == "headers"


def test_a_field_that_does_not_say_what_its_column_is_is_refused() -> None:
    @table("bare")
    @dataclass
    class BareRecord:
        id: str

    with pytest.raises(TypeError, match=r"BareRecord\.id does not say what its column is"):
        assert table_of(BareRecord).columns


def test_every_class_that_declares_a_table_is_a_record() -> None:
    """A table that the list of records does not name would never be made."""
    folder = Path(addon.records.__file__).parent
    declared = {
        name
        for path in folder.glob("*.py")
        for name in re.findall(r"^@table\(.*?^class (\w+)", path.read_text(), re.M | re.S)
    }
    assert declared == {each.record.__name__ for each in TABLES}
    assert len(declared) > 15


def test_what_is_referred_to_stands_before_what_refers_to_it() -> None:
    made: set[str] = set()
    for each in TABLES:
        made.add(each.name)
        assert {column.references for column in each.columns.values() if column.references} <= made, each.name
