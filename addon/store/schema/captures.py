"""What was recorded: captures, the sessions in them, and the exchanges, which are the evidence."""

from __future__ import annotations

from addon import records

from .table import Column, Table, own_id, reference

TABLES = (
    Table(
        "captures",
        "Recordings: a live run, or an imported file.",
        records.CaptureRecord,
        {
            "id": Column("integer", "Number of the capture in this database.", required=True),
            "kind": Column("text", "live, flows (a mitmproxy flow file) or har.", required=True),
            "path": Column("text", "The file, as it was named on the command line."),
            "digest": Column("text", "SHA-256 of the file: analysing it again replaces its rows."),
            "started_at": Column("time", "First exchange, or start of the run."),
            "ended_at": Column("time", "Last exchange, or end of the run; empty while it runs or is analysed."),
            "policy": Column("text", "The policy file that was in force."),
            "tool_version": Column("text", "Version of consentwire that judged it.", required=True),
            "exchanges_read": Column("integer", "Exchanges that could be read."),
            "cookies_visible": Column(
                "boolean", "Whether the capture has cookies at all; browsers strip them from exported HARs."
            ),
        },
    ),
    Table(
        "sessions",
        "One client (address and user agent) using one site or one app within a capture.",
        records.SessionRecord,
        {
            "id": own_id("Number of the session."),
            "capture_id": Column("integer", "The capture it is part of.", references="captures", required=True),
            "client": Column("text", "Address of the device, or name of the browser that exported a HAR."),
            "site": Column("text", "Registrable domain of the visited site."),
            "app": Column("text", "Bundle id of the app."),
            "user_agent": Column("text", "As sent."),
            "surface": Column("text", "web, mobile, server or unknown."),
            "started_at": Column("time", "First exchange."),
            "ended_at": Column("time", "Last exchange."),
            "consent_source": Column(
                "text", "Where its consent is known from: a consent manager, the stamps, or nothing."
            ),
        },
        indexes=(("capture_id",), ("site",), ("started_at",)),
    ),
    Table(
        "exchanges",
        "HTTP requests with their responses, or their failures: the evidence.",
        records.ExchangeRecord,
        {
            "id": own_id("Number of the exchange: 1.42 is the 42nd of capture 1."),
            "capture_id": Column("integer", "The capture it is part of.", references="captures", required=True),
            "session_id": reference("sessions", "The session it belongs to; empty if that cannot be told."),
            "started_at": Column("time", "When the request was sent.", required=True),
            "method": Column("text", "HTTP method."),
            "scheme": Column("text", "http or https."),
            "host": Column("text", "Host it was sent to."),
            "path": Column("text", "Path, without the query."),
            "query": Column("text", "Raw query, by the policy's [storage]."),
            "status": Column("integer", "HTTP status of the response."),
            "failure": Column("text", "Why there is no response, or why it was no request on the wire."),
            "vendor": Column("text", "Catalogue id of the vendor it went to."),
            "kind": Column("text", "collect, library, config or consent."),
            "request_headers": Column("json", "Names and values; authorization and cookie values are masked."),
            "request_body": Column("text", "Decoded body of requests to vendors, by the policy's [storage]."),
            "response_headers": Column("json", "Of responses from vendors; masked likewise."),
            "response_body": Column("text", "Of settings responses."),
        },
        indexes=(("session_id", "started_at"), ("capture_id",), ("vendor", "kind"), ("host",)),
    ),
)
