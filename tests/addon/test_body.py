from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.body import MAX_BODY_BYTES, Body, BodyError

TEXT = json.dumps({"batch": [{"type": "track", "event": f"event {number}"} for number in range(500)]}).encode()


def bare_deflate(content: bytes) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return compressor.compress(content) + compressor.flush()


def small_window_deflate(content: bytes) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, 13)
    return compressor.compress(content) + compressor.flush()


def streamed_zstd(content: bytes) -> bytes:
    compressor = zstandard.ZstdCompressor().compressobj()
    return compressor.compress(content) + compressor.flush()


CODINGS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", bare_deflate),
    ("deflate", small_window_deflate),
    ("br", brotli.compress),
    ("zstd", zstandard.compress),
    ("zstd", streamed_zstd),
]
each_coding = pytest.mark.parametrize(
    ("coding", "compress"), CODINGS, ids=[f"{coding}-{compress.__name__}" for coding, compress in CODINGS]
)


def refused(body: Body) -> BodyError:
    with pytest.raises(BodyError) as caught:
        body.content()
    return caught.value


@each_coding
def test_a_body_is_read_without_its_content_encoding(coding: str, compress: Callable[[bytes], bytes]) -> None:
    assert Body(compress(TEXT), coding).content() == TEXT


@each_coding
def test_the_name_of_an_encoding_has_no_case_and_identity_is_none(
    coding: str, compress: Callable[[bytes], bytes]
) -> None:
    assert Body(compress(TEXT), f" {coding.upper()} , identity").content() == TEXT


def test_encodings_are_taken_off_in_the_opposite_order() -> None:
    assert Body(brotli.compress(gzip.compress(TEXT)), "gzip, br").content() == TEXT


def test_gzip_needs_no_header() -> None:
    assert Body(gzip.compress(TEXT)).content() == TEXT


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, br", "utf-8", "aws-chunked"])
@pytest.mark.parametrize("text", [b"{}", b"[]", b'["a","b"]', b'{ "batch": []}', b'\n {"a": 1}', b'[{"creationName":'])
def test_an_encoding_that_the_bytes_do_not_show_is_not_believed(coding: str, text: bytes) -> None:
    assert Body(text, coding).content() == text


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_nothing_decodes_to_nothing(coding: str) -> None:
    assert Body(b"", coding).content() == b""


def test_an_unknown_encoding_is_named() -> None:
    error = refused(Body(b"\x00\x01\x02", "sdch"))
    assert (error.kind, error.reason) == ("undecodable-body", "unknown content encoding 'sdch'")


@pytest.mark.parametrize(
    ("coding", "junk"),
    [
        ("deflate", b"\x07junk"),
        ("br", b"\xff" * 40),
        ("gzip", b"\x1f\x8bjunk"),
        ("zstd", b"\x28\xb5\x2f\xfd\xff\xff\xff"),
    ],
)
def test_bytes_that_are_not_what_they_are_called_are_refused(coding: str, junk: bytes) -> None:
    assert refused(Body(junk, coding)).kind == "undecodable-body"


@each_coding
@settings(deadline=None, derandomize=True, max_examples=40)
@given(cut=st.floats(0, 1, exclude_max=True))
def test_a_body_that_was_cut_short_never_decodes(coding: str, compress: Callable[[bytes], bytes], cut: float) -> None:
    whole = compress(TEXT)
    # what tells gzip and zstd stands in their first bytes: with less, there is nothing that could be believed
    part = whole[: max(4, int(cut * len(whole)))]
    assert refused(Body(part, coding)).kind == "undecodable-body"


def test_a_large_brotli_body_that_was_cut_short_is_not_taken_for_a_json_list() -> None:
    large = brotli.compress(bytes(range(256)) * 300 + TEXT * 4)
    assert large[:1] == b"["  # what makes them look alike
    assert refused(Body(large[:-20], "br")).reason == "br body is cut short"


@pytest.mark.parametrize(
    "whole",
    [gzip.compress(b'{"a":1}') + gzip.compress(b'{"b":2}'), zstandard.compress(b'{"a":1}') + zstandard.compress(b"{")],
    ids=["gzip", "zstd"],
)
def test_of_several_compressed_parts_none_is_silently_left_out(whole: bytes) -> None:
    coding = "gzip" if whole[:2] == b"\x1f\x8b" else "zstd"
    assert "several" in refused(Body(whole, coding)).reason


def test_padding_behind_a_gzip_body_does_no_harm() -> None:
    assert Body(gzip.compress(TEXT) + b"\x00" * 8, "gzip").content() == TEXT


@pytest.mark.parametrize("size", [*range(65_530, 65_542), 65_536 + 258, 131_072, 131_073])
@each_coding
def test_output_that_ends_near_the_edge_of_a_step_is_whole(
    coding: str, compress: Callable[[bytes], bytes], size: int
) -> None:
    assert Body(compress(b"a" * size), coding).content() == b"a" * size


@each_coding
def test_a_bomb_ends_as_an_error(coding: str, compress: Callable[[bytes], bytes]) -> None:
    bomb = compress(b"\x00" * (MAX_BODY_BYTES + 1))
    assert len(bomb) < 20_000
    assert refused(Body(bomb, coding)).kind == "body-too-large"


def test_a_bomb_inside_a_small_body_ends_as_an_error() -> None:
    bomb = gzip.compress(gzip.compress(b"\x00" * (MAX_BODY_BYTES + 1)))
    assert refused(Body(bomb, "gzip, gzip")).kind == "body-too-large"
    assert refused(Body(gzip.compress(b"\x00" * (MAX_BODY_BYTES + 1)))).kind == "body-too-large"


def test_a_body_that_is_large_as_it_is_ends_as_an_error() -> None:
    assert len(Body(b"x" * MAX_BODY_BYTES).content()) == MAX_BODY_BYTES
    assert refused(Body(b"x" * (MAX_BODY_BYTES + 1))).kind == "body-too-large"


def test_a_heap_of_encodings_is_refused_unread() -> None:
    assert refused(Body(zlib.compress(TEXT), ",".join(["deflate"] * 8000))).kind == "undecodable-body"


def test_a_body_is_decoded_once_and_fails_the_same_way_again() -> None:
    body, broken = Body(gzip.compress(TEXT), "gzip"), Body(b"\x1f\x8b", "gzip")
    assert body.content() is body.content()
    assert refused(broken) is refused(broken)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(
    raw=st.binary(max_size=200)
    | st.builds(
        lambda compress, content, cut: compress(content)[cut:],
        st.sampled_from([compress for _, compress in CODINGS]),
        st.binary(max_size=100),
        st.integers(0, 3),
    ),
    coding=st.none() | st.text(max_size=20) | st.sampled_from(["gzip", "deflate", "br", "zstd", "br, gzip", "zstd,br"]),
)
def test_no_bytes_under_no_name_raise_anything_but_a_body_error(raw: bytes, coding: str | None) -> None:
    try:
        content = Body(raw, coding).content()
    except BodyError as error:
        assert error.kind in ("undecodable-body", "body-too-large")
        assert error.reason
    else:
        assert isinstance(content, bytes)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(content=st.binary(max_size=300), coding=st.sampled_from(CODINGS))
def test_what_was_compressed_comes_back(content: bytes, coding: tuple[str, Callable[[bytes], bytes]]) -> None:
    name, compress = coding
    if not content.startswith(b"\x1f\x8b"):
        assert Body(compress(content), name).content() == content
