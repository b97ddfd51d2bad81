"""A message: where it goes, how it was carried, and what the person had chosen of what its stamp says."""

from __future__ import annotations

from dataclasses import dataclass

from .query import Connection, document, rows
from .rows import EventRow


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


def deliveries(connection: Connection, event: str) -> list[Delivery]:
    return rows(connection, Delivery, _DELIVERIES, event=event)


def resends(connection: Connection, event: str) -> list[Resend]:
    return rows(connection, Resend, _RESENDS, event=event)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was in force of one category of a stamp, by all but the messages' own claims, as it was judged."""

    consent: str
    alternative: str | None
    certainty: str


def chosen(event: EventRow) -> dict[str, Chosen]:
    """Category of a message's stamp, in the workspace's own words -> what the person had chosen of it."""
    stored = document(event.stamp_choices)
    return {
        str(key): Chosen(each["consent"], each["alternative"], each["certainty"])
        for key, each in (stored if isinstance(stored, dict) else {}).items()
    }
