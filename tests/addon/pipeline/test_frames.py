"""Frames without Sec-Fetch, extensions and overridden user agents: whose request it is where the header fields say little."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from addon.exchange import Exchange
from addon.pipeline import browsers
from addon.pipeline.pages import refuses_frames
from addon.records import SessionRecord
from tests.addon.building import (
    AMPLITUDE,
    BANNER,
    CHROME,
    META_PIXEL,
    NOON,
    SHOP,
    Browser,
    Run,
    dated_choice,
    message,
    request,
    run,
)

PLAYER = "player.videos.example"
ADS = "https://googleads.g.doubleclick.net/pagead/ads?client=ca-pub-1"
HTML = {
    "accept": "text/html,application/xhtml+xml",
    "sec-fetch-dest": None,
    "sec-fetch-mode": None,
    "sec-fetch-site": None,
}
PLAIN = {"sec-fetch-dest": None, "sec-fetch-mode": None, "sec-fetch-site": None}
"""What takes the Sec-Fetch fields out."""


def consented(at: float = 0, **more: Any) -> list[Exchange]:
    """A page whose visitor has accepted everything, with its banner's script."""
    browser = Browser(cookies=dated_choice("functional", "analytics", "marketing", at=-60))
    return [browser.open(at, headers=HTML, **more), browser.fetch(at + 0.1, BANNER, headers=PLAIN, **more)]


def refused(at: float = 0, **more: Any) -> list[Exchange]:
    browser = Browser(cookies=dated_choice(at=-60))
    return [browser.open(at, headers=HTML, **more), browser.fetch(at + 0.1, BANNER, headers=PLAIN, **more)]


def document(at: float, url: str, referer: str | None, *, html: bool = True, **more: Any) -> Exchange:
    """A document of somebody, without Sec-Fetch."""
    headers: dict[str, str | None] = {"user-agent": CHROME, "referer": referer}
    if html:
        headers["accept"] = str(HTML["accept"])
    return request(at, url, headers=headers | more.pop("headers", {}), content_type="text/html; charset=utf-8", **more)


def call(at: float, referer: str | None, url: str = META_PIXEL, **more: Any) -> Exchange:
    return request(at, url, headers={"user-agent": CHROME, "referer": referer}, **more)


def verdicts(shown: Run) -> list[str]:
    return [str(violation.verdict) for violation in shown.violations]


# --- frames that the capture or the catalogue tells


@pytest.mark.parametrize("titled", [None, f"https://{SHOP}/"], ids=["title is a text", "title is the address"])
def test_a_frame_that_the_capture_files_under_a_page_has_no_session_of_its_own(titled: str | None) -> None:
    filed = {"page_group": "page_1", "page_url": titled}
    shown = run(
        *consented(**filed),
        document(1, f"https://{PLAYER}/embed/1", f"https://{SHOP}/", **filed),
        call(2, f"https://{PLAYER}/", **filed),
        document(3, f"https://{PLAYER}/embed/2", f"https://{PLAYER}/embed/1", **filed),
        call(4, f"https://{PLAYER}/", AMPLITUDE, **filed),
    )
    assert set(shown.sites) == {"shop.example"}
    assert shown.violations == [] and shown.gap("frame-or-page") == []


def test_without_header_fields_too() -> None:
    filed = {"page_group": "page_1"}
    page = request(0, f"https://{SHOP}/", content_type="text/html", **filed)
    frame = request(1, f"https://{PLAYER}/embed", content_type="text/html", **filed)
    pixel = request(2, META_PIXEL, **filed)
    assert run(page, frame, pixel).sites == ["shop.example"] * 3


def test_a_page_of_which_nothing_says_that_it_is_one_is_the_first_of_those_filed_under_it() -> None:
    filed = {"page_group": "page_1"}
    leads_there = request(0, "https://t.example/abc", status=301, **filed)
    page = request(1, f"https://{SHOP}/", **filed)
    picture = request(2, "https://images.example/logo.png", **filed)
    pixel = request(3, META_PIXEL, **filed)
    other = request(4, META_PIXEL, page_group="page_2")
    assert run(leads_there, page, picture, pixel, other).sites[1:] == ["shop.example"] * 3 + [None]


def test_a_call_that_names_its_page_belongs_to_it_where_a_browser_filed_it() -> None:
    """A server may name any page."""
    collected = "https://www.google-analytics.com/g/collect?v=2&tid=G-ABC1234567&cid=1.2&en=page_view&dl=https%3A%2F%2Fwww.shop.example%2F"
    assert run(request(0, collected, method="POST", page_group="page_1")).sites == ["shop.example"]
    assert run(request(0, collected, method="POST")).sites == [None]


def test_a_frame_of_a_vendor_is_told_by_the_page_that_it_names() -> None:
    shown = run(*consented(), document(1, ADS, f"https://{SHOP}/"), call(2, "https://googleads.g.doubleclick.net/"))
    assert set(shown.sites) == {"shop.example"}
    assert shown.violations == [] and shown.gap("frame-or-page") == []


