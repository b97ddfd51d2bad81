"""A message: where it goes, how it was carried, and what the person had chosen of what its stamp says."""

from __future__ import annotations

import json
from collections.abc import Iterable
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
    consent: str | None
    """What was in force for it, as it was judged; null if nothing was judged."""
    alternative: str | None
    certainty: str | None


@dataclass(frozen=True, slots=True)
class DestinationConsent:
    """What was in force for some destinations of a message, as it was judged."""

    event: str
    category: str
    consent: str
    alternative: str | None
    certainty: str | None


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
SELECT destination, vendor, mode, category, outcome, basis, reason, predicted, seen, owner, consent, alternative, certainty
FROM deliveries WHERE event_id = :event
ORDER BY CASE outcome WHEN 'flows' THEN 0 WHEN 'ambiguous' THEN 1 WHEN 'unknown' THEN 2 ELSE 3 END, destination LIMIT 1000
"""
_DESTINATION_CONSENT = """
SELECT DISTINCT event_id, category, consent, alternative, certainty FROM deliveries
WHERE event_id IN (SELECT value FROM json_each(:events))
  AND category IS NOT NULL AND consent IS NOT NULL AND outcome NOT IN ('filtered', 'failed')
ORDER BY event_id, category, consent, alternative, certainty
"""
_RESENDS = """
SELECT x.id, x.started_at, x.method, x.host, x.path, x.status
FROM duplicates d JOIN exchanges x ON x.id = d.exchange_id WHERE d.event_id = :event ORDER BY x.started_at LIMIT 200
"""


def deliveries(connection: Connection, event: str) -> list[Delivery]:
    return rows(connection, Delivery, _DELIVERIES, event=event)


def destination_consent(connection: Connection, events: Iterable[str]) -> dict[str, list[DestinationConsent]]:
    """Message -> what was in force for the destinations that it may reach, each category and state once."""
    found: dict[str, list[DestinationConsent]] = {}
    for each in rows(connection, DestinationConsent, _DESTINATION_CONSENT, events=json.dumps(list(events))):
        found.setdefault(each.event, []).append(each)
    return found


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
