"""Identities of people, and the orders to a CDP about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from .table import Column, own_id, reference, table


@table("identities", indexes=(("session_id",), ("user_id",), ("anonymous_id",)))
@dataclass(slots=True, kw_only=True)
class IdentityRecord:
    """Ids that were seen together in a session for a while, with what is compared across sessions and captures."""

    id: Annotated[str, own_id("Number of the row.")]
    session_id: Annotated[str, reference("sessions", "The session.", required=True)]
    write_key: Annotated[str | None, Column("The source that the messages were sent to.")]
    user_id: Annotated[
        str | None,
        Column("By the policy's [storage]; empty if there is none that could be one person's.", redaction="identifier"),
    ]
    anonymous_id: Annotated[str | None, Column("Likewise.", redaction="identifier")]
    device_id: Annotated[str | None, Column("context.device.id, likewise.", redaction="identifier")]
    previous_id: Annotated[str | None, Column("Of an alias call: the id that became user_id.", redaction="identifier")]
    first_at: Annotated[float, Column("First message with these ids.")]
    last_at: Annotated[float, Column("Last one, before another userId came under the same anonymousId.")]
    choices: Annotated[
        str,
        Column(
            "The session's answers by category, and between which moments each was made (Unix time in seconds).",
            kind="json",
        ),
    ]
    sent_under_grant: Annotated[
        str,
        Column(
            "By category, the first messages that needed it and were sent under a grant, and the latest ones "
            "(Unix time in seconds).",
            kind="json",
        ),
    ]


@table("regulations", indexes=(("exchange_id",), ("session_id",)))
@dataclass(slots=True, kw_only=True)
class RegulationRecord:
    """Calls to a CDP's privacy interface: people to be suppressed or deleted. Whom, is not stored here."""

    id: Annotated[str, own_id("Number of the exchange.")]
    exchange_id: Annotated[str, reference("exchanges", "The request.", required=True)]
    session_id: Annotated[
        str | None,
        reference("sessions", "The session it belongs to; empty if it names no page or app, as servers do not."),
    ]
    action: Annotated[str, Column("request (it orders one), status, list or suppressions.", required=True)]
    type: Annotated[
        str | None, Column("SUPPRESS_ONLY, SUPPRESS_WITH_DELETE, DELETE_ONLY, UNSUPPRESS, ..., of a request.")
    ]
    subject_type: Annotated[str | None, Column("USER_ID or OBJECT_ID.")]
    subjects: Annotated[int, Column("How many ids a request names.")]
    source: Annotated[str | None, Column("The one source it is about; empty for the whole workspace.")]
    status: Annotated[str | None, Column("What the answer says of it: INITIALIZED, RUNNING, FINISHED, ...")]
