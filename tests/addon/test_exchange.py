from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.exchange import Exchange, Headers, SetCookie

NOON = 1_800_014_400.0
"""2027-01-15 12:00:00 UTC: when the responses of these tests arrive."""


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
