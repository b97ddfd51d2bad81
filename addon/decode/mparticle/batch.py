"""mParticle batches -> Events, one for each event in a batch.

Three formats: that of the Events API, which the web SDK's ``v3`` addresses and servers use (``{events: [{event_type, data}],
consent_state}``); one message with short keys, which its ``v1`` and ``v2`` addresses took (``{dt: 4, n, ct, con}``); and that of
the mobile SDKs, which is the same keys in a batch (``{msgs: [{dt: "e", n, ct, id}], ai, di, con}``). Sources:
mparticle-web-sdk 2.68.0 ``sdkToEventsApiConverter.ts``, ``serverModel.ts`` and ``types.ts``; mparticle-android-sdk
``MessageBatch.java`` and ``Constants.java``; mParticle's Events API.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from addon.decode.facts import AdvertisingId, Event, Problem, Stamp, Surface
from addon.jsontext import Json, identifier, mapping, text_of
from addon.timestamps import from_milliseconds, iso_from_milliseconds, waited

from .consent import LONG, SHORT, stamp_of

MAX_EVENTS = 5000
_CODE = re.compile(r"[a-z]{1,8}")
_TYPE = re.compile(r"[a-z][a-z_]{0,59}")
_BY_CODE: Mapping[str | int, str] = {
    1: "session_start",
    2: "session_end",
    3: "screen_view",
    4: "custom_event",
    5: "crash_report",
    6: "opt_out",
    10: "application_state_transition",
    14: "profile",
    16: "commerce_event",
    17: "user_attribute_change",
    18: "user_identity_change",
    20: "media",
    "ss": "session_start",
    "se": "session_end",
    "e": "custom_event",
    "v": "screen_view",
    "cm": "commerce_event",
    "o": "opt_out",
    "x": "crash_report",
    "pr": "push_registration",
    "fr": "first_run",
    "ast": "application_state_transition",
    "pm": "push_message",
    "bc": "breadcrumb",
    "npe": "network_performance",
    "pro": "profile",
    "uac": "user_attribute_change",
}
_NAMED_BY = ("event_name", "screen_name", "user_attribute_name", "application_transition_type")
_NAMED = ("custom_event", "screen_view", "media")
"""Types whose short form has a name under ``n``; the web's other types put their number there."""
_CHOICE = "opt_out"
"""The type of the event by which an SDK says that the person switched it off or on."""


@dataclass(frozen=True, slots=True)
class Sender:
    """What a request's address tells about the batches in it."""

    surface: Surface
    write_key: str | None


@dataclass(frozen=True, slots=True)
class _Message:
    """What one event states itself."""

    kind: str
    name: str | None
    id: str | None
    made: Json
    """Milliseconds since 1970."""
    payload: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class _Batch:
    """What a batch states for every event in it."""

    stamp: Stamp
    sent: Json
    """Milliseconds since 1970."""
    anonymous_id: str | None
    user_id: str | None
    library_version: str | None
    app: str | None
    advertising_id: AdvertisingId | None = None


def read(document: Json, sender: Sender) -> tuple[list[Event], list[Problem]]:
    """The events of a request's body, in order; what cannot be read is a problem, and costs nothing else."""
    events: list[Event] = []
    problems: list[Problem] = []
    batches = document if isinstance(document, list) else [document]
    for number, batch in enumerate(batches[:MAX_EVENTS]):
        if not isinstance(batch, dict):
            problems.append(Problem("bad-event", f"batch {number} is {type(batch).__name__}, not an object"))
            continue
        listed = batch.get("events")
        shared = _long(batch, problems) if isinstance(listed, list) else _short(batch, problems)
        messages = _long_messages(listed, problems) if isinstance(listed, list) else _short_messages(batch, problems)
        for message in messages:
            if len(events) >= MAX_EVENTS or len(problems) >= MAX_EVENTS:
                problems.append(Problem("bad-event", f"events beyond {MAX_EVENTS} were not read"))
                return events, problems
            events.append(_placed(shared, message, sender, len(events)))
    return events, problems


def is_batch(document: Json) -> bool:
    """Whether a body is of one of the three formats."""
    top = mapping(document[0] if isinstance(document, list) and document else document)
    if isinstance(top.get("events"), list):
        return any(key in top for key in ("mpid", "mp_deviceid", "user_identities", "environment", "source_request_id"))
    return "dt" in top and any(key in top for key in ("sdk", "mpid", "das"))


