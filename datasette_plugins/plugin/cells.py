"""How values of our tables look on Datasette's own pages. Everything in them was written by the sites under test."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datasette.utils import is_url
from markupsafe import Markup

from addon.store.schema import BY_NAME, Table

from . import instance, names
from .links import Links
from .registry import name_of_row

HEAVY = {
    "events": frozenset({"payload"}),
    "exchanges": frozenset({"request_headers", "request_body", "response_headers", "response_body"}),
}
"""Columns that a list does not show unless it is asked to (``?_col=payload``); a row's own page does."""
_FIRST = {
    "violations": (
        *("verdict", "severity", "rule", "vendor", "destination", "category", "phase", "site", "event_name"),
        *("occurred_at", "explanation", "suppressed"),
    ),
    "findings": ("verdict", "severity", "violations", "rule", "vendor", "destination", "site", "event_name"),
    "sessions": ("site", "app", "surface", "started_at", "ended_at", "consent_source", "capture_id", "client"),
    "events": ("type", "name", "session_id", "received_at", "stamped", "stamp"),
}
"""What people look for first; the other columns follow in the schema's order."""
_CHIPS = frozenset({"verdict", "severity", "phase", "triage", "outcome", "predicted", "basis"})
_MAX_PRETTY = 60_000
"""Characters of JSON that are laid out for reading."""
_ONE_LINE = 80
"""Characters of JSON that need not be laid out."""
_MAX_TEXT = 4000


def chip(value: object, kind: str = "") -> Markup:
    """A word in a coloured frame. The word itself says everything; ``kind`` tells which words share a name."""
    word = str(value)
    known = "".join(letter if letter.isalnum() else "-" for letter in word.lower())[:24] if word.isascii() else "other"
    return Markup('<span class="cw-chip cw-{}{}">{}</span>').format(f"{kind}-" if kind else "", known, word)


def cell(datasette: instance.Datasette, database: str, table: str | None, column: str, value: Any, row: Any) -> Any:
    """What a cell shows, or what is to be awaited for it; ``None`` leaves it to Datasette. Text is escaped by the template.

    Args:
        table: ``None`` for results of people's own SQL.
    """
    schema = BY_NAME.get(table or "")
    if schema is None or column not in schema.columns:
        return _unlinked(value)
    label = None
    if isinstance(value, dict):  # Datasette looked up what the row refers to
        value, label = value.get("value"), value.get("label")
    if value is None or value == "":
        return None
    links = Links(datasette, database)
    address = _address(links, schema, column, value, row)
    if address is not None:
        beside = _beside(schema.columns[column].references, str(label)) if label else ""
        return Markup('<a href="{}">{}</a>{}').format(address, _short(value), beside)
    if column in _CHIPS:
        return chip(value)
    if column == "vendor":
        return _vendor(links, str(value))
    if schema.columns[column].kind == "json" or column.endswith("_body"):
        return _pretty(str(value))
    return _unlinked(value)


async def _vendor(links: Links, vendor: str) -> Markup:
    """A vendor's id, with its name; the cell is awaited, because the name is in the database."""
    name = (await names.of(links.datasette, links.database)).of(vendor)
    return Markup('<a href="{}" title="{}">{}</a>').format(links.vendor(vendor), name, _short(vendor))


def _unlinked(value: Any) -> str | None:
    """Datasette would make a link of an address; an address that a page under test chose is only text here."""
    text = str(value)
    return text[:_MAX_TEXT] if is_url(text.strip()) else None


def _address(links: Links, schema: Table, column: str, value: Any, row: Any) -> str | None:
    """Where a number leads: to our page of the row, or to Datasette's."""
    page = name_of_row(schema.name) if (column,) == schema.key else None
    if page is not None:
        return links.page(page, value)
    if schema.name == "findings" and column == "violations":
        return links.table("violations", fingerprint=_value(row, "fingerprint"))
    referred = schema.columns[column].references
    if referred == "signals":
        session = _value(row, "session_id")
        return links.row("signals", value) if session is None else links.signal(session, value)
    page = name_of_row(referred)
    if page is not None:
        return links.page(page, value)
    return None if referred is None else links.row(referred, value)


def _value(row: Any, column: str) -> Any:
    """A value of a row, which Datasette may have replaced by a dictionary with its label."""
    try:
        value = row[column]
    except (KeyError, IndexError):
        return None
    return value.get("value") if isinstance(value, Mapping) else value


def _beside(referred: str | None, label: str) -> Markup:
    """What a number refers to; of a capture's path the file, which tells captures apart where the folders do not."""
    text = label.replace("\\", "/").rsplit("/", 1)[-1] if referred == "captures" else label
    return Markup(' <span class="cw-beside" title="{}">{}</span>').format(_short(label), _short(text))


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 120 else f"{text[:119]}…"


def _pretty(text: str) -> Markup | None:
    if len(text) > _MAX_PRETTY or not text.lstrip().startswith(("{", "[")):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    pairs = isinstance(value, list) and all(isinstance(item, list) and len(item) == 2 for item in value)
    if pairs:  # header fields
        laid_out = "\n".join(f"{name}: {content}" for name, content in value) or "none"
    else:
        laid_out = json.dumps(value, indent=None if len(text) <= _ONE_LINE else 1, ensure_ascii=False)
    return Markup('<pre class="cw-json">{}</pre>').format(laid_out)


@dataclass(frozen=True, slots=True)
class ShownTable:
    """What ``_table.html`` has to know of one of our tables."""

    links: Links
    table: str
    hidden: frozenset[str]
    columns: Mapping[str, str]
    """Column -> what it means."""
    row_page: str | None
    """The page of ours that shows a row."""

    def order(self, shown: Sequence[Mapping[str, Any]]) -> list[int]:
        """Positions of the columns that are shown, the key first, then what people look for first."""
        listed = [column["name"] for column in shown]
        first = [listed.index(name) for name in _FIRST.get(self.table, ()) if name in listed]
        rest = [position for position in range(1, len(listed)) if position not in first]
        return [0, *(position for position in (*first, *rest) if position and listed[position] not in self.hidden)]

    def page(self, key: object) -> str:
        assert self.row_page is not None
        return self.links.page(self.row_page, key)

    def row(self, key: object) -> str:
        return self.links.row(self.table, key)


def described(table: str) -> str:
    """What one of our tables holds; empty for any other."""
    return BY_NAME[table].help if table in BY_NAME else ""


def shown(datasette: instance.Datasette, database: Any, table: Any, request: Any) -> ShownTable | None:
    """How a table is to be shown; ``None`` if it is none of ours."""
    if not isinstance(database, str) or not isinstance(table, str) or table not in BY_NAME:
        return None
    if not instance.is_ours(datasette, database):
        return None
    chosen_columns = request is not None and "_col" in request.args
    hidden = frozenset() if chosen_columns else HEAVY.get(table, frozenset())
    columns = {name: column.help for name, column in BY_NAME[table].columns.items()}
    return ShownTable(Links(datasette, database), table, hidden, columns, name_of_row(table))
