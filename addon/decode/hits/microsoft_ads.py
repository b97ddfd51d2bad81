"""Microsoft Advertising: Universal Event Tracking, and its Conversions API."""

from __future__ import annotations

from collections.abc import Iterator

from addon.exchange import Exchange
from addon.jsontext import mapping

from .reader import Found, HitReader
from .wire import document, email, objects, parameters, phone


def _read(exchange: Exchange) -> Iterator[Found]:
    if exchange.host == "capi.uet.microsoft.com":
        yield from _conversions(exchange)
        return
    if not exchange.path.startswith("/action"):
        yield Found()  # recordings and audience uploads
        return
    given = parameters(exchange)
    event = given.get("evt")
    click = given.get("msclkid")
    yield Found(
        name=(given.get("ea") or event) if event == "custom" else event,
        account=given.get("ti"),
        identifiers={
            "cookie_id": given.get("vid"),
            "session_id": given.get("sid"),
            "click_id": None if click == "N" else click,
            **email(given.get("em")),
            **phone(given.get("ph")),
        },
        page_url=given.get("p"),
    )


def _conversions(exchange: Exchange) -> Iterator[Found]:
    account = exchange.path.split("/")[2]
    for event in objects(mapping(document(exchange)).get("data")):
        person = mapping(event.get("userData"))
        yield Found(
            name=event.get("eventName") or event.get("eventType"),
            account=account,
            identifiers={
                "client_id": person.get("anonymousId"),
                "click_id": person.get("msclkid"),
                "external_id": person.get("externalId"),
                **email(person.get("em")),
                **phone(person.get("ph")),
            },
            page_url=event.get("eventSourceUrl"),
        )


READER = HitReader(
    vendor="microsoft-ads",
    decodes=(
        "action and actionp: event, tag id, _uetvid and _uetsid, click id, page",
        "Conversions API: event, tag id, anonymous and external id, click id, hashed e-mail and phone",
        "p/insights and p/conversions: recordings, not read",
    ),
    sources=(
        "Omnibug, BingAds provider",
        "Microsoft Learn, UET Conversions API (CAPI)",
        "MicrosoftDocs, Universal Event Tracking custom events",
    ),
    read=_read,
)
