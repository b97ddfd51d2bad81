"""Whatever comes over the wire, decoding answers: with facts, with problems, or that it is not Segment's."""

from __future__ import annotations

import base64
import gzip
import json
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.body import Body
from addon.decode import decode
from addon.decode.facts import Decoded, Event, StampShape
from addon.exchange import Exchange, Headers
from addon.jsontext import Json
from tests.addon.decode.json_values import documents_of, scalars_of
from vendor_catalog import CallKind, Match, shipped_catalogue

from .wire import CDN, TYPES, US, found, problems, request, response, track

quick = settings(deadline=None, derandomize=True, max_examples=80)

HOSTS = (
    "api.segment.io",
    "events.eu1.segmentapis.com",
    "signals.segment.io",
    "cdn.segment.com",
    "metrics.shop.example",
)
PATHS = (
    "/v1/t",
    "/v1/b",
    "/v1/batch",
    "/v1/m",
    "/v1/pixel/track",
    "/v1/projects/WK/settings",
    "/v1/projects/WK/integrations",
)
KEYS = (
    *(
        "type",
        "event",
        "name",
        "messageId",
        "anonymousId",
        "userId",
        "writeKey",
        "sentAt",
        "timestamp",
        "batch",
        "context",
    ),
    *(
        "integrations",
        "_metadata",
        "bundled",
        "unbundled",
        "retryCount",
        "consent",
        "categoryPreferences",
        "library",
        "page",
    ),
    *(
        "url",
        "app",
        "namespace",
        "series",
        "metric",
        "originalTimestamp",
        "channel",
        "Segment.io",
        "remotePlugins",
        "apiHost",
    ),
    *(
        "creationName",
        "consentSettings",
        "hasUnmappedDestinations",
        "allCategories",
        "versionSettings",
        "componentTypes",
    ),
)
WORDS = (
    *TYPES,
    "ajs-next-1",
    "analytics.js",
    "Hightouch.io",
    "All",
    "Segment.io",
    "true",
    "",
    "\x00",
    "\ud83d",
    "é" * 50,
)

scalars = scalars_of(WORDS)
documents = documents_of(WORDS, KEYS)
messages: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {"type": st.sampled_from(TYPES)},
    optional={
        **dict.fromkeys(("event", "name", "messageId", "anonymousId", "userId", "writeKey", "sentAt"), scalars),
        **dict.fromkeys(("integrations", "_metadata", "properties"), documents),
        "context": documents
        | st.fixed_dictionaries({}, optional={"consent": documents, "library": documents, "page": documents}),
    },
)
bodies: st.SearchStrategy[bytes] = (
    st.binary(max_size=60)
    | documents.map(lambda value: json.dumps(value).encode())
    | st.lists(messages | documents, max_size=4).map(
        lambda batch: json.dumps({"batch": batch, "writeKey": "WK", "messageId": "m"}).encode()
    )
    | messages.map(lambda value: gzip.compress(json.dumps(value).encode()))
    | documents.map(lambda value: json.dumps({"integrations": {"Segment.io": value, "Amplitude": value}}).encode())
)
fields = st.lists(
    st.tuples(
        st.sampled_from(
            [
                b"authorization",
                b"content-encoding",
                b"x-retry-count",
                b"cookie",
                b"user-agent",
                b"origin",
                b"x-write-key",
            ]
        ),
        st.binary(max_size=20) | st.sampled_from([b"Basic V0s6", b"gzip", b"br", b"deflate", b"htjs_a=1"]),
    ),
    max_size=3,
)
queries = (
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
    | st.lists(
        st.tuples(
            st.sampled_from(["data", "writeKey", "context.consent.categoryPreferences.a", "integrations.All", "a.b"]),
            st.text(max_size=8),
        ),
        max_size=4,
    ).map(lambda pairs: "&".join(f"{name}={quote(value, errors='replace')}" for name, value in pairs))
    | documents.map(lambda value: "data=" + base64.b64encode(json.dumps(value).encode()).decode())
)


