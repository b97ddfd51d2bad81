"""Which bodies stream, and what has to have them whole."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from mitmproxy import http
from mitmproxy.addons import modifybody, script
from mitmproxy.test import taddons

from addon.live.records import Tap
from addon.live.streams import MAX_WHOLE_PART, MAX_WHOLE_REQUEST, Streams
from tests.addon.readers.samples import flow as made_flow

JSON = b"application/json"


@pytest.fixture
def proxy() -> Iterator[taddons.context]:
    with taddons.context(Streams(), modifybody.ModifyBody(), script.ScriptLoader()) as context:
        yield context


def answered(kind: bytes, length: int | None = None, **changed: object) -> http.HTTPFlow:
    """A flow whose response has a header and no body yet."""
    fields = [(b"content-type", kind)] + ([] if length is None else [(b"content-length", b"%d" % length)])
    made = made_flow("https://shop.example/", response_headers=fields, **changed)  # type: ignore[arg-type]
    assert made.response is not None
    made.response.data.content = None
    return made


def stream_of(made: http.HTTPFlow) -> object:
    Streams().responseheaders(made)
    assert made.response is not None
    return made.response.stream


@pytest.mark.parametrize("kind", [JSON, b"text/html", b"image/png", b"application/octet-stream", b""])
@pytest.mark.parametrize("length", [None, 10**5, 10**10])
def test_every_response_streams_by_a_tap(proxy: taddons.context, kind: bytes, length: int | None) -> None:
    assert isinstance(stream_of(answered(kind, length)), Tap)


@pytest.mark.parametrize("kind", [JSON, b"application/x-ndjson", b"text/html", b"application/octet-stream", b""])
def test_short_answers_that_are_of_use_bit_by_bit_stream_too(proxy: taddons.context, kind: bytes) -> None:
    assert isinstance(stream_of(answered(kind, 10)), Tap)


@pytest.mark.parametrize("kind", [b"image/gif", b"font/woff2", b"text/css", b"Text/JavaScript; charset=utf-8"])
def test_small_parts_of_a_page_are_passed_on_whole(proxy: taddons.context, kind: bytes) -> None:
    assert stream_of(answered(kind, 0)) is False
    assert stream_of(answered(kind, MAX_WHOLE_PART)) is False
    assert isinstance(stream_of(answered(kind, MAX_WHOLE_PART + 1)), Tap)


def test_that_a_message_streams_is_not_logged_and_all_else_is(
    proxy: taddons.context, caplog: pytest.LogCaptureFixture
) -> None:
    streams, mitmproxys = Streams(), logging.getLogger("mitmproxy.proxy.server")
    caplog.set_level(logging.INFO, "mitmproxy.proxy.server")
    streams.running()
    mitmproxys.log(logging.INFO, "Streaming response from shop.example.", extra={"client": ("a", 1)}, exc_info=None)
    mitmproxys.log(logging.INFO, "client connect", extra={"client": ("a", 1)}, exc_info=None)
    streams.done()
    mitmproxys.log(logging.INFO, "Streaming request to shop.example.")
    assert [record.message for record in caplog.records] == ["client connect", "Streaming request to shop.example."]
    assert {record.filename for record in caplog.records} == {"test_streams.py"}


@pytest.mark.parametrize(
    "kind", [b"text/event-stream", b"application/grpc+proto", b"multipart/x-mixed-replace", b"video/mp4"]
)
def test_what_has_no_end_streams_and_nothing_of_it_is_kept(proxy: taddons.context, kind: bytes) -> None:
    assert stream_of(answered(kind)) is True


def test_what_is_there_whole_and_what_is_no_body_are_left_alone(proxy: taddons.context) -> None:
    assert stream_of(made_flow("https://shop.example/", response_body=b"{}")) is False
    assert stream_of(answered(b"", status=101)) is False


def test_another_addons_stream_is_left_to_it(proxy: taddons.context) -> None:
    made = answered(JSON)
    assert made.response is not None
    made.response.stream = theirs = lambda data: data
    assert stream_of(made) is theirs


def test_what_changes_bodies_gets_them_whole(proxy: taddons.context, caplog: pytest.LogCaptureFixture) -> None:
    proxy.options.update(modify_body=["/~s/a/b"])
    assert stream_of(answered(JSON)) is False
    assert stream_of(answered(JSON, 100)) is False
    assert isinstance(stream_of(answered(JSON, 10**8)), Tap)
    assert stream_of(answered(b"text/event-stream")) is True
    assert "mitmproxy's option modify_body may change responses" in caplog.text


@pytest.mark.parametrize(
    ("addon", "whole"),
    [
        (SimpleNamespace(response=lambda flow: None), True),
        (SimpleNamespace(addons=[SimpleNamespace(response=lambda flow: None)]), True),
        (SimpleNamespace(server_connect=lambda data: None), False),
        (SimpleNamespace(name="consentwire-x", response=lambda flow: None), False),
    ],
)
def test_a_script_that_sees_responses_gets_them_whole(proxy: taddons.context, addon: object, whole: bool) -> None:
    loader = proxy.master.addons.get("scriptloader")
    loader.addons = [SimpleNamespace(name="x", path="x.py", addons=[addon])]
    assert (stream_of(answered(JSON)) is False) is whole
    loader.addons = []


def request(method: str = "POST", http2: bool = False, upstream: bytes | None = None, **fields: str) -> http.HTTPFlow:
    made = made_flow("https://shop.example/", method=method, status=None)
    for name, value in fields.items():
        made.request.headers[name.replace("_", "-")] = value
    if not fields.get("content_length"):
        made.request.headers.pop("content-length", None)
    if http2:
        made.request.http_version = "HTTP/2.0"
    made.server_conn.alpn = upstream
    return made


@pytest.mark.parametrize(
    ("made", "streams"),
    [
        (request(content_length="500000"), False),
        (request(content_length=str(MAX_WHOLE_REQUEST)), False),
        (request(content_length=str(MAX_WHOLE_REQUEST + 1)), True),
        (request(content_length="9" * 30), False),
        (request(transfer_encoding="chunked"), True),
        (request(), False),
        (request("GET", transfer_encoding="chunked"), False),
        (request(http2=True), False),
        (request(http2=True, upstream=b"h2"), True),
        (request(http2=True, content_type="application/grpc"), True),
    ],
)
def test_requests_are_waited_for_unless_they_are_long(
    proxy: taddons.context, made: http.HTTPFlow, streams: bool
) -> None:
    Streams().requestheaders(made)
    assert isinstance(made.request.stream, Tap) is streams
    Streams().response(made)
    assert not callable(made.request.stream)


def test_a_request_of_our_own_is_waited_for(proxy: taddons.context) -> None:
    made = made_flow("http://consentwire.internal/api/marks", method="POST", status=None)
    made.request.headers["content-length"] = "99999999"
    Streams().requestheaders(made)
    assert made.request.stream is False
