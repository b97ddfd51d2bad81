"""Branch: installs, opens, page views and events of its SDKs."""

from __future__ import annotations

from collections.abc import Iterator

from addon.decode.envelope import last_part
from addon.exchange import Exchange
from addon.jsontext import mapping

from .reader import Found, HitReader
from .wire import fields, json_or_form


def _read(exchange: Exchange) -> Iterator[Found]:
    if exchange.host == "app.link":
        given = fields(exchange.query)
        yield Found(
            account=given.get("branch_key"),
            identifiers={"device_id": given.get("browser_fingerprint_id")},
        )
        return
    body = json_or_form(exchange)
    person = mapping(body.get("user_data"))
    both = {**body, **person}
    ids = mapping(body.get("advertising_ids"))
    yield Found(
        name=body.get("name") or body.get("event") or last_part(exchange.path),
        account=body.get("branch_key"),
        identifiers={
            "advertising_id": both.get("google_advertising_id")
            or both.get("aaid")
            or both.get("idfa")
            or ids.get("aaid"),
            "vendor_device_id": both.get("ios_vendor_id") or both.get("idfv") or both.get("android_id"),
            "device_id": next(
                (
                    both[name]
                    for name in (
                        "randomized_device_token",
                        "device_fingerprint_id",
                        "browser_fingerprint_id",
                        "hardware_id",
                    )
                    if both.get(name)
                ),
                None,
            ),
            "client_id": both.get("randomized_bundle_token") or both.get("identity_id"),
            "user_id": both.get("developer_identity")
            or (both.get("identity") if last_part(exchange.path) == "profile" else None),
        },
        page_url=body.get("current_url"),
    )


READER = HitReader(
    vendor="branch",
    decodes=(
        "v1 and v2: the call or the event's name, app key, advertising, device, vendor's device, Branch's and the app's own id",
        "app.link/_r: app key, and the id by which the browser is recognised",
    ),
    sources=(
        "tweaselORG/TrackHAR src/adapters/branch-io.ts",
        "Branch documentation, Events API v2",
        "branch-sdk (npm) dist/build.min.js",
    ),
    read=_read,
)
