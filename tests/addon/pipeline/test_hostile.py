"""Whatever comes, the analysis goes on, and says what it could not analyse."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.body import Body
from addon.exchange import Exchange, Headers, Unsent
from addon.pipeline.collectors.calls import CallCollector
from addon.pipeline.context import ExchangeContext
from addon.records import EventRecord, ExchangeRecord, GapRecord, Record
from addon.store.schema.gaps import KINDS
from tests.addon.building import (
    NOON,
    SHOP,
    Browser,
    message,
    pipeline_of,
    run,
)

TEXT = st.text(max_size=12)
HEADER_NAMES = st.sampled_from(
    [
        "cookie",
        "origin",
        "referer",
        "sec-fetch-site",
        "sec-fetch-dest",
        "sec-gpc",
        "authorization",
        "user-agent",
        "accept",
    ]
)
HOSTS = st.sampled_from(
    [
        SHOP,
        "api.segment.io",
        "cdn.segment.com",
        "www.facebook.com",
        "consent.cookiebot.com",
        "",
        "::1",
        "xn--",
        "a..b",
        "1.2.3",
    ]
)
PATHS = st.sampled_from(
    ["/", "/v1/b", "/v1/t", "/v1/pixel/track", "/v1/projects/k/settings", "/tr/", "/logconsent.ashx", "/klaro.js", "//"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
MESSAGE_LIKE = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "page", 7, None])},
    optional={
        "messageId": JSON,
        "event": JSON,
        "anonymousId": JSON,
        "context": JSON | st.fixed_dictionaries({"consent": JSON, "app": JSON}),
        "integrations": JSON,
        "_metadata": JSON,
        "timestamp": JSON,
    },
)
BODIES = st.one_of(
    st.none(),
    st.binary(max_size=20),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.lists(MESSAGE_LIKE, max_size=3).map(lambda batch: json.dumps({"batch": batch, "writeKey": "k"}).encode()),
    st.fixed_dictionaries({"integrations": JSON, "consentSettings": JSON}).map(
        lambda value: json.dumps(value).encode()
    ),
)
COOKIE_TEXTS = st.sampled_from(
    ["klaro=%7B", "CookieConsent={stamp:'x'}", "euconsent-v2=C", "OptanonConsent=groups=,", "=", ";;"]
)
EXCHANGES = st.builds(
    lambda at, host, method, path, query, headers, body, answer, status, more: Exchange(
        started_at=NOON + at,
        client="127.0.0.1",
        method=method,
        scheme="https",
        host=host,
        port=443,
        path=path,
        query=query,
        request_headers=Headers.from_text(headers),
        request_body=None if body is None else Body(body),
        status=status,
        response_headers=Headers.from_text([("set-cookie", "klaro=%7B%7D"), ("content-type", "text/html")]),
        response_body=None if answer is None else Body(answer),
        response_at=None if status is None else NOON + at + 1,
        **more,
    ),
    st.floats(0, 100),
    HOSTS,
    st.sampled_from(["GET", "POST", "OPTIONS", "PUT", "BREW"]),
    PATHS,
    TEXT | st.just("data=eyJ0eXBlIjoidHJhY2sifQ"),
    st.lists(st.tuples(HEADER_NAMES, TEXT | st.sampled_from([f"https://{SHOP}", "1", "document", "none"]) | COOKIE_TEXTS), max_size=5),
    BODIES,
    BODIES,
    st.none() | st.sampled_from([200, 204, 301, 304, 404, 500]),
    st.sampled_from([{}, {"websocket": True}, {"failure": "reset"}, {"unsent": Unsent.CACHED}, {"page_url": f"https://{SHOP}/"}]),
)  # fmt: skip


@settings(max_examples=250, deadline=None, derandomize=True)
@given(st.lists(EXCHANGES, max_size=5), st.booleans(), st.booleans())
def test_no_exchange_whatever_is_in_it_breaks_the_analysis(
    exchanges: list[Exchange], live: bool, cookies_visible: bool
) -> None:
    found = run(*exchanges, live=live, cookies_visible=cookies_visible)
    assert found.gap("internal-error") == []
    assert len(found.of(ExchangeRecord)) == len(exchanges)
    assert {kind for kind, _ in found.gaps} <= KINDS.keys()


def test_what_breaks_all_the_same_becomes_a_gap_and_the_next_exchange_is_analysed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    browser = Browser()
    taken = CallCollector.exchange
    broken = iter([True])

    def breaks(collector: CallCollector, context: ExchangeContext) -> None:
        assert not next(broken, False)
        taken(collector, context)

    monkeypatch.setattr(CallCollector, "exchange", breaks)
    pipeline = pipeline_of()
    records: list[Record] = pipeline.process(browser.pixel(0))
    records += pipeline.process(browser.send(1, message("next")))
    assert [gap.reason for gap in records if isinstance(gap, GapRecord) and gap.kind == "internal-error"] == [
        "AssertionError while analysing GET /tr/; please report it"
    ]
    assert [one.name for one in records if isinstance(one, EventRecord)] == ["next"]
    assert "could not be analysed" in caplog.text
