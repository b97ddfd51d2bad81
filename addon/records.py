"""What the pipeline hands to the store: one dataclass a table, its fields the table's columns.

Times are Unix time in seconds here and ISO 8601 UTC in the database. JSON is text already. Nothing is redacted yet:
that is the store's last step before writing, by the policy.
"""

from __future__ import annotations

from dataclasses import dataclass

from addon.exchange import Headers


@dataclass(slots=True, kw_only=True)
class CaptureRecord:
    """One recording: a live run, or an imported file."""

    id: int
    kind: str
    path: str | None
    digest: str | None
    started_at: float | None
    ended_at: float | None
    policy: str | None
    tool_version: str
    exchanges_read: int = 0
    cookies_visible: bool = True


@dataclass(slots=True, kw_only=True)
class SessionRecord:
    """One client using one site or one app."""

    id: str
    capture_id: int
    client: str
    site: str | None
    app: str | None
    user_agent: str
    surface: str
    started_at: float
    ended_at: float
    consent_source: str | None = None
    jar: int = 1


@dataclass(slots=True, kw_only=True)
class ExchangeRecord:
    """One HTTP request with its response, or its failure."""

    id: str
    capture_id: int
    session_id: str | None
    started_at: float
    method: str
    scheme: str
    host: str
    path: str
    query: str
    status: int | None
    failure: str | None
    vendor: str | None
    kind: str | None
    request_headers: Headers
    request_body: bytes | None
    response_headers: Headers
    response_body: bytes | None


@dataclass(slots=True, kw_only=True)
class EventRecord:
    """One CDP message."""

    id: str
    exchange_id: str
    session_id: str
    cdp: str
    write_key: str | None
    message_id: str | None
    type: str
    name: str | None
    anonymous_id: str | None
    user_id: str | None
    timestamp: str | None
    sent_at: str | None
    received_at: float
    surface: str
    library: str | None
    stamped: str
    stamp: str | None
    integrations: str | None
    payload: str


@dataclass(slots=True, kw_only=True)
class DuplicateRecord:
    """A re-send of an event."""

    event_id: str
    exchange_id: str


@dataclass(slots=True, kw_only=True)
class SourceRecord:
    """A write key, and what its settings say."""

    id: str
    capture_id: int
    cdp: str
    write_key: str
    exchange_id: str | None
    enforces_consent: bool | None
    has_unmapped_destinations: bool | None
    all_categories: str


@dataclass(slots=True, kw_only=True)
class DestinationRecord:
    """One integration of a source."""

    source_id: str
    name: str
    vendor: str | None
    mode: str
    workspace_categories: str | None
    category: str | None


@dataclass(slots=True, kw_only=True)
class DeliveryRecord:
    """One event at one destination."""

    event_id: str
    destination: str
    vendor: str | None
    mode: str
    category: str | None
    outcome: str
    basis: str
    reason: str
    predicted: str
    seen: str | None = None
    owner: str | None = None


@dataclass(slots=True, kw_only=True)
class CallRecord:
    """A request to a vendor's address."""

    id: str
    exchange_id: str
    session_id: str | None
    vendor: str
    kind: str
    category: str


@dataclass(slots=True, kw_only=True)
class HitRecord:
    """One event in a call to a vendor."""

    id: str
    exchange_id: str
    session_id: str | None
    vendor: str
    name: str | None
    account: str | None
    identifiers: str


@dataclass(slots=True, kw_only=True)
class RegulationRecord:
    """A call to a CDP's privacy interface. Never whom it is about."""

    id: str
    exchange_id: str
    session_id: str | None
    action: str
    type: str | None
    subject_type: str | None
    subjects: int
    source: str | None
    status: str | None


@dataclass(slots=True, kw_only=True)
class IdentityRecord:
    """Ids that were seen together in one session, what was chosen in it, and what was sent for them under a grant."""

    id: str
    session_id: str
    write_key: str | None
    user_id: str | None
    anonymous_id: str | None
    device_id: str | None
    previous_id: str | None
    first_at: float
    last_at: float
    choices: str
    deeds: str


@dataclass(slots=True, kw_only=True)
class CookieRecord:
    """A cookie, and how it was seen. Never its value."""

    id: str
    session_id: str
    exchange_id: str
    name: str
    host: str
    vendor: str | None
    category: str | None
    seen_by: str
    first_seen_at: float


@dataclass(slots=True, kw_only=True)
class SignalRecord:
    """One observation of consent."""

    id: str
    session_id: str
    exchange_id: str
    source: str
    carrier: str
    raw: str | None
    answered: bool | None
    necessary: bool | None
    functional: bool | None
    analytics: bool | None
    marketing: bool | None
    observed_at: float
    effective_at: float | None
    effective_precision: str | None


@dataclass(slots=True, kw_only=True)
class BannerEventRecord:
    """A consent banner shown, hidden or clicked, or a choice recorded by its manager without saying what was chosen."""

    id: str
    session_id: str
    exchange_id: str
    kind: str
    manager: str | None
    detail: str | None
    occurred_at: float


@dataclass(slots=True, kw_only=True)
class MarkRecord:
    """What the tester said."""

    id: str
    capture_id: int
    session_id: str | None
    exchange_id: str
    kind: str
    text: str
    marked_at: float


@dataclass(slots=True, kw_only=True)
class ViolationRecord:
    """One rule broken by one act. Written again under the same id when its verdict moves."""

    id: str
    capture_id: int
    session_id: str
    exchange_id: str
    event_id: str | None
    signal_id: str | None
    later_signal_id: str | None
    rule: str
    severity: str
    verdict: str
    phase: str
    vendor: str | None
    destination: str | None
    category: str | None
    site: str | None
    event_name: str | None
    occurred_at: float
    explanation: str
    fingerprint: str
    suppressed: str | None


@dataclass(slots=True, kw_only=True)
class GapRecord:
    """What the capture could not see."""

    id: str
    capture_id: int
    exchange_id: str | None
    kind: str
    host: str | None
    reason: str


type Record = (
    CaptureRecord
    | SessionRecord
    | ExchangeRecord
    | EventRecord
    | DuplicateRecord
    | SourceRecord
    | DestinationRecord
    | DeliveryRecord
    | CallRecord
    | RegulationRecord
    | IdentityRecord
    | HitRecord
    | CookieRecord
    | SignalRecord
    | BannerEventRecord
    | MarkRecord
    | ViolationRecord
    | GapRecord
)
