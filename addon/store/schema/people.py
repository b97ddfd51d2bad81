"""Who is meant: identities, and what a CDP was told to do about people."""

from __future__ import annotations

from addon import records

from .table import Column, Table, own_id, reference

TABLES = (
    Table(
        "identities",
        "Ids that were seen together in a session for a while, with what is compared across sessions and captures.",
        records.IdentityRecord,
        {
            "id": own_id("Number of the row."),
            "session_id": reference("sessions", "The session.", required=True),
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
        "regulations",
        "Calls to a CDP's privacy interface: people to be suppressed or deleted. Whom, is not stored here.",
        records.RegulationRecord,
        {
            "id": own_id("Number of the exchange."),
            "exchange_id": reference("exchanges", "The request.", required=True),
            "session_id": reference(
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
)
