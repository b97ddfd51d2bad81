"""CDP messages, and where they go on."""

from __future__ import annotations

from addon import records

from .table import Column, Table, own_id, reference

TABLES = (
    Table(
        "events",
        "CDP messages (track, page, identify, ...), each once: a re-send is a duplicate.",
        records.EventRecord,
        {
            "id": own_id("Number of the exchange and place in its batch."),
            "exchange_id": reference("exchanges", "The request that carried it.", required=True),
            "session_id": reference("sessions", "The session it belongs to.", required=True),
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
            "event_id": reference("events", "The event, as it came first.", required=True),
            "exchange_id": reference("exchanges", "The request that carried it again.", required=True),
        },
        key=("event_id", "exchange_id"),
        indexes=(("exchange_id",),),
    ),
    Table(
        "sources",
        "Write keys, and what their settings say.",
        records.SourceRecord,
        {
            "id": own_id("Capture and write key."),
            "capture_id": Column("integer", "The capture it was seen in.", references="captures", required=True),
            "cdp": Column("text", "The CDP, by its id in the catalogue: segment, rudderstack."),
            "write_key": Column("text", "The write key.", required=True),
            "exchange_id": reference("exchanges", "The latest response that holds its settings."),
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
            "source_id": reference("sources", "The source.", required=True),
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
            "event_id": reference("events", "The event.", required=True),
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
)