def test_a_frame_in_a_refused_page_is_held_against_the_page() -> None:
    shown = run(*refused(), document(1, ADS, f"https://{SHOP}/"), call(2, "https://googleads.g.doubleclick.net/"))
    assert set(shown.sites) == {"shop.example"}
    assert verdicts(shown) == ["confirmed", "confirmed"]


def test_what_a_script_fetches_as_html_from_elsewhere_is_no_page() -> None:
    fragment = document(1, f"https://{PLAYER}/card", f"https://{SHOP}/", headers={"accept": "*/*"})
    assert run(*consented(), fragment, call(2, f"https://{SHOP}/")).sites == ["shop.example"] * 4


# --- pages


def test_a_typed_address_is_a_page_of_its_own_wherever_it_is_filed() -> None:
    filed = {"page_group": "page_0", "page_url": "https://last.example/"}
    shown = run(
        *consented(**filed),
        document(10, "https://bank.example/", None, **filed),
        call(11, "https://bank.example/", **filed),
        document(20, "https://last.example/", "https://bank.example/", **filed),
        call(21, "https://last.example/", **filed),
    )
    assert shown.sites == ["shop.example"] * 2 + ["bank.example"] * 2 + ["last.example"] * 2


def test_a_page_that_came_from_where_nothing_was_opened_is_a_page() -> None:
    found = document(1, "https://bank.example/", "https://search.example/")
    assert run(*consented(), found, call(2, "https://bank.example/")).sites[2:] == ["bank.example"] * 2


@pytest.mark.parametrize(
    "headers",
    [
        {"x-frame-options": "SAMEORIGIN"},
        {"x-frame-options": "deny"},
        {"content-security-policy": "default-src 'self'; frame-ancestors 'none'"},
        {"content-security-policy": "frame-ancestors 'self';"},
    ],
    ids=["same origin", "deny", "no ancestors", "own ancestors"],
)
def test_a_document_that_forbids_to_be_framed_is_a_page(headers: Mapping[str, str]) -> None:
    linked = document(1, "https://bank.example/", f"https://{SHOP}/")
    linked = replace(
        linked,
        response_headers=type(linked.response_headers).from_text([*linked.response_headers.fields, *headers.items()]),
    )
    assert refuses_frames(linked)
    assert run(*consented(), linked, call(2, "https://bank.example/")).sites[2:] == ["bank.example"] * 2


@pytest.mark.parametrize(
    "policy", ["frame-ancestors *", "frame-ancestors 'self' https://www.shop.example", "frame-src 'none'", ""]
)
def test_a_document_that_some_may_frame_does_not_forbid_it(policy: str) -> None:
    asked = request(0, "https://x.example/")
    fields = type(asked.response_headers).from_text([("content-security-policy", policy)])
    assert not refuses_frames(replace(asked, response_headers=fields))


# --- frames or pages


def linked(at: float = 1, **more: Any) -> list[Exchange]:
    """A document that may be a frame in the shop's page or a page to which a link of it led, and what it calls."""
    return [
        document(at, "http://blog.example/", f"http://{SHOP}/", **more),
        call(at + 1, "http://blog.example/", **more),
    ]


def test_what_may_be_a_page_of_its_own_is_unproven_against_the_page_that_it_named() -> None:
    shown = run(*refused(), *linked())
    assert set(shown.sites) == {"shop.example"}
    assert verdicts(shown) == ["unproven"]
    assert "no page of its own" in shown.gap("frame-or-page")[0]
    (violation,) = shown.violations
    assert "a page of its own to which a link led" in violation.explanation
    assert "would decide it" in violation.explanation


def test_a_consent_that_stands_on_the_page_that_it_named_acquits_it_and_a_gap_says_so() -> None:
    shown = run(*consented(), *linked())
    assert shown.violations == []
    assert ("frame-or-page", "blog.example") in shown.gaps


def test_it_is_a_frame_where_the_page_goes_on_beside_it() -> None:
    shown = run(*refused(), *linked(), call(30, f"https://{SHOP}/"), call(31, "http://blog.example/"))
    assert set(shown.sites) == {"shop.example"}
    assert verdicts(shown) == ["unproven", "confirmed", "confirmed"]


def test_it_is_a_page_where_another_one_follows_it_and_the_first_is_silent() -> None:
    second = document(40, "http://blog.example/more", "http://blog.example/")
    shown = run(*refused(), *linked(), second, call(41, "http://blog.example/"))
    assert shown.sites[-2:] == ["blog.example"] * 2


def test_what_the_page_itself_asks_of_the_same_host_is_not_in_doubt() -> None:
    own = call(3, f"https://{SHOP}/")
    assert verdicts(run(*refused(), *linked()[:1], own)) == ["confirmed"]


def test_doubts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsers, "_MAX_DOUBTS", 1)
    monkeypatch.setattr(browsers, "_MAX_GROUPS", 1)
    many = [
        document(1 + number, f"http://blog{number}.example/", f"http://{SHOP}/", page_group=str(number))
        for number in range(3)
    ]
    assert run(*consented(), *many, call(9, "http://blog1.example/")).sites == ["shop.example"] * 6


# --- extensions


