"""Whatever comes to the collectors of mParticle, Snowplow, Piwik PRO and Freshpaint, decoding answers."""

from __future__ import annotations

import gzip
import json
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.body import Body
from addon.decode import decode
from addon.decode.facts import Decoded, StampShape
from addon.exchange import Exchange, Headers
from addon.jsontext import Json
from tests.addon.decode.json_values import documents_of
from tests.addon.decode.mparticle import wire as mparticle
from tests.addon.decode.segment.wire import request, response
from tests.addon.decode.snowplow import wire as snowplow
from vendor_catalog import shipped_catalogue

quick = settings(deadline=None, derandomize=True, max_examples=80)
FRESHPAINT, PIWIK = "https://api.perfalytics.com/track", "https://stats.shop.example/ppms.php"
ADDRESSES = (
    mparticle.WEB,
    mparticle.OLD_WEB,
    mparticle.CNAME,
    mparticle.MOBILE,
    mparticle.SERVER,
    snowplow.TP2,
    snowplow.OWN_PATH,
    FRESHPAINT,
    PIWIK,
)
KEYS = (
    *(
        "events",
        "msgs",
        "sh",
        "dt",
        "sdk",
        "mpid",
        "con",
        "consent_state",
        "gdpr",
        "ccpa",
        "data_sale_opt_out",
        "consented",
        "c",
    ),
    *(
        "event_type",
        "data",
        "event_name",
        "source_message_id",
        "timestamp_unixtime_ms",
        "ui",
        "di",
        "ai",
        "gaid",
        "lat",
        "ct",
        "n",
    ),
    *(
        "schema",
        "e",
        "eid",
        "tv",
        "p",
        "co",
        "cx",
        "ue_pr",
        "ue_px",
        "dtm",
        "stm",
        "requests",
        "properties",
        "token",
        "event",
        "time",
    ),
    *("kitConfigs", "name", "filteringConsentRuleValues", "values", "consentPurpose", "hasConsented", "includeOnMatch"),
)
WORDS = (
    "custom_event",
    "ue",
    "pv",
    "h",
    "e",
    "{}",
    "e30",
    "1",
    "?idsite=1&rec=1&e_c=a&e_a=b",
    "",
    "\x00",
    "\ud83d",
    "<b>",
)
documents = documents_of(WORDS, KEYS)
enclosed: st.SearchStrategy[Json] = st.one_of(
    documents,
    st.lists(documents, max_size=3).map(lambda events: mparticle.batch(*events)),
    documents.map(lambda state: mparticle.batch(consent_state=state)),
    st.lists(documents, max_size=3).map(lambda events: mparticle.mobile(*events)),
    st.lists(documents, max_size=3).map(lambda events: snowplow.posted(*events)),
    documents.map(lambda said: snowplow.posted(snowplow.consent("allow_all", said))),
    documents.map(
        lambda said: snowplow.posted(snowplow.page_view(e="ue", cx=snowplow.encoded(said), ue_pr=json.dumps(said)))
    ),
    st.lists(documents, max_size=3).map(lambda requests: {"requests": requests}),
    documents.map(lambda said: {"event": "x", "properties": said}),
)
bodies: st.SearchStrategy[bytes] = (
    st.binary(max_size=60)
    | enclosed.map(lambda value: json.dumps(value).encode())
    | enclosed.map(lambda value: gzip.compress(json.dumps(value).encode()))
    | enclosed.map(lambda value: json.dumps(value).encode()[:-2])
)


def answers(exchange: Exchange) -> Decoded | None:
    match = shipped_catalogue().match(exchange.method, exchange.host, exchange.path, exchange.query)
    decoded = decode(exchange, match, {})
    for problem in decoded.problems if decoded is not None else ():
        assert problem.kind
        assert 0 < len(problem.reason) < 500
    for event in decoded.events if decoded is not None else ():
        for text in (event.name, event.write_key, event.message_id, event.anonymous_id, event.user_id, event.timestamp):
            assert text is None or (isinstance(text, str) and text)
        assert all(value in (True, False, None) for value in event.stamp.preferences.values())
        assert bool(event.stamp.preferences) == (event.stamp.shape is StampShape.PREFERENCES)
        assert event.waited is None or event.waited >= 0
        json.dumps(event.payload, allow_nan=False)
    return decoded


