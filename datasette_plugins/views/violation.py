"""A violation: the page that goes into a bug report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from addon.findings import sentences
from addon.findings.acts import Span, span_of
from addon.findings.consent import read_consent
from addon.findings.names import Names, read_names
from addon.findings.query import iso, seconds
from addon.findings.rows import ExchangeRow, Session, Violation, event, exchange, session, violation
from addon.findings.rules import Rule, rule_of
from addon.findings.steps import Step, noted, steps
from addon.findings.suppression import snippet
from addon.findings.ticket import markdown
from addon.findings.violations import Evidence, evidence, like_it
from datasette_plugins.plugin.page import Ask, Entry, Page, Shown

from .parts.jsontree import body
from .parts.picture import STRIP_WIDTH, Picture, picture

_AROUND = 6.0
"""Seconds that the strip shows on both sides at least."""
_AT_MOST = 90.0
"""Seconds up to which it reaches for the signals."""


def read(ask: Ask) -> Shown:
    """The page of a violation."""
    connection = ask.connection
    found = violation(connection, ask.key)
    if found is None:
        raise ask.missing("violation", "violations")
    rule, names = rule_of(found.rule), read_names(connection)
    visit = session(connection, found.session_id)
    carrier = exchange(connection, found.exchange_id)
    behind = evidence(connection, found.id)
    path, strip = ([], None) if visit is None else _in_its_session(ask, names, found, visit, carrier, behind)
    context: dict[str, Any] = {
        **_sentences(found, rule, names),
        "violation": found,
        "rule": rule,
        "names": names,
        "session": visit,
        "exchange": carrier,
        "body": None if carrier is None else body(carrier.request_body),
        "answer": None if carrier is None else body(carrier.response_body),
        "event": None if found.event_id is None else event(connection, found.event_id),
        "evidence": behind,
        "picture": strip,
        "steps": path,
        "report": markdown(found, visit, carrier, rule, path, names),
        "alike": like_it(connection, found.fingerprint),
    }
    return Shown(context, _document(context))


def _sentences(found: Violation, rule: Rule | None, names: Names) -> dict[str, str | None]:
    """What is said of it: in its heading, as its verdict, as what was expected, and in the policy if it was accepted."""
    return {
        "title": sentences.title(found.explanation, found.verdict, names, found.vendor),
        "receiver": names.receiver(found.vendor, found.destination),
        "meaning": sentences.verdict_meaning(found.verdict, rule),
        "phase": sentences.phase(found.phase, rule),
        "expected": sentences.expected(found.phase, found.category, rule),
        "suppression": snippet(
            found.rule, found.vendor, found.destination, found.site, found.event_name, found.occurred_at
        ),
    }


def _document(context: Mapping[str, Any]) -> dict[str, Any]:
    """The same for machines."""
    behind, carrier, visit = context["evidence"], context["exchange"], context["session"]
    return {
        "violation": asdict(context["violation"]),
        "verdict_means": context["meaning"],
        "expected": context["expected"],
        "rule": _rule(context["rule"]),
        "signal": None if behind.in_force is None else asdict(behind.in_force),
        "later_signal": None if behind.later is None else asdict(behind.later),
        "exchange": None if carrier is None else asdict(carrier),
        "session": None if visit is None else asdict(visit),
        "steps": [asdict(step) for step in context["steps"]],
        "suppression": context["suppression"],
    }


def _in_its_session(
    ask: Ask, names: Names, found: Violation, visit: Session, carrier: ExchangeRow | None, behind: Evidence
) -> tuple[list[Step], Picture]:
    """The steps that lead to it, and the strip around it."""
    consent = read_consent(ask.connection, visit)
    around, at = _around(found, visit, behind), seconds(found.occurred_at)
    strip = picture(ask.connection, ask.links, names, visit, consent, around, focus=at, width=STRIP_WIDTH)
    return steps(visit, consent, noted(ask.connection, visit), found, carrier, names), strip


def _rule(rule: Rule | None) -> dict[str, Any] | None:
    """What a rule says, for machines."""
    return None if rule is None else {"slug": rule.slug, "why": rule.why, "fix": rule.fix, "sources": rule.references}


def _around(found: Violation, visit: Session, behind: Evidence) -> Span:
    """The part of the session that the strip shows: the act, and the signals that decide it if they are near."""
    whole = span_of(visit)
    at = seconds(found.occurred_at) or 0.0
    first, last = at - _AROUND, at + _AROUND
    for signal in (behind.in_force, behind.later):
        for text in () if signal is None else (signal.observed_at, signal.effective_at):
            moment = seconds(text)
            if moment is not None and abs(moment - at) <= _AT_MOST:
                first, last = min(first, moment - 1), max(last, moment + 1)
    return Span(whole.session, whole.capture, max(iso(first), whole.since), min(iso(last), whole.until))


PAGE = Page(
    route="/{database}/-/violations/{key}",
    template="consentwire/violation.html",
    tables=(
        *("captures", "sessions", "exchanges", "events", "signals", "violations"),
        *("findings", "calls", "cookies", "banner_events", "marks", "duplicates", "consent_states", "names", "gaps"),
    ),
    read=read,
    row_of="violations",
    entry=Entry("Violations", 20),
)
