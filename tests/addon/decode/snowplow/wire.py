"""Events as Snowplow's trackers make them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from urllib.parse import urlencode

from addon.jsontext import Json

TP2 = "https://collector.shop.example/com.snowplowanalytics.snowplow/tp2"
OWN_PATH = "https://collector.shop.example/com.acme/track"
PIXEL = "https://collector.shop.example/i"
SCHEMAS = "iglu:com.snowplowanalytics.snowplow"
MADE = 1_790_000_000_000


def page_view(**changes: Json) -> dict[str, Json]:
    """A page view of the web tracker; ``None`` takes a field away."""
    fields: dict[str, Json] = {
        "e": "pv",
        "url": "https://www.shop.example/a",
        "page": "A",
        "eid": "0e37d1ab-7a33-4c05-9c33-aaaaaaaaaaaa",
        "tv": "js-4.10.2",
        "tna": "sp",
        "aid": "shop",
        "p": "web",
        "dtm": str(MADE),
        "stm": str(MADE + 1500),
        "duid": "d-1",
        "sid": "s-1",
        "uid": "u-1",
        **changes,
    }
    return {key: value for key, value in fields.items() if value is not None}


def encoded(document: Json) -> str:
    """JSON in base64 that is safe for URLs, without padding, as the trackers write it."""
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def described(name: str, said: Json, vendor: str = "com.snowplowanalytics.snowplow") -> Json:
    """A self-describing event."""
    inner: Json = {"schema": f"iglu:{vendor}/{name}/jsonschema/1-0-0", "data": said}
    return {"schema": f"{SCHEMAS}/unstruct_event/jsonschema/1-0-0", "data": inner}


def consent(kind: str, scopes: Json, **changes: Json) -> dict[str, Json]:
    """The event of the enhanced consent plugin."""
    said: Json = {"eventType": kind, "basisForProcessing": "consent", "consentScopes": scopes, "gdprApplies": True}
    return page_view(e="ue", ue_px=encoded(described("consent_preferences", said)), **changes)


def posted(*events: Json) -> dict[str, Json]:
    return {"schema": f"{SCHEMAS}/payload_data/jsonschema/1-0-4", "data": list(events)}


def pixel(fields: Mapping[str, Json], url: str = PIXEL) -> str:
    return f"{url}?{urlencode({key: str(value) for key, value in fields.items()})}"
