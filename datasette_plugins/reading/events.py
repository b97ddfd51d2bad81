"""A message: where it goes, how it was carried, and what its workspace asks for."""

from __future__ import annotations

from dataclasses import dataclass

from addon.pipeline.record_conversion import source_id

from .query import Connection, document, rows


@dataclass(frozen=True, slots=True)
class Delivery:
    """The message at one destination."""

    destination: str
    vendor: str | None
    mode: str | None
    category: str | None
    outcome: str
    basis: str
    reason: str | None
    predicted: str | None
    seen: str | None
    owner: str | None


@dataclass(frozen=True, slots=True)
class Resend:
    """The message, carried again."""

    exchange_id: str
    started_at: str
    method: str
    host: str
    path: str
    status: int | None


_DELIVERIES = """
SELECT destination, vendor, mode, category, outcome, basis, reason, predicted, seen, owner FROM deliveries WHERE event_id = :event
ORDER BY CASE outcome WHEN 'flows' THEN 0 WHEN 'ambiguous' THEN 1 WHEN 'unknown' THEN 2 ELSE 3 END, destination LIMIT 1000
"""
_RESENDS = """
SELECT x.id, x.started_at, x.method, x.host, x.path, x.status
FROM duplicates d JOIN exchanges x ON x.id = d.exchange_id WHERE d.event_id = :event ORDER BY x.started_at LIMIT 200
"""
_MAPPED = """
SELECT workspace_categories, category FROM destinations
WHERE source_id = :source AND workspace_categories IS NOT NULL AND category IS NOT NULL
"""


def deliveries(connection: Connection, event: str) -> list[Delivery]:
    return rows(connection, Delivery, _DELIVERIES, event=event)


def resends(connection: Connection, event: str) -> list[Resend]:
    return rows(connection, Resend, _RESENDS, event=event)


def mapped_categories(connection: Connection, capture: int, cdp: str | None, write_key: str | None) -> dict[str, str]:
    """What workspace category ids turned out to mean when the source's destinations were judged: those of destinations
    with a single one, where all such destinations agree. The policy's [categories] speak through them."""
    found: dict[str, set[str]] = {}
    for categories, category in connection.execute(_MAPPED, {"source": source_id(capture, str(cdp), str(write_key))}):
        keys = document(categories)
        if isinstance(keys, list) and len(keys) == 1:
            found.setdefault(str(keys[0]), set()).add(category)
    return {key: next(iter(meant)) for key, meant in found.items() if len(meant) == 1}
