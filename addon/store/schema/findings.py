"""What is wrong."""

from __future__ import annotations

from addon import records

from .table import Column, Table, own_id, reference

TABLES = (
    Table(
        "findings",
        "Violations with the same rule, vendor, destination, site and event name: what people triage.",
        None,
        {
            "fingerprint": own_id("Stable across captures."),
            "rule": Column("text", "Slug of the rule.", required=True),
            "severity": Column("text", "error, warning or note."),
            "verdict": Column("text", "The surest verdict among its violations."),
            "vendor": Column("text", "Catalogue id of the vendor."),
            "destination": Column("text", "Destination of the source, where one is concerned."),
            "site": Column("text", "Site or app."),
            "event_name": Column("text", "Type and name of the message, or name of the cookie."),
            "violations": Column("integer", "How many, without cleared ones."),
            "first_at": Column("time", "The first of them."),
            "last_at": Column("time", "The last of them."),
            "triage": Column("text", "open, suppressed (by the policy), or what people set."),
        },
        key=("fingerprint",),
        indexes=(("rule",), ("verdict", "severity"), ("vendor",), ("site",), ("last_at",)),
    ),
    Table(
        "violations",
        "One rule broken by one act, with its verdict, phase and evidence.",
        records.ViolationRecord,
        {
            "id": own_id("Number of the violation."),
            "capture_id": Column("integer", "The capture.", references="captures", required=True),
            "session_id": reference("sessions", "The session.", required=True),
            "exchange_id": reference("exchanges", "The bytes: the request that shows it.", required=True),
            "event_id": reference("events", "The message, where one broke the rule."),
            "signal_id": reference("signals", "The signal that was in force, or that dates the choice."),
            "later_signal_id": reference("signals", "The first signal seen after it."),
            "rule": Column("text", "Slug of the rule.", required=True),
            "severity": Column("text", "error, warning or note."),
            "verdict": Column(
                "text", "confirmed, likely, unproven, or cleared (raised live and taken back; never counted)."
            ),
            "phase": Column("text", "before-choice, after-denial, after-withdrawal or no-signal."),
            "vendor": Column("text", "Catalogue id of the vendor."),
            "destination": Column("text", "Destination of the source, where one is concerned."),
            "category": Column("text", "The category that was not granted."),
            "site": Column("text", "Site or app."),
            "event_name": Column("text", "Type and name of the message, or name of the cookie."),
            "occurred_at": Column("time", "When."),
            "explanation": Column("text", "What was observed, in a sentence or two."),
            "fingerprint": Column("text", "The finding it belongs to.", references="findings", required=True),
            "suppressed": Column("text", "Why it is not counted, by the policy's [[suppress]]."),
        },
        indexes=(
            ("fingerprint", "occurred_at"),
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
    ),
)
