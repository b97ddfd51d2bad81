"""Content encodings taken off as a body comes."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as some

from addon.live.content_decoder import ContentDecoder, DecodingError, decoder_for

MEGABYTE = 1024 * 1024
TEXT = b"<html>" + bytes(range(256)) * 40 + b"</html>"


def bare_deflate(text: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(text) + compressor.flush()


ENCODED: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": lambda text: zstandard.ZstdCompressor(level=19).compress(text),
}


def decoded(encoding: str, body: bytes, step: int = 65536) -> bytes:
    decoder = ContentDecoder(encoding)
    return b"".join(piece for at in range(0, len(body), step) for piece in decoder.feed(body[at : at + step]))


@pytest.mark.parametrize("encoding", ENCODED)
@pytest.mark.parametrize("step", [1, 7, 65536])
def test_a_body_comes_out_as_it_went_in_whatever_its_pieces(encoding: str, step: int) -> None:
    assert decoded(encoding, ENCODED[encoding](TEXT), step) == TEXT
    assert decoded(encoding, ENCODED[encoding](b""), step) == b""


def test_deflate_without_its_wrapper_and_gzip_of_several_members_are_read() -> None:
    assert decoded("deflate", bare_deflate(TEXT), 3) == TEXT
    assert decoded("gzip", gzip.compress(TEXT) + gzip.compress(TEXT), 11) == TEXT * 2
    assert decoded("gzip", gzip.compress(TEXT) + b"trailing") == TEXT


@pytest.mark.parametrize(
    ("encoding", "beginning"),
    [
        ("gzip", (made := zlib.compressobj(wbits=31)).compress(TEXT) + made.flush(zlib.Z_SYNC_FLUSH)),
        ("deflate", (made := zlib.compressobj()).compress(TEXT) + made.flush(zlib.Z_SYNC_FLUSH)),
        ("br", (made := brotli.Compressor()).process(TEXT) + made.flush()),
        (
            "zstd",
            (made := zstandard.ZstdCompressor().compressobj()).compress(TEXT)
            + made.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK),
        ),
    ],
)
def test_what_was_flushed_is_there_before_the_end(encoding: str, beginning: bytes) -> None:
    assert decoded(encoding, beginning) == TEXT


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_a_body_that_inflates_without_end_is_given_up_after_a_bounded_part(encoding: str) -> None:
    bomb = ENCODED[encoding](b"\0" * (200 * MEGABYTE))
    decoder = ContentDecoder(encoding)
    size, largest = 0, 0
    with pytest.raises(DecodingError, match="inflate"):
        for at in range(0, len(bomb), 65536):
            for piece in decoder.feed(bomb[at : at + 65536]):
                size, largest = size + len(piece), max(largest, len(piece))
    assert size <= 8 * MEGABYTE + 256 * 65536
    assert largest <= 2 * 65536, "brotli takes its bound as a hint"


def test_a_large_page_that_inflates_as_pages_do_is_read_to_its_end() -> None:
    row = b"<tr><td>%d</td><td>Order</td></tr>\n"
    page = b"".join(row % number for number in range(600_000))
    assert len(page) > 16 * MEGABYTE
    assert decoded("gzip", gzip.compress(page, 6)) == page


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_what_is_not_what_it_says_is_a_reason_and_no_other_exception(encoding: str) -> None:
    with pytest.raises(DecodingError, match=f"not {encoding}"):
        decoded(encoding, b"\xff<html>no such thing</html>" * 20)


@given(some.sampled_from(["gzip", "deflate", "br", "zstd"]), some.binary(max_size=300), some.integers(1, 50))
def test_any_bytes_are_read_or_refused(encoding: str, body: bytes, step: int) -> None:
    try:
        decoded(encoding, body, step)
    except DecodingError as error:
        assert str(error).startswith("it ") or "of its bytes" in str(error)


@pytest.mark.parametrize("stated", [None, "", "identity", " GZIP ", "br"])
def test_encodings_are_recognised_as_they_are_written(stated: str | None) -> None:
    assert decoder_for(stated) is not None


@pytest.mark.parametrize("stated", ["compress", "gzip, br", "aws-chunked"])
def test_encodings_that_are_not_known_have_no_decoder(stated: str) -> None:
    assert decoder_for(stated) is None