@st.composite
def exchanges(draw: st.DrawFn) -> Exchange:
    headers = Headers(draw(fields))
    body, answer = draw(st.none() | bodies), draw(st.none() | bodies)
    return Exchange(
        started_at=0.0,
        client="c",
        method=draw(st.sampled_from(["GET", "POST", "PUT", "OPTIONS", "HEAD", "BREW"])),
        scheme="https",
        host=draw(st.sampled_from(HOSTS) | st.text(max_size=12)),
        port=443,
        path=draw(st.sampled_from(PATHS) | st.text(max_size=30).map(lambda text: f"/{text}")),
        query=draw(queries),
        request_headers=headers,
        request_body=None if body is None else Body(body, headers.get("content-encoding")),
        status=draw(st.none() | st.sampled_from([200, 204, 304, 404, 999])),
        response_body=None if answer is None else Body(answer),
    )


def answers(exchange: Exchange, match: Match | None, *, learned: bool) -> Decoded | None:
    decoded = decode(exchange, match, {exchange.host: "segment"} if learned else {})
    if decoded is not None:
        assert isinstance(decoded, Decoded)
        assert all(problem.kind and problem.reason for problem in decoded.problems)
        for event in decoded.events:
            holds(event)
    return decoded


def holds(event: Event) -> None:
    """What every reader of an event relies on."""
    assert event.type in TYPES
    for text in (event.name, event.write_key, event.message_id, event.anonymous_id, event.user_id, event.timestamp):
        assert text is None or (isinstance(text, str) and text)
    assert all(value in (True, False, None) for value in event.stamp.preferences.values())
    assert bool(event.stamp.preferences) == (event.stamp.shape is StampShape.PREFERENCES)
    assert all(isinstance(value, bool) for value in event.integrations.values())
    json.dumps(event.payload, allow_nan=False)


@quick
@given(exchange=exchanges(), learned=st.booleans())
def test_no_exchange_makes_decoding_raise(exchange: Exchange, learned: bool) -> None:
    match = shipped_catalogue().match(exchange.method, exchange.host, exchange.path, exchange.query)
    answers(exchange, match, learned=learned)


@quick
@given(raw=bodies, path=st.sampled_from(["t", "b", "batch", "import", "m", "identify"]), learned=st.booleans())
def test_no_body_makes_decoding_raise(raw: bytes, path: str, learned: bool) -> None:
    for base in (US, "https://metrics.shop.example/v1"):
        exchange = request(f"{base}/{path}", raw)
        match = shipped_catalogue().match(exchange.method, exchange.host, exchange.path, exchange.query)
        decoded = answers(exchange, match, learned=learned)
        assert decoded is not None or base is not US


@quick
@given(raw=bodies, status=st.sampled_from([200, 304, 404, None]), kind=st.sampled_from(["settings", "integrations"]))
def test_no_settings_make_decoding_raise(raw: bytes, status: int | None, kind: str) -> None:
    for base in ("https://cdn.segment.com", "https://cdn.shop.example"):
        exchange = response(f"{base}/v1/projects/WK/{kind}", raw, status=status)
        match = shipped_catalogue().match(exchange.method, exchange.host, exchange.path, exchange.query)
        decoded = answers(exchange, match, learned=False)
        if "segment" in base:
            assert decoded is not None
            assert (decoded.settings is None) == bool(decoded.problems)


@quick
@given(query=queries)
def test_no_pixel_makes_decoding_raise(query: str) -> None:
    exchange = request(f"{US}/pixel/track")
    pixel = Exchange(0.0, "c", "GET", "https", exchange.host, 443, exchange.path, query, Headers())
    decoded = answers(pixel, shipped_catalogue().match("GET", pixel.host, pixel.path, query), learned=False)
    assert decoded is not None
    assert decoded.events or decoded.problems


