"""Meta: the pixel's images and forms, and the Conversions API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from addon.exchange import Exchange
from addon.jsontext import strings

from .reader import Found, HitReader
from .wire import conversion, email, json_or_form, json_text, objects, parameters, phone

_LIMITED = "LDU"
"""Limited Data Use: Meta processes the event for the sender alone."""


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
        restricted=given.get("dpo") == _LIMITED,
    )


def _conversions(exchange: Exchange) -> Iterator[Found]:
    account = exchange.path.split("/")[2]
    listed = json_or_form(exchange).get("data")
    for event in objects(json_text(listed) if isinstance(listed, str) else listed):
        made = conversion(event, account, cookie_id="fbp", click_id="fbc", advertising_id="madid")
        yield replace(made, restricted=_LIMITED in strings(event.get("data_processing_options")))


READER = HitReader(
    vendor="meta-pixel",
    decodes=(
        "/tr and /privacy_sandbox: event name, pixel id, _fbp, _fbc, external id, hashed e-mail and phone, page; in the query or in a"
        " form",
        "Conversions API: the same, and the advertising id",
        "whether either asks for Limited Data Use (dpo, data_processing_options), which passes an opt-out on",
    ),
    sources=(
        "Omnibug, FacebookPixel provider",
        "Meta for Developers, Conversions API (customer information parameters); fbp and fbc parameters",
        "Meta for Developers, Data Processing Options for US Users (Meta Pixel, Marketing API)",
    ),
    read=_read,
)
