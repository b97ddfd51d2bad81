"""Whose session an exchange belongs to: a wrong attribution would be a false accusation."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.addresses import site_of
from addon.exchange import Exchange
from addon.pipeline import browsers
from addon.pipeline.pages import host_of, is_page, shows_every_cookie
from addon.pipeline.sessions import Attribution, SessionRegistry
from tests.addon.building import (
    AMPLITUDE,
    CHROME,
    META_PIXEL,
    SHOP,
    App,
    Browser,
    Server,
    message,
    request,
    run,
)


def attributed(*exchanges: Exchange) -> list[Attribution]:
    book = SessionRegistry()
    return [book.attribute(exchange, ()) for exchange in exchanges]


def sites(*exchanges: Exchange) -> list[str | None]:
    return [None if found.key is None else found.key.site for found in attributed(*exchanges)]


def bare(at: float, url: str, headers: Mapping[str, str | None] | None = None, **more: object) -> Exchange:
    """A request with nothing but the headers given."""
    return request(at, url, headers={"user-agent": CHROME, **(headers or {})}, **more)  # type: ignore[arg-type]


# --- sites


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("www.shop.example", "shop.example"),
        ("shop.example", "shop.example"),
        ("a.b.shop.co.uk", "shop.co.uk"),
        ("co.uk", "co.uk"),
        ("alice.github.io", "alice.github.io"),
        ("www.alice.github.io", "alice.github.io"),
        ("github.io", "github.io"),
        ("localhost", "localhost"),
        ("192.168.1.20", "192.168.1.20"),
        ("::1", "::1"),
        ("[2001:db8::1]", "[2001:db8::1]"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("", ""),
    ],
)
def test_a_site_is_the_registrable_domain_and_two_tenants_of_a_suffix_are_two_sites(host: str, site: str) -> None:
    assert site_of(host) == site


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://WWW.Shop.example:8443/x", "www.shop.example"),
        ("http://[::1]:3000/", "::1"),
        ("null", None),
        ("", None),
        (None, None),
        ("chrome-extension://abc", None),
        ("https://[broken/", None),
        ("https:///nohost", None),
    ],
)
def test_only_web_addresses_name_a_page(url: str | None, host: str | None) -> None:
    assert host_of(url) == host


@given(st.text(max_size=40))
def test_any_text_can_be_asked_for_its_host_and_site(text: str) -> None:
    assert isinstance(site_of(text.lower()), str)
    host_of("https://" + text)
    host_of(text)


# --- how a request names its page


def test_a_page_in_the_address_bar_is_its_own_site() -> None:
    (found,) = attributed(Browser().open(0))
    assert found.key is not None
    assert (found.key.site, found.page_host, found.document) == ("shop.example", SHOP, True)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": f"https://{SHOP}"},
        {"referer": f"https://{SHOP}/basket?x=1"},
        {"referer": f"https://{SHOP}/"},
        {"origin": f"https://{SHOP}", "referer": "https://frame.example/"},
        {"origin": "null", "referer": f"https://{SHOP}/"},
    ],
    ids=["origin", "referer", "referer trimmed", "origin before referer", "opaque origin"],
)
def test_origin_and_referer_name_the_page(headers: dict[str, str]) -> None:
    assert sites(bare(0, META_PIXEL, headers)) == ["shop.example"]


def test_a_same_origin_request_without_referer_belongs_to_its_own_host() -> None:
    found = attributed(bare(0, f"https://{SHOP}/api", {"sec-fetch-site": "same-origin", "sec-fetch-dest": "empty"}))
    assert found[0].page_host == SHOP


def test_a_same_site_request_without_referer_belongs_to_its_site() -> None:
    call = bare(0, "https://metrics.shop.example/x", {"sec-fetch-site": "same-site", "sec-fetch-dest": "image"})
    assert sites(call) == ["shop.example"]


def test_a_request_that_names_nothing_is_given_to_the_only_site_that_is_open() -> None:
    silent = bare(2, META_PIXEL, {"sec-fetch-site": "cross-site", "sec-fetch-dest": "image"})
    assert sites(Browser().open(0), silent) == ["shop.example", "shop.example"]
    assert sites(silent) == [None]
    assert sites(Browser().open(0), Browser(host="news.example").open(1), silent)[-1] is None


def test_another_client_or_another_browser_on_the_same_client_is_another_visit() -> None:
    silent = bare(2, META_PIXEL)
    assert sites(Browser(client="10.0.0.1").open(0), silent)[-1] is None
    assert sites(Browser(agent="Mozilla/5.0 Firefox/140").open(0), silent)[-1] is None


def test_a_cross_site_request_to_a_site_that_is_open_in_another_tab_is_not_that_sites_own() -> None:
    """A frame without a referrer calls Facebook while Facebook is open too."""
    facebook = Browser(host="www.facebook.com").open(0)
    shop = Browser().open(1)
    call = bare(2, META_PIXEL, {"sec-fetch-site": "cross-site", "sec-fetch-dest": "image", "origin": "null"})
    assert sites(facebook, call)[-1] is None
    assert sites(facebook, shop, call)[-1] is None


def test_a_request_of_a_browser_extension_is_nobodys() -> None:
    call = bare(1, AMPLITUDE, {"origin": "chrome-extension://abcdef", "sec-fetch-site": "cross-site"})
    assert sites(Browser().open(0), call) == ["shop.example", None]


def test_a_request_to_another_host_of_the_site_belongs_to_the_sites_page() -> None:
    """Not to a page on that host, which has no cookies of its own to judge by."""
    call = bare(1, "https://metrics.shop.example/v1/t", {}, method="POST")
    found = attributed(Browser().open(0), call)[1]
    assert found.key is not None
    assert (found.key.site, found.page_host) == ("shop.example", SHOP)


def test_an_address_that_only_leads_elsewhere_is_never_open() -> None:
    shortener = Browser(host="t.example").open(0, "/abc", status=302)
    silent = bare(2, META_PIXEL)
    assert sites(shortener, Browser().open(1), silent) == ["t.example", "shop.example", "shop.example"]


def test_what_a_request_names_comes_before_the_page_that_the_capture_names() -> None:
    """Safari titles the one page of a log that it preserves with the address that was opened last."""
    titled = {"page_url": "https://bank.example/", "page_group": "page_0"}
    shop = Browser().open(0, **titled)
    by_origin = bare(1, META_PIXEL, {"origin": f"https://{SHOP}"}, **titled)
    by_referer = bare(2, META_PIXEL, {"referer": f"https://{SHOP}/basket"}, **titled)
    by_nothing = bare(3, META_PIXEL, **titled)
    bank = Browser(host="bank.example").open(4, **titled)
    late = bare(5, META_PIXEL, {"origin": f"https://{SHOP}"}, **titled)
    assert sites(shop, by_origin, by_referer, by_nothing, bank, late, bare(6, META_PIXEL, **titled)) == [
        *["shop.example"] * 4,
        "bank.example",
        "shop.example",
        "bank.example",
    ]


def test_the_page_that_the_capture_names_is_the_last_resort() -> None:
    titled = {"page_url": "https://www.shop.example/basket", "page_group": "page_1"}
    assert sites(bare(0, META_PIXEL, **titled)) == ["shop.example"]
    assert sites(bare(0, META_PIXEL, {"referer": "https://news.example/"}, **titled)) == ["news.example"]


def test_a_frame_whose_own_request_is_missing_belongs_where_the_capture_files_it() -> None:
    page = Browser().open(0, page_group="page_1")
    call = bare(1, META_PIXEL, {"referer": "https://frame.example/"}, page_group="page_1")
    elsewhere = bare(2, META_PIXEL, {"referer": "https://frame.example/"}, page_group="page_2")
    assert sites(page, call, elsewhere) == ["shop.example", "shop.example", "frame.example"]


# --- what pages embed


def frame_story(at: float = 0, host: str = SHOP) -> list[Exchange]:
    """A page, a frame in it from elsewhere, and what the frame asks for."""
    page = Browser(host=host)
    frame = page.fetch(
        at + 1, "https://widgets.example/frame", dest="iframe", mode="navigate", content_type="text/html"
    )
    return [page.open(at), frame]


FRAMES_CALL = {"referer": "https://widgets.example/frame", "sec-fetch-dest": "image", "sec-fetch-site": "cross-site"}


def test_what_a_frame_asks_for_is_traced_back_to_the_page() -> None:
    found = attributed(*frame_story(), bare(2, META_PIXEL, FRAMES_CALL))
    assert [one.key.site for one in found if one.key is not None] == ["shop.example"] * 3
    assert [one.page_host for one in found] == [SHOP] * 3
    assert [one.document for one in found] == [True, False, False]


def test_a_frame_in_a_frame_is_traced_too() -> None:
    inner = bare(2, "https://inner.example/", FRAMES_CALL | {"sec-fetch-dest": "iframe"})
    call = bare(3, META_PIXEL, FRAMES_CALL | {"referer": "https://inner.example/"})
    assert sites(*frame_story(), inner, call)[-1] == "shop.example"


def test_what_a_stylesheet_asks_for_is_traced_back_to_the_page() -> None:
    style = Browser().fetch(1, "https://fonts.googleapis.com/css2?family=Lato", dest="style")
    font = bare(
        2,
        "https://fonts.gstatic.com/s/lato.woff2",
        {"origin": f"https://{SHOP}", "referer": "https://fonts.googleapis.com/", "sec-fetch-dest": "font"},
    )
    picture = bare(3, "https://fonts.gstatic.com/x.png", {"referer": "https://fonts.googleapis.com/"})
    assert sites(Browser().open(0), style, font, picture) == ["shop.example"] * 4


def test_a_frame_that_was_opened_as_a_page_itself_is_its_own_site() -> None:
    assert sites(*frame_story(), Browser(host="widgets.example").open(2), bare(3, META_PIXEL, FRAMES_CALL))[-1] == (
        "widgets.example"
    )


def test_the_same_frame_on_the_next_site_belongs_to_that_one() -> None:
    assert sites(*frame_story(), *frame_story(60, "www.news.example"), bare(63, META_PIXEL, FRAMES_CALL))[-1] == (
        "news.example"
    )


def test_the_same_frame_on_two_sites_that_are_both_open_belongs_to_nobody_for_certain() -> None:
    """One of them has consent and the other has not: nobody is accused for the other."""
    still_open = Browser().fetch(70, f"https://{SHOP}/api", dest="empty")
    story = [*frame_story(), *frame_story(60, "www.news.example"), still_open]
    assert sites(*story, bare(71, META_PIXEL, FRAMES_CALL))[-1] is None


def test_what_a_page_sends_while_it_is_left_does_not_keep_it_open() -> None:
    farewell = Browser().send(62, message())
    story = [*frame_story(), *frame_story(60, "www.news.example"), farewell]
    assert sites(*story, bare(63, META_PIXEL, FRAMES_CALL))[-1] == "news.example"


def test_two_sites_in_two_tabs_keep_their_own_requests() -> None:
    shop, news = Browser(), Browser(host="www.news.example")
    assert sites(shop.open(0), news.open(1), shop.pixel(2), news.pixel(3)) == [
        "shop.example",
        "news.example",
        "shop.example",
        "news.example",
    ]


def test_memory_of_frames_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsers, "_MAX_TRACED", 2)
    monkeypatch.setattr(browsers, "_MAX_HOLDERS", 1)
    others = [Browser().fetch(2 + number, f"https://frame{number}.example/", dest="iframe") for number in range(3)]
    forgotten = bare(9, META_PIXEL, FRAMES_CALL)
    assert sites(*frame_story(), *others, forgotten)[-1] == "widgets.example"
    assert sites(*frame_story(), *frame_story(60, "www.news.example"), forgotten)[-1] == "news.example"


# --- pages


@pytest.mark.parametrize(
    ("headers", "more", "page"),
    [
        ({"sec-fetch-dest": "document"}, {}, True),
        ({"sec-fetch-dest": "iframe"}, {"content_type": "text/html"}, False),
        ({"sec-fetch-dest": "empty", "accept": "text/html"}, {"content_type": "text/html"}, False),
        ({"accept": "text/html,*/*"}, {"content_type": "text/html; charset=utf-8"}, True),
        ({"accept": "text/html,*/*"}, {}, True),
        ({"accept": "text/html,*/*"}, {"content_type": "image/png"}, False),
        ({"accept": "*/*"}, {"content_type": "text/html"}, True),
        ({"accept": "*/*", "origin": "https://x.example"}, {"content_type": "text/html"}, False),
        ({"accept": "text/html", "x-requested-with": "XMLHttpRequest"}, {"content_type": "text/html"}, False),
        ({"accept": "text/html"}, {"method": "PUT"}, False),
        ({"accept": "*/*"}, {"content_type": "application/json"}, False),
    ],
)
def test_a_page_is_told_by_the_browser_and_on_plain_http_by_what_is_accepted(
    headers: dict[str, str], more: dict[str, str], page: bool
) -> None:
    assert is_page(bare(0, "http://www.shop.example/", headers, **more)) is page


def test_without_sec_fetch_a_call_still_finds_its_page() -> None:
    page = bare(0, "http://www.shop.example/", {"accept": "text/html"}, content_type="text/html")
    own = bare(1, "http://www.shop.example/app.js", {"accept": "*/*"})
    call = bare(2, META_PIXEL, {"referer": "http://www.shop.example/"})
    silent = bare(3, META_PIXEL, {})
    assert sites(page, own, call, silent) == ["shop.example"] * 4


# --- which requests show that a cookie is not there


@pytest.mark.parametrize(
    ("label", "headers", "document", "shows"),
    [
        ("a page that was typed in", {"sec-fetch-site": "none"}, True, True),
        ("a page reached from the same site", {"sec-fetch-site": "same-origin"}, True, True),
        ("a page reached from another site leaves out SameSite=Strict cookies", {"sec-fetch-site": "cross-site"}, True, False),
        (
            "so it does with other cookies",
            {"sec-fetch-site": "cross-site", "cookie": "a=b"},
            True,
            False,
        ),
        ("a picture", {"sec-fetch-site": "same-origin", "sec-fetch-mode": "no-cors"}, False, True),
        ("a fetch without cookies may leave them out", {"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}, False, False),
        ("a fetch with cookies has all", {"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors", "cookie": "a=b"}, False, True),
        ("from a sister host without cookies", {"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors"}, False, False),
        ("plain http, its own referrer", {"referer": f"http://{SHOP}/"}, False, True),
        ("plain http, without referrer or cookies", {}, False, False),
        ("plain http, with cookies", {"cookie": "a=b"}, False, True),
        ("plain http, a page", {}, True, True),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_missing_cookie_counts_only_where_all_cookies_were_sent(
    label: str, headers: dict[str, str], document: bool, shows: bool
) -> None:
    exchange = bare(0, f"https://{SHOP}/x", headers)
    assert shows_every_cookie(exchange, SHOP, document=document) is shows
    assert not shows_every_cookie(exchange, "blog.shop.example", document=document), "another host has other cookies"
    assert not shows_every_cookie(exchange, None, document=document)


def test_a_preflight_never_carries_cookies() -> None:
    exchange = bare(
        0, f"https://{SHOP}/x", {"sec-fetch-site": "same-origin", "sec-fetch-mode": "no-cors"}, method="OPTIONS"
    )
    assert not shows_every_cookie(exchange, SHOP, document=False)


# --- apps and servers


def test_an_app_is_told_by_its_bundle_id() -> None:
    shown = run(App().send(0, message()), App(bundle="com.other").send(1, message()))
    assert shown.sites == ["com.example.shop", "com.other"]


def test_an_app_without_bundle_id_is_not_attributed_and_leaves_a_gap() -> None:
    shown = run(App(bundle=None).send(0, message()))
    assert shown.sites == [None]
    assert shown.gaps[0] == ("not-attributed", "api.segment.io")


def test_a_server_has_neither_site_nor_app() -> None:
    shown = run(Server().send(0, message()))
    assert shown.sites == [None]
    assert shown.events[0].surface == "server"
    assert shown.rules == {"server-event-without-consent"}


def test_a_message_names_its_page_where_the_request_does_not() -> None:
    page = {"page": {"url": "https://www.shop.example/basket"}}
    silent = {"referer": None, "origin": None}
    shown = run(Browser().send(0, message(context=page), headers=silent))
    assert shown.sites == ["shop.example"]


def test_a_browser_s_call_that_names_nothing_is_not_judged() -> None:
    silent = {"referer": None, "origin": None}
    shown = run(Browser().pixel(0, headers=silent))
    assert shown.violations == []
    assert ("not-attributed", "www.facebook.com") in shown.gaps
