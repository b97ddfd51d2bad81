"""All vendors of which a database shows anything, with what was seen of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from addon.findings.gravity import HELD
from addon.findings.names import Names, read_names
from addon.findings.text import counted
from addon.findings.vendor_list import SeenVendor, seen_vendors
from datasette_plugins.plugin.page import Ask, Entry, Page, Shown
from vendor_catalog import shipped_catalogue

_HOSTS = 2
"""Hosts that a line names."""
CONSENT_MANAGER = "manages consent"
"""What stands in place of the category of one that needs no consent because it asks for it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One vendor as it is shown."""

    seen: SeenVendor
    name: str
    needs: str
    hosts: list[str]
    more_hosts: int


@dataclass(frozen=True, slots=True)
class Choice:
    """A way to see the list: an order or a category."""

    label: str
    href: str
    current: bool


_ORDERS: Mapping[str, tuple[str, Callable[[Line], Any]]] = {
    "violations": ("Violations", lambda line: [-line.seen.verdicts.get(verdict, 0) for verdict in HELD]),
    "name": ("Vendor", lambda line: line.name.casefold()),
    "needs": ("Needs consent for", lambda line: line.needs),
    "calls": ("Calls", lambda line: -line.seen.calls),
    "routed": ("Routed to it", lambda line: -line.seen.routed),
    "cookies": ("Cookies", lambda line: -line.seen.cookies),
    "findings": ("Findings", lambda line: -line.seen.findings),
    "first": ("First seen", lambda line: line.seen.first_at or "~"),
}
"""Name of an order -> the column's heading, and what is compared. The first is the one that nobody has to ask for."""


def read(ask: Ask) -> Shown:
    """The list, in the order (``sort``) and of the category (``needs``) that the address asks for."""
    names = read_names(ask.connection)
    every = [_line(each, names) for each in seen_vendors(ask.connection)]
    order = ask.arguments.get("sort", "")
    order = order if order in _ORDERS else next(iter(_ORDERS))
    wanted = ask.arguments.get("needs", "")
    every.sort(key=lambda line: (_ORDERS[order][1](line), -line.seen.calls, line.name.casefold(), line.seen.vendor))
    listed = [line for line in every if not wanted or line.needs == wanted]
    by_need = Counter(line.needs for line in every)
    context: dict[str, Any] = {
        "lines": listed,
        "total": len(every),
        "summary": _summary(every),
        "needs": [
            Choice("all", _address(ask, order, ""), not wanted),
            *(
                Choice(f"{needs} ({count:,})", _address(ask, order, needs), needs == wanted)
                for needs, count in by_need.most_common()
            ),
        ],
        "orders": {
            name: Choice(heading, _address(ask, name, wanted), name == order) for name, (heading, _) in _ORDERS.items()
        },
    }
    return Shown(context, {"vendors": [_document(line) for line in listed]})


def _line(seen: SeenVendor, names: Names) -> Line:
    hosts = [host for host, _ in seen.hosts.most_common()]
    return Line(seen, names.short(seen.vendor), _needs(seen, names), hosts[:_HOSTS], max(len(hosts) - _HOSTS, 0))


def _needs(seen: SeenVendor, names: Names) -> str:
    """The category that it was judged under most often here, which a policy may have chosen; otherwise the catalogue's."""
    catalogue = shipped_catalogue()
    if seen.vendor in names.managers or seen.vendor in catalogue.consent_managers:
        return CONSENT_MANAGER
    if seen.categories:
        return seen.categories.most_common(1)[0][0]
    entry = catalogue.vendors.get(seen.vendor)
    return "unknown" if entry is None else str(entry.category)


def _address(ask: Ask, order: str, needs: str) -> str:
    chosen = {"sort": "" if order == next(iter(_ORDERS)) else order, "needs": needs}
    query = urlencode({name: value for name, value in chosen.items() if value})
    return f"{ask.links.vendors()}?{query}" if query else ask.links.vendors()


def _summary(lines: list[Line]) -> str:
    """``240 calls to them and 31 messages routed on to them; findings name 9 of them``"""
    calls = sum(line.seen.calls for line in lines)
    routed = sum(line.seen.routed for line in lines)
    accused = sum(line.seen.findings > 0 for line in lines)
    activity = f"{counted(calls, 'call')} to them and {counted(routed, 'message')} routed on to them"
    return f"{activity}; findings name {accused:,} of them"


def _document(line: Line) -> dict[str, Any]:
    seen = line.seen
    return {
        "vendor": seen.vendor,
        "name": line.name,
        "needs": line.needs,
        "calls": seen.calls,
        "kinds": dict(seen.kinds),
        "hosts": dict(seen.hosts),
        "messages": seen.messages,
        "routed": seen.routed,
        "cookies": seen.cookies,
        "findings": seen.findings,
        "violations": seen.verdicts,
        "first_at": seen.first_at,
    }


PAGE = Page(
    route="/{database}/-/vendors",
    template="consentwire/vendor_list.html",
    tables=(
        *("captures", "sessions", "exchanges", "events", "signals", "violations"),
        *("findings", "calls", "hits", "cookies", "deliveries", "names"),
    ),
    read=read,
    entry=Entry("Vendors", 30),
)
