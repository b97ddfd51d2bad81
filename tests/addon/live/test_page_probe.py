"""Which responses get the probe on their way, and what their headers say then."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mitmproxy import http

from addon.live.page_stream import PageStream
from addon.observations import page_of
from addon.readers.flows import exchange_of
from tests.addon.readers.samples import flow as made_flow
from tests.addon.store.rows_made import query

from .live_captures import call, capturing

PAGE = b"<!doctype html><html><head></head></html>"


def page(*fields: tuple[bytes, bytes], content: bytes | None = None, **changed: Any) -> http.HTTPFlow:
    """A page whose header has come."""
    headers = [(b"sec-fetch-dest", b"document")]
    given = [(b"content-type", b"text/html"), *fields]
    made = made_flow("https://shop.example/", headers=headers, response_headers=given, **changed)
    assert made.response is not None
    made.response.data.content = content
    return made


def header(made: http.HTTPFlow) -> http.Headers:
    assert made.response is not None
    return made.response.headers


def is_streamed(made: http.HTTPFlow) -> bool:
    assert made.response is not None
    return isinstance(made.response.stream, PageStream)


async def test_a_page_goes_on_decoded_and_without_a_length(tmp_path: Path) -> None:
    sized, chunked = (
        page((b"content-length", b"99"), (b"content-encoding", b"br")),
        page((b"transfer-encoding", b"chunked")),
    )
    unsized, old = page(), page((b"content-length", b"99"))
    old.request.http_version = "HTTP/1.0"
    with capturing(tmp_path / "a.db") as (made, _):
        for each in (sized, chunked, unsized, old):
            call(made, "responseheaders", each)
            assert is_streamed(each)
            assert "content-length" not in header(each) and "content-encoding" not in header(each)
    assert [header(each).get("transfer-encoding") for each in (sized, chunked, unsized, old)] == [
        "chunked",
        "chunked",
        None,
        None,
    ]


NO_PAGES: dict[str, Callable[[], http.HTTPFlow]] = {
    "the head alone": lambda: page((b"content-length", b"99"), method="HEAD"),
    "empty": lambda: page((b"content-length", b"0")),
    "not modified": lambda: page((b"content-length", b"99"), status=304),
    "a part": lambda: page((b"content-length", b"99"), status=206),
    "a file": lambda: page((b"content-length", b"99"), (b"content-disposition", b"attachment")),
}


@pytest.mark.parametrize("name", NO_PAGES)
async def test_what_is_no_page_keeps_its_header(tmp_path: Path, name: str) -> None:
    made_page = NO_PAGES[name]()
    before = header(made_page).fields
    with capturing(tmp_path / "a.db") as (made, _):
        call(made, "responseheaders", made_page)
    assert not is_streamed(made_page)
    assert header(made_page).fields == before


async def test_a_page_in_an_encoding_that_is_not_known_goes_on_as_it_is_with_a_gap(tmp_path: Path) -> None:
    odd = page((b"content-encoding", b"gzip, br"), (b"content-length", b"99"))
    before = header(odd).fields
    with capturing(tmp_path / "a.db") as (made, _):
        call(made, "responseheaders", odd)
    assert header(odd).fields == before
    ((reason,),) = query(tmp_path / "a.db", "SELECT reason FROM gaps WHERE kind = 'probe-left-out'")
    assert "'gzip, br'" in reason


async def test_a_page_that_is_there_whole_gets_the_probe_as_well(tmp_path: Path) -> None:
    whole = page(content=PAGE)
    with capturing(tmp_path / "a.db") as (made, context):
        await context.cycle(made, whole)
    assert whole.response is not None and whole.response.content is not None
    assert b"<head><script nonce=" in whole.response.content


async def test_a_page_keeps_the_part_of_its_key_by_which_its_reports_are_known(tmp_path: Path) -> None:
    streamed, whole, plain = page(), page(content=PAGE), page((b"content-disposition", b"attachment"))
    with capturing(tmp_path / "a.db") as (made, context):
        call(made, "responseheaders", streamed)
        await context.cycle(made, whole)
        call(made, "responseheaders", plain)
    assert whole.response is not None and whole.response.content is not None
    key = re.search(rb'"key": "([^"]+)"', whole.response.content)
    assert key is not None
    assert exchange_of(whole).page_key == page_of(key[1].decode()) != key[1].decode()
    assert exchange_of(streamed).page_key not in (None, exchange_of(whole).page_key)
    assert exchange_of(plain).page_key is None


async def test_without_the_probe_no_page_is_changed(tmp_path: Path) -> None:
    plain = page((b"content-length", b"99"))
    before = header(plain).fields
    with capturing(tmp_path / "a.db", consentwire_probe=False) as (made, _):
        call(made, "responseheaders", plain)
    assert header(plain).fields == before