def _placed(batch: _Batch, message: _Message, sender: Sender, position: int) -> Event:
    made_at, sent_at = from_milliseconds(message.made), from_milliseconds(batch.sent)
    return Event(
        cdp="mparticle",
        position=position,
        type=message.kind,
        name=message.name,
        write_key=sender.write_key,
        message_id=message.id,
        anonymous_id=batch.anonymous_id,
        user_id=batch.user_id,
        timestamp=iso_from_milliseconds(message.made),
        sent_at=iso_from_milliseconds(batch.sent),
        waited=waited(made_at, sent_at),
        surface=sender.surface,
        library="mparticle",
        library_version=batch.library_version,
        stamp=batch.stamp,
        advertising_id=batch.advertising_id,
        integrations={},
        bundled=None,
        unbundled=None,
        page_url=None,
        app=batch.app if sender.surface is Surface.MOBILE else None,
        reports_choice=message.kind == _CHOICE,
        retry=False,
        payload=message.payload,
    )


def _long_messages(listed: list[Json], problems: list[Problem]) -> Iterator[_Message]:
    for event in listed:
        top = mapping(event)
        kind = top.get("event_type")
        if not isinstance(kind, str) or _TYPE.fullmatch(kind) is None:
            problems.append(_unknown(event, "event_type"))
            continue
        facts = mapping(top.get("data"))
        message_id = identifier(facts.get("source_message_id"))
        yield _Message(kind, _name(kind, facts), message_id, facts.get("timestamp_unixtime_ms"), top)


def _short_messages(batch: dict[str, Json], problems: list[Problem]) -> Iterator[_Message]:
    """The messages of a mobile batch, with those of the session's history, which were sent before; or the only one of v1 and
    v2, which has no id of its own."""
    groups = [group for group in (batch.get("msgs"), batch.get("sh")) if isinstance(group, list)]
    grouped = bool(groups) or batch.get("dt") == "h"
    for message in [each for group in groups for each in group] if grouped else [batch]:
        top = mapping(message)
        kind = _kind_of(top.get("dt"))
        if kind is None:
            problems.append(_unknown(message, "dt"))
            continue
        name = text_of(top.get("n")) if kind in _NAMED else None
        yield _Message(kind, name, identifier(top.get("id")) if grouped else None, top.get("ct"), top)


def _kind_of(code: Json) -> str | None:
    """The type behind a short code; the code itself where a newer SDK has one that is not known here."""
    if not isinstance(code, (str, int)):
        return None
    return _BY_CODE.get(code) or (code if isinstance(code, str) and _CODE.fullmatch(code) else None)


def _unknown(event: Json, key: str) -> Problem:
    shown = f"{key} {str(event.get(key))[:40]!r}" if isinstance(event, dict) else type(event).__name__
    return Problem("bad-event", f"an event is {shown}, which no SDK sends")


def _name(kind: str, facts: Mapping[str, Json]) -> str | None:
    if kind == "commerce_event":
        return text_of(mapping(facts.get("product_action")).get("action"))
    return next((name for key in _NAMED_BY if (name := text_of(facts.get(key)))), None)


def _long(batch: Mapping[str, Json], problems: list[Problem]) -> _Batch:
    return _Batch(
        stamp=stamp_of(batch.get("consent_state"), LONG, problems),
        sent=batch.get("timestamp_unixtime_ms"),
        anonymous_id=identifier(batch.get("mp_deviceid")) or identifier(batch.get("mpid")),
        user_id=identifier(mapping(batch.get("user_identities")).get("customer_id")),
        library_version=text_of(batch.get("sdk_version")),
        app=text_of(mapping(batch.get("application_info")).get("package")),
    )


def _short(batch: Mapping[str, Json], problems: list[Problem]) -> _Batch:
    device = mapping(batch.get("di"))
    return _Batch(
        stamp=stamp_of(batch.get("con"), SHORT, problems),
        sent=batch.get("ct") if batch.get("dt") == "h" else None,
        anonymous_id=identifier(batch.get("das")) or identifier(device.get("das")) or identifier(batch.get("mpid")),
        user_id=_customer(batch.get("ui")),
        library_version=text_of(batch.get("sdk")),
        app=text_of(mapping(batch.get("ai")).get("apn")),
        advertising_id=_advertising_id(device),
    )


def _customer(identities: Json) -> str | None:
    """The site's own id of the person: type 1 in the list of identities."""
    listed = identities[:100] if isinstance(identities, list) else []
    for each in listed:
        entry = mapping(each)
        if entry.get("n", entry.get("Type")) == 1:
            return identifier(entry.get("i", entry.get("Identity")))
    return None


def _advertising_id(device: Mapping[str, Json]) -> AdvertisingId | None:
    """Android's, which travels with the device's own setting that limits its use."""
    number, limited = text_of(device.get("gaid")), device.get("lat")
    if number is None or not number.strip("0-"):
        return None
    allowed = not limited if isinstance(limited, bool) else None
    return AdvertisingId(permission=None, tracking_enabled=allowed, vendor_scoped=False, apple=False)
