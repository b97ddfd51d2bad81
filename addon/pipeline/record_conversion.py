"""Facts -> records: what of an exchange, an event or a judgement goes into which column."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator

from addon.body import Body, BodyError
from addon.consent.signal import Signal
from addon.decode.facts import DestinationSetting, Event, Hit, Settings, StampShape
from addon.exchange import Exchange, Headers, Unsent
from addon.judge.acts import Act, DeliveryAct
from addon.judge.cause import cause_of
from addon.judge.causes import all_causes
from addon.judge.pending import Judgement
from addon.judge.rule import Breach
from addon.judge.verdict import Verdict
from addon.pipeline.session_state import SessionState
from addon.policy import Policy
from addon.records import (
    CallRecord,
    DeliveryRecord,
    DestinationRecord,
    EventRecord,
    ExchangeRecord,
    HitRecord,
    SessionRecord,
    SignalRecord,
    SourceRecord,
    ViolationRecord,
)
from addon.routing.delivery import Seen
from vendor_catalog import CallKind, Category

_NO_HEADERS = Headers()
MAX_STORED_BODY = 256 * 1024
"""Bytes of a body that are kept as evidence."""


OBSERVATION = "observation"
"""The kind of an exchange in which the in-page probe, an extension or the tester reported something: no traffic of a site."""


def exchange_record(
    exchange: Exchange,
    number: str,
    capture: int,
    session: str | None,
    vendor: str | None,
    kind: str | None,
    *,
    page: bool = False,
    with_response: bool,
) -> ExchangeRecord:
    """An exchange as evidence. Bodies are kept only of exchanges with a vendor or a CDP."""
    return ExchangeRecord(
        id=number,
        capture_id=capture,
        session_id=session,
        started_at=exchange.started_at,
        method=exchange.method,
        scheme=exchange.scheme,
        host=exchange.host,
        path=exchange.path,
        query=exchange.query,
        status=exchange.status,
        failure=exchange.failure if exchange.unsent is None else _not_sent(exchange.unsent, exchange.failure),
        vendor=vendor,
        kind=kind,
        page=page,
        request_headers=exchange.request_headers,
        request_body=_stored(exchange.request_body) if vendor is not None else None,
        response_headers=exchange.response_headers if vendor is not None else _NO_HEADERS,
        response_body=_stored(exchange.response_body) if with_response else None,
    )


def _not_sent(why: Unsent, failure: str | None) -> str:
    return f"not sent: {why}" if failure is None else f"not sent: {why} ({failure})"


def _stored(body: Body | None) -> bytes | None:
    if body is None or not body.raw:
        return None
    try:
        content = body.content()
    except BodyError:
        content = body.raw
    return content[:MAX_STORED_BODY]


def session_record(session: SessionState, capture: int) -> SessionRecord:
    """A session as it stands; its end and its consent source grow."""
    key = session.key
    spoken = session.timeline.origins()
    return SessionRecord(
        id=session.id,
        capture_id=capture,
        client=key.client,
        site=key.site,
        app=key.app,
        user_agent=key.user_agent,
        jar=key.jar,
        surface=key.surface,
        started_at=session.started_at,
        ended_at=session.ended_at,
        consent_source=spoken[0] if spoken else next(iter(session.managers), None),
        pages=session.pages,
        fetched=session.fetched,
    )


def event_record(event: Event, number: str, exchange: str, session: str, at: float) -> EventRecord:
    preferences = event.stamp.preferences if event.stamp.shape is StampShape.PREFERENCES else None
    return EventRecord(
        id=number,
        exchange_id=exchange,
        session_id=session,
        cdp=event.cdp,
        write_key=event.write_key,
        message_id=event.message_id,
        type=event.type,
        name=event.name,
        anonymous_id=event.anonymous_id,
        user_id=event.user_id,
        timestamp=event.timestamp,
        sent_at=event.sent_at,
        received_at=at,
        surface=event.surface,
        library=" ".join(part for part in (event.library, event.library_version) if part) or None,
        made_by=event.made_by,
        stamped=event.stamp.shape,
        stamp=None if preferences is None else json.dumps(preferences),
        integrations=json.dumps(event.integrations) if event.integrations else None,
        payload=json.dumps(event.payload),
    )


def source_id(capture: int, cdp: str, write_key: str) -> str:
    """Write keys may hold any letter, so that theirs comes last."""
    return f"{capture}.{cdp}.{write_key}"


def source_record(settings: Settings, number: str, capture: int, exchange: str) -> SourceRecord:
    return SourceRecord(
        id=number,
        capture_id=capture,
        cdp=settings.cdp,
        write_key=settings.write_key,
        exchange_id=exchange,
        enforces_consent=settings.enforces_consent,
        has_unmapped_destinations=settings.has_unmapped_destinations,
        auto_instrumented=settings.auto_instrumented,
        all_categories=json.dumps(settings.all_categories),
    )


def destination_record(
    destination: DestinationSetting, source: str, vendor: str | None, category: Category | None
) -> DestinationRecord:
    return DestinationRecord(
        source_id=source,
        name=destination.name,
        vendor=vendor,
        mode=destination.mode,
        workspace_categories=json.dumps(destination.categories) if destination.mapping_shown else None,
        category=category,
    )


def delivery_record(act: DeliveryAct) -> DeliveryRecord:
    delivery = act.delivery
    return DeliveryRecord(
        event_id=act.event.event,
        destination=delivery.destination,
        vendor=delivery.vendor,
        mode=delivery.mode,
        category=None if act.need is None else act.need.category,
        outcome=delivery.outcome,
        basis=delivery.basis,
        reason=delivery.reason,
        predicted=delivery.predicted or delivery.outcome,
        seen=delivery.seen,
        owner=delivery.owner,
    )


def hit_records(hits: Iterable[Hit], exchange: str, session: str | None) -> Iterator[HitRecord]:
    for hit in hits:
        yield HitRecord(
            id=f"{exchange}.{hit.position}",
            exchange_id=exchange,
            session_id=session,
            vendor=hit.vendor,
            name=hit.name,
            account=hit.account,
            identifiers=json.dumps(hit.identifiers),
        )


def call_record(
    exchange: str, session: str | None, vendor: str, kind: CallKind, category: Category | None
) -> CallRecord:
    """A call to a vendor; ``session`` is ``None`` if it names no page and no app."""
    return CallRecord(
        id=exchange,
        exchange_id=exchange,
        session_id=session,
        vendor=vendor,
        kind=kind,
        category=category or Category.NECESSARY,
    )


def signal_record(signal: Signal, session: str, exchange: str, at: float) -> SignalRecord:
    values = signal.values
    precision = "exact" if signal.effective_at is not None else "day" if signal.not_before is not None else None
    return SignalRecord(
        id=signal.id,
        session_id=session,
        exchange_id=exchange,
        source=signal.origin,
        carrier=signal.carrier,
        raw=signal.raw,
        answered=signal.answered,
        necessary=values.get(Category.NECESSARY),
        functional=values.get(Category.FUNCTIONAL),
        analytics=values.get(Category.ANALYTICS),
        marketing=values.get(Category.MARKETING),
        observed_at=at,
        effective_at=signal.effective_at if signal.effective_at is not None else signal.not_before,
        effective_precision=precision,
    )


def _clearing(act: Act) -> str:
    """What evidence takes a judgement back."""
    if isinstance(act, DeliveryAct) and act.delivery.seen is Seen.PING:
        return "no more than a ping without identifiers, so that the message may not have gone on as this person's"
    if isinstance(act, DeliveryAct) and act.delivery.seen is Seen.FAILURE:
        return "that handing the message over failed in the page"
    return "that consent was in force"


def violation_record(judgement: Judgement, number: str, capture: int, session: str, policy: Policy) -> ViolationRecord:
    """A judgement as a row; one that was taken back is kept with its last breach, as cleared."""
    act, rule, breach = judgement.act, judgement.rule, judgement.last_breach
    assert breach is not None, "only a judgement in which a breach was found is recorded"
    suppression = policy.suppression_of(
        rule=rule.slug,
        vendor=breach.vendor,
        destination=breach.destination,
        site=act.place.site,
        event=breach.event_name,
        at=act.at,
    )
    explanation = breach.explanation
    verdict = breach.verdict
    finding = fingerprint(rule.slug, breach, act.place.site)
    if judgement.breach is None:
        verdict = Verdict.CLEARED
        explanation = f"Raised live and taken back: later evidence shows {_clearing(act)}. At first: {explanation}"
    return ViolationRecord(
        id=number,
        capture_id=capture,
        session_id=session,
        exchange_id=act.place.exchange,
        event_id=act.event_id,
        signal_id=act.signal_id if breach.signal is None else breach.signal.id,
        later_signal_id=None if breach.later_signal is None else breach.later_signal.id,
        rule=rule.slug,
        severity=rule.severity,
        verdict=verdict,
        phase=breach.phase,
        vendor=breach.vendor,
        destination=breach.destination,
        category=breach.category,
        site=act.place.site,
        event_name=breach.event_name,
        occurred_at=act.at,
        explanation=explanation,
        fingerprint=finding,
        cause=str(cause_of(all_causes().values(), rule.slug, act, breach, finding)),
        suppressed=None
        if suppression is None
        else f"{suppression.reason} ({suppression.owner}, until {suppression.expires})",
    )


def fingerprint(rule: str, breach: Breach, site: str | None) -> str:
    """What makes violations one finding: rule, vendor, destination, site and event name. Stable across captures."""
    parts = (rule, breach.vendor, breach.destination, site, breach.event_name)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
