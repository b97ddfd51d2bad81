"""Every vendor of which a database shows anything: what was called, routed and kept, and what is held against it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from .gravity import counts
from .query import Connection
from .rows import COUNTED


@dataclass(slots=True)
class SeenVendor:
    """One vendor, in numbers."""

    vendor: str
    calls: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    """Kind of call -> how many."""
    hosts: Counter[str] = field(default_factory=Counter)
    """Host -> calls to it."""
    messages: int = 0
    """Of a CDP: messages that it received."""
    routed: int = 0
    """Messages that a CDP sends on to it, or would."""
    cookies: int = 0
    """Names."""
    findings: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)
    """Of the violations that count."""
    categories: Counter[str] = field(default_factory=Counter)
    """The categories that it was judged under here."""
    first_at: str | None = None

    def began(self, at: str | None) -> None:
        """Takes note of a moment at which it was seen."""
        if at and (self.first_at is None or at < self.first_at):
            self.first_at = at


_CALLS = """
SELECT c.vendor, x.host, coalesce(c.kind, 'unknown'), c.category, count(*), min(x.started_at)
FROM calls c JOIN exchanges x ON x.id = c.exchange_id WHERE c.vendor IS NOT NULL GROUP BY 1, 2, 3, 4
"""
_ROUTED = """
SELECT d.vendor, d.category, sum(d.outcome = 'flows'), min(e.received_at)
FROM deliveries d JOIN events e ON e.id = d.event_id WHERE d.vendor IS NOT NULL GROUP BY 1, 2
"""
_MESSAGES = "SELECT cdp, count(*), min(received_at) FROM events WHERE cdp IS NOT NULL GROUP BY cdp"
_COOKIES = """
SELECT vendor, count(DISTINCT name), min(first_seen_at) FROM cookies WHERE vendor IS NOT NULL GROUP BY vendor
"""
_FINDINGS = f"SELECT vendor, count(*) FROM findings WHERE vendor IS NOT NULL AND {counts()} GROUP BY vendor"
_VIOLATIONS = f"""
SELECT vendor, verdict, count(*), min(occurred_at) FROM violations
WHERE vendor IS NOT NULL AND {COUNTED} GROUP BY vendor, verdict
"""


def seen_vendors(connection: Connection) -> list[SeenVendor]:
    """All of them, in no order: there are never more than the catalogue knows."""
    found: dict[str, SeenVendor] = {}

    def of(vendor: str) -> SeenVendor:
        return found.setdefault(vendor, SeenVendor(vendor))

    for vendor, host, kind, category, count, at in connection.execute(_CALLS):
        each = of(vendor)
        each.calls += count
        each.kinds[kind] += count
        each.hosts[host] += count
        if category is not None:
            each.categories[category] += count
        each.began(at)
    for vendor, category, flowing, at in connection.execute(_ROUTED):
        each = of(vendor)
        each.routed += flowing
        if category is not None:
            each.categories[category] += flowing
        each.began(at)
    for vendor, count, at in connection.execute(_MESSAGES):
        of(vendor).messages = count
        of(vendor).began(at)
    for vendor, count, at in connection.execute(_COOKIES):
        of(vendor).cookies = count
        of(vendor).began(at)
    for vendor, count in connection.execute(_FINDINGS):
        of(vendor).findings = count
    for vendor, verdict, count, at in connection.execute(_VIOLATIONS):
        of(vendor).verdicts[verdict] = count
        of(vendor).began(at)
    return list(found.values())
