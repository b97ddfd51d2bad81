"""The database: its tables, columns, keys and indexes, each with what it means.

This is the one place that names them. The writer, Datasette's descriptions and ``docs/database.md`` are made from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import sqlite_utils

from addon import records

VERSION = 3
"""``PRAGMA user_version``. A database of another version is refused, not migrated: captures can be analysed again."""
APPLICATION_ID = 0x434F4E57
"""``PRAGMA application_id``: "CONW"."""

type Kind = Literal["text", "integer", "boolean", "time", "json"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``time`` is text, ISO 8601 in UTC with milliseconds; ``json`` is text."""

    kind: Kind
    help: str
    references: str | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table. ``record`` is the dataclass that fills it; ``None`` for tables that are made from others."""

    name: str
    help: str
    record: type | None
    columns: dict[str, Column]
    key: tuple[str, ...] = ("id",)
    indexes: tuple[tuple[str, ...], ...] = field(default=())


def _id(help_text: str) -> Column:
    return Column("text", help_text, required=True)


def _ref(table: str, help_text: str, *, required: bool = False) -> Column:
    return Column("text", help_text, references=table, required=required)


TABLES: tuple[Table, ...] = (  # what is referred to stands before what refers to it
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
            "ended_at": Column("time", "Last exchange, or end of the run; empty while it runs."),
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
            "id": _id("Number of the session."),
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
            "id": _id("Number of the exchange: 1.42 is the 42nd of capture 1."),
            "capture_id": Column("integer", "The capture it is part of.", references="captures", required=True),
            "session_id": _ref("sessions", "The session it belongs to; empty if that cannot be told."),
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
    Table(
        "events",
        "CDP messages (track, page, identify, ...), each once: a re-send is a duplicate.",
        records.EventRecord,
        {
            "id": _id("Number of the exchange and place in its batch."),
            "exchange_id": _ref("exchanges", "The request that carried it.", required=True),
            "session_id": _ref("sessions", "The session it belongs to.", required=True),
            "cdp": Column("text", "The CDP, by its id in the catalogue: segment, rudderstack."),
            "write_key": Column("text", "The source it was sent to."),
            "message_id": Column("text", "Its own id, by which re-sends are recognised."),
            "type": Column("text", "track, identify, page, screen, group or alias."),
            "name": Column("text", "Event, page or screen name."),
            "anonymous_id": Column("text", "By the policy's [storage]."),
            "user_id": Column("text", "By the policy's [storage]."),
            "timestamp": Column("text", "When the client says it was made; as sent."),
            "sent_at": Column("text", "When the client says it was sent; as sent."),
            "received_at": Column("time", "When it crossed the wire, by the capture's clock."),
            "surface": Column("text", "web, mobile, server or unknown."),
            "library": Column("text", "Name and version of the SDK."),
            "stamped": Column("text", "missing, empty-consent, empty-preferences or preferences."),
            "stamp": Column("json", "The consent it carries, in the workspace's category ids."),
            "integrations": Column("json", "Destinations that it switches on or off."),
            "payload": Column("json", "The message, by the policy's [storage]."),
        },
        indexes=(
            ("session_id", "received_at"),
            ("exchange_id",),
            ("name",),
            ("write_key",),
            ("received_at",),
            ("cdp", "type"),
        ),
    ),
    Table(
        "duplicates",
        "Re-sends of events (retries, queues replayed on the next page).",
        records.DuplicateRecord,
        {
            "event_id": _ref("events", "The event, as it came first.", required=True),
            "exchange_id": _ref("exchanges", "The request that carried it again.", required=True),
        },
        key=("event_id", "exchange_id"),
        indexes=(("exchange_id",),),
    ),
    Table(
        "sources",
        "Write keys, and what their settings say.",
        records.SourceRecord,
        {
            "id": _id("Capture and write key."),
            "capture_id": Column("integer", "The capture it was seen in.", references="captures", required=True),
            "cdp": Column("text", "The CDP, by its id in the catalogue: segment, rudderstack."),
            "write_key": Column("text", "The write key.", required=True),
            "exchange_id": _ref("exchanges", "The latest response that holds its settings."),
            "enforces_consent": Column("boolean", "Whether the workspace maps destinations to consent categories."),
            "has_unmapped_destinations": Column(
                "boolean", "Whether the settings say that some destination has no category."
            ),
            "all_categories": Column("json", "The workspace's category ids."),
        },
        indexes=(("capture_id",), ("exchange_id",)),
    ),
    Table(
        "destinations",
        "Integrations of a source: where its events go on.",
        records.DestinationRecord,
        {
            "source_id": _ref("sources", "The source.", required=True),
            "name": Column("text", "Name in the CDP's settings.", required=True),
            "vendor": Column("text", "Catalogue id of the vendor behind it."),
            "mode": Column("text", "device, cloud or unknown."),
            "workspace_categories": Column(
                "json", "Category ids that it needs; [] if it has none; empty if the settings do not show it."
            ),
            "category": Column("text", "What that means here: functional, analytics, marketing or necessary."),
        },
        key=("source_id", "name"),
    ),
    Table(
        "deliveries",
        "Each event at each destination of its source: predicted by the CDP's documented rules, or observed.",
        records.DeliveryRecord,
        {
            "event_id": _ref("events", "The event.", required=True),
            "destination": Column("text", "The destination.", required=True),
            "vendor": Column("text", "Catalogue id of the vendor behind it."),
            "mode": Column("text", "device, cloud or unknown."),
            "category": Column("text", "What it needs consent for."),
            "outcome": Column(
                "text",
                "flows, filtered, ambiguous (it may flow: the CDP's documents contradict themselves, or a filter cannot be"
                " evaluated here) or unknown.",
            ),
            "basis": Column(
                "text",
                "predicted; observed (the vendor's own call, or the library's count of it, was seen); or declared (predicted for"
                " a destination that only the policy names).",
            ),
            "reason": Column("text", "Why."),
            "predicted": Column("text", "The outcome by settings and stamp alone; compare it with outcome and seen."),
            "seen": Column(
                "text",
                "What was seen of it: call (the vendor was called by the page within seconds), metric (the library counted it),"
                " ping (the vendor was called, with nothing that tells the person apart), not-seen"
                " (the vendor was in use in the page, and no call followed); empty where nothing could be seen.",
            ),
            "owner": Column("text", "Who answers for the destination, by the policy."),
        },
        key=("event_id", "destination"),
        indexes=(("destination", "outcome"), ("vendor",)),
    ),
    Table(
        "calls",
        "Requests to vendors' addresses.",
        records.CallRecord,
        {
            "id": _id("Number of the exchange."),
            "exchange_id": _ref("exchanges", "The request.", required=True),
            "session_id": _ref("sessions", "The session it belongs to; empty if it names no page or app."),
            "vendor": Column("text", "Catalogue id of the vendor.", required=True),
            "kind": Column("text", "collect, library, config or consent."),
            "category": Column("text", "What it needs consent for."),
        },
        indexes=(("exchange_id",), ("session_id",), ("vendor", "kind")),
    ),
    Table(
        "regulations",
        "Calls to a CDP's privacy interface: people to be suppressed or deleted. Whom, is not stored here.",
        records.RegulationRecord,
        {
            "id": _id("Number of the exchange."),
            "exchange_id": _ref("exchanges", "The request.", required=True),
            "session_id": _ref(
                "sessions", "The session it belongs to; empty if it names no page or app, as servers do not."
            ),
            "action": Column("text", "request (it orders one), status, list or suppressions.", required=True),
            "type": Column("text", "SUPPRESS_ONLY, SUPPRESS_WITH_DELETE, DELETE_ONLY, UNSUPPRESS, ..., of a request."),
            "subject_type": Column("text", "USER_ID or OBJECT_ID."),
            "subjects": Column("integer", "How many ids a request names."),
            "source": Column("text", "The one source it is about; empty for the whole workspace."),
            "status": Column("text", "What the answer says of it: INITIALIZED, RUNNING, FINISHED, ..."),
        },
        indexes=(("exchange_id",), ("session_id",)),
    ),
    Table(
        "identities",
        "Ids that were seen together in a session for a while, with what is compared across sessions and captures.",
        records.IdentityRecord,
        {
            "id": _id("Number of the row."),
            "session_id": _ref("sessions", "The session.", required=True),
            "write_key": Column("text", "The source that the messages were sent to."),
            "user_id": Column("text", "By the policy's [storage]; empty if there is none that could be one person's."),
            "anonymous_id": Column("text", "Likewise."),
            "device_id": Column("text", "context.device.id, likewise."),
            "previous_id": Column("text", "Of an alias call: the id that became user_id."),
            "first_at": Column("time", "First message with these ids."),
            "last_at": Column("time", "Last one, before another userId came under the same anonymousId."),
            "choices": Column(
                "json",
                "The session's answers by category, and between which moments each was made (Unix time in seconds).",
            ),
            "deeds": Column(
                "json",
                "By category, the first messages that needed it and were sent under a grant, and the latest ones (Unix time in"
                " seconds).",
            ),
        },
        indexes=(("session_id",), ("user_id",), ("anonymous_id",)),
    ),
    Table(
        "hits",
        "Events that vendors' own calls carry, decoded where the format is public; a call may carry several, or name none.",
        records.HitRecord,
        {
            "id": _id("Number of the exchange and place in the call."),
            "exchange_id": _ref("exchanges", "The call.", required=True),
            "session_id": _ref("sessions", "The session it belongs to; empty if it names no page or app."),
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
            "id": _id("Number of the cookie."),
            "session_id": _ref("sessions", "The session it was seen in.", required=True),
            "exchange_id": _ref("exchanges", "The exchange that showed it first.", required=True),
            "name": Column("text", "Name.", required=True),
            "host": Column("text", "Host of that exchange."),
            "vendor": Column("text", "Catalogue id of the vendor that writes it."),
            "category": Column("text", "What it needs consent for."),
            "seen_by": Column("text", "set-cookie, sent, or probe."),
            "first_seen_at": Column("time", "When it was seen first."),
        },
        indexes=(("session_id",), ("exchange_id",), ("vendor",), ("name",)),
    ),
    Table(
        "signals",
        "Observations of consent: what was said, by whom, and since when it holds.",
        records.SignalRecord,
        {
            "id": _id("Number of the signal."),
            "session_id": _ref("sessions", "The session.", required=True),
            "exchange_id": _ref("exchanges", "The exchange that carried it.", required=True),
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
            "id": _id("Number of the banner event."),
            "session_id": _ref("sessions", "The session.", required=True),
            "exchange_id": _ref("exchanges", "The report, or the manager's own call, that told it.", required=True),
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
            "id": _id("Number of the mark."),
            "capture_id": Column("integer", "The capture.", references="captures", required=True),
            "session_id": _ref("sessions", "The session it is about, if it names one."),
            "exchange_id": _ref("exchanges", "The request that told it.", required=True),
            "kind": Column("text", "accepted, rejected, withdrew, or note: then it says nothing of consent."),
            "text": Column("text", "In the tester's words."),
            "marked_at": Column("time", "When."),
        },
        indexes=(("session_id", "marked_at"), ("capture_id",), ("exchange_id",)),
    ),
    Table(
        "findings",
        "Violations with the same rule, vendor, destination, site and event name: what people triage.",
        None,
        {
            "fingerprint": _id("Stable across captures."),
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
            "id": _id("Number of the violation."),
            "capture_id": Column("integer", "The capture.", references="captures", required=True),
            "session_id": _ref("sessions", "The session.", required=True),
            "exchange_id": _ref("exchanges", "The bytes: the request that shows it.", required=True),
            "event_id": _ref("events", "The message, where one broke the rule."),
            "signal_id": _ref("signals", "The signal that was in force, or that dates the choice."),
            "later_signal_id": _ref("signals", "The first signal seen after it."),
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
    Table(
        "gaps",
        "What the capture could not see.",
        records.GapRecord,
        {
            "id": _id("Number of the gap."),
            "capture_id": Column("integer", "The capture.", references="captures", required=True),
            "exchange_id": _ref("exchanges", "The exchange that shows it, where one does."),
            "kind": Column("text", "What kind of blindness; docs/gaps.md names them.", required=True),
            "host": Column("text", "Host, site or app concerned."),
            "reason": Column("text", "What could not be seen, and what to do."),
        },
        indexes=(("capture_id", "kind"), ("exchange_id",)),
    ),
)

BY_NAME = {table.name: table for table in TABLES}
BY_RECORD = {table.record: table for table in TABLES if table.record is not None}

_PYTHON_TYPES: dict[str, type] = {"text": str, "integer": int, "boolean": int, "time": str, "json": str}


def create(database: sqlite_utils.Database) -> None:
    """Makes every table and index in an empty database: all of them, or none."""
    with database.atomic():
        for table in TABLES:
            database.create_table(
                table.name,
                {name: _PYTHON_TYPES[column.kind] for name, column in table.columns.items()},
                pk=table.key[0] if len(table.key) == 1 else table.key,
                not_null=[name for name, column in table.columns.items() if column.required],
                foreign_keys=[
                    (name, column.references, _key_of(column.references))
                    for name, column in table.columns.items()
                    if column.references is not None
                ],
            )
            for columns in table.indexes:
                database.table(table.name).create_index(columns, index_name=f"{table.name}_{'_'.join(columns)}")
        database.execute(f"PRAGMA user_version = {VERSION}")
        database.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _key_of(table: str) -> str:
    return BY_NAME[table].key[0]
