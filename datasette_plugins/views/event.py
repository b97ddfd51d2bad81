"""A message: what it says, what it is stamped with, where it goes, how it was carried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from addon.findings import events, sentences, violations
from addon.findings.events import Chosen, chosen
from addon.findings.names import Names, read_names
from addon.findings.query import document
from addon.findings.rows import EventRow, Violation, event, exchange, session
from datasette_plugins.plugin.page import Ask, Entry, Page, Shown
from vendor_catalog import Category

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
    names = read_names(connection)
    broken = violations.of_event(connection, found.id)
    stamp = _stamp(found, names)
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
        "cdp_name": names.receiver(found.cdp),
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
        "in_force": _in_force(found),
    }
    return Shown(context, _document(context, broken))


def _document(context: Mapping[str, Any], broken: Sequence[Violation]) -> dict[str, Any]:
    """The same for machines."""
    found, carrier = context["event"], context["exchange"]
    return {
        "event": {**asdict(found), "payload": document(found.payload), "stamp": document(found.stamp)},
        "stamp": [asdict(line) for line in context["stamp"]],
        "deliveries": [
            {**asdict(line.delivery), "violations": [violation.id for violation in line.violations]}
            for line in context["deliveries"]
        ],
        "violations": [asdict(violation) for violation in broken],
        "resends": [asdict(each) for each in context["resends"]],
        "exchange": None if carrier is None else {"id": carrier.id, "method": carrier.method, "url": carrier.url},
    }


def _in_force(found: EventRow) -> tuple[str, str] | None:
    """The consent for the message itself, and how that is known, as it was judged."""
    if found.consent is None or found.surface == "server":
        return None
    state = sentences.standing(found.consent, found.alternative)
    return f"{found.category or 'consent'}: {state}", sentences.certainty(found.certainty)


def _stamp(found: EventRow, names: Names) -> list[StampLine]:
    preferences, known = document(found.stamp), chosen(found)
    if not isinstance(preferences, dict):
        return []
    return [_stamp_line(str(key), value, names.category(str(key)), known) for key, value in preferences.items()]


def _stamp_line(key: str, value: Any, category: Category | None, known: Mapping[str, Chosen]) -> StampLine:
    stamped = value if isinstance(value, bool) else None
    if category is Category.NECESSARY:
        return StampLine(key, category, stamped, "not needed", "", "agrees", "needs no consent")
    choice = known.get(key)
    if choice is None:
        return StampLine(key, category, stamped, "not known", "", "open", "what was chosen of it is not stored")
    state = sentences.standing(choice.consent, choice.alternative)
    agreement, told = sentences.agreement(stamped, choice.consent, choice.alternative, mapped=category is not None)
    return StampLine(key, category, stamped, state, sentences.certainty(choice.certainty), agreement, told)


PAGE = Page(
    route="/{database}/-/events/{key}",
    template="consentwire/event.html",
    tables=(
        *("captures", "sessions", "exchanges", "events", "signals", "violations"),
        *("calls", "deliveries", "duplicates", "names", "banner_events"),
    ),
    read=read,
    row_of="events",
    entry=Entry("Events", 50),
)