@pytest.mark.parametrize("origin", ["chrome-extension://abc", "moz-extension://0-1", "safari-web-extension://A-B"])
def test_an_extension_of_the_browser_accuses_nobody(origin: str) -> None:
    asked = call(1, None, page_group="page_1", page_url=f"https://{SHOP}/")
    headers = {"user-agent": CHROME, "origin": origin, "referer": f"https://{SHOP}/"}
    shown = run(
        *refused(page_group="page_1"),
        request(1, asked.url, headers=headers, page_group="page_1", page_url=f"https://{SHOP}/"),
    )
    assert shown.violations == []
    assert ("browser-extension", "www.facebook.com") in shown.gaps
    assert ("not-attributed", "www.facebook.com") not in shown.gaps


def test_nor_does_one_of_which_only_the_capture_knows() -> None:
    shown = run(*refused(), call(1, f"https://{SHOP}/", extension=True))
    assert shown.violations == []
    assert ("browser-extension", "www.facebook.com") in shown.gaps


# --- user agents

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1"
DRIVER = CHROME.replace("Chrome/", "HeadlessChrome/")


def test_a_beacon_with_another_user_agent_than_its_page_belongs_to_the_page() -> None:
    """The override of a test driver does not reach beacons and workers."""
    page = Browser(agent=PHONE, cookies=dated_choice("analytics", "marketing", at=-60))
    beacon = page.send(2, message(), headers={"user-agent": DRIVER})
    worker = page.fetch(3, f"https://{SHOP}/sw.js", headers={"user-agent": DRIVER})
    shown = run(page.open(0), page.fetch(1, BANNER), beacon, worker)
    assert len({record.session_id for record in shown.events}) == 1
    assert shown.sites == ["shop.example"] * 4
    assert {session.user_agent for session in sessions(shown)} == {PHONE}
    assert shown.found("event-without-consent") == []


def test_two_browsers_that_opened_the_same_site_stay_two() -> None:
    phone, desk = Browser(agent=PHONE), Browser()
    shown = run(phone.open(0), desk.open(1), phone.send(2, message()), desk.send(3, message()))
    assert {session.user_agent for session in sessions(shown)} == {PHONE, CHROME}


def test_a_third_user_agent_beside_two_that_opened_the_site_is_neither() -> None:
    phone, desk = Browser(agent=PHONE), Browser()
    shown = run(phone.open(0), desk.open(1), phone.send(2, message(), headers={"user-agent": DRIVER}))
    assert {session.user_agent for session in sessions(shown)} == {PHONE, CHROME, DRIVER}


def test_another_client_is_another_browser() -> None:
    page, far = Browser(agent=PHONE), Browser(agent=DRIVER, client="10.0.0.8")
    shown = run(page.open(0), far.send(1, message()))
    assert len(sessions(shown)) == 2


def sessions(shown: Run) -> list[SessionRecord]:
    return list({record.id: record for record in shown.of(SessionRecord)}.values())


# --- reports of the in-page probe


def report(at: float, key: str, *, agent: str, host: str = SHOP, **headers: str) -> Exchange:
    """A report that a page's probe sent: a banner stands open."""
    moment = (NOON + at) * 1000
    seen = {"kind": "banner", "event": "open", "manager": "vanilla-cookieconsent", "at": moment}
    body = json.dumps({"key": key, "sent_at": moment, "observations": [seen]}).encode()
    return request(
        at,
        f"https://{host}/.consentwire/observations",
        method="POST",
        headers={"user-agent": agent, "referer": f"https://{host}/", **headers},
        body=body,
        own=True,
    )


def test_a_report_belongs_to_the_page_that_was_given_its_key_whatever_its_user_agent() -> None:
    phone, desk = Browser(agent=PHONE), Browser(agent=DRIVER)
    shown = run(
        phone.open(0, page_key="one"),
        desk.open(0.1, page_key="two"),
        phone.fetch(0.2, BANNER),
        desk.fetch(0.3, BANNER),
        report(0.5, "one.signed", agent=DRIVER),
        phone.send(1, message()),
        report(2, "one.signed", agent=DRIVER),
        desk.send(3, message()),
    )
    found = {violation.session_id: str(violation.verdict) for violation in shown.found("event-without-consent")}
    agents = {session.id: session.user_agent for session in sessions(shown)}
    assert {agents[number]: verdict for number, verdict in found.items()} == {PHONE: "confirmed", DRIVER: "unproven"}


def test_a_report_of_a_page_that_the_capture_does_not_have_is_filed_by_what_it_names() -> None:
    page = Browser(agent=PHONE)
    shown = run(
        page.open(0), page.fetch(0.2, BANNER), report(0.5, "lost.signed", agent=DRIVER), page.send(1, message())
    )
    assert len(sessions(shown)) == 1


def test_keys_of_pages_are_remembered_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("addon.pipeline.sessions._MAX_PAGE_KEYS", 1)
    phone, desk = Browser(agent=PHONE), Browser(agent=DRIVER)
    shown = run(phone.open(0, page_key="one"), desk.open(0.1, page_key="two"), report(0.5, "one.signed", agent=DRIVER))
    assert len(sessions(shown)) == 2
