"""Findings, narrowed by a text and by what they have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .gravity import gravest_first
from .query import Connection
from .rows import Finding, findings

FIELDS = ("verdict", "severity", "vendor", "site", "rule", "triage")
"""What a list of findings can be narrowed by."""
_SEARCHED = ("f.rule", "f.vendor", "f.destination", "f.site", "f.event_name")


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which findings are wanted; all of them where nothing is."""

    text: str = ""
    """Part of a rule's, vendor's, destination's, site's or event's name, or of what was observed; in any case."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """A field of ``FIELDS`` -> its value."""

    def narrowed(self, name: str, value: str) -> Narrowing:
        return replace(self, fields={**self.fields, name: value})

    def without(self, name: str) -> Narrowing:
        return replace(self, fields={key: value for key, value in self.fields.items() if key != name})


def read_findings(connection: Connection, wanted: Narrowing, limit: int, start: int) -> list[Finding]:
    """So many of them, the gravest first, from a number on (counted from 0)."""
    where, values = _where(wanted)
    rest = f"WHERE {where} ORDER BY {gravest_first('f')} LIMIT :limit OFFSET :start"
    return findings(connection, rest, limit=limit, start=start, **values)


def count_by(connection: Connection, wanted: Narrowing, name: str) -> Counter[str]:
    """How many there are of each value of a field, whatever that field is narrowed to; with an empty name, how many in all."""
    if name and name not in FIELDS:
        raise ValueError(f"{name!r} is no field of findings")
    where, values = _where(wanted.without(name) if name else wanted)
    column = f"f.{name}" if name else "''"
    query = f"SELECT {column}, count(*) FROM findings f WHERE {where} AND {column} IS NOT NULL GROUP BY 1"
    return Counter(dict(connection.execute(query, values)))


def _where(wanted: Narrowing) -> tuple[str, dict[str, str]]:
    parts, values = ["1"], {}
    for name, value in wanted.fields.items():
        if name in FIELDS:
            parts.append(f"f.{name} = :{name}")
            values[name] = value
    if wanted.text:
        values["text"] = wanted.text.lower()
        names = " OR ".join(f"instr(lower(coalesce({column}, '')), :text)" for column in _SEARCHED)
        named = "f.vendor IN (SELECT id FROM names WHERE kind = 'vendor' AND instr(lower(name), :text))"
        observed = "EXISTS (SELECT 1 FROM violations w WHERE w.fingerprint = f.fingerprint AND instr(lower(w.explanation), :text))"
        parts.append(f"({names} OR {named} OR {observed})")
    return " AND ".join(parts), values
