"""Jitsu's requests, as @jitsu/js 1.11 was seen to make them, and what their answers tell the page to load."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from addon.body import Body
from addon.decode import decode
from addon.decode.facts import StampShape, Surface
from addon.exchange import Exchange
from addon.jsontext import Json

from .segment.wire import event, found, read, request

OWN = "https://cdp.shop.example"
KEYED = {"x-write-key": "kid:secret", "x-ip-policy": "remove"}


def message(**changes: Json) -> dict[str, Json]:
    built: dict[str, Json] = {
        "type": "track",
        "event": "Order Completed",
        "properties": {"total": 1},
        "userId": None,
        "anonymousId": "20b814b3-a4c9-4125-ab90-1880832d30eb",
        "timestamp": "2026-11-23T12:00:00.000Z",
        "sentAt": "2026-11-23T12:00:00.000Z",
        "messageId": "nuy7up7ut71cnkswfi2bu",
        "writeKey": "kid:***",
        "context": context(),
        **changes,
    }
    return built


def context(**changes: Json) -> dict[str, Json]:
    return {
        "library": {"name": "@jitsu/js", "version": "1.11.0", "env": "browser"},
        "consent": {"categoryPreferences": {"analytics": True, "marketing": False}},
        "page": {"host": "www.shop.example", "url": "https://www.shop.example/"},
        **changes,
    }


def sent_to(path: str = "/api/s/track", body: Json = None, answer: Json | bytes | None = None) -> Exchange:
    sent = request(f"{OWN}{path}", message() if body is None else body, headers=KEYED)
    if answer is None:
        return sent
    raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return replace(sent, status=200, response_body=Body(raw))


def test_a_page_sends_one_message() -> None:
    sent = event(sent_to())
    assert (sent.cdp, sent.type, sent.name, sent.surface) == ("jitsu", "track", "Order Completed", Surface.WEB)
    assert sent.stamp.preferences == {"analytics": True, "marketing": False}


def test_only_the_public_part_of_the_write_key_is_kept() -> None:
    assert event(sent_to()).write_key == "kid"
    unkeyed = request(f"{OWN}/api/s/track", message(writeKey="***"))
    assert event(unkeyed).write_key is None
    assert event(request(f"{OWN}/api/s/track", message())).write_key == "kid"


def test_without_identifiers_a_message_is_still_one() -> None:
    sent = event(sent_to(body=message(anonymousId=None)))
    assert (sent.anonymous_id, sent.user_id) == (None, None)


def test_without_consent_in_its_options_nothing_is_stamped() -> None:
    bare = {key: value for key, value in context().items() if key != "consent"}
    assert event(sent_to(body=message(context=bare))).stamp.shape is StampShape.MISSING


@pytest.mark.parametrize("path", ["/api/s/s2s/track", "/api/s/s2s/t"])
def test_a_server_sends_to_an_address_of_its_own(path: str) -> None:
    assert event(sent_to(path)).surface is Surface.SERVER


def test_a_message_that_a_server_made_is_a_servers() -> None:
    made = context(library={"name": "@jitsu/js", "version": "1.11.0", "env": "node"})
    assert event(sent_to(body=message(context=made))).surface is Surface.SERVER


def test_another_client_is_known_by_address_and_header() -> None:
    plain = message(context={"library": {"name": "own"}})
    assert event(sent_to(body=plain)).cdp == "jitsu"
    assert read(request(f"{OWN}/api/s/track", plain)) is None
    assert read(request(f"{OWN}/api/songs/track", plain, headers=KEYED)) is None
    learned = decode(request(f"{OWN}/api/s/track", plain), None, {"cdp.shop.example": "jitsu"})
    assert learned is not None
    assert learned.vendor == "jitsu"


def test_a_message_that_cannot_be_read_costs_itself_alone() -> None:
    decoded = found(sent_to("/api/s/batch", {"batch": [None, message(), message(type="party")]}))
    assert [sent.position for sent in decoded.events] == [1]
    assert [problem.kind for problem in decoded.problems] == ["bad-event", "bad-event"]


# --- the answer


def internal(name: str = "ga4-tag", **options: Json) -> dict[str, Json]:
    return {
        "id": "d-1",
        "destinationType": name,
        "credentials": {},
        "options": options,
        "deviceOptions": {"type": "internal-plugin", "name": name},
    }


def test_the_answer_names_what_the_page_feeds() -> None:
    external: Json = {"id": "d-2", "destinationType": "hotjar", "deviceOptions": {"type": "analytics-plugin"}}
    tag: Json = {**internal("tag"), "id": "d-3"}
    sent = event(sent_to(answer={"destinations": [internal(), external, tag, internal(), 7, {}]}))
    assert sent.bundled == ("ga4-tag", "hotjar", "tag d-3")


@pytest.mark.parametrize(
    ("options", "fed"),
    [
        ({"events": "*", "hosts": "*"}, True),
        ({"events": "page\nORDER completed"}, True),
        ({"events": ["track"]}, True),
        ({"events": "page"}, False),
        ({"hosts": "*.shop.example"}, True),
        ({"hosts": ["other.example"]}, False),
        ({"hosts": ""}, False),
        ({"events": 7}, True),
    ],
)
def test_what_a_destinations_filters_keep_from_it_is_not_fed(options: dict[str, Json], fed: bool) -> None:
    sent = event(sent_to(answer={"destinations": [internal(**options)]}))
    assert sent.bundled == (("ga4-tag",) if fed else ())


@pytest.mark.parametrize("answer", [b"", b"{", b"\x1f\x8bnot", {"ok": True}, {"destinations": {}}, []])
def test_an_answer_that_names_nothing_says_nothing(answer: Json | bytes) -> None:
    assert event(sent_to(answer=answer)).bundled is None


def test_a_server_loads_nothing() -> None:
    assert event(sent_to("/api/s/s2s/track", answer={"destinations": [internal()]})).bundled is None
