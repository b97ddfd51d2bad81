"""Batches as mParticle's SDKs make them."""

from __future__ import annotations

from addon.jsontext import Json

WEB = "https://jssdks.mparticle.com/v3/JS/us1-key/events"
OLD_WEB = "https://jssdks.mparticle.com/v2/JS/us1-key/Events"
CNAME = "https://mp.shop.example/webevents/v3/JS/us1-key/events"
MOBILE = "https://nativesdks.mparticle.com/v2/us1-key/events"
SERVER = "https://s2s.mparticle.com/v2/events"
CONFIG = "https://jssdkcdns.mparticle.com/JS/v2/us1-key/config?env=0"
MADE = 1_790_000_000_000


def custom(name: str = "Order Completed", message_id: str = "m-1", **said: Json) -> dict[str, Json]:
    """A custom event as ``convertCustomEvent`` makes it."""
    return {
        "event_type": "custom_event",
        "data": {
            "event_name": name,
            "custom_event_type": "transaction",
            "source_message_id": message_id,
            "timestamp_unixtime_ms": MADE,
            "session_uuid": "S-1",
            **said,
        },
    }


def batch(*events: Json, **changes: Json) -> dict[str, Json]:
    """A batch as ``convertEvents`` makes it; ``None`` stays, as the SDK writes null."""
    return {
        "source_request_id": "r-1",
        "mpid": "1234",
        "timestamp_unixtime_ms": MADE + 2000,
        "environment": "production",
        "events": list(events or (custom(),)),
        "mp_deviceid": "d-1",
        "sdk_version": "2.68.0",
        "application_info": {"package": "shop"},
        "device_info": {"platform": "web"},
        "user_attributes": {},
        "user_identities": {"customer_id": "u-1", "other": "o-1"},
        "consent_state": None,
        "integration_attributes": {},
        **changes,
    }


def consenting(gdpr: Json = None, ccpa: Json = None) -> dict[str, Json]:
    return batch(consent_state={"gdpr": gdpr, "ccpa": ccpa})


def purpose(consented: Json) -> dict[str, Json]:
    return {"consented": consented, "timestamp_unixtime_ms": MADE, "document": "d", "hardware_id": "h", "location": "l"}


def mobile(*messages: Json, **changes: Json) -> dict[str, Json]:
    """A batch of the Android SDK."""
    return {
        "dt": "h",
        "id": "b-1",
        "ct": MADE + 5000,
        "sdk": "5.60.0",
        "mpid": 1234,
        "ai": {"apn": "com.shop.app", "an": "Shop"},
        "di": {"dp": "Android"},
        "msgs": list(messages or ({"dt": "e", "id": "e-1", "ct": MADE, "n": "Order Completed", "sid": "S"},)),
        **changes,
    }
