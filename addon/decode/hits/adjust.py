"""Adjust: sessions, events and attribution, as forms."""

from __future__ import annotations

from collections.abc import Iterator

from addon.decode.envelope import last_part
from addon.exchange import Exchange

from .reader import Found, HitReader
from .wire import parameters


def _read(exchange: Exchange) -> Iterator[Found]:
    given = parameters(exchange)
    yield Found(
        # an event is known by its token alone; its name stays in Adjust's dashboard
        name=given.get("event_token") or last_part(exchange.path),
        account=given.get("app_token"),
        identifiers={
            "advertising_id": given.get("gps_adid") or given.get("idfa") or given.get("fire_adid"),
            "vendor_device_id": given.get("idfv") or given.get("android_id"),
            "device_id": given.get("android_uuid")
            or given.get("ios_uuid")
            or given.get("persistent_ios_uuid")
            or given.get("web_uuid"),
            "external_id": given.get("external_device_id"),
        },
    )


READER = HitReader(
    vendor="adjust",
    decodes=(
        "session, event, attribution, sdk_click, sdk_info, ad_revenue: event token or call, app token, advertising, device and"
        " vendor's device id",
    ),
    sources=(
        "tweaselORG/TrackHAR src/adapters/adjust.ts",
        "Adjust Help Center, Device identifiers; Server-to-server sessions",
    ),
    read=_read,
)
