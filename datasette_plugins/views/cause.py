"""A cause: what one change would end, and the ticket for it."""

from __future__ import annotations

from addon.findings import sentences
from addon.findings.causes import cause_document, explained, read_cause
from addon.findings.names import Names, read_names
from addon.findings.query import Connection
from addon.findings.rows import Violation, exchange, session
from addon.findings.steps import Step, read_steps
from addon.findings.ticket import cause_markdown
from datasette_plugins.plugin.page import Ask, Page, Shown

_FINDINGS = 200


def read(ask: Ask) -> Shown:
    """The page of a cause."""
    connection, names = ask.connection, read_names(ask.connection)
    cause = read_cause(connection, names, ask.key)
    if cause is None:
        raise ask.missing("cause", "findings")
    findings = explained(connection, cause, _FINDINGS)
    example = findings[0].example if findings else None
    path = [] if example is None else _steps(connection, example, names)
    context = {
        "cause": cause,
        "names": names,
        "example": example,
        "steps": path,
        "findings": [(each, _sentence(each.example, names)) for each in findings],
        "more_findings": max(len(cause.by_finding) - _FINDINGS, 0),
        "ticket": cause_markdown(cause, findings, path, names),
    }
    return Shown(context, cause_document(cause))


def _sentence(example: Violation, names: Names) -> str:
    return sentences.title(example.explanation, example.verdict, names, example.vendor)


def _steps(connection: Connection, example: Violation, names: Names) -> list[Step]:
    visit = session(connection, example.session_id)
    return (
        []
        if visit is None
        else read_steps(connection, visit, example, exchange(connection, example.exchange_id), names)
    )


PAGE = Page(
    route="/{database}/-/causes/{key}",
    template="consentwire/cause.html",
    tables=(
        *("captures", "sessions", "exchanges", "signals", "violations", "violation_counts"),
        *("findings", "cookies", "banner_events", "marks", "consent_states", "names", "gaps"),
    ),
    read=read,
)
