"""What was recorded: captures, the sessions in them, and the exchanges, which are the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from addon.exchange import Headers

from .table import Column, own_id, reference, table


@table("captures")
@dataclass(slots=True, kw_only=True)
class CaptureRecord:
    """Recordings: a live run, or an imported file."""

    id: Annotated[int, own_id("Number of the capture in this database.")]
    kind: Annotated[str, Column("live, flows (a mitmproxy flow file) or har.", required=True)]
    path: Annotated[str | None, Column("The file, as it was named on the command line.")]
    digest: Annotated[str | None, Column("SHA-256 of the file: analysing it again replaces its rows.")]
    started_at: Annotated[float | None, Column("First exchange, or start of the run.")]
    ended_at: Annotated[float | None, Column("Last exchange, or end of the run; empty while it runs or is analysed.")]
    policy: Annotated[str | None, Column("The policy file that was in force.")]
    tool_version: Annotated[str, Column("Version of consentwire that judged it.", required=True)]
    exchanges_read: Annotated[int, Column("Exchanges that could be read.")] = 0
    cookies_visible: Annotated[
        bool, Column("Whether the capture has cookies at all; browsers strip them from exported HARs.")
    ] = True


@table("sessions", indexes=(("capture_id",), ("site",), ("started_at",)))
@dataclass(slots=True, kw_only=True)
class SessionRecord:
    """One client (address, user agent and cookie jar) using one site or one app within a capture."""

    id: Annotated[str, own_id("Number of the session.")]
    capture_id: Annotated[int, reference("captures", "The capture it is part of.", required=True)]
    client: Annotated[str, Column("Address of the device, or name of the browser that exported a HAR.")]
    site: Annotated[str | None, Column("Registrable domain of the visited site.")]
    app: Annotated[str | None, Column("Bundle id of the app.")]
    user_agent: Annotated[str, Column("As sent.")]
    surface: Annotated[str, Column("web, mobile, server or unknown.")]
    started_at: Annotated[float, Column("First exchange.")]
    ended_at: Annotated[float, Column("Last exchange.")]
    consent_source: Annotated[
        str | None, Column("Where its consent is known from: a consent manager, the stamps, or nothing.", named=True)
    ] = None
    jar: Annotated[
        int,
        Column(
            "Which of the client's cookie jars on this site: 1, and more where a page was opened without any of the cookies that"
            " the others send (private windows, the fresh windows of an audit)."
        ),
    ] = 1
    pages: Annotated[int, Column("Pages of the site that were opened and answered; counted at its end.")] = 0
    fetched: Annotated[int, Column("Answered requests in it beside its pages; counted at its end.")] = 0


@table("exchanges", indexes=(("session_id", "started_at"), ("capture_id",), ("vendor", "kind"), ("host",)))
@dataclass(slots=True, kw_only=True)
class ExchangeRecord:
    """HTTP requests with their responses, or their failures: the evidence."""

    id: Annotated[str, own_id("Number of the exchange: 1.42 is the 42nd of capture 1.")]
    capture_id: Annotated[int, reference("captures", "The capture it is part of.", required=True)]
    session_id: Annotated[str | None, reference("sessions", "The session it belongs to; empty if unknown.")]
    started_at: Annotated[float, Column("When the request was sent.", required=True)]
    method: Annotated[str, Column("HTTP method.")]
    scheme: Annotated[str, Column("http or https.")]
    host: Annotated[str, Column("Host it was sent to.")]
    path: Annotated[str, Column("Path, without the query.")]
    query: Annotated[str, Column("Raw query, by the policy's [storage].", redaction="query")]
    status: Annotated[int | None, Column("HTTP status of the response.")]
    failure: Annotated[str | None, Column("Why there is no response, or why it was no request on the wire.")]
    vendor: Annotated[str | None, Column("Catalogue id of the vendor it went to.", named=True)]
    kind: Annotated[
        str | None,
        Column(
            "collect, library, config or consent; observation where the in-page probe, an extension or the tester reported"
            " something."
        ),
    ]
    page: Annotated[bool, Column("Whether it was for a page in the address bar of the session's browser.")] = False
    gaps: Annotated[
        str | None, Column("Kinds of the gaps that it shows, separated by spaces; every exchange names its own.")
    ] = None
    request_headers: Annotated[
        Headers, Column("Names and values; authorization and cookie values are masked.", redaction="headers")
    ]
    request_body: Annotated[
        bytes | None, Column("Decoded body of requests to vendors, by the policy's [storage].", redaction="body")
    ]
    response_headers: Annotated[Headers, Column("Of responses from vendors; masked likewise.", redaction="headers")]
    response_body: Annotated[bytes | None, Column("Of settings responses.", redaction="body")]
