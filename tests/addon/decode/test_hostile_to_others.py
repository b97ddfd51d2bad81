"""Whatever comes over the wire, every decoder answers: with facts, with problems, or that it is not its own."""

from __future__ import annotations

import base64
import gzip
import json
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.body import Body
from addon.decode import decode, decoders
from addon.exchange import Exchange, Headers
from addon.jsontext import Json
from vendor_catalog import shipped_catalogue

from .segment.test_hostile import documents, holds, scalars
from .test_hightouch import message as hightouch
from .test_jitsu import message as jitsu
from .test_posthog import captured
from .test_rudderstack import destination
from .test_rudderstack import message as rudderstack

quick = settings(deadline=None, derandomize=True, max_examples=150)
CDPS = [decoder.cdp for decoder in decoders()]
GOOD: list[dict[str, Json]] = [hightouch(), jitsu(), captured(), rudderstack()]
KEYS = sorted(
    {key for one in GOOD for key in one} | {"batch", "api_key", "distinct_id", "destinations", "source", "event"}
)
INNER = (
    "consentManagement",
    "consent",
    "library",
    "page",
    "token",
    "$lib",
    "deniedConsentIds",
    "allowedConsentIds",
    "provider",
)
ADDRESSES = (
    "https://shop.dataplane.rudderstack.com/v1/batch",
    "https://shop.dataplane.rudderstack.com/pixel/v1/track",
    "https://api.rudderstack.com/sourceConfig/",
    "https://us-east-1.hightouch-events.com/v1/track",
    "https://cdn.hightouch-events.com/v1/projects/WK/settings",
    "https://cdp.shop.example/api/s/track",
    "https://cdp.shop.example/beacon/v1/batch",
    "https://eu.i.posthog.com/e/",
    "https://eu.i.posthog.com/batch/",
    "https://www.shop.example/ingest/e/",
    "https://www.shop.example/sourceConfig",
)


@st.composite
def twisted(draw: st.DrawFn) -> Json:
    """A good message with something else in one of its places, on the outside or within."""
    one = json.loads(json.dumps(draw(st.sampled_from(GOOD))))
    one[draw(st.sampled_from(KEYS))] = draw(documents | scalars)
    for place in ("context", "properties"):
        if isinstance(one.get(place), dict):
            one[place][draw(st.sampled_from(INNER))] = draw(
                documents | scalars | st.dictionaries(st.sampled_from(INNER), documents | scalars, max_size=4)
            )
    return one


bodies = (
    st.binary(max_size=60)
    | documents.map(lambda value: json.dumps(value).encode())
    | twisted().map(lambda value: json.dumps(value).encode())
    | st.lists(twisted() | documents, max_size=3).map(
        lambda batch: gzip.compress(json.dumps({"batch": batch, "api_key": "phc_a"}).encode())
    )
    | st.lists(twisted(), max_size=3).map(lambda batch: json.dumps(batch).encode())
    | twisted().map(lambda value: b"data=" + quote(base64.b64encode(json.dumps(value).encode())).encode())
    | documents.map(lambda value: json.dumps({"source": {"id": 1, "destinations": [destination(), value]}}).encode())
    | documents.map(lambda value: json.dumps({"source": {"id": 1, "destinations": [destination(x=value)]}}).encode())
    | documents.map(lambda value: json.dumps({"destinations": [value, {"destinationType": value, "id": "d"}]}).encode())
)
fields = st.lists(
    st.tuples(
        st.sampled_from(
            [b"authorization", b"x-write-key", b"rsa-retry-attempt", b"anonymousid", b"user-agent", b"origin"]
        ),
        st.binary(max_size=12) | st.sampled_from([b"Basic V0s6", b"kid:secret", b"2"]),
    ),
    max_size=3,
)


@quick
@given(
    address=st.sampled_from(ADDRESSES),
    method=st.sampled_from(["POST", "GET", "PUT", "OPTIONS"]),
    headers=fields,
    query=st.text(max_size=20)
    | st.sampled_from(["writeKey=WK", "_=99999999999999", "sent_at=x&retry_count=1", "a=1&" * 200]),
    raw=st.none() | bodies,
    answer=st.none() | bodies,
    status=st.none() | st.sampled_from([200, 204, 304, 500]),
    learned=st.none() | st.sampled_from(CDPS),
)
def test_no_exchange_makes_decoding_raise(
    address: str,
    method: str,
    headers: list[tuple[bytes, bytes]],
    query: str,
    raw: bytes | None,
    answer: bytes | None,
    status: int | None,
    learned: str | None,
) -> None:
    host, _, path = address.removeprefix("https://").partition("/")
    exchange = Exchange(
        started_at=0.0,
        client="c",
        method=method,
        scheme="https",
        host=host,
        port=443,
        path=f"/{path}",
        query=query,
        request_headers=Headers(headers),
        request_body=None if raw is None else Body(raw),
        status=status,
        response_body=None if answer is None else Body(answer),
    )
    match = shipped_catalogue().match(exchange.method, exchange.host, exchange.path, exchange.query)
    decoded = decode(exchange, match, {} if learned is None else {host: learned})
    if decoded is not None:
        assert all(problem.kind and problem.reason and len(problem.reason) < 1000 for problem in decoded.problems)
        for event in decoded.events:
            holds(event)


@pytest.mark.parametrize("depth", [150, 5000, 100_000])
@pytest.mark.parametrize(
    "url", [address for address in ADDRESSES if "Config" not in address and "pixel" not in address]
)
def test_deep_nesting_is_read_or_refused(url: str, depth: int) -> None:
    host, _, path = url.removeprefix("https://").partition("/")
    raw = b'{"type":"track","event":"e","messageId":"m","context":' + b"[" * depth + b"1" + b"]" * depth + b"}"
    exchange = Exchange(0.0, "c", "POST", "https", host, 443, f"/{path}", "", Headers(), Body(raw))
    match = shipped_catalogue().match("POST", host, exchange.path, "")
    decoded = decode(exchange, match, {})
    assert decoded is None or decoded.events or decoded.problems


@pytest.mark.parametrize("number", ["9" * 4000, "1e400", "NaN"])
def test_numbers_beyond_reason_are_read_or_refused(number: str) -> None:
    raw = f'{{"api_key":"phc_a","batch":[{{"event":"e","offset":{number},"distinct_id":{number}}}]}}'.encode()
    exchange = Exchange(0.0, "c", "POST", "https", "eu.i.posthog.com", 443, "/batch/", "", Headers(), Body(raw))
    decoded = decode(exchange, shipped_catalogue().match("POST", exchange.host, exchange.path, ""), {})
    assert decoded is not None
    assert decoded.events or decoded.problems