@quick
@given(good=st.integers(0, 3), batch=st.lists(documents, max_size=5))
def test_whatever_stands_beside_them_good_events_are_read(good: int, batch: list[Json]) -> None:
    mixed = [*batch[:good], track(event="the good one"), *batch[good:]]
    decoded = found(request(f"{US}/b", json.dumps({"batch": mixed}).encode()))
    assert "the good one" in [event.name for event in decoded.events]


@quick
@given(value=documents)
def test_a_stamp_grants_only_what_is_true(value: Json) -> None:
    sent = track(context={"consent": {"categoryPreferences": {"analytics": value}}})
    (event,) = found(request(f"{US}/t", json.dumps(sent).encode())).events
    assert event.stamp.preferences == {"analytics": value if isinstance(value, bool) else None}


# --- single cruelties


def nested(opening: str, closing: str, depth: int) -> str:
    return opening * depth + "1" + closing * depth


@pytest.mark.parametrize("depth", [150, 1000, 5000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("key", ["type", "context", "integrations", "properties", "batch", "userId"])
def test_deep_nesting_is_read_or_refused(key: str, opening: str, closing: str, depth: int) -> None:
    raw = f'{{"type":"track","userId":"u","{key}":{nested(opening, closing, depth)}}}'.encode()
    decoded = found(request(f"{US}/t", raw))
    assert decoded.events or [problem.kind for problem in decoded.problems] in (["undecodable-body"], ["bad-event"])
    for event in decoded.events:
        json.dumps(event.payload)


@pytest.mark.parametrize("key", ["context.consent.categoryPreferences.a", "integrations.a"])
def test_a_value_that_is_nested_is_shown_in_short(key: str) -> None:
    value: Json = json.loads(nested("[", "]", 150))
    for part in reversed(key.split(".")):
        value = {part: value}
    assert isinstance(value, dict)
    ((_, reason),) = problems(request(f"{US}/t", {"type": "track", "userId": "u", **value}))
    assert len(reason) < 200


@pytest.mark.parametrize("number", ["9" * 4000, "9" * 10_000, "1e400", "-1e400", "NaN", "Infinity"])
def test_numbers_beyond_reason_are_read_or_refused(number: str) -> None:
    raw = f'{{"type":"track","userId":{number},"properties":{{"n":{number}}}}}'.encode()
    decoded = found(request(f"{US}/t", raw))
    assert decoded.events or [problem.kind for problem in decoded.problems] == ["undecodable-body"]
    for event in decoded.events:
        json.dumps(event.payload, allow_nan=False)


def test_lone_surrogates_and_nul_are_text() -> None:
    raw = rb'{"type":"track","event":"\ud83d","userId":"\u0000","messageId":"\udfff\ud800"}'
    (event,) = found(request(f"{US}/t", raw)).events
    assert (event.name, event.user_id, event.message_id) == ("\ud83d", "\x00", "\udfff\ud800")


def test_invalid_utf_8_is_a_problem_with_its_place() -> None:
    raw = b'{"type":"track","event":"caf\xe9"}'
    assert problems(request(f"{US}/t", raw)) == [("undecodable-body", "not UTF-8 at byte 28")]


def test_a_query_with_bytes_that_are_no_text_is_read() -> None:
    decoded = found(request(f"{US}/pixel/track?event=caf%E9&userId=%00&anonymousId=a"))
    assert decoded.events[0].name == "caf�"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, br", "rot13"])
def test_a_body_under_a_false_name_is_read_or_refused(coding: str) -> None:
    junk = bytes(range(1, 256))
    decoded = found(request(f"{US}/t", junk, headers={"content-encoding": coding}))
    assert (decoded.kind, decoded.events) == (CallKind.COLLECT, ())
    assert [problem.kind for problem in decoded.problems] == ["undecodable-body"]


def test_settings_that_are_nested_too_deeply_leave_a_gap() -> None:
    raw = f'{{"integrations":{nested("[", "]", 5000)}}}'.encode()
    ((kind, reason),) = problems(response(CDN, raw))
    assert kind == "settings-not-seen"
    assert "nested deeper" in reason
