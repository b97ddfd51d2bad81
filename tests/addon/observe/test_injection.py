"""Pages that pass by: which get the probe, and that the others are passed on as they came, with the reason."""

from __future__ import annotations

import gzip
import re
import tracemalloc
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy import http
from mitmproxy.test import tflow

from addon.observe.document import MAX_HEAD_BYTES, read_head
from addon.observe.keys import Keys
from addon.observe.probe import MAX_PAGE_BYTES, NotInjected, Probe
from vendor_catalog import shipped_catalogue

PROBE = Probe(shipped_catalogue(), Keys())
PAGE = b"<!doctype html><html><head><title>t</title></head><body>hello</body></html>"
SCRIPT = re.compile(rb'<script nonce="[^"]+">.*?</script>', re.DOTALL)
NAVIGATION = {"sec-fetch-dest": "document"}


def page(body: bytes, headers: dict[str, str] | None = None, request: dict[str, str] | None = None) -> http.HTTPFlow:
    flow = tflow.tflow(resp=True)
    flow.request.headers = http.Headers(
        [(n.encode(), v.encode()) for n, v in (NAVIGATION if request is None else request).items()]
    )
    sent = {"content-type": "text/html", **(headers or {})}
    assert flow.response is not None
    flow.response.headers = http.Headers([(name.encode(), value.encode()) for name, value in sent.items() if value])
    flow.response.raw_content = body
    return flow


def response_of(flow: http.HTTPFlow) -> http.Response:
    assert flow.response is not None
    return flow.response


def state_of(flow: http.HTTPFlow) -> tuple[object, bytes | None]:
    response = response_of(flow)
    return response.headers.fields, response.raw_content


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [
        ("", bytes),
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("br", brotli.compress),
        ("zstd", zstandard.ZstdCompressor().compress),
    ],
)
def test_a_page_gets_the_probe_however_it_is_compressed(encoding: str, encode) -> None:  # type: ignore[no-untyped-def]
    flow = page(encode(PAGE), {"content-encoding": encoding})
    assert PROBE.belongs_in(flow)
    assert PROBE.inject(flow)
    response = response_of(flow)
    assert "content-encoding" not in response.headers
    assert response.raw_content is not None
    assert SCRIPT.sub(b"", response.raw_content) == PAGE
    assert response.raw_content.index(b"<script") == PAGE.index(b"<title>")


@pytest.mark.parametrize(
    ("body", "headers", "reason"),
    [
        (brotli.compress(b"a" * (MAX_PAGE_BYTES + 1)), {"content-encoding": "br"}, "inflates beyond"),
        (gzip.compress(b"a" * (MAX_PAGE_BYTES + 1), mtime=0), {"content-encoding": "gzip"}, "inflates beyond"),
        (PAGE + b"a" * MAX_PAGE_BYTES, {}, "bodies are read up to"),
        (gzip.compress(PAGE, mtime=0)[:30], {"content-encoding": "gzip"}, "cut short"),
        (PAGE, {"content-encoding": "compress"}, "unknown content encoding"),
        (PAGE, {"content-encoding": "br"}, "not br"),
        (gzip.compress(PAGE, mtime=0), {}, "compressed without saying so"),
        ("hello".encode("utf-16"), {}, "UTF-16"),
        (PAGE.decode().encode("utf-16-le"), {"content-type": "text/html; charset=UTF-16LE"}, "written in utf-16le"),
        (PAGE, {"content-type": 'text/html; charset="iso-2022-jp"'}, "written in iso-2022-jp"),
        (PAGE, {"content-type": ""}, "names no Content-Type"),
        (b"<!--" + b"a" * MAX_HEAD_BYTES, {}, "does not begin within"),
        (PAGE, {"content-type": "application/xhtml+xml"}, "is XHTML"),
        (PAGE, {"content-security-policy": "sandbox"}, "sandboxed without scripts"),
        (PAGE, {"content-security-policy": "script-src x," * 80}, "more than the 64"),
        (
            b"<meta http-equiv=content-security-policy content=\"default-src 'none'\">",
            {"content-security-policy": "default-src 'self'"},
            "in a meta element",
        ),
    ],
)
def test_a_page_without_the_probe_is_passed_on_as_it_came_and_says_why(
    body: bytes, headers: dict[str, str], reason: str
) -> None:
    flow = page(body, headers)
    before = state_of(flow)
    assert PROBE.belongs_in(flow)
    with pytest.raises(NotInjected, match=reason):
        PROBE.inject(flow)
    assert state_of(flow) == before


@pytest.mark.parametrize("body", [b"", gzip.compress(b"", mtime=0)])
def test_an_empty_body_is_no_page(body: bytes) -> None:
    assert not PROBE.inject(page(body, {"content-encoding": "gzip"}))


