"""Which response bodies are read."""

from __future__ import annotations

import gzip

import pytest

from addon.readers.response_kinds import Use, is_read, use_of

DOCUMENT = b'\xef\xbb\xbf\n {"integrations": {}}'


@pytest.mark.parametrize(
    ("kind", "coded", "use"),
    [
        (b"application/json; charset=utf-8", b"br", Use.READ),
        (b"application/vnd.api+json", b"", Use.READ),
        (b"Text/Plain", b"", Use.READ),
        (b"", b"", Use.READ),
        (b"text/event-stream", b"", Use.ENDLESS),
        (b"application/grpc-web+proto", b"", Use.ENDLESS),
        (b"video/mp4", b"", Use.ENDLESS),
        (b"application/octet-stream", b"", Use.AS_JSON),
        (b"application/octet-stream", b"gzip", Use.AS_CODED),
        (b"text/javascript", b"gzip", Use.WHOLE),
        (b"image/png", b"identity", Use.WHOLE),
    ],
)
def test_what_becomes_of_a_kind(kind: bytes, coded: bytes, use: Use) -> None:
    assert use_of([(b"Content-Type", kind), (b"Content-Encoding", coded)]) is use


@pytest.mark.parametrize(
    ("kind", "raw", "read"),
    [
        (b"application/json", b"no JSON", True),
        (b"application/octet-stream", DOCUMENT, True),
        (b"binary/octet-stream", gzip.compress(DOCUMENT, mtime=0), True),
        (b"text/html", DOCUMENT, True),
        (b"text/html", b"<p>", False),
        (b"application/pdf", b"%PDF-", False),
        (b"image/png", b"\x89PNG", False),
        (b"text/javascript", b"!function(){}", False),
        (b"text/event-stream", b'{"a": 1}', False),
    ],
)
def test_settings_are_read_whatever_they_are_called(kind: bytes, raw: bytes, read: bool) -> None:
    assert is_read([(b"content-type", kind)], raw) is read
