"""Snapchat: the pixel as a query, a form and JSON, and the Conversions API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from addon.decode.envelope import last_part
from addon.exchange import Exchange
from addon.jsontext import Json, mapping

from .reader import Found, HitReader
from .wire import conversion, document, email, fields, first, json_or_form, objects, phone


def _read(exchange: Exchange) -> Iterator[Found]:
    if last_part(exchange.path) == "events":
        yield from _conversions(exchange)
        return
    given: dict[str, Json] = {**fields(exchange.query)}
    if exchange.method == "POST" and exchange.request_body is not None and exchange.request_body.raw:
        given = {**json_or_form(exchange)} | given
    if isinstance(given.get("req"), list):
        for request in objects(given["req"]):
            # t is an event, i the pixel's start; what else there is are its own logs
            for section in (request.get("t"), request.get("i")):
                if isinstance(section, dict):
                    yield _found(section)
        return
    yield _found(given)


def _found(given: Mapping[str, Json]) -> Found:
    return Found(
        name=given.get("ev"),
        account=given.get("pid") or first(given.get("pids")),
        identifiers={
            "cookie_id": given.get("u_c1"),
            "client_id": given.get("u_sclid"),
            "session_id": given.get("u_scsid"),
            **email(given.get("u_hem")),
            **phone(given.get("u_hpn")),
        },
        page_url=given.get("pl"),
    )


def _conversions(exchange: Exchange) -> Iterator[Found]:
    account = exchange.path.split("/")[2]
    for event in objects(mapping(document(exchange)).get("data")):
        yield conversion(event, account, cookie_id="sc_cookie1", click_id="sc_click_id", advertising_id="madid")


READER = HitReader(
    vendor="snapchat",
    decodes=(
        "p and gateway/p: event, pixel id, _scid, browser and session id, hashed e-mail and phone, page",
        "cm: pixel id and browser id; it names no event",
        "Conversions API: event, pixel id, _scid, click id, external id, advertising id, hashed e-mail and phone",
    ),
    sources=(
        "Omnibug, Snapchat provider",
        "Snap for Developers, Conversions API v3",
        "bodies of tr.snapchat.com in public captures (req with t and i; u_c1, u_scsid, u_sclid)",
    ),
    read=_read,
)
