"""CDP messages, and where they go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from .judged import Alternative, Consent, ConsentCertainty, ConsentSignal, StampChoices
from .table import Column, own_id, reference, table


@table(
    "events",
    indexes=(
        ("session_id", "received_at"),
        ("exchange_id",),
        ("name",),
        ("write_key",),
        ("received_at",),
        ("cdp", "type"),
        ("signal_id",),
    ),
)
@dataclass(slots=True, kw_only=True)
class EventRecord:
    """CDP messages (track, page, identify, ...), each once: a re-send is a duplicate."""

    id: Annotated[str, own_id("Number of the exchange and place in its batch.")]
    exchange_id: Annotated[str, reference("exchanges", "The request that carried it.", required=True)]
    session_id: Annotated[str, reference("sessions", "The session it belongs to.", required=True)]
    cdp: Annotated[str, Column("The CDP, by its id in the catalogue: segment, rudderstack.")]
    write_key: Annotated[str | None, Column("The source it was sent to.")]
    message_id: Annotated[str | None, Column("Its own id, by which re-sends are recognised.")]
    type: Annotated[str, Column("track, identify, page, screen, group or alias.")]
    name: Annotated[str | None, Column("Event, page or screen name.")]
    anonymous_id: Annotated[str | None, Column("By the policy's [storage].", redaction="identifier")]
    user_id: Annotated[str | None, Column("By the policy's [storage].", redaction="identifier")]
    timestamp: Annotated[str | None, Column("When the client says it was made; as sent.")]
    sent_at: Annotated[str | None, Column("When the client says it was sent; as sent.")]
    received_at: Annotated[float, Column("When it crossed the wire, by the capture's clock.")]
    surface: Annotated[str, Column("web, mobile, server or unknown.")]
    library: Annotated[str | None, Column("Name and version of the SDK.")]
    made_by: Annotated[
        str | None,
        Column("What made it, if not the site's own code: signal (auto-instrumentation), or as it says itself."),
    ] = None
    stamped: Annotated[str, Column("missing, empty-consent, empty-preferences or preferences.")]
    stamp: Annotated[str | None, Column("The consent it carries, in the workspace's category ids.", kind="json")]
    integrations: Annotated[str | None, Column("Destinations that it switches on or off.", kind="json")]
    payload: Annotated[str, Column("The message, by the policy's [storage].", kind="json", redaction="payload")]
    stamp_choices: StampChoices = None
    consent: Consent = None
    alternative: Alternative = None
    certainty: ConsentCertainty = None
    signal_id: ConsentSignal = None


@table("duplicates", key=("event_id", "exchange_id"), indexes=(("exchange_id",),))
@dataclass(slots=True, kw_only=True)
class DuplicateRecord:
    """Re-sends of events (retries, queues replayed on the next page)."""

    event_id: Annotated[str, reference("events", "The event, as it came first.", required=True)]
    exchange_id: Annotated[str, reference("exchanges", "The request that carried it again.", required=True)]


@table("sources", indexes=(("capture_id",), ("exchange_id",)))
@dataclass(slots=True, kw_only=True)
class SourceRecord:
    """Write keys, and what their settings say."""

    id: Annotated[str, own_id("Capture and write key.")]
    capture_id: Annotated[int, reference("captures", "The capture it was seen in.", required=True)]
    cdp: Annotated[str, Column("The CDP, by its id in the catalogue: segment, rudderstack.")]
    write_key: Annotated[str, Column("The write key.", required=True)]
    exchange_id: Annotated[str | None, reference("exchanges", "The latest response that holds its settings.")]
    enforces_consent: Annotated[bool | None, Column("Whether the workspace maps destinations to consent categories.")]
    has_unmapped_destinations: Annotated[
        bool | None, Column("Whether the settings say that some destination has no category.")
    ]
    auto_instrumented: Annotated[
        bool | None, Column("Whether its library makes messages of what a person does, which nobody wrote.")
    ] = None
    all_categories: Annotated[str, Column("The workspace's category ids.", kind="json")]


@table("destinations", key=("source_id", "name"))
@dataclass(slots=True, kw_only=True)
class DestinationRecord:
    """Integrations of a source: where its events go on."""

    source_id: Annotated[str, reference("sources", "The source.", required=True)]
    name: Annotated[str, Column("Name in the CDP's settings.", required=True)]
    vendor: Annotated[str | None, Column("Catalogue id of the vendor behind it.", named=True)]
    mode: Annotated[str, Column("device, cloud or unknown.")]
    workspace_categories: Annotated[
        str | None,
        Column("Category ids that it needs; [] if it has none; empty if the settings do not show it.", kind="json"),
    ]
    category: Annotated[str | None, Column("What that means here: functional, analytics, marketing or necessary.")]


@table("deliveries", key=("event_id", "destination"), indexes=(("destination", "outcome"), ("vendor",), ("signal_id",)))
@dataclass(slots=True, kw_only=True)
class DeliveryRecord:
    """Each event at each destination of its source: predicted by the CDP's documented rules, or observed."""

    event_id: Annotated[str, reference("events", "The event.", required=True)]
    destination: Annotated[str, Column("The destination.", required=True)]
    vendor: Annotated[str | None, Column("Catalogue id of the vendor behind it.", named=True)]
    mode: Annotated[str, Column("device, cloud or unknown.")]
    category: Annotated[str | None, Column("What it needs consent for.")]
    outcome: Annotated[
        str,
        Column(
            "flows, filtered, ambiguous (it may flow: the CDP's documents contradict themselves, or a filter "
            "cannot be evaluated here), unknown, or failed (handed over in the page, where the destination's code failed)."
        ),
    ]
    basis: Annotated[
        str,
        Column(
            "predicted; observed (the vendor's own call, or the library's count of it, was seen); or declared "
            "(predicted for a destination that only the policy names)."
        ),
    ]
    reason: Annotated[str, Column("Why.")]
    predicted: Annotated[str, Column("The outcome by settings and stamp alone; compare it with outcome and seen.")]
    seen: Annotated[
        str | None,
        Column(
            "What was seen of it: call (the vendor was called by the page within seconds), metric (the library "
            "counted it), failure (the library counted that it failed), ping (the vendor was called, with nothing that "
            "tells the person apart), not-seen (the vendor was in use in the page, and no call followed); empty where "
            "nothing could be seen."
        ),
    ] = None
    owner: Annotated[str | None, Column("Who answers for the destination, by the policy.")] = None
    consent: Consent = None
    alternative: Alternative = None
    certainty: ConsentCertainty = None
    signal_id: ConsentSignal = None
