"""One Snowplow event -> Event. An event is a flat object of short fields, in a query or in a list; JSON stands in it as text,
plain (``co``, ``ue_pr``) or in base64 that is safe for URLs (``cx``, ``ue_px``).

Sources: Snowplow's tracker protocol; tracker-core 4.10.2 (``emitter_request.ts``, ``payload.ts``); browser-tracker-core 4.10.2
(``duid``, ``uid``, ``sid`` are left out in anonymous mode).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from addon.decode.body import from_base64, url_safe
from addon.decode.facts import NO_STAMP, Event, Problem, Surface
from addon.exchange import Exchange
from addon.jsontext import Json, JsonError, identifier, mapping, parse_exactly, text_of
from addon.timestamps import from_milliseconds, iso_from_milliseconds, waited

from .consent import reports_choice, stamp_of

TYPES: Mapping[str, str] = {
    "pv": "page_view",
    "pp": "page_ping",
    "se": "struct",
    "ue": "unstruct",
    "tr": "transaction",
    "ti": "transaction_item",
    "ad": "ad_impression",
}
PLATFORMS = ("web", "mob", "pc", "srv", "app", "tv", "cnsl", "iot", "headset")
_SURFACES = {"web": Surface.WEB, "mob": Surface.MOBILE, "srv": Surface.SERVER}
_SCHEMA = re.compile(r"iglu:([\w.-]{1,128})/([\w-]{1,128})/")
_VERSION = re.compile(r"-(?=\d)")
_IDENTIFIERS = ("duid", "uid", "sid", "nuid", "tnuid", "fp")


def read(fields: Mapping[str, Json], position: int, exchange: Exchange) -> tuple[Event | None, list[Problem]]:
    """The event, or ``None`` with the problem that makes it unreadable; smaller problems come beside the event."""
    code = fields.get("e")
    kind = TYPES.get(code) if isinstance(code, str) else None
    if kind is None:
        return None, [Problem("bad-event", f"event {position} has e={str(code)[:40]!r}, which no tracker sends")]
    problems: list[Problem] = []
    described = _document(fields, "ue_pr", "ue_px", problems)
    contexts = _document(fields, "co", "cx", problems)
    vendor, name = _self_described(described)
    chosen = reports_choice(vendor, name)
    said = mapping(mapping(mapping(described).get("data")).get("data"))
    made, sent = fields.get("dtm"), fields.get("stm")
    made_at, sent_at = from_milliseconds(made), from_milliseconds(sent)
    library, version = _tracker(text_of(fields.get("tv")))
    surface = _SURFACES.get(text_of(fields.get("p")) or "", Surface.UNKNOWN)
    event = Event(
        cdp="snowplow",
        position=position,
        type=kind,
        name=_name(kind, fields, name),
        write_key=text_of(fields.get("aid")),
        message_id=identifier(fields.get("eid")),
        anonymous_id=identifier(fields.get("duid")) or identifier(fields.get("nuid")),
        user_id=identifier(fields.get("uid")),
        timestamp=iso_from_milliseconds(made),
        sent_at=iso_from_milliseconds(sent),
        waited=waited(made_at, sent_at),
        surface=surface,
        library=library,
        library_version=version,
        stamp=stamp_of(name, said, problems) if chosen else NO_STAMP,
        advertising_id=None,
        integrations={},
        bundled=None,
        unbundled=None,
        page_url=text_of(fields.get("url")),
        # apps name themselves by nothing else
        app=text_of(fields.get("aid")) if surface is Surface.MOBILE else None,
        reports_choice=chosen,
        retry=False,
        payload=_payload(fields, described, contexts),
        anonymous=_is_anonymous(fields, exchange),
    )
    return event, problems


def _payload(fields: Mapping[str, Json], described: Json, contexts: Json) -> dict[str, Json]:
    """The event's fields, with the JSON in place of its text."""
    payload = {key: value for key, value in fields.items() if key not in ("ue_pr", "ue_px", "co", "cx")}
    payload |= {"ue_pr": described} if described is not None else {}
    payload |= {"co": contexts} if contexts is not None else {}
    return payload


def _is_anonymous(fields: Mapping[str, Json], exchange: Exchange) -> bool:
    """The collector itself drops its cookie and the address only if the request has this header."""
    requested = exchange.request_headers.get("sp-anonymous") == "*"
    return requested and not any(fields.get(key) for key in _IDENTIFIERS)


def _document(fields: Mapping[str, Json], plain: str, encoded: str, problems: list[Problem]) -> Json:
    """The JSON in one of two fields; ``None`` if there is none, or none that can be read."""
    text = text_of(fields.get(plain))
    try:
        content = _decoded(text_of(fields.get(encoded))) if text is None else text
        return None if content is None else parse_exactly(content)
    except JsonError as error:
        problems.append(Problem("bad-event", f"{plain}: {error}"))
        return None


def _decoded(text: str | None) -> bytes | None:
    """Text in base64, safe for URLs or not, padded or not.

    Raises:
        JsonError: if it is none.
    """
    return None if text is None else from_base64(url_safe(text))


def _self_described(document: Json) -> tuple[str, str]:
    """Vendor and name of the schema of a self-describing event; empty for others."""
    schema = mapping(mapping(document).get("data")).get("schema")
    found = _SCHEMA.match(schema) if isinstance(schema, str) else None
    return ("", "") if found is None else (found.group(1), found.group(2))


def _name(kind: str, fields: Mapping[str, Json], schema: str) -> str | None:
    if kind == "unstruct":
        return schema or None
    return text_of(fields.get({"page_view": "page", "struct": "se_ac"}.get(kind, "")))


def _tracker(version: str | None) -> tuple[str | None, str | None]:
    """``js-4.10.2`` -> ``snowplow-js`` and ``4.10.2``."""
    if version is None:
        return None, None
    name, *rest = _VERSION.split(version[:100], maxsplit=1)
    return f"snowplow-{name}", rest[0] if rest else None
