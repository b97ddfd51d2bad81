"""A message: what it says, what it is stamped with, where it goes, how it was carried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from addon.consent.timeline import ConsentState, Need, Standing
from datasette_plugins.plugin.page import Ask, Entry, Page, Shown
from datasette_plugins.reading import events, violations
from datasette_plugins.reading.consent import Consent, read_consent
from datasette_plugins.reading.query import document, seconds
from datasette_plugins.reading.records import EventRow, Violation, event, exchange, session
from datasette_plugins.wording import sentences
from vendor_catalog import Category, shipped_catalogue

from .parts.jsontree import body, tree


@dataclass(frozen=True, slots=True)
class StampLine:
    """One category of the stamp beside what the person chose."""

    key: str
    category: str | None
    stamped: bool | None
    chosen: str
    how_known: str
    agreement: str
    """``agrees``, ``contradicts``, ``denies`` or ``open``."""
    told: str


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One destination with the violations there."""

    delivery: events.Delivery
    told: str
    compared: str
    """What was predicted beside what was seen; empty if there is nothing to compare."""
    violations: list[Violation]


def read(ask: Ask) -> Shown:
    """The page of a message."""
    connection = ask.connection
    found = event(connection, ask.key)
    if found is None:
        raise ask.missing("event", "events")
    visit = session(connection, found.session_id)
    carrier = exchange(connection, found.exchange_id)
    consent = None if visit is None else read_consent(connection, visit)
    broken = violations.of_event(connection, found.id)
    mapped = events.mapped_categories(connection, 0 if visit is None else visit.capture_id, found.cdp, found.write_key)
    stamp = _stamp(found, consent, mapped)
    deliveries = [
        DeliveryLine(
            each,
            sentences.OUTCOMES.get(each.outcome, each.outcome),
            sentences.compared(each.outcome, each.predicted, each.seen),
            [violation for violation in broken if violation.destination == each.destination],
        )
        for each in events.deliveries(connection, found.id)
    ]
    resends = events.resends(connection, found.id)
    payload = document(found.payload)
    context: dict[str, Any] = {
        "event": found,
        "cdp_name": sentences.name_of(found.cdp),
        "session": visit,
        "exchange": carrier,
        "body": None if carrier is None else body(carrier.request_body),
        "payload": None if payload is None else tree(payload),
        "stamp": stamp,
        "unstamped": sentences.unstamped(found.cdp, found.stamped),
        "deliveries": deliveries,
        "own": [violation for violation in broken if violation.destination is None],
        "resends": resends,
        "integrations": document(found.integrations),
        "in_force": _in_force(found, consent),
    }
    machine = {
        "event": {**asdict(found), "payload": payload, "stamp": document(found.stamp)},
        "stamp": [asdict(line) for line in stamp],
        "deliveries": [
            {**asdict(line.delivery), "violations": [violation.id for violation in line.violations]}
            for line in deliveries
        ],
        "violations": [asdict(violation) for violation in broken],
        "resends": [asdict(each) for each in resends],
        "exchange": None if carrier is None else {"id": carrier.id, "method": carrier.method, "url": carrier.url},
    }
    return Shown(context, machine)


def _in_force(found: EventRow, consent: Consent | None) -> tuple[str, str] | None:
    """The consent for the message itself, and how that is known. A server's message belongs to no visit."""
    at = seconds(found.received_at)
    if consent is None or at is None or found.surface == "server" or found.category not in set(Category):
        return None
    state = consent.state(Need((Category(found.category),), found.cdp), at)
    return f"{found.category}: {sentences.standing(state)}", sentences.certainty(state)


def _stamp(found: EventRow, consent: Consent | None, mapped: Mapping[str, str]) -> list[StampLine]:
    preferences = document(found.stamp)
    at = seconds(found.received_at)
    if not isinstance(preferences, dict) or at is None:
        return []
    return [_stamp_line(str(key), value, mapped, consent, at) for key, value in preferences.items()]


def _stamp_line(key: str, value: Any, mapped: Mapping[str, str], consent: Consent | None, at: float) -> StampLine:
    stamped = value if isinstance(value, bool) else None
    known = mapped.get(key) or shipped_catalogue().category_of_key(key.lower())
    if known is None or known not in set(Category):
        return StampLine(key, None, stamped, "not known", "", "open", "nothing maps it to a category of ours")
    category = Category(known)
    if consent is None:
        return StampLine(key, category, stamped, "not known", "", "open", "cannot be compared")
    state = consent.state(Need((category,), None, (key,)), at, direct_only=True)
    agreement, told = _agreement(stamped, state)
    return StampLine(key, category, stamped, sentences.standing(state), sentences.certainty(state), agreement, told)


def _agreement(stamped: bool | None, state: ConsentState) -> tuple[str, str]:
    if stamped is None:
        return "open", "the stamp's value is no boolean"
    if state.alternative is not None:
        return "open", "undecided: the choice changed around this moment"
    match state.standing:
        case Standing.GRANTED:
            return ("agrees", "agrees") if stamped else ("denies", "refuses what the person granted: data lost")
        case Standing.DENIED:
            return ("contradicts", "grants what the person refused") if stamped else ("agrees", "agrees")
        case Standing.UNANSWERED:
            return (
                ("contradicts", "grants what the person has not answered")
                if stamped
                else ("agrees", "agrees: nothing was granted yet")
            )
        case _:
            return "open", "nothing but the stamp itself says what the person chose"


PAGE = Page(
    route="/{database}/-/events/{key}",
    template="consentwire/event.html",
    tables=(
        *("captures", "sessions", "exchanges", "events", "signals", "violations"),
        *("calls", "deliveries", "destinations", "duplicates"),
    ),
    read=read,
    row_of="events",
    entry=Entry("Events", 50),
)
