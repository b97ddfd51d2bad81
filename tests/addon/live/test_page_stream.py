"""The probe in a page that comes in pieces."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from mitmproxy import http

from addon.live import page_stream
from addon.live.content_decoder import ContentDecoder
from addon.live.page_stream import PageStream
from addon.live.records import BodyRecord, Room
from addon.observe.document import MAX_HEAD_BYTES, DocumentHead, read_head
from addon.observe.keys import Keys
from addon.observe.probe import Probe
from tests.addon.readers.samples import flow
from vendor_catalog import shipped_catalogue

PROBE = Probe(shipped_catalogue(), Keys())
PAGE = b"<!doctype html><html><!-- <head> --><head data-x='>'><title>t</title></head><body>text</body></html>"
FORBIDS = b"<meta http-equiv=content-security-policy content=\"connect-src 'none'\">"


class Passing:
    """A page on its way."""

    def __init__(self, kind: bytes = b"text/html", encoding: str = "identity") -> None:
        page = flow("https://shop.example/", response_headers=[(b"content-type", kind)])
        assert page.response is not None
        self.response: http.Response = page.response
        self.response.data.content = None
        self.reasons: list[str] = []
        preparation = PROBE.prepare(page.request, self.response, "10.0.0.7")
        self.room = Room()
        record = BodyRecord(self.response, self.room, partly=False)
        self.stream = PageStream(preparation, ContentDecoder(encoding), record, self.reasons.append)

    def pieces(self, *pieces: bytes) -> list[bytes]:
        """What each piece, and the end, lets through."""
        return [b"".join(self.stream(piece)) for piece in (*pieces, b"")]


def without_probe(page: bytes) -> bytes:
    begin = page.find(b"<script nonce=")
    if begin < 0:
        return page
    end = page.index(b"</script>", begin) + len(b"</script>")
    return page[:begin] + page[end:]


@settings(max_examples=60, deadline=None)
@given(some.lists(some.integers(1, 40), max_size=20))
def test_a_page_is_the_same_whatever_its_pieces(lengths: list[int]) -> None:
    passing, at, pieces = Passing(), 0, []
    for length in lengths:
        pieces.append(PAGE[at : at + length])
        at += length
    passed = b"".join(passing.pieces(*(each for each in (*pieces, PAGE[at:]) if each)))
    assert without_probe(passed) == PAGE
    assert passed.index(b"<script nonce=") == PAGE.index(b"<title>")
    assert passing.response.data.content == passed
    assert passing.reasons == []


def test_nothing_that_came_waits_once_the_place_is_certain() -> None:
    passed = Passing().pieces(b"<html><head>", b"<title>t</title>", b"</head>")
    assert passed[0].startswith(b"<html><head><script nonce=")
    assert passed[1:] == [b"<title>t</title>", b"</head>", b""]


def test_a_policy_that_came_with_the_head_keeps_the_probe_out() -> None:
    passing = Passing()
    page = b"<html><head>" + FORBIDS + b"</head><body>"
    assert b"".join(passing.pieces(page)) == page
    (reason,) = passing.reasons
    assert "meta element" in reason


def test_a_policy_that_comes_later_is_said() -> None:
    passing = Passing()
    passed = passing.pieces(b"<html><head>", FORBIDS + b"</head>", b"<body>")
    assert without_probe(b"".join(passed)) == b"<html><head>" + FORBIDS + b"</head><body>"
    assert len(passing.reasons) == 1


def test_a_page_whose_head_is_not_found_passes_on_after_what_is_looked_at() -> None:
    passing = Passing()
    comment = b"<!--" + b"x" * 2 * MAX_HEAD_BYTES
    passed = passing.pieces(comment[:1000], comment[1000:])
    assert passed[0] == b""
    assert b"".join(passed) == comment
    assert len(passing.reasons) == 1


@pytest.mark.parametrize("page", [b"", b"plain text", b"<p>", b"\xef\xbb\xbf<p>a", b"\xff\xfe<\0p\0>\0"])
def test_short_and_odd_pages_lose_nothing(page: bytes) -> None:
    passed = b"".join(Passing().pieces(*(page[at : at + 1] for at in range(len(page)))))
    assert without_probe(passed) == page


def test_no_piece_is_empty() -> None:
    """In a chunked body, an empty piece is its end."""
    passing = Passing()
    for piece in (*(PAGE[at : at + 1] for at in range(len(PAGE))), b"", b""):
        assert all(passing.stream(piece))


def test_the_head_is_read_in_linear_work_however_small_the_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = 0

    def counted(top: bytes, *, final: bool, xhtml: bool = False) -> DocumentHead:
        nonlocal looked_at
        looked_at += len(top)
        return read_head(top, final=final, xhtml=xhtml)

    monkeypatch.setattr(page_stream, "read_head", counted)
    Passing().pieces(*([b"<!--"] + [b"xx"] * MAX_HEAD_BYTES))
    assert looked_at <= 12 * MAX_HEAD_BYTES


def test_a_page_that_cannot_be_decoded_is_broken_off_and_nothing_is_kept() -> None:
    passing = Passing(encoding="gzip")
    passed = passing.pieces(b"\x1f\x8b\x08 and no more of it", b"more")
    assert passing.stream.broken is not None and "not gzip" in passing.stream.broken
    assert b"".join(passed) == b""
    assert passing.response.data.content is None
