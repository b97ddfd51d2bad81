"""Meta: the pixel's images and forms, and the Conversions API."""

from __future__ import annotations

from collections.abc import Iterator

from addon.exchange import Exchange

from .reader import Found, HitReader
from .wire import conversion, email, json_or_form, json_text, objects, parameters, phone


def _read(exchange: Exchange) -> Iterator[Found]:
    if exchange.host == "graph.facebook.com":
        yield from _conversions(exchange)
        return
    given = parameters(exchange)
    yield Found(
        name=given.get("ev"),
        account=given.get("id"),
        identifiers={
            "cookie_id": given.get("fbp"),
            "click_id": given.get("fbc"),
            "external_id": given.get("ud[external_id]") or given.get("udff[external_id]"),
            **email(given.get("ud[em]") or given.get("udff[em]")),
            **phone(given.get("ud[ph]") or given.get("udff[ph]")),
        },
        page_url=given.get("dl"),
    )


def _conversions(exchange: Exchange) -> Iterator[Found]:
    account = exchange.path.split("/")[2]
    listed = json_or_form(exchange).get("data")
    for event in objects(json_text(listed) if isinstance(listed, str) else listed):
        yield conversion(event, account, cookie_id="fbp", click_id="fbc", advertising_id="madid")


READER = HitReader(
    vendor="meta-pixel",
    decodes=(
        "/tr and /privacy_sandbox: event name, pixel id, _fbp, _fbc, external id, hashed e-mail and phone, page; in the query or in a"
        " form",
        "Conversions API: the same, and the advertising id",
    ),
    sources=(
        "Omnibug, FacebookPixel provider",
        "Meta for Developers, Conversions API (customer information parameters); fbp and fbc parameters",
    ),
    read=_read,
)
