"""A message: what it says, what it is stamped with, where it goes, how it was carried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from addon.findings import events, sentences, violations
from addon.findings.names import read_names
from addon.findings.query import Connection, document
from addon.findings.rows import EventRow, Violation, event, exchange, session
from datasette_plugins.plugin.page import Ask, Entry, Page, Shown

from .parts.jsontree import body, tree
from .parts.stamp import stamp_lines


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One destination with the violations there."""

    delivery: events.Delivery
    meaning: str
    compared: str
    """What was predicted beside what was seen; empty if there is nothing to compare."""
    in_force: str
    """The consent for what it needs; empty if none was judged."""
    how_known: str
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
    payload = document(found.payload)
    context: dict[str, Any] = {
        "event": found,
        "cdp_name": names.receiver(found.cdp),
        "session": visit,
        "exchange": carrier,
        "body": None if carrier is None else body(carrier.request_body),
        "payload": None if payload is None else tree(payload),
        "stamp": stamp_lines(found, names),
        "unstamped": sentences.unstamped(found.cdp, found.stamped),
        "deliveries": _deliveries(connection, found, broken),
        "own": [violation for violation in broken if violation.destination is None],
        "resends": events.resends(connection, found.id),
        "integrations": document(found.integrations),
        "in_force": _in_force(found),
    }
    return Shown(context, _document(context, broken))


def _deliveries(connection: Connection, found: EventRow, broken: Sequence[Violation]) -> list[DeliveryLine]:
    """Where it goes, and what is held against that."""
    lines = []
    for each in events.deliveries(connection, found.id):
        judged = each.consent is not None and found.surface != "server"
        lines.append(
            DeliveryLine(
                each,
                sentences.OUTCOMES.get(each.outcome, each.outcome),
                sentences.compared(each.outcome, each.predicted, each.seen),
                sentences.standing(each.consent, each.alternative) if judged and each.consent else "",
                sentences.certainty(each.certainty) if judged else "",
                [violation for violation in broken if violation.destination == each.destination],
            )
        )
    return lines


def _document(context: Mapping[str, Any], broken: Sequence[Violation]) -> dict[str, Any]:
    """The same for machines."""
    found, carrier = context["event"], context["exchange"]
    return {
        "event": {**asdict(found), "payload": document(found.payload), "stamp": document(found.stamp)},
        "stamp": [asdict(line) for line in context["stamp"]],
        "deliveries": [
            {
                **asdict(line.delivery),
                "in_force": line.in_force,
                "violations": [violation.id for violation in line.violations],
            }
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
