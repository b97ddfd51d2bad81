"""What vendors got: calls, the events that calls carry, and cookies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from .judged import Alternative, Consent, ConsentCertainty, ConsentSignal
from .table import Column, own_id, reference, table


@table("calls", indexes=(("exchange_id",), ("session_id",), ("vendor", "kind"), ("signal_id",)))
@dataclass(slots=True, kw_only=True)
class CallRecord:
    """Requests to vendors' addresses."""

    id: Annotated[str, own_id("Number of the exchange.")]
    exchange_id: Annotated[str, reference("exchanges", "The request.", required=True)]
    session_id: Annotated[
        str | None, reference("sessions", "The session it belongs to; empty if it names no page or app.")
    ]
    vendor: Annotated[str, Column("Catalogue id of the vendor.", required=True)]
    kind: Annotated[str, Column("collect, library, config or consent.")]
    category: Annotated[str, Column("What it needs consent for.")]
    consent: Consent = None
    alternative: Alternative = None
    certainty: ConsentCertainty = None
    signal_id: ConsentSignal = None


@table("hits", indexes=(("exchange_id",), ("session_id",), ("vendor", "name")))
@dataclass(slots=True, kw_only=True)
class HitRecord:
    """Events that vendors' own calls carry, decoded where the format is public; a call may carry several, or name none."""

    id: Annotated[str, own_id("Number of the exchange and place in the call.")]
    exchange_id: Annotated[str, reference("exchanges", "The call.", required=True)]
    session_id: Annotated[
        str | None, reference("sessions", "The session it belongs to; empty if it names no page or app.")
    ]
    vendor: Annotated[str, Column("Catalogue id of the vendor.", required=True)]
    name: Annotated[str | None, Column("The event, in the vendor's words.")]
    account: Annotated[str | None, Column("Whose data it is: a measurement id, a pixel id, a project token.")]
    identifiers: Annotated[
        str,
        Column(
            "What tells the person or the device apart, by kind; e-mail addresses and phone numbers always "
            "hashed, hashes of them hashed once more, the others by the policy's [storage].",
            kind="json",
            redaction="identifiers",
        ),
    ]


@table("cookies", indexes=(("session_id",), ("exchange_id",), ("vendor",), ("name",), ("signal_id",)))
@dataclass(slots=True, kw_only=True)
class CookieRecord:
    """Cookies, and vendors' keys in the browser's storage, and how they were seen. Values are never stored."""

    id: Annotated[str, own_id("Number of the cookie.")]
    session_id: Annotated[str, reference("sessions", "The session it was seen in.", required=True)]
    exchange_id: Annotated[str, reference("exchanges", "The exchange that showed it first.", required=True)]
    name: Annotated[str, Column("Name.", required=True)]
    host: Annotated[str, Column("Host of that exchange.")]
    vendor: Annotated[str | None, Column("Catalogue id of the vendor that writes it.", named=True)]
    category: Annotated[str | None, Column("What it needs consent for.")]
    seen_by: Annotated[
        str, Column("set-cookie, sent, probe (a script wrote it), or storage (a script wrote it there; no cookie).")
    ]
    first_seen_at: Annotated[float, Column("When it was seen first.")]
    consent: Consent = None
    alternative: Alternative = None
    certainty: ConsentCertainty = None
    signal_id: ConsentSignal = None
