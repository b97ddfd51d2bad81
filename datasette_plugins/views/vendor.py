"""A vendor: who it is, what it received here, and under what consent."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from addon.findings import vendors
from addon.findings.names import read_names
from addon.findings.text import counted, joined
from addon.findings.vendors import MOST, Received
from datasette_plugins.plugin.page import Ask, Missing, Page, Shown
from vendor_catalog import ConsentManager, Vendor, shipped_catalogue


def read(ask: Ask) -> Shown:
    """The page of a vendor, by its catalogue id. One that the catalogue knows has a page even if nothing of it was seen."""
    connection, links, vendor = ask.connection, ask.links, ask.key
    catalogue, names = shipped_catalogue(), read_names(connection)
    entry = catalogue.vendors.get(vendor) or catalogue.consent_managers.get(vendor)
    if entry is None and not vendors.is_known(connection, vendor):
        raise Missing(
            f"There is no vendor {vendor[:100]!r} in {links.database}, nor in the catalogue.",
            "Vendors are named by their id in the catalogue, such as google-analytics-4.",
            {"Vendors that were seen": links.vendors(), "Home": links.home()},
        )
    found = vendors.received(connection, vendor)
    listed = entry if isinstance(entry, Vendor) else None
    decoded = vendors.decoded(vendor)
    context: dict[str, Any] = {
        "vendor": vendor,
        "name": names.of(vendor),
        "entry": listed,
        "manages_consent": vendor in names.managers or isinstance(entry, ConsentManager),
        "needs": _needs(listed, found),
        "received": found,
        "summary": _summary(found),
        "decoded": decoded,
        "kinds": vendors.identifier_kinds(),
        "most": MOST,
    }
    document = {
        "vendor": vendor,
        "name": names.of(vendor),
        "category": None if listed is None else listed.category,
        "category_reason": None if listed is None else listed.category_reason,
        "decoded": list(decoded or ()),
        **asdict(found),
        "calls": found.calls,
    }
    return Shown(context, document)


def _needs(entry: Vendor | None, found: Received) -> str:
    """The category that it needs consent for, and where a policy says something else here."""
    listed = None if entry is None else str(entry.category)
    differing = [category for category in found.needs if category != listed]
    if not differing:
        return listed or "unknown"
    here = joined(found.needs)
    return here if listed is None else f"{here} here, {listed} by the catalogue"


def _summary(found: Received) -> str:
    """``12 calls with 15 events, 3 messages routed to it and 2 cookies, in 2 sessions on 1 site``"""
    hits = sum(each.hits for each in found.hits)
    flowing = sum(each.messages for each in found.routed if each.outcome == "flows")
    messages = sum(count for _, count in found.messages)
    parts = [
        *([counted(found.calls, "call")] if found.calls else []),
        *([counted(hits, "decoded event")] if hits else []),
        *([counted(messages, "message")] if messages else []),
        *([f"{counted(flowing, 'message')} routed to it"] if flowing else []),
        *([counted(len({cookie.name for cookie in found.cookies}), "cookie")] if found.cookies else []),
    ]
    if not parts:
        return ""
    where = counted(found.session_count, "session")
    places = f" on {counted(found.place_count, 'site or app', 'sites and apps')}" if found.place_count else ""
    return f"{joined(parts)}, in {where}{places}"


PAGE = Page(
    route="/{database}/-/vendors/{key}",
    template="consentwire/vendor.html",
    tables=(
        *("captures", "sessions", "exchanges", "events", "signals", "violations"),
        *("findings", "calls", "hits", "cookies", "deliveries", "names"),
    ),
    read=read,
)
