"""All findings: the gravest first, one sentence each, narrowed by what the address asks for."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from addon.findings import sentences
from addon.findings.finding_list import FIELDS, Narrowing, count_by, read_findings
from addon.findings.names import Names, read_names
from addon.findings.rows import Finding
from addon.findings.rules import rule_of
from datasette_plugins.plugin.page import Ask, Entry, Page, Shown

_PAGE = 50
_CHOICES = 12
"""Values of one field that are offered."""
_LABELS = {
    "verdict": "Verdict",
    "severity": "Severity",
    "vendor": "Vendor",
    "site": "Site or app",
    "rule": "Rule",
    "triage": "State",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One finding as it is shown."""

    finding: Finding
    sentence: str
    receiver: str
    phase: str | None


@dataclass(frozen=True, slots=True)
class Choice:
    """A value to narrow the list to, or to widen it from."""

    label: str
    href: str
    current: bool


def read(ask: Ask) -> Shown:
    """The list. Arguments: ``q`` (a text), the fields of ``FIELDS``, and ``from`` (the first line's number, from 0)."""
    names = read_names(ask.connection)
    wanted = Narrowing(
        text=ask.arguments.get("q", "")[:200],
        fields={name: ask.arguments[name] for name in FIELDS if ask.arguments.get(name)},
    )
    start = _number(ask.arguments.get("from", ""))
    found = read_findings(ask.connection, wanted, _PAGE + 1, start)
    lines = [_line(each, names) for each in found[:_PAGE]]
    counts = {name: count_by(ask.connection, wanted, name) for name in FIELDS}
    total = sum(count_by(ask.connection, wanted, "").values())
    context = {
        "lines": lines,
        "total": total,
        "start": start,
        "query": wanted.text,
        "hidden": wanted.fields,
        "choices": {_LABELS[name]: _choices(ask, wanted, name, counts[name], names) for name in FIELDS},
        "narrowed": bool(wanted.text or wanted.fields),
        "address": _address(ask, Narrowing()),
        "next": _address(ask, wanted, start + _PAGE) if len(found) > _PAGE else None,
        "previous": _address(ask, wanted, max(start - _PAGE, 0)) if start else None,
    }
    return Shown(
        context, {"total": total, "findings": [asdict(line.finding) for line in lines], "next": context["next"]}
    )


def _line(found: Finding, names: Names) -> Line:
    sentence = sentences.title(found.explanation, found.verdict, names, found.vendor)
    receiver = names.receiver(found.vendor, found.destination)
    return Line(found, sentence or found.rule, receiver, sentences.phase(found.phase, rule_of(found.rule)))


def _choices(ask: Ask, wanted: Narrowing, name: str, counts: Counter[str], names: Names) -> list[Choice]:
    current = wanted.fields.get(name)
    offered = [value for value, _ in counts.most_common(_CHOICES)]
    if current is not None and current not in offered:
        offered.append(current)
    if len(offered) < 2 and current is None:
        return []
    found = [Choice("all", _address(ask, wanted.without(name)), current is None)]
    for value in offered:
        label = names.short(value) if name == "vendor" else value
        found.append(
            Choice(f"{label[:60]} ({counts[value]:,})", _address(ask, wanted.narrowed(name, value)), value == current)
        )
    return found


def _address(ask: Ask, wanted: Narrowing, start: int = 0) -> str:
    given = {**({"q": wanted.text} if wanted.text else {}), **wanted.fields, **({"from": str(start)} if start else {})}
    address = ask.links.findings()
    return f"{address}?{urlencode(given)}" if given else address


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


PAGE = Page(
    route="/{database}/-/findings",
    template="consentwire/finding_list.html",
    tables=("captures", "signals", "violations", "findings", "names"),
    read=read,
    entry=Entry("Findings", 10),
)
