"""Klaviyo: events and profiles of the script, the older track call, and the server API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from addon.decode.envelope import last_part
from addon.exchange import Exchange
from addon.jsontext import Json, mapping

from .reader import Found, HitReader, NotDecoded
from .wire import at, document, email, fields, json_or_form, json_text, objects, phone


def _read(exchange: Exchange) -> Iterator[Found]:
    given = fields(exchange.query)
    last = last_part(exchange.path)
    if last in ("track", "identify"):
        yield _older(exchange, given, last)
    elif last == "track-analytics":
        for event in objects(mapping(document(exchange)).get("events")):
            yield Found(name=event.get("metric"), account=given.get("company_id"))
    elif exchange.method == "POST":
        body = json_or_form(exchange)
        resource = mapping(body.get("data"))
        yield _resource(mapping(resource.get("attributes")), resource, given.get("company_id"))


def _older(exchange: Exchange, given: Mapping[str, str], last: str) -> Found:
    listed = given.get("data") or json_or_form(exchange).get("data")
    if listed is None:
        raise NotDecoded("no data field")
    body = mapping(json_text(listed) if isinstance(listed, str) else listed)
    person = mapping(body.get("customer_properties") or (body.get("properties") if last == "identify" else None))
    return Found(name=body.get("event") or last, account=body.get("token"), identifiers=_person(person))


def _resource(attributes: Mapping[str, Json], resource: Mapping[str, Json], account: Json) -> Found:
    """An object of Klaviyo's JSON:API: an event with its profile, or a profile."""
    profile = at(attributes, "profile", "data", "attributes")
    return Found(
        name=at(attributes, "metric", "data", "attributes", "name") or resource.get("type"),
        account=account,
        identifiers=_person(mapping(profile) or attributes),
        page_url=at(attributes, "properties", "page"),
    )


def _person(person: Mapping[str, Json]) -> dict[str, Json]:
    return {
        "external_id": person.get("external_id") or person.get("$id"),
        "client_id": person.get("anonymous_id") or person.get("$anonymous"),
        "cookie_id": person.get("_kx") or person.get("$exchange_id"),
        **email(person.get("email") or person.get("$email")),
        **phone(person.get("phone_number") or person.get("$phone_number")),
    }


READER = HitReader(
    vendor="klaviyo",
    decodes=(
        "client/events, client/profiles and the server's api/events, api/profiles: metric, company, external, anonymous and exchange"
        " id, e-mail and phone",
        "api/track and api/identify: event, company, the same identifiers",
        "onsite/track-analytics: the script's own metrics and the company",
    ),
    sources=(
        "Klaviyo developers, Create client event; Create or update client profile; Track and Identify APIs (legacy)",
        "klaviyo.js onsite/track-analytics (metric_group, events), public copies",
    ),
    read=_read,
)
