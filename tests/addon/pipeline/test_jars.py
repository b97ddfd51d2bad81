"""Several windows of one browser, each with a cookie jar of its own: what was chosen in one is held against no other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.exchange import Exchange, Headers, Unsent
from addon.pipeline.sessions import SessionRegistry
from addon.records import ExchangeRecord, MarkRecord, SessionRecord
from tests.addon.building import (
    AMPLITUDE,
    COOKIEBOT,
    KLARO,
    SHOP,
    Browser,
    Run,
    cookiebot_choice,
    message,
    request,
    run,
    undated_choice,
)

from .test_observations import reported, stored

ACCEPTED = undated_choice(analytics=True, marketing=True)
REFUSED = undated_choice(analytics=False, marketing=False)


def browser_id(number: int) -> str:
    return str(UUID(int=0xC0FFEE_1234_4ABC_9DEF_0123_4567_89AB + 0x1111 * number, version=4))


def window(number: int) -> Browser:
    """A fresh one: a jar of its own, empty."""
    return Browser()


def tracked(window: Browser, at: float, number: int, **more: Any) -> Exchange:
    return window.send(at, message(anonymousId=browser_id(number)), **more)


def left(window: Browser, at: float, number: int, choice: dict[str, str] | None) -> list[Exchange]:
    """A session of ten seconds: two pages, tracked on each; what is chosen is stored between, and the id is kept in a cookie."""
    seen = [window.open(at), window.fetch(at + 0.2, KLARO), tracked(window, at + 1, number)]
    window.cookies |= {"ajs_anonymous_id": browser_id(number), **(choice or {})}
    return [
        *seen,
        window.open(at + 5, "/b", coming_from="same-origin"),
        tracked(window, at + 6, number),
        window.pixel(at + 7),
    ]


def audit() -> list[Exchange]:
    """What audit tools do: fresh windows, one after the other, that ignore, accept, close and reject."""
    return [
        exchange
        for number, choice in enumerate((None, ACCEPTED, None, REFUSED))
        for exchange in left(window(number), 20.0 * number, number, choice)
    ]


def sessions(found: Run) -> list[str | None]:
    return [one.session_id for one in found.of(ExchangeRecord)]


def jars(found: Run) -> list[int]:
    """Of each exchange, in order."""
    number = {one.id: one.jar for one in found.of(SessionRecord)}
    return [number[one.session_id] for one in found.of(ExchangeRecord) if one.session_id is not None]


def verdicts(found: Run) -> list[tuple[str, float, str, str]]:
    """Session, seconds, rule and verdict, in order of time."""
    first = min(one.started_at for one in found.of(ExchangeRecord))
    return sorted(
        (one.session_id, round(one.occurred_at - first, 1), one.rule, str(one.verdict))
        for one in found.violations
        if one.rule in ("event-without-consent", "destination-without-consent", "sdk-load-without-consent")
    )


def kept(exchanges: Iterable[Exchange], *, live: bool) -> Run:
    return run(*exchanges, live=live)


BOTH = pytest.mark.parametrize("live", [False, True], ids=["file", "live"])


@BOTH
def test_each_fresh_window_of_an_audit_is_a_session_of_its_own(live: bool) -> None:
    assert jars(kept(audit(), live=live)) == [1] * 6 + [2] * 6 + [3] * 6 + [4] * 6


@BOTH
def test_what_was_accepted_in_one_window_is_not_accused_by_the_empty_jar_of_the_next(live: bool) -> None:
    found = verdicts(kept(audit(), live=live))
    accepted = [(at, rule, verdict) for session, at, rule, verdict in found if session == "1.s2"]
    # before the choice nobody knows when it was made; after it everything is fine
    assert accepted == [(21.0, "event-without-consent", "unproven")]


@BOTH
def test_what_was_accepted_in_one_window_excuses_nothing_in_the_next(live: bool) -> None:
    found = verdicts(kept(audit(), live=live))
    after = {(session, at): verdict for session, at, _, verdict in found if session in ("1.s1", "1.s3", "1.s4")}
    assert after == {
        ("1.s1", 1.0): "likely",
        ("1.s1", 6.0): "unproven",
        ("1.s1", 7.0): "unproven",
        ("1.s3", 41.0): "likely",
        ("1.s3", 46.0): "unproven",
        ("1.s3", 47.0): "unproven",
        ("1.s4", 61.0): "likely",
        ("1.s4", 66.0): "confirmed",
        ("1.s4", 67.0): "confirmed",
    }


@BOTH
def test_two_windows_in_use_at_once_keep_their_own_consent(live: bool) -> None:
    one, other = window(1), window(2)
    first = left(one, 0, 1, ACCEPTED)
    second = left(other, 20, 2, REFUSED)
    together = [
        *(tracked(one, 30, 1), tracked(other, 30.5, 2)),
        *(one.open(31, "/c", coming_from="same-origin"), other.open(32, "/c", coming_from="same-origin")),
        *(tracked(one, 33, 1), tracked(other, 34, 2)),
    ]
    found = kept([*first, *second, *together], live=live)
    assert jars(found)[-6:] == [1, 2, 1, 2, 1, 2]
    late = [(session, at, verdict) for session, at, _, verdict in verdicts(found) if at >= 30]
    assert late == [("1.s2", 30.5, "confirmed"), ("1.s2", 34.0, "confirmed")]


@BOTH
@pytest.mark.parametrize("refusing", [1, 2])
def test_a_call_that_may_be_of_either_window_is_unproven_and_says_why(live: bool, refusing: int) -> None:
    """The pixel names the site and nothing else, while both windows are in use."""
    choices = {1: ACCEPTED, 2: ACCEPTED} | {refusing: REFUSED}
    one, other = window(1), window(2)
    story = [*left(one, 0, 1, choices[1]), *left(other, 20, 2, choices[2]), other.pixel(31), tracked(one, 33, 1)]
    found = kept(story, live=live)
    (pixel,) = [
        each
        for each in found.found("destination-without-consent")
        if each.occurred_at > found.of(ExchangeRecord)[-3].started_at
    ]
    assert pixel.verdict == "unproven"
    assert "several windows of this browser" in pixel.explanation
    assert pixel.explanation.endswith("A capture of one window at a time would decide it.")


@BOTH
def test_a_call_that_both_windows_refuse_is_as_sure_as_ever(live: bool) -> None:
    one, other = window(1), window(2)
    story = [*left(one, 0, 1, REFUSED), *left(other, 20, 2, REFUSED), other.pixel(31), tracked(one, 33, 1)]
    late = [verdict for _, at, _, verdict in verdicts(kept(story, live=live)) if at == 31]
    assert late == ["confirmed"]


@BOTH
def test_a_connection_tells_the_window_where_nothing_else_does(live: bool) -> None:
    one, other = window(1), window(2)
    first = [replace(each, connection=f"a {each.host}") for each in left(one, 0, 1, ACCEPTED)]
    second = [replace(each, connection=f"b {each.host}") for each in left(other, 20, 2, REFUSED)]
    calls = [
        replace(one.pixel(30), connection="a www.facebook.com"),
        replace(other.pixel(31), connection="b www.facebook.com"),
    ]
    story = [*first, *second, tracked(one, 29, 1, connection="a www.facebook.com"), *calls, tracked(one, 33, 1)]
    found = kept(story, live=live)
    assert [at for _, at, _, _ in verdicts(found) if at in (30, 31)] == [31]


def test_a_vendors_own_cookie_tells_the_window_too() -> None:
    one, other = window(1), window(2)
    cookies = {"cookie": "AMP_id=k3J9dQ0x7LmZ2pVbT5wYr8"}
    story = [
        *left(one, 0, 1, ACCEPTED),
        one.pixel(9, AMPLITUDE, headers=cookies),
        *left(other, 20, 2, REFUSED),
        one.pixel(30, AMPLITUDE, headers=cookies),
    ]
    assert jars(run(*story))[-1] == 1


# --- when a jar is new


def split(*story: Exchange) -> bool:
    return max(jars(run(*story))) > 1


def with_cookies(at: float, path: str = "/", *, host: str = SHOP, **cookies: str) -> Exchange:
    return Browser(host=host, cookies=cookies).open(at, path)


def test_a_typed_page_without_any_cookie_where_some_were_sent_begins_a_session() -> None:
    assert split(with_cookies(0, sid="1"), Browser().open(5))


def test_without_sec_fetch_a_page_without_referer_begins_one() -> None:
    plain = {"sec-fetch-dest": None, "sec-fetch-mode": None, "sec-fetch-site": None, "accept": "text/html"}
    assert split(with_cookies(0, sid="1"), Browser().open(5, headers=plain))
    led = plain | {"referer": f"https://{SHOP}/"}
    assert not split(with_cookies(0, sid="1"), Browser().open(5, headers=led))


@pytest.mark.parametrize("initiator", ["same-origin", "same-site", "cross-site"])
def test_a_page_to_which_another_led_is_the_same_window(initiator: str) -> None:
    assert not split(with_cookies(0, sid="1"), Browser().open(5, coming_from=initiator))


def test_a_page_that_a_browser_fetches_ahead_is_no_window() -> None:
    assert not split(
        with_cookies(0, sid="1"), Browser().open(5, headers={"sec-purpose": "prefetch;anonymous-client-ip"})
    )


def test_a_page_from_the_cache_is_no_window() -> None:
    assert not split(with_cookies(0, sid="1"), replace(Browser().open(5), unsent=Unsent.CACHED))


def test_where_no_request_has_a_cookie_nothing_follows() -> None:
    browser = Browser()
    assert not split(browser.open(0, set_cookies=["sid=1"]), browser.open(5), browser.open(9))


def test_a_header_whose_cookies_were_taken_out_is_no_empty_jar() -> None:
    stripped = Browser().open(5, headers={"cookie": "[cookie redacted]"})
    assert not split(with_cookies(0, sid="1"), stripped)


def without_the_cookie(written: str | None, first: str, second: str) -> list[Exchange]:
    """A page that writes a cookie, or whose script does, one that carries it, and another that does not."""
    page = {
        "sec-fetch-dest": "document",
        "sec-fetch-mode": "navigate",
        "sec-fetch-site": "none",
        "user-agent": "Mozilla/5.0 x",
    }
    set_cookies = [] if written is None else [written]
    return [
        request(0, first, headers=page, set_cookies=set_cookies),
        request(1, first, headers={**page, "cookie": "sid=1"}),
        request(9, second, headers=page),
    ]


@pytest.mark.parametrize(
    ("written", "first", "second"),
    [
        (None, f"https://{SHOP}/", "https://shop.example/"),
        ("sid=1; Domain=shop.example", f"https://{SHOP}/", "https://other.example/"),
        ("sid=1; Path=/account", f"https://{SHOP}/account/a", f"https://{SHOP}/"),
        (None, f"https://{SHOP}/account/a", f"https://{SHOP}/"),
        (None, f"https://{SHOP}/", f"http://{SHOP}/"),
        ("sid=1; Max-Age=3", f"https://{SHOP}/", f"https://{SHOP}/"),
    ],
    ids=["another host", "another site", "another path", "a path that only a script knows", "not encrypted", "expired"],
)
def test_a_cookie_that_the_request_would_not_carry_is_not_missed(written: str | None, first: str, second: str) -> None:
    assert not split(*without_the_cookie(written, first, second))


@pytest.mark.parametrize(
    ("written", "first", "second"),
    [
        ("sid=1; Domain=shop.example", f"https://{SHOP}/", "https://shop.example/"),
        ("sid=1; Path=/", f"https://{SHOP}/account/a", f"https://{SHOP}/"),
        (None, f"https://{SHOP}/account/a", f"https://{SHOP}/account/a/b"),
        (None, f"http://{SHOP}/", f"https://{SHOP}/"),
        ("sid=1; Max-Age=300", f"https://{SHOP}/", f"https://{SHOP}/b"),
        ("sid=1; SameSite=Strict", f"https://{SHOP}/", f"https://{SHOP}/b"),
    ],
    ids=["its domain", "its path", "below a known path", "encrypted", "not expired", "strict, and typed"],
)
def test_a_cookie_that_the_request_would_carry_is_missed(written: str | None, first: str, second: str) -> None:
    assert split(*without_the_cookie(written, first, second))


@pytest.mark.parametrize("header", [{"set_cookies": ["sid=; Max-Age=0"]}, {"clear": '"cookies"'}])
def test_a_cookie_that_was_taken_back_is_not_missed(header: dict[str, Any]) -> None:
    browser = Browser(cookies={"sid": "1"})
    goodbye = browser.open(3, "/logout", set_cookies=header.get("set_cookies", ()))
    if "clear" in header:
        fields = (*goodbye.response_headers.raw, (b"clear-site-data", header["clear"].encode()))
        goodbye = replace(goodbye, response_headers=type(goodbye.response_headers)(fields))
    assert not split(browser.open(0), goodbye, Browser().open(5))


def test_a_cookie_that_a_script_deleted_is_not_missed_once_a_request_lacked_it() -> None:
    browser = Browser(cookies={"sid": "1", "theme": "dark"})
    first = browser.open(0)
    browser.cookies = {"theme": "dark"}
    second = browser.open(3, coming_from="same-origin")
    browser.cookies = {}
    assert not split(first, second, browser.open(4, coming_from="same-origin"), browser.open(9))


def test_cookies_in_several_fields_are_one_jar() -> None:
    fields = [(b"cookie", b"a=1"), (b"cookie", b"b=2")]
    page = Browser().open(0)
    spread = replace(page, request_headers=type(page.request_headers)([*page.request_headers.raw, *fields]))
    assert not split(spread, with_cookies(5, b="2", a="1"))
    assert split(spread, Browser().open(9))


def test_a_window_that_comes_back_is_known_by_its_cookies() -> None:
    one = Browser(cookies={"sid": "k3J9dQ0x7LmZ2pVbT5wYr8"})
    other = Browser()
    story = [one.open(0), other.open(5)]
    other.cookies = {"sid": "Qw8eRt6yUi4oPa2sDf0gHj"}
    assert jars(run(*story, other.open(6), one.open(7), other.open(8), one.open(9))) == [1, 2, 2, 1, 2, 1]


def test_what_a_window_is_asked_for_after_it_accepted_is_unproven_where_only_a_call_told_of_it() -> None:
    """The first window accepts, which a call records, and sends no cookie afterwards; the next may be another."""
    browser = Browser()
    recorded = "https://consent.cookiebot.com/logconsent.ashx?action=accept&clp=true&cls=true&clm=true"
    story = [browser.open(0), browser.fetch(0.2, COOKIEBOT), browser.pixel(4, recorded), browser.pixel(5)]
    again = [browser.open(20), browser.pixel(21), browser.open(30)]
    found = run(*story, *again)
    assert [(at, verdict) for _, at, _, verdict in verdicts(found)] == [(21.0, "unproven")]
    (reason,) = found.gap("unreadable-consent")
    assert "recorded a choice" in reason


def test_in_the_same_window_what_a_call_recorded_holds_where_no_cookie_ever_comes_by() -> None:
    browser = Browser()
    recorded = "https://consent.cookiebot.com/logconsent.ashx?action=accept&clp=true&cls=true&clm=true"
    story = [browser.open(0), browser.fetch(0.2, COOKIEBOT), browser.pixel(4, recorded), browser.pixel(5)]
    again = [
        browser.open(20, coming_from="same-origin"),
        browser.pixel(21),
        browser.open(30, coming_from="same-origin"),
    ]
    assert not verdicts(run(*story, *again))


def test_a_refusal_in_one_window_is_not_held_against_what_another_accepted() -> None:
    one, other = Browser(), Browser()
    refused = cookiebot_choice(3, statistics=False, marketing=False)
    accepted = cookiebot_choice(23, statistics=True, marketing=True)
    story = [one.open(0), one.fetch(0.2, COOKIEBOT)]
    one.cookies = refused
    story += [one.open(5, coming_from="same-origin"), other.open(20), other.fetch(20.2, COOKIEBOT)]
    other.cookies = accepted
    story += [
        other.pixel(24),
        other.open(26, coming_from="same-origin"),
        other.pixel(27),
        other.open(30, coming_from="same-origin"),
    ]
    assert not verdicts(run(*story))


def test_more_windows_than_are_kept_apart_stay_bounded() -> None:
    story = [each for n in range(150) for each in (Browser().open(10.0 * n), with_cookies(10.0 * n + 5, sid=str(n)))]
    assert max(jars(run(*story))) == 100


# --- marks and the probe


def test_a_mark_is_about_the_window_in_which_a_page_was_opened_last() -> None:
    one, other = window(1), window(2)
    press = request(
        40,
        "http://consentwire.internal/api/marks",
        method="POST",
        body=b'{"kind": "rejected", "text": "I pressed Reject"}',
        headers={"content-type": "application/json"},
        own=True,
    )
    found = run(*left(one, 0, 1, ACCEPTED), *left(other, 20, 2, None), tracked(one, 38, 1), press)
    (mark,) = found.of(MarkRecord)
    assert mark.session_id == "1.s2"


def test_a_mark_says_nothing_of_a_page_that_may_be_another_windows() -> None:
    browser = Browser()
    press = request(
        2,
        "http://consentwire.internal/api/marks",
        method="POST",
        body=b'{"kind": "accepted", "text": "I pressed Accept"}',
        headers={"content-type": "application/json"},
        own=True,
    )
    story = [browser.open(0), press, browser.pixel(3)]
    assert not verdicts(run(*story))
    found = run(*story, browser.open(20), browser.pixel(21), browser.open(30))
    ((_, at, _, verdict),) = verdicts(found)
    assert (at, verdict) == (21.0, "unproven")
    (pixel,) = found.found("destination-without-consent")
    assert "the tester's mark was made before" in pixel.explanation


@BOTH
def test_a_cookie_that_the_probe_saw_written_is_missed_by_the_next_window(live: bool) -> None:
    """The first window accepts and is closed without another request that would carry its cookie."""
    one, other = Browser(), Browser()
    seen = reported(one, 3, stored(3, analytics=True, marketing=True))
    story = [one.open(0), one.fetch(0.2, KLARO), seen, one.pixel(4)]
    story += [other.open(20), other.fetch(20.2, KLARO), other.pixel(21), other.open(25, coming_from="same-origin")]
    found = run(*story, live=live)
    assert jars(found) == [1] * 4 + [2] * 4
    assert [(session, at, verdict) for session, at, _, verdict in verdicts(found)] == [("1.s2", 21.0, "likely")]


def test_a_report_of_the_probe_belongs_to_the_window_whose_cookies_it_carries() -> None:
    one, other = window(1), window(2)
    story = [*left(one, 0, 1, None), *left(other, 20, 2, None)]
    report = reported(one, 30, stored(30, analytics=True, marketing=True))
    carried = Headers([*report.request_headers.raw, (b"cookie", f"ajs_anonymous_id={browser_id(1)}".encode())])
    found = run(*story, replace(report, request_headers=carried), tracked(one, 31, 1), tracked(other, 32, 2))
    assert [session for session, at, _, _ in verdicts(found) if at > 30] == ["1.s2"]


# --- other pages, other hosts, hostile ones


def test_windows_of_two_browsers_were_apart_before() -> None:
    phone = Browser(client="10.0.0.7", cookies={"sid": "1"})
    assert jars(run(phone.open(0), Browser().open(5))) == [1, 1]


def test_each_site_has_jars_of_its_own() -> None:
    shop, news = Browser(cookies={"sid": "1"}), Browser(host="news.example")
    assert jars(
        run(shop.open(0), news.open(5), Browser(host="news.example", cookies={"sid": "2"}).open(7), news.open(9))
    ) == [1, 1, 1, 2]


@given(
    st.lists(
        st.tuples(st.sampled_from(["/", "/a", "/a/b", "//", "/%", ""]), st.text(max_size=30), st.booleans()),
        max_size=12,
    )
)
def test_whatever_cookies_say_every_exchange_has_one_session(pages: list[tuple[str, str, bool]]) -> None:
    story = []
    for at, (path, cookie, typed) in enumerate(pages):
        header = {"cookie": cookie} if cookie else {}
        come = "none" if typed else "same-origin"
        story.append(Browser().open(float(at), path, coming_from=come, headers=header, set_cookies=[cookie]))
    found = run(*story)
    assert len(jars(found)) == len(pages)
    assert not found.gap("internal-error")


def test_the_cost_of_an_exchange_does_not_grow_with_the_cookies_that_came_before() -> None:
    """Hosts, names and values without end are kept up to a bound."""
    story = [
        Browser(host=f"h{n}.shop.example", cookies={f"c{n}": "v" * 5000, "sid": str(n)}).open(float(n), f"/{n}")
        for n in range(600)
    ]
    book = SessionRegistry()
    for each in story:
        book.attribute(each, ())
    (kept,) = book._jars.values()
    for jar in kept._jars:
        assert len(jar.cookies) <= 200
        assert all(len(cookie.sent_to) <= 100 and len(cookie.values) <= 4 for cookie in jar.cookies.values())
        assert max(len(jar.settled), len(jar.pages)) <= 100
