"""HAR files, as each exporter writes them."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from mitmproxy.addons.savehar import SaveHar

from addon.exchange import Exchange, Unsent
from addon.readers import CaptureError, Unreadable, open_capture

from .samples import NOON, entry, flow, har, write_har

_COOKIE = {"cookie": "a=1"}


def exchanges(path: Path) -> list[Exchange]:
    return [item for item in open_capture(path).exchanges() if isinstance(item, Exchange)]


def one(path: Path) -> Exchange:
    (exchange,) = exchanges(path)
    return exchange


# --- exporters


def test_chrome_with_sensitive_data(tmp_path: Path) -> None:
    page = {
        "startedDateTime": "2026-01-01T12:00:00.000Z",
        "id": "page_1",
        "title": "https://shop.example/",
        "pageTimings": {"onContentLoad": 120.5, "onLoad": 300},
    }
    sent = entry(
        "https://api.segment.io/v1/t",
        started="2026-01-01T12:00:00.123Z",
        method="POST",
        headers={":authority": "api.segment.io", ":method": "POST", "content-type": "text/plain", "cookie": "a=1; b=2"},
        request={"postData": {"mimeType": "text/plain", "text": '{"type":"track"}'}},
        response_headers={"content-type": "application/json", "set-cookie": "x=1; path=/"},
        text='{"success":true}',
        pageref="page_1",
        _initiator={"type": "script"},
        _priority="High",
        _resourceType="fetch",
        connection="123",
        serverIPAddress="[2600::1]",
    )
    path = write_har(tmp_path / "chrome.har", [sent], pages=[page])
    opened = open_capture(path)
    assert (opened.cookies_visible, opened.one_clock, opened.notes) == (True, True, ())
    exchange = one(path)
    assert exchange.client == "har: WebInspector"
    assert exchange.started_at == pytest.approx(NOON + 0.123)
    assert exchange.response_at == pytest.approx(NOON + 0.123 + 0.05)
    assert (exchange.method, exchange.host, exchange.port, exchange.path) == ("POST", "api.segment.io", 443, "/v1/t")
    assert [name for name, _ in exchange.request_headers.fields] == ["content-type", "cookie"]
    assert exchange.cookies() == [("a", "1"), ("b", "2")]
    assert exchange.set_cookies()[0].name == "x"
    assert exchange.request_body is not None and exchange.request_body.content() == b'{"type":"track"}'
    assert exchange.response_body is not None and exchange.response_body.content() == b'{"success":true}'
    assert exchange.page_url == "https://shop.example/"
    assert exchange.unsent is None


def test_chrome_without_sensitive_data_is_recognised_and_said(tmp_path: Path) -> None:
    path = write_har(tmp_path / "a.har", [entry("https://shop.example/", headers={"accept": "*/*"})])
    opened = open_capture(path)
    assert not opened.cookies_visible
    (note,) = opened.notes
    assert note.kind == "cookies-stripped"
    assert "sensitive data" in note.reason
    assert next(iter(opened.exchanges())) == note, "it is told first"


def test_firefox(tmp_path: Path) -> None:
    sent = entry(
        "https://shop.example/",
        started="2026-01-01T13:00:00.500+01:00",
        request={
            "headers": [{"name": "Cookie", "value": "a=1"}],
            "cookies": [{"name": "a", "value": "1"}],
            "postData": {"mimeType": "", "params": [], "text": ""},
        },
        response={"cookies": [{"name": "x", "value": "1", "path": "/", "expires": "2027-01-01T00:00:00.000Z"}]},
        pageref="page_1",
        _securityState="secure",
    )
    page = {"id": "page_1", "startedDateTime": "2026-01-01T13:00:00.500+01:00", "title": "Shop - buy things"}
    path = write_har(
        tmp_path / "a.har", [sent], creator="Firefox", browser={"name": "Firefox", "version": "145"}, pages=[page]
    )
    exchange = one(path)
    assert open_capture(path).one_clock
    assert exchange.client == "har: Firefox"
    assert exchange.started_at == pytest.approx(NOON + 0.5)
    assert exchange.cookies() == [("a", "1")], "listed twice, read once"
    assert exchange.request_body is None
    assert exchange.page_url is None, "the document's title is no address"


def test_playwright(tmp_path: Path) -> None:
    sent = entry(
        "https://shop.example/a?b=c",
        request={
            "headers": [{"name": "accept", "value": "*/*"}],
            "cookies": [{"name": "a", "value": "1"}, {"name": "b", "value": ""}],
        },
        _frameref="frame@1",
        _monotonicTime=12345.678,
        pageref="page@1",
    )
    page = {"id": "page@1", "startedDateTime": "2026-01-01T12:00:00.000Z", "title": "", "pageTimings": {}}
    path = write_har(
        tmp_path / "a.har", [sent], creator="Playwright", browser={"name": "chromium", "version": "142"}, pages=[page]
    )
    assert open_capture(path).one_clock
    assert one(path).cookies() == [("a", "1"), ("b", "")]
    assert one(path).query == "b=c"


def test_charles(tmp_path: Path) -> None:
    sent = entry(
        "https://shop.example:8443/",
        started="2026-01-01T12:00:00.123+00:00",
        headers={"Host": "shop.example:8443", "Cookie": "a=1"},
        request={"postData": {"mimeType": "text/plain", "text": "x"}},
        timings={"dns": -1, "connect": -1, "ssl": -1, "send": 1, "wait": 20, "receive": 3},
    )
    path = tmp_path / "a.har"
    document = {"version": "1.2", "creator": {"name": "Charles Proxy", "version": "5.0.2"}, "entries": [sent]}
    path.write_text(json.dumps({"log": document}))
    exchange = one(path)
    assert not open_capture(path).one_clock, "its times are the proxy's"
    assert (exchange.port, exchange.client) == (8443, "har: Charles Proxy")
    assert exchange.response_at == pytest.approx(NOON + 0.123 + 0.021)


def test_proxyman(tmp_path: Path) -> None:
    sent = entry(
        "https://shop.example/",
        headers=_COOKIE,
        request={"bodySize": 4, "postData": {"mimeType": "application/json", "text": '{"a":1}', "params": []}},
        response={"content": {"size": 3, "mimeType": "image/gif", "encoding": "base64", "text": "R0lG"}},
        comment="",
        _clientName="Safari",
    )
    exchange = one(write_har(tmp_path / "a.har", [sent], creator="Proxyman"))
    assert exchange.response_body is not None and exchange.response_body.content() == b"GIF"
    assert exchange.request_body is not None and exchange.request_body.content() == b'{"a":1}'


def test_http_toolkit_keeps_what_is_no_text_beside_the_body(tmp_path: Path) -> None:
    packed = b"\x1f\x8b\xff\xfe"
    sent = entry(
        "https://shop.example/",
        headers=_COOKIE,
        request={
            "_requestBodyStatus": "discarded:not-representable",
            "_content": {"text": base64.b64encode(packed).decode(), "size": 4, "encoding": "base64"},
        },
    )
    exchange = one(write_har(tmp_path / "a.har", [sent], creator="HTTP Toolkit"))
    assert exchange.request_body is not None
    assert exchange.request_body.raw == packed


def test_mitmproxys_own_export_says_what_its_flows_say(tmp_path: Path) -> None:
    saved = [
        flow(
            "https://shop.example/a?b=c",
            headers=[(b"cookie", b"a=1; b=2"), (b"x-a", b"b")],
            response_headers=[(b"set-cookie", b"x=1; Path=/; Domain=shop.example"), (b"content-type", b"text/html")],
            response_body=b"<p>hello</p>",
        ),
        flow(
            "https://shop.example/t", at=NOON + 1, method="POST", body=b'{"type":"track"}', response_body=b"\0\xff" * 99
        ),
        flow("https://shop.example/gone", at=NOON + 2, status=None, error="connection refused"),
    ]
    (tmp_path / "a.har").write_text(json.dumps(SaveHar().make_har(saved)))
    page, sent, gone = exchanges(tmp_path / "a.har")
    assert page.cookies() == [("a", "1"), ("b", "2")]
    assert [(cookie.name, cookie.domain) for cookie in page.set_cookies()] == [("x", "shop.example")]
    assert page.response_at == pytest.approx(NOON + 0.05)
    assert sent.request_body is not None and sent.request_body.content() == b'{"type":"track"}'
    assert sent.response_body is not None and sent.response_body.content() == b"\0\xff" * 99
    assert (gone.status, gone.failure, gone.started_at) == (None, "connection refused", NOON + 2)


# --- parts


def test_cookies_of_a_response_list_keep_their_domain_and_their_end(tmp_path: Path) -> None:
    listed = [
        {"name": "set", "value": "1", "domain": ".shop.example", "path": "/", "expires": "2027-01-01T00:00:00.000Z"},
        {"name": "gone", "value": "", "path": "/", "expires": "1970-01-01T00:00:00.000Z"},
        {"name": "session", "value": "1", "expires": None},
        {"value": "nameless"},
        {"name": "odd", "value": None, "expires": "soon"},
    ]
    sent = entry("https://shop.example/", response={"cookies": listed})
    cookies = {cookie.name: cookie for cookie in one(write_har(tmp_path / "a.har", [sent])).set_cookies()}
    assert sorted(cookies) == ["gone", "odd", "session", "set"]
    assert cookies["set"].domain == "shop.example"
    assert [name for name, cookie in cookies.items() if cookie.deletes] == ["gone"]


def test_cookies_that_stand_only_in_a_list_count_as_seen(tmp_path: Path) -> None:
    sent = entry("https://shop.example/", request={"cookies": [{"name": "a", "value": "1"}]})
    path = write_har(tmp_path / "a.har", [sent])
    assert open_capture(path).cookies_visible
    assert one(path).cookies() == [("a", "1")]


def test_a_body_that_speaks_of_cookies_shows_none(tmp_path: Path) -> None:
    body = json.dumps({"cookies": [{"name": "cookie", "value": "x"}], "headers": [{"name": "Set-Cookie"}]})
    path = write_har(tmp_path / "a.har", [entry("https://shop.example/", text=body)])
    assert not open_capture(path).cookies_visible


def test_several_set_cookie_fields_in_one_value_are_told_apart(tmp_path: Path) -> None:
    sent = entry("https://shop.example/", response_headers={"set-cookie": "a=1; Path=/\nb=2; Path=/"})
    assert [cookie.name for cookie in one(write_har(tmp_path / "a.har", [sent])).set_cookies()] == ["a", "b"]


@pytest.mark.parametrize("cache", ["disk", "memory"])
def test_what_came_from_the_cache_was_not_sent(tmp_path: Path, cache: str) -> None:
    assert one(write_har(tmp_path / "a.har", [entry("https://a.example/", _fromCache=cache)])).unsent is Unsent.CACHED


@pytest.mark.parametrize(
    ("error", "unsent"),
    [
        ("net::ERR_BLOCKED_BY_CLIENT", Unsent.BLOCKED),
        ("net::ERR_BLOCKED_BY_CLIENT.Inspector", Unsent.BLOCKED),
        ("net::ERR_BLOCKED_BY_CSP", Unsent.BLOCKED),
        ("csp", Unsent.BLOCKED),
        ("net::ERR_BLOCKED_BY_RESPONSE", None),
        ("net::ERR_BLOCKED_BY_ORB", None),
        ("net::ERR_ABORTED", None),
        ("net::ERR_CONNECTION_RESET", None),
    ],
)
def test_only_what_the_browser_held_back_counts_as_blocked(tmp_path: Path, error: str, unsent: Unsent | None) -> None:
    sent = entry("https://a.example/", status=0, response={"_error": error})
    exchange = one(write_har(tmp_path / "a.har", [sent]))
    assert exchange.unsent is unsent
    assert (exchange.status, exchange.failure, exchange.response_body) == (None, error, None)


@pytest.mark.parametrize("status", [0, -1, None, "200", 0.0])
def test_a_status_that_is_none_means_no_response(tmp_path: Path, status: object) -> None:
    exchange = one(write_har(tmp_path / "a.har", [entry("https://a.example/", status=status, text="x")]))
    assert (exchange.status, exchange.response_at, exchange.failure) == (None, None, "no response")


def test_a_body_in_parameters_is_a_form(tmp_path: Path) -> None:
    params = [{"name": "a", "value": "1"}, {"name": "b"}, {"name": "data", "value": "x y"}]
    sent = entry("https://a.example/", request={"postData": {"mimeType": "x", "params": params}})
    exchange = one(write_har(tmp_path / "a.har", [sent]))
    assert exchange.request_body is not None
    assert exchange.request_body.content() == b"a=1&b=&data=x+y"


def test_base64_that_is_none_is_kept_as_text(tmp_path: Path) -> None:
    sent = entry("https://a.example/", response={"content": {"text": "abcde", "encoding": "base64"}})
    exchange = one(write_har(tmp_path / "a.har", [sent]))
    assert exchange.response_body is not None and exchange.response_body.raw == b"abcde"


def test_a_compressed_header_beside_decoded_text_is_no_reason_to_inflate(tmp_path: Path) -> None:
    sent = entry("https://a.example/", response_headers={"content-encoding": "gzip"}, text="plain")
    exchange = one(write_har(tmp_path / "a.har", [sent]))
    assert exchange.response_body is not None and exchange.response_body.content() == b"plain"


def test_websockets_are_marked_and_what_is_no_traffic_is_left_out(tmp_path: Path) -> None:
    urls = [
        "wss://a.example/socket",
        "WS://b.example/socket",
        "data:text/html,<p>" + "x" * 10_000,
        "blob:https://a.example/1",
        "chrome-extension://abc/a.js",
        "about:blank",
        "HTTPS://C.example/",
    ]
    found = exchanges(write_har(tmp_path / "a.har", [entry(url) for url in urls]))
    read = [(exchange.host, exchange.scheme, exchange.port, exchange.websocket) for exchange in found]
    assert read == [
        ("a.example", "https", 443, True),
        ("b.example", "http", 80, True),
        ("c.example", "https", 443, False),
    ]


@pytest.mark.parametrize("position", ["before", "after"])
def test_pages_creator_and_browser_may_stand_before_or_behind_the_entries(tmp_path: Path, position: str) -> None:
    document = har(
        [entry("https://a.example/", pageref="p", headers=_COOKIE)],
        creator="WebInspector",
        browser={"name": "Chrome"},
        pages=[{"id": "p", "title": "https://shop.example/"}],
    )["log"]
    order = sorted(document, key=lambda name: name == "entries", reverse=position == "after")
    (tmp_path / "a.har").write_text(json.dumps({"log": {name: document[name] for name in order}}))
    exchange = one(tmp_path / "a.har")
    assert exchange.page_url == "https://shop.example/"
    assert exchange.client == "har: Chrome"
    assert open_capture(tmp_path / "a.har").one_clock


def test_entries_out_of_order_are_put_in_order(tmp_path: Path) -> None:
    times = [f"2026-01-01T12:00:{second:02}.000Z" for second in (5, 1, 3, 1, 4, 2)]
    entries = [entry(f"https://h{index}.example/", started=at) for index, at in enumerate(times)]
    found = exchanges(write_har(tmp_path / "a.har", entries))
    assert [exchange.host[1] for exchange in found] == list("135240"), "equal times keep their order"


def test_a_time_without_a_zone_is_the_same_everywhere(tmp_path: Path) -> None:
    assert (
        one(write_har(tmp_path / "a.har", [entry("https://a.example/", started="2026-01-01T12:00:00")])).started_at
        == NOON
    )


@pytest.mark.parametrize(
    "timings",
    [{}, None, [], {"wait": "soon"}, {"wait": -1, "send": None}, {"wait": 1e300}, {"wait": True, "dns": {}}],
    ids=repr,
)
def test_timings_that_are_none_leave_the_response_at_its_request(tmp_path: Path, timings: Any) -> None:
    exchange = one(write_har(tmp_path / "a.har", [entry("https://a.example/", timings=timings)]))
    assert exchange.response_at == pytest.approx(NOON, abs=0.01)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("{}", "no HAR"),
        ('{"log": {}}', "no HAR"),
        ('{"log": {"entries": {}}}', "no HAR"),
        ('{"log": []}', "no HAR"),
        ('{"entries": []}', "no HAR"),
        ('{"a": 1} {"log": {"entries": []}}', "neither JSON nor a flow file"),
        ("{log: }", "neither JSON nor a flow file"),
        ('{"log": {"version": "1.2", "crea', "neither JSON nor a flow file"),
    ],
)
def test_json_that_is_no_har_is_refused(tmp_path: Path, document: str, reason: str) -> None:
    (tmp_path / "a.har").write_text(document)
    with pytest.raises(CaptureError, match=reason):
        open_capture(tmp_path / "a.har")


def test_a_har_without_entries_holds_nothing(tmp_path: Path) -> None:
    path = write_har(tmp_path / "a.har", [])
    assert [item.kind for item in open_capture(path).exchanges() if isinstance(item, Unreadable)] == [
        "cookies-stripped"
    ]
    assert not exchanges(path)
