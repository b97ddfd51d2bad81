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

from addon.exchange import MAX_BODY_BYTES, Body, BodyError, Exchange, Headers, SetCookie

NOON = 1_800_014_400.0
"""2027-01-15 12:00:00 UTC: when the responses of these tests arrive."""
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


# --- bodies


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


# --- headers


def test_header_names_have_no_case_and_fields_keep_their_order() -> None:
    headers = Headers([(b"Cookie", b"a=1"), (b"X-Y", b"z"), (b"cookie", b"b=2")])
    assert headers.get("cookie") == "a=1"
    assert headers.get_all("cookie") == ["a=1", "b=2"]
    assert "x-y" in headers
    assert "x-z" not in headers
    assert headers.get("x-z") is None
    assert headers.get_all("x-z") == []
    assert headers.fields == [("Cookie", "a=1"), ("X-Y", "z"), ("cookie", "b=2")]


def test_header_bytes_that_are_no_text_are_replaced() -> None:
    headers = Headers([(b"\xff", b"caf\xe9"), (b"x", "café".encode())])
    assert headers.fields == [("�", "caf�"), ("x", "café")]


def test_header_text_that_is_no_text_is_replaced() -> None:
    assert Headers.from_text([("x", "\ud800")]).get("x") == "?"


@settings(deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.binary(max_size=10), st.binary(max_size=10)), max_size=10))
def test_any_header_bytes_can_be_read(fields: list[tuple[bytes, bytes]]) -> None:
    headers = Headers(fields)
    assert len(headers.fields) == len(fields)
    for name, _ in fields:
        headers.get_all(name.decode("utf-8", "replace").lower())


# --- exchanges


def exchange(
    *,
    host: str = "shop.example",
    port: int = 443,
    scheme: str = "https",
    query: str = "",
    cookies: tuple[str, ...] = (),
    set_cookies: tuple[str, ...] = (),
    response_at: float | None = NOON,
    user_agent: str | None = None,
) -> Exchange:
    agent = [] if user_agent is None else [("User-Agent", user_agent)]
    return Exchange(
        started_at=NOON - 1,
        client="192.0.2.7",
        method="GET",
        scheme=scheme,
        host=host,
        port=port,
        path="/a",
        query=query,
        request_headers=Headers.from_text([*agent, *(("Cookie", value) for value in cookies)]),
        response_headers=Headers.from_text(("Set-Cookie", value) for value in set_cookies),
        response_at=response_at,
    )


@pytest.mark.parametrize(
    ("made", "url"),
    [
        (exchange(), "https://shop.example/a"),
        (exchange(query="b=1"), "https://shop.example/a?b=1"),
        (exchange(port=8443), "https://shop.example:8443/a"),
        (exchange(scheme="http", port=80), "http://shop.example/a"),
        (exchange(scheme="http", port=443), "http://shop.example:443/a"),
        (exchange(host="2001:db8::1", port=8443), "https://[2001:db8::1]:8443/a"),
    ],
)
def test_an_address_is_put_together_again(made: Exchange, url: str) -> None:
    assert made.url == url


def test_a_user_agent_that_is_missing_is_empty() -> None:
    assert exchange().user_agent == ""
    assert exchange(user_agent="Mozilla/5.0").user_agent == "Mozilla/5.0"


def test_cookies_are_read_in_order_from_every_field() -> None:
    made = exchange(cookies=("a=1; b=2", "a=3"))
    assert made.cookies() == [("a", "1"), ("b", "2"), ("a", "3")]


@pytest.mark.parametrize(
    ("sent", "pairs"),
    [
        ("", []),
        (";;  ; ", []),
        ("noequals", []),
        ("=noname", []),
        ("empty=", [("empty", "")]),
        ("json={%22a%22:1}; q=a=b==", [("json", "{%22a%22:1}"), ("q", "a=b==")]),
        ('quoted="x y"', [("quoted", '"x y"')]),
        ("a=1;b=2;  c=3 ", [("a", "1"), ("b", "2"), ("c", "3")]),
        ("ajs_user_id=a%20b+c@x.io", [("ajs_user_id", "a%20b+c@x.io")]),
    ],
)
def test_a_cookie_field_is_split_and_its_values_are_left_as_they_are(sent: str, pairs: list[tuple[str, str]]) -> None:
    assert exchange(cookies=(sent,)).cookies() == pairs


@pytest.mark.parametrize(
    ("attributes", "lasts"),
    [
        ("", None),
        ("Max-Age=60", 60),
        ("Max-Age=60; Max-Age=70", 70),
        ("Max-Age=60; Max-Age=x", 60),
        ("Expires=Fri, 15 Jan 2027 13:00:00 GMT", 3600),
        ("Expires=Fri, 15-Jan-27 13:00:00 GMT", 3600),
        ("Expires=Fri, 15 Jan 2027 13:00:00 GMT; Max-Age=60", 60),
        ("Max-Age=60; Expires=Fri, 15 Jan 2027 13:00:00 GMT", 60),
        ("Max-Age=0", None),
        ("Max-Age=" + "9" * 5000, 1e12),
        ("Expires=never", None),
    ],
)
def test_a_set_cookie_field_says_for_how_long(attributes: str, lasts: float | None) -> None:
    assert only(f"a=1; {attributes}").lasts == lasts