@quick
@given(raw=bodies, method=st.sampled_from(["POST", "GET", "PUT", "OPTIONS"]))
def test_no_body_makes_decoding_raise(raw: bytes, method: str) -> None:
    for address in ADDRESSES:
        answers(request(address, raw, method=method, headers={"sp-anonymous": "*", "authorization": "Basic \xff"}))


@quick
@given(raw=bodies, status=st.sampled_from([200, 304, 404, None]))
def test_no_configuration_makes_decoding_raise(raw: bytes, status: int | None) -> None:
    answers(response(mparticle.CONFIG, raw, status=status))


@quick
@given(
    pairs=st.lists(
        st.tuples(
            st.sampled_from(
                ["e", "eid", "p", "tv", "cx", "ue_px", "co", "idsite", "rec", "uia", "ping", "e_c", "e_a", "idgoal"]
            ),
            st.sampled_from(WORDS) | st.text(max_size=8),
        ),
        max_size=8,
    )
)
def test_no_query_makes_decoding_raise(pairs: list[tuple[str, str]]) -> None:
    query = "&".join(f"{name}={quote(value, errors='replace')}" for name, value in pairs)
    tracker = snowplow.pixel(snowplow.page_view(duid=None))
    for address in (f"{PIWIK}?{query}", f"{snowplow.PIXEL}?{query}", f"{tracker}&{query}"):
        answers(request(address))


@quick
@given(beside=st.lists(documents, max_size=4), place=st.integers(0, 3))
def test_whatever_stands_beside_them_good_events_are_read(beside: list[Json], place: int) -> None:
    for address, good, enclose in (
        (mparticle.WEB, mparticle.custom("the good one"), lambda events: mparticle.batch(*events)),
        (snowplow.TP2, snowplow.page_view(page="the good one"), lambda events: snowplow.posted(*events)),
        (PIWIK, "?idsite=1&rec=1&action_name=the+good+one", lambda events: {"requests": events}),
    ):
        mixed: list[Json] = [*beside[:place], good, *beside[place:]]
        decoded = answers(request(address, json.dumps(enclose(mixed)).encode()))
        assert decoded is not None
        assert "the good one" in [event.name for event in decoded.events]


@quick
@given(value=documents)
def test_a_stamp_grants_only_what_is_true(value: Json) -> None:
    sent = mparticle.consenting({"analytics": {"consented": value}}, {"data_sale_opt_out": {"consented": value}})
    decoded = answers(request(mparticle.WEB, json.dumps(sent).encode()))
    assert decoded is not None
    (event,) = decoded.events
    known = value if isinstance(value, bool) else None
    assert (event.stamp.preferences, event.stamp.sale_opt_out) == ({"analytics": known}, known)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("depth", [150, 5000, 100_000])
def test_deep_nesting_is_read_or_refused(address: str, depth: int) -> None:
    deep = "[" * depth + "]" * depth
    for key in ("events", "msgs", "data", "requests", "consent_state", "properties"):
        answers(request(address, f'{{"mpid":1,"sdk":"1","dt":4,"{key}":{deep}}}'.encode()))


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_bomb_is_refused(address: str) -> None:
    bomb = gzip.compress(b" " * (9 * 1024 * 1024))
    decoded = answers(request(address, bomb, headers={"content-encoding": "gzip"}))
    assert decoded is None or [problem.kind for problem in decoded.problems] == ["body-too-large"]
    assert answers(response(mparticle.CONFIG, bomb)) is not None


def test_nested_base64_is_unpacked_once() -> None:
    inner: Json = {"data": []}
    for _ in range(50):
        inner = {"cx": snowplow.encoded(inner)} if len(json.dumps(inner)) < 100_000 else inner
    answers(request(snowplow.TP2, snowplow.posted(snowplow.page_view(cx=snowplow.encoded(inner)))))


def test_what_was_not_sent_is_not_decoded() -> None:
    exchange = Exchange(
        0.0, "c", "OPTIONS", "https", "jssdks.mparticle.com", 443, "/v3/JS/us1-key/events", "", Headers(), Body(b"")
    )
    assert answers(exchange) is None
