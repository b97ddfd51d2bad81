"""What is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from .table import Column, own_id, reference, table


@table(
    "findings", key=("fingerprint",), indexes=(("rule",), ("verdict", "severity"), ("vendor",), ("site",), ("last_at",))
)
@dataclass(slots=True, kw_only=True)
class FindingRecord:
    """Violations with the same rule, vendor, destination, site and event name: what people triage."""

    fingerprint: Annotated[str, own_id("Stable across captures.")]
    rule: Annotated[str, Column("Slug of the rule.", required=True)]
    severity: Annotated[str | None, Column("error, warning or note.")]
    verdict: Annotated[str | None, Column("The surest verdict among its violations.")]
    vendor: Annotated[str | None, Column("Catalogue id of the vendor.", named=True)]
    destination: Annotated[str | None, Column("Destination of the source, where one is concerned.")]
    site: Annotated[str | None, Column("Site or app.")]
    event_name: Annotated[str | None, Column("Type and name of the message, or name of the cookie.")]
    violations: Annotated[int | None, Column("How many, without cleared ones.")]
    first_at: Annotated[float | None, Column("The first of them.")]
    last_at: Annotated[float | None, Column("The last of them.")]
    triage: Annotated[str | None, Column("open, suppressed (by the policy), or what people set.")]


@table(
    "violations",
    indexes=(
        ("fingerprint", "occurred_at"),
        ("cause", "occurred_at"),
        ("session_id", "occurred_at"),
        ("exchange_id",),
        ("event_id",),
        ("signal_id",),
        ("later_signal_id",),
        ("capture_id", "verdict"),
        ("rule", "verdict"),
        ("vendor",),
        ("occurred_at",),
    ),
)
@dataclass(slots=True, kw_only=True)
class ViolationRecord:
    """One rule broken by one act, with its verdict, phase and evidence."""

    id: Annotated[str, own_id("Number of the violation.")]
    capture_id: Annotated[int, reference("captures", "The capture.", required=True)]
    session_id: Annotated[str, reference("sessions", "The session.", required=True)]
    exchange_id: Annotated[str, reference("exchanges", "The bytes: the request that shows it.", required=True)]
    event_id: Annotated[str | None, reference("events", "The message, where one broke the rule.")]
    signal_id: Annotated[str | None, reference("signals", "The signal that was in force, or that dates the choice.")]
    later_signal_id: Annotated[str | None, reference("signals", "The first signal seen after it.")]
    rule: Annotated[str, Column("Slug of the rule.", required=True)]
    severity: Annotated[str, Column("error, warning or note.")]
    verdict: Annotated[
        str, Column("confirmed, likely, unproven, or cleared (raised live and taken back; never counted).")
    ]
    phase: Annotated[str, Column("before-choice, after-denial, after-withdrawal or no-signal.")]
    vendor: Annotated[str | None, Column("Catalogue id of the vendor.", named=True)]
    destination: Annotated[str | None, Column("Destination of the source, where one is concerned.")]
    category: Annotated[str | None, Column("The category that was not granted.")]
    site: Annotated[str | None, Column("Site or app.")]
    event_name: Annotated[str | None, Column("Type and name of the message, or name of the cookie.")]
    occurred_at: Annotated[float, Column("When.")]
    explanation: Annotated[str, Column("What was observed, in a sentence or two.")]
    fingerprint: Annotated[str, reference("findings", "The finding it belongs to.", required=True)]
    cause: Annotated[
        str, Column("What one change would end it, with others: kind, vendor, destination and site.", required=True)
    ]
    suppressed: Annotated[str | None, Column("Why it is not counted, by the policy's [[suppress]].")]


@table(
    "violation_counts",
    key=("fingerprint", "cause", "session_id", "phase", "verdict", "suppressed"),
    indexes=(("cause",), ("session_id",)),
    derived=True,
)
@dataclass(slots=True, kw_only=True)
class ViolationCountRecord:
    """How many violations there are of each finding, cause, session, phase and verdict: counted as they are written."""

    fingerprint: Annotated[str, Column("The finding.", required=True)]
    cause: Annotated[str, Column("The cause.", required=True)]
    session_id: Annotated[str, Column("The session.", required=True)]
    phase: Annotated[str, Column("before-choice, after-denial, after-withdrawal or no-signal.", required=True)]
    verdict: Annotated[str, Column("confirmed, likely, unproven or cleared.", required=True)]
    suppressed: Annotated[bool, Column("Whether the policy's [[suppress]] covers them.", required=True)]
    violations: Annotated[int, Column("How many.", required=True)]