def only(value: str, response_at: float | None = NOON) -> SetCookie:
    (cookie,) = exchange(set_cookies=(value,), response_at=response_at).set_cookies()
    return cookie


def test_each_set_cookie_field_is_one_cookie() -> None:
    made = exchange(set_cookies=("a=1; Path=/", "b=2, 3; HttpOnly", "nonsense", "=noname"))
    assert [(cookie.name, cookie.value) for cookie in made.set_cookies()] == [("a", "1"), ("b", "2, 3")]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a=1", SetCookie("a", "1", None, deletes=False)),
        ("  a = 1 ; path=/", SetCookie("a", "1", None, deletes=False, path="/")),
        ("a=b=c", SetCookie("a", "b=c", None, deletes=False)),
        ("a=", SetCookie("a", "", None, deletes=False)),
        ("a=1; Domain=.Shop.Example", SetCookie("a", "1", "shop.example", deletes=False)),
        ("a=1; DOMAIN = shop.example ; Secure", SetCookie("a", "1", "shop.example", deletes=False)),
        ("a=1; Domain=", SetCookie("a", "1", None, deletes=False)),
        ("a=1; SameSite=None; Partitioned", SetCookie("a", "1", None, deletes=False)),
    ],
)
def test_a_set_cookie_field_says_name_value_and_domain(value: str, expected: SetCookie) -> None:
    assert only(value) == expected


@pytest.mark.parametrize(
    "attributes",
    [
        "Max-Age=0",
        "max-age=-1",
        "Max-Age=000",
        "Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "expires=Thu, 01-Jan-1970 00:00:01 GMT",  # PHP
        "Expires=Thu, 01-Jan-70 00:00:10 GMT",  # servlets
        "Expires=Tue, 12-Oct-1999 04:00:00 GMT",  # ASP.NET's sign-out
        "Expires=Fri, 15 Jan 2027 12:00:00 GMT",
        "Expires=Thu Jan 14 12:00:00 2027",  # C's asctime
        "Expires=Fri, 01 Jan 2100 00:00:00 GMT; Max-Age=0",
        "Max-Age=0; Expires=Fri, 01 Jan 2100 00:00:00 GMT",
    ],
)
def test_a_cookie_that_is_over_when_it_arrives_is_taken_away(attributes: str) -> None:
    assert only(f"a=1; {attributes}").deletes


@pytest.mark.parametrize(
    "attributes",
    [
        "Path=/",
        "Max-Age=1",
        "Max-Age=0600",
        "Max-Age=soon",
        "Max-Age=",
        "Max-Age=-",
        "Max-Age=" + "9" * 10_000,
        "Expires=Fri, 15 Jan 2027 12:00:01 GMT",
        "Expires=0",
        "Expires=Session",
        "Expires=Thu, 32 Jan 1970 00:00:00 GMT",
        "Expires=Thu, 01 Jan 1970 25:00:00 GMT",
        "Expires=Thu, 01 Foo 1970 00:00:00 GMT",
        "Expires=Tue, 19 Jan 2038 03:14:07 GMT; Path=/1970",
        "Max-Age=3600; Expires=Thu, 01 Jan 1970 00:00:00 GMT",  # Max-Age wins (RFC 6265, 5.3)
        "Max-Age=3600; Expires=",
    ],
)
def test_a_cookie_that_lasts_or_whose_end_says_nothing_stays(attributes: str) -> None:
    assert not only(f"a=1; {attributes}").deletes


def test_without_a_time_of_response_the_request_dates_a_cookie() -> None:
    assert only("a=1; Expires=Fri, 15 Jan 2027 11:59:59 GMT", response_at=None).deletes
    assert not only("a=1; Expires=Fri, 15 Jan 2027 12:00:00 GMT", response_at=None).deletes


@settings(deadline=None, derandomize=True, max_examples=300)
@given(
    st.text(max_size=60)
    | st.builds("a=1; {}={}".format, st.sampled_from(["Expires", "Max-Age", "Domain"]), st.text(max_size=40))
    | st.from_regex(r"a=1; Expires=[0-9: A-Za-z,-]{0,40}", fullmatch=True)
)
def test_no_cookie_field_raises(value: str) -> None:
    made = exchange(cookies=(value,), set_cookies=(value,))
    assert all(name for name, _ in made.cookies())
    assert all(cookie.name for cookie in made.set_cookies())
