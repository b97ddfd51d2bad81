"""Floodlight: activities, whose parameters stand in the path between semicolons."""

from __future__ import annotations

from collections.abc import Iterator

from addon.exchange import Exchange
from vendor_catalog import Category

from .reader import Found, HitReader
from .wire import fields, google_user_data


def _read(exchange: Exchange) -> Iterator[Found]:
    tail = exchange.path.replace(";", "&").rpartition("/")[2]
    given = fields(tail) | fields(exchange.query)
    activity = "/".join(part for part in (given.get("type"), given.get("cat")) if part)
    source = given.get("src")
    yield Found(
        name=given.get("en") or activity,
        account=given.get("tid") or (f"DC-{source}" if source else None),
        identifiers={
            "cookie_id": given.get("auiddc") or given.get("auid"),
            "click_id": given.get("gcldc") if given.get("gcldc") != "0" else None,
            **google_user_data(given.get("em")),
        },
        page_url=given.get("~oref") or given.get("dl"),
    )


READER = HitReader(
    vendor="floodlight",
    decodes=(
        "activity, activityi, ddm, ccm/collect: activity group and tag, advertiser, the id of the _gcl_au cookie, click id, page",
    ),
    sources=("Omnibug, GoogleDoubleClick provider", "Campaign Manager 360 Help, Floodlight tag format"),
    read=_read,
    storage=Category.MARKETING,
)