def test_a_page_that_inflates_to_a_gigabyte_takes_no_memory() -> None:
    compressor = brotli.Compressor(quality=1)
    bomb = b"".join(compressor.process(bytes(2**20)) for _ in range(1024)) + compressor.finish()
    flow = page(bomb, {"content-encoding": "br"})
    tracemalloc.start()
    try:
        with pytest.raises(NotInjected):
            PROBE.inject(flow)
        assert tracemalloc.get_traced_memory()[1] < 3 * MAX_PAGE_BYTES
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("request_headers", "is_page"),
    [
        ({"sec-fetch-dest": "document"}, True),
        ({"sec-fetch-dest": "iframe"}, True),
        ({"sec-fetch-dest": "empty", "accept": "text/html", "upgrade-insecure-requests": "1"}, False),
        ({"accept": "text/html,*/*", "upgrade-insecure-requests": "1"}, True),
        # what Turbo, htmx and others fetch over plain http
        ({"accept": "text/html, application/xhtml+xml"}, False),
        ({"accept": "text/html", "upgrade-insecure-requests": "1", "x-requested-with": "XMLHttpRequest"}, False),
        ({}, False),
    ],
)
def test_what_scripts_fetch_is_no_page(request_headers: dict[str, str], is_page: bool) -> None:
    assert PROBE.belongs_in(page(PAGE, request=request_headers)) is is_page


@pytest.mark.parametrize(
    ("headers", "is_page"),
    [
        ({"content-type": "Text/HTML ; charset=utf-8"}, True),
        ({"content-type": "text/html-sandboxed"}, False),
        ({"content-type": "application/json"}, False),
        ({"content-disposition": "attachment; filename=a.html"}, False),
    ],
)
def test_what_is_no_html_is_no_page(headers: dict[str, str], is_page: bool) -> None:
    assert PROBE.belongs_in(page(PAGE, headers)) is is_page


def test_policies_are_amended_before_a_page_is_known_and_given_back() -> None:
    flow = page(b"", {"content-security-policy": "script-src 'self'", "content-security-policy-report-only": "sandbox"})
    preparation = PROBE.prepare(flow.request, response_of(flow), "127.0.0.1")
    assert "'nonce-" in response_of(flow).headers["content-security-policy"]
    assert response_of(flow).headers["content-security-policy-report-only"] == "sandbox"
    assert preparation.placed(read_head(b"<html>", final=False)) is None, "not decided yet"
    script = preparation.placed(read_head(PAGE, final=False))
    assert script is not None
    assert SCRIPT.fullmatch(script)
    nonce = re.search(rb'nonce="([^"]+)"', script)
    assert nonce is not None
    assert f"'nonce-{nonce[1].decode()}'" in response_of(flow).headers["content-security-policy"]
    preparation.withdraw()
    assert response_of(flow).headers["content-security-policy"] == "script-src 'self'"


_PARTS = [
    "<!--",
    "-->",
    "--!>",
    "<!",
    "<?",
    "</",
    ">",
    "<",
    "'",
    '"',
    "=",
    "/",
    " ",
    "<html>",
    "<head",
    "<head>",
    "</head>",
    "<script>",
    "</script>",
]
_MORE = [
    "<meta http-equiv=content-security-policy content='",
    "<title>",
    "<template>",
    "<![CDATA[",
    "<!doctype html>",
    "<body>",
    "&#x27;",
    "\\x1b",
]
pages = st.binary(max_size=200) | st.lists(st.sampled_from([*_PARTS, *_MORE, "a", "\n"]), max_size=40).map(
    lambda parts: "".join(parts).encode()
)  # fmt: skip
kinds = st.sampled_from(["text/html", "application/xhtml+xml", "text/html; charset=utf-16", ""]) | st.text(
    max_size=20
).map(lambda text: f"text/html; charset={text}")
encodings = st.sampled_from(["", "gzip", "br", "deflate", "zstd", "identity", "gzip, br", "x"])


@given(pages, kinds, encodings, st.text(max_size=40))
def test_whatever_a_page_is_it_keeps_all_its_bytes(body: bytes, kind: str, encoding: str, policy: str) -> None:
    headers = {"content-type": kind, "content-encoding": encoding, "content-security-policy": policy}
    flow = page(body, {name: value.encode("utf-8", "replace").decode() for name, value in headers.items()})
    before = state_of(flow)
    try:
        placed = PROBE.inject(flow)
    except NotInjected:
        placed = False
    content = response_of(flow).raw_content
    if not placed:
        assert state_of(flow) == before
    elif not encoding or encoding == "identity":
        assert content is not None
        assert any(content[: at.start()] + content[at.end() :] == body for at in SCRIPT.finditer(content))
