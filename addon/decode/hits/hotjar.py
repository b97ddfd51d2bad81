"""Hotjar: whose recording it is, by the address. The recordings themselves are opaque."""

from __future__ import annotations

import re
from collections.abc import Iterator

from addon.exchange import Exchange

from .reader import Found, HitReader
from .wire import fields

_SITE = re.compile(r"/(?:sites|sessions)/([0-9]+)")


def _read(exchange: Exchange) -> Iterator[Found]:
    given = fields(exchange.query)
    site = _SITE.search(exchange.path)
    yield Found(account=site[1] if site else given.get("site_id"))


READER = HitReader(
    vendor="hotjar",
    decodes=("site id in the address; recordings, page content and surveys are not read, and no event is named",),
    sources=("Omnibug, Hotjar provider (site id)", "addresses in the HTTP Archive, 2025-04"),
    read=_read,
)
