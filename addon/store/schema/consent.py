"""What the person chose, and how that was seen."""

from __future__ import annotations

from addon import records

from .table import Column, Table, own_id, reference

TABLES = (
    Table(
        "signals",
        "Observations of consent: what was said, by whom, and since when it holds.",
        records.SignalRecord,
        {
            "id": own_id("Number of the signal."),
            "session_id": reference("sessions", "The session.", required=True),
            "exchange_id": reference("exchanges", "The exchange that carried it.", required=True),
            "source": Column("text", "Who speaks: a consent manager, iab-tcf, message-stamp.", required=True),
            "carrier": Column(
                "text", "What carried it: a cookie, a recording call, a stamp; 'no cookie' where one is missing."
            ),
            "raw": Column("text", "What it says, without consent ids; empty for a missing cookie."),
            "answered": Column("boolean", "Whether the banner was answered; empty if that cannot be told."),
            "necessary": Column("boolean", "Always granted."),
            "functional": Column("boolean", "Whether it is granted; empty if that cannot be told."),
            "analytics": Column("boolean", "Whether it is granted; empty if that cannot be told."),
            "marketing": Column("boolean", "Whether it is granted; empty if that cannot be told."),
            "observed_at": Column("time", "When it was seen first."),
            "effective_at": Column("time", "Since when it holds, by its own timestamp."),
            "effective_precision": Column("text", "exact, or day: then it is a lower bound."),
        },
        indexes=(("session_id", "observed_at"), ("exchange_id",)),
    ),
    Table(
        "banner_events",
        "Consent banners shown, hidden or clicked, and choices that their managers recorded without saying what was chosen.",
        records.BannerEventRecord,
        {
            "id": own_id("Number of the banner event."),
            "session_id": reference("sessions", "The session.", required=True),
            "exchange_id": reference(
                "exchanges", "The report, or the manager's own call, that told it.", required=True
            ),
            "kind": Column("text", "shown, hidden, clicked or recorded."),
            "manager": Column("text", "Catalogue id of the consent manager; null for what only looks like a banner."),
            "detail": Column("text", "What was clicked, or which call recorded it."),
            "occurred_at": Column("time", "When."),
        },
        indexes=(("session_id", "occurred_at"), ("exchange_id",)),
    ),
    Table(
        "marks",
        "What the tester said.",
        records.MarkRecord,
        {
            "id": own_id("Number of the mark."),
            "capture_id": Column("integer", "The capture.", references="captures", required=True),
            "session_id": reference("sessions", "The session it is about, if it names one."),
            "exchange_id": reference("exchanges", "The request that told it.", required=True),
            "kind": Column("text", "accepted, rejected, withdrew, or note: then it says nothing of consent."),
            "text": Column("text", "In the tester's words."),
            "marked_at": Column("time", "When."),
        },
        indexes=(("session_id", "marked_at"), ("capture_id",), ("exchange_id",)),
    ),
)
