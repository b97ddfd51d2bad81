"""What vendors got: calls, the events that calls carry, and cookies."""

from __future__ import annotations

from addon import records

from .table import Column, Table, own_id, reference

TABLES = (
    Table(
        "calls",
        "Requests to vendors' addresses.",
        records.CallRecord,
        {
            "id": own_id("Number of the exchange."),
            "exchange_id": reference("exchanges", "The request.", required=True),
            "session_id": reference("sessions", "The session it belongs to; empty if it names no page or app."),
            "vendor": Column("text", "Catalogue id of the vendor.", required=True),
            "kind": Column("text", "collect, library, config or consent."),
            "category": Column("text", "What it needs consent for."),
        },
        indexes=(("exchange_id",), ("session_id",), ("vendor", "kind")),
    ),
    Table(
        "hits",
        "Events that vendors' own calls carry, decoded where the format is public; a call may carry several, or name none.",
        records.HitRecord,
        {
            "id": own_id("Number of the exchange and place in the call."),
            "exchange_id": reference("exchanges", "The call.", required=True),
            "session_id": reference("sessions", "The session it belongs to; empty if it names no page or app."),
            "vendor": Column("text", "Catalogue id of the vendor.", required=True),
            "name": Column("text", "The event, in the vendor's words."),
            "account": Column("text", "Whose data it is: a measurement id, a pixel id, a project token."),
            "identifiers": Column(
                "json",
                "What tells the person or the device apart, by kind; e-mail addresses and phone numbers always hashed, hashes of"
                " them hashed once more, the others by the policy's [storage].",
            ),
        },
        indexes=(("exchange_id",), ("session_id",), ("vendor", "name")),
    ),
    Table(
        "cookies",
        "Cookies, and how they were seen. Values are never stored.",
        records.CookieRecord,
        {
            "id": own_id("Number of the cookie."),
            "session_id": reference("sessions", "The session it was seen in.", required=True),
            "exchange_id": reference("exchanges", "The exchange that showed it first.", required=True),
            "name": Column("text", "Name.", required=True),
            "host": Column("text", "Host of that exchange."),
            "vendor": Column("text", "Catalogue id of the vendor that writes it."),
            "category": Column("text", "What it needs consent for."),
            "seen_by": Column("text", "set-cookie, sent, or probe."),
            "first_seen_at": Column("time", "When it was seen first."),
        },
        indexes=(("session_id",), ("exchange_id",), ("vendor",), ("name",)),
    ),
)
