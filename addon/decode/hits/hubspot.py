"""HubSpot: the tracking code's images, forms that it copies, and the REST API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from addon.decode.envelope import last_part
from addon.exchange import Exchange
from addon.jsontext import Json, mapping

from .reader import Found, HitReader
from .wire import document, email, fields, json_or_form, phone

_PAGE_VIEW = "1"


def _read(exchange: Exchange) -> Iterator[Found]:
    given = fields(exchange.query)
    if exchange.path.startswith("/__pt"):
        yield _image(exchange, given)
    elif exchange.path.startswith("/v1/event"):
        yield Found(name=given.get("_n"), account=given.get("_a"), identifiers=email(given.get("email")))
    elif "/collected-forms/" in exchange.path:
        yield _form(json_or_form(exchange))
    elif exchange.host == "api.hubapi.com":
        yield _server(exchange)
    else:
        yield Found(account=given.get("portalId"), identifiers={"cookie_id": given.get("hutk")})


def _image(exchange: Exchange, given: Mapping[str, str]) -> Found:
    identity = fields(given.get("i", ""))  # what the page identified the visitor by: a query within the query
    page_view = given.get("k") == _PAGE_VIEW and last_part(exchange.path) == "__ptq.gif"
    return Found(
        name=given.get("n") or given.get("id") or ("page view" if page_view else None),
        account=given.get("a"),
        identifiers={
            "cookie_id": given.get("vi"),
            "user_id": identity.get("id"),
            "device_id": given.get("bfp"),
            **email(identity.get("email")),
            **phone(identity.get("phone")),
        },
        page_url=given.get("pu"),
    )


def _form(body: Mapping[str, Json]) -> Found:
    contact = mapping(body.get("contactFields"))
    return Found(
        name="collected form",
        account=body.get("portalId"),
        identifiers={
            "cookie_id": body.get("utk"),
            **email(contact.get("email")),
            **phone(contact.get("phone")),
        },
        page_url=body.get("pageUrl"),
    )


def _server(exchange: Exchange) -> Found:
    body = mapping(document(exchange))
    contact = mapping(body.get("properties"))
    return Found(
        name=body.get("eventName"),
        identifiers={
            "cookie_id": body.get("utk"),
            "user_id": body.get("objectId"),
            **email(body.get("email") or contact.get("email")),
            **phone(contact.get("phone")),
        },
    )


READER = HitReader(
    vendor="hubspot",
    decodes=(
        "__ptq.gif, __ptbe.gif and their kin: page view or event name, portal, hubspotutk, browser fingerprint, e-mail and phone of"
        " who was identified, page",
        "collected-forms: portal, hubspotutk, e-mail and phone, page",
        "REST API: event name, e-mail and phone",
    ),
    sources=(
        "Omnibug, Hubspot provider",
        "HubSpot developers, Send event completions",
        "addresses of track.hubspot.com in public captures (k, a, n, vi, bfp, i, pu)",
    ),
    read=_read,
)
