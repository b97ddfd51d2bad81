"""Whole stories through the corridor: what is said of them in the end, what on the way there, and what was not seen."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.exchange import Body, Exchange, Headers, Unsent
from addon.records import EventRecord, ExchangeRecord, GapRecord, Record, SessionRecord, ViolationRecord
from addon.store.schema.gaps import KINDS
from tests.addon.building import (
    BANNER,
    KLARO,
    META_PIXEL,
    NOON,
    SHOP,
    App,
    Browser,
    Run,
    Server,
    dated_choice,
    message,
    pipeline_of,
    request,
    run,
    settings_of,
    undated_choice,
)
from tests.addon.gap_kinds import gap_kinds
from vendor_catalog import shipped_catalogue

EVENT = "event-without-consent"
MAPPED = {"Amplitude": ["analytics"], "Facebook Pixel": ["marketing"]}
live_and_file = pytest.mark.parametrize("live", [True, False], ids=["live", "file"])

# --- the choice that the wire shows late


def accepted_and_sent_at_once(*, dated: bool, live: bool) -> Run:
    """The person accepts at 5 s, the SDK sends at 6 s, and only at 10 s does the site get a request."""
    browser = Browser()
    story = [browser.open(0), browser.fetch(1, BANNER if dated else KLARO), browser.send(6, message())]
    browser.cookies |= dated_choice("analytics", at=5) if dated else undated_choice(analytics=True)
    return run(*story, browser.open(10, "/basket"), live=live)


@live_and_file
def test_what_was_sent_after_a_choice_is_not_accused_once_the_cookie_shows_when_it_was_made(live: bool) -> None:
    """A page where the person accepts, and the SDK sends before any further first-party request."""
    found = accepted_and_sent_at_once(dated=True, live=live)
    assert found.told(EVENT) == []
    assert found.history(EVENT) == (["unproven", "cleared"] if live else [])


@live_and_file
def test_what_was_sent_after_a_choice_is_unproven_where_the_cookie_is_undated(live: bool) -> None:
    found = accepted_and_sent_at_once(dated=False, live=live)
    assert found.told(EVENT) == [("unproven", "before-choice")]


@live_and_file
def test_what_was_sent_before_the_choice_is_confirmed_by_the_same_cookie(live: bool) -> None:
    browser = Browser()
    story = [browser.open(0), browser.fetch(1, BANNER), browser.send(4, message())]
    browser.cookies |= dated_choice("analytics", at=5)
    found = run(*story, browser.open(10), live=live)
    assert found.told(EVENT) == [("confirmed", "before-choice")]
    assert found.history(EVENT) == (["unproven", "confirmed"] if live else ["confirmed"])


@live_and_file
def test_a_cookie_that_shows_up_minutes_later_still_clears_what_came_after_the_choice(live: bool) -> None:
    """On a page that stays open, and whose messages carry their stamps all the while."""
    browser = Browser()
    stamp = {"analytics": True}
    story = [browser.open(0), browser.fetch(1, BANNER)]
    story += [browser.send(at, message(stamp=stamp)) for at in (6, 40, 80, 120)]
    browser.cookies |= dated_choice("analytics", at=5)
    assert not run(*story, browser.open(300), live=live).rules


@live_and_file
def test_what_is_sent_again_and_again_before_an_answer_is_likely_from_first_to_last(live: bool) -> None:
    """The second message's stamp is not the evidence that the first was waiting for."""
    browser = Browser()
    stamp = {"analytics": True}
    story = [browser.open(0), browser.fetch(1, KLARO), *(browser.send(at, message(stamp=stamp)) for at in (2, 3, 4))]
    found = run(*story, browser.open(10), live=live)
    assert found.told("stamp-contradicts-choice") == [("likely", "before-choice")] * 3


@live_and_file
def test_a_withdrawal_that_is_ignored_is_told_as_one(live: bool) -> None:
    browser = Browser(cookies=dated_choice("analytics", at=-10))
    story = [browser.open(0), browser.send(1, message("fine"))]
    browser.cookies |= dated_choice(at=5)
    story += [browser.send(6, message("late")), browser.open(10), browser.send(11, message("later"))]
    found = run(*story, live=live)
    told = [(one.event_name, one.verdict, one.phase) for one in found.found(EVENT)]
    assert told == [
        ("track 'late'", "confirmed", "after-withdrawal"),
        ("track 'later'", "confirmed", "after-withdrawal"),
    ]


def test_a_page_that_asks_first_and_stamps_the_truth_is_clean() -> None:
    browser = Browser()
    stamp = {"analytics": True, "marketing": False}
    story = [browser.open(0), browser.fetch(1, BANNER)]
    browser.cookies |= dated_choice("analytics", at=5)
    story += [
        browser.settings(6, settings_of(MAPPED)),
        browser.send(7, message("Segment Consent Preference Updated", stamp=stamp)),
        browser.send(8, message(stamp=stamp), message("b", stamp=stamp)),
        browser.open(10, "/basket"),
        browser.send(11, message(kind="page", name=None, stamp=stamp)),
    ]
    for live in (True, False):
        found = run(*story, live=live)
        assert not found.violations
        assert not found.gaps


def test_what_does_not_wait_for_evidence_is_given_out_with_its_exchange() -> None:
    pipeline = pipeline_of()
    browser = Browser()
    pipeline.process(browser.open(0))
    records = pipeline.process(browser.send(1, message()))
    assert [one.rule for one in records if isinstance(one, ViolationRecord)] == ["consent-not-stamped"]


# --- any story

COOKIES = st.sampled_from(
    [
        {},
        dated_choice("analytics", at=5),
        dated_choice("analytics", "marketing", at=20),
        dated_choice(at=40),
        undated_choice(analytics=True, marketing=True),
        undated_choice(analytics=False, marketing=False),
        dated_choice("analytics", at=5) | undated_choice(analytics=False),
    ]
)
STAMPS = st.sampled_from([None, {"analytics": True}, {"analytics": True, "marketing": True}, {"analytics": False}])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("open"), COOKIES, st.sampled_from([SHOP, "blog.shop.example"])),
        st.tuples(st.just("send"), STAMPS, st.sampled_from([None, {"Facebook Pixel": True}, {"All": False}])),
        st.tuples(st.just("banner"), st.sampled_from([BANNER, KLARO])),
        st.tuples(st.just("pixel")),
        st.tuples(st.just("settings"), st.booleans()),
        st.tuples(st.just("stay"), st.sampled_from([5.0, 45.0])),
    ),
    min_size=2,
    max_size=14,
)


def told_story(steps: list[tuple[Any, ...]], *, gpc: bool) -> list[Exchange]:
    """The exchanges of a story, a second or more apart; messages have ids of their place in it."""
    browser = Browser(gpc=gpc, cookies={})
    story: list[Exchange] = []
    at = 0.0
    for number, step in enumerate(steps):
        at += 1
        match step:
            case ("open", cookies, host):
                browser.host, browser.cookies = host, dict(cookies)
                story.append(browser.open(at, f"/{number}"))
            case ("send", stamp, integrations):
                one = message(stamp=stamp, integrations=integrations, message_id=f"ajs-next-{number}")
                story.append(browser.send(at, one))
            case ("banner", script):
                story.append(browser.fetch(at, script.replace(SHOP, browser.host)))
            case ("pixel",):
                story.append(browser.pixel(at))
            case ("settings", on_device):
                device = ["Facebook Pixel"] if on_device else []
                story.append(browser.settings(at, settings_of(MAPPED, device=device, unmapped=True)))
            case ("stay", seconds):
                at += seconds
    return story


def counted(found: Run) -> list[tuple[object, ...]]:
    """What counts in the end, told without ids."""
    rows = [
        (one.rule, str(one.verdict), str(one.phase), one.vendor, one.destination, one.event_name, one.occurred_at,
         one.explanation)
        for one in found.violations
    ]  # fmt: skip
    return sorted(rows, key=str)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(STEPS, st.booleans(), st.sampled_from(["", "[policy]\nregime = 'opt-out'\n"]), st.randoms(use_true_random=False))
def test_a_live_capture_ends_exactly_as_its_file_does_in_whatever_order_exchanges_arrive(
    steps: list[tuple[Any, ...]], gpc: bool, policy: str, shuffler: random.Random
) -> None:
    story = told_story(steps, gpc=gpc)
    if story and shuffler.random() < 0.5:  # a slow exchange arrives after quicker ones that began later
        late = story.pop(shuffler.randrange(len(story)))
        story.insert(shuffler.randrange(len(story) + 1), late)
    live, file = run(*story, live=True, policy=policy), run(*story, live=False, policy=policy)
    assert counted(live) == counted(file)
    assert sorted(live.gaps, key=str) == sorted(file.gaps, key=str)
    assert "cleared" not in {str(one.verdict) for one in file.of(ViolationRecord)}
    first: dict[str, str] = {}
    for one in live.of(ViolationRecord):
        assert first.setdefault(one.id, str(one.verdict)) != "cleared", "what is cleared was raised before"
    assert not live.gap("internal-error")


@settings(max_examples=80, deadline=None, derandomize=True)
@given(STEPS, st.booleans(), st.randoms(use_true_random=False))
def test_an_exchange_that_ends_late_changes_nothing_that_is_found(
    steps: list[tuple[Any, ...]], gpc: bool, shuffler: random.Random
) -> None:
    """Exchanges come when they end, and count from when they began. (What is told once is told of whichever came first.)"""
    story = told_story([("settings", True) if step[0] == "settings" else step for step in steps], gpc=gpc)
    place = shuffler.randrange(len(story)) if story else 0
    late = story[:place] + story[place + 1 : place + 3] + story[place : place + 1] + story[place + 3 :]
    told_once = ("cookie-without-consent", "unmapped-destination")
    in_order, out_of_order = ([row for row in counted(run(*told)) if row[0] not in told_once] for told in (story, late))
    assert in_order == out_of_order


def test_the_same_exchanges_give_the_same_records_twice() -> None:
    browser = Browser(cookies=undated_choice(analytics=False, marketing=False))
    story = [
        browser.open(0),
        browser.settings(1, settings_of(MAPPED, unmapped=True)),
        browser.send(2, message(), message("b")),
        browser.pixel(3),
        App().send(4, message()),
        Server().send(5, message()),
        browser.open(6),
    ]
    for live in (True, False):
        assert repr(run(*story, live=live).records) == repr(run(*story, live=live).records)


# --- whatever comes

TEXT = st.text(max_size=12)
HEADER_NAMES = st.sampled_from(
    [
        "cookie",
        "origin",
        "referer",
        "sec-fetch-site",
        "sec-fetch-dest",
        "sec-gpc",
        "authorization",
        "user-agent",
        "accept",
    ]
)
HOSTS = st.sampled_from(
    [
        SHOP,
        "api.segment.io",
        "cdn.segment.com",
        "www.facebook.com",
        "consent.cookiebot.com",
        "",
        "::1",
        "xn--",
        "a..b",
        "1.2.3",
    ]
)
PATHS = st.sampled_from(
    ["/", "/v1/b", "/v1/t", "/v1/pixel/track", "/v1/projects/k/settings", "/tr/", "/logconsent.ashx", "/klaro.js", "//"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
MESSAGE_LIKE = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "page", 7, None])},
    optional={
        "messageId": JSON,
        "event": JSON,
        "anonymousId": JSON,
        "context": JSON | st.fixed_dictionaries({"consent": JSON, "app": JSON}),
        "integrations": JSON,
        "_metadata": JSON,
        "timestamp": JSON,
    },
)
BODIES = st.one_of(
    st.none(),
    st.binary(max_size=20),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.lists(MESSAGE_LIKE, max_size=3).map(lambda batch: json.dumps({"batch": batch, "writeKey": "k"}).encode()),
    st.fixed_dictionaries({"integrations": JSON, "consentSettings": JSON}).map(
        lambda value: json.dumps(value).encode()
    ),
)
COOKIE_TEXTS = st.sampled_from(
    ["klaro=%7B", "CookieConsent={stamp:'x'}", "euconsent-v2=C", "OptanonConsent=groups=,", "=", ";;"]
)
EXCHANGES = st.builds(
    lambda at, host, method, path, query, headers, body, answer, status, more: Exchange(
        started_at=NOON + at,
        client="127.0.0.1",
        method=method,
        scheme="https",
        host=host,
        port=443,
        path=path,
        query=query,
        request_headers=Headers.from_text(headers),
        request_body=None if body is None else Body(body),
        status=status,
        response_headers=Headers.from_text([("set-cookie", "klaro=%7B%7D"), ("content-type", "text/html")]),
        response_body=None if answer is None else Body(answer),
        response_at=None if status is None else NOON + at + 1,
        **more,
    ),
    st.floats(0, 100),
    HOSTS,
    st.sampled_from(["GET", "POST", "OPTIONS", "PUT", "BREW"]),
    PATHS,
    TEXT | st.just("data=eyJ0eXBlIjoidHJhY2sifQ"),
    st.lists(st.tuples(HEADER_NAMES, TEXT | st.sampled_from([f"https://{SHOP}", "1", "document", "none"]) | COOKIE_TEXTS), max_size=5),
    BODIES,
    BODIES,
    st.none() | st.sampled_from([200, 204, 301, 304, 404, 500]),
    st.sampled_from([{}, {"websocket": True}, {"failure": "reset"}, {"unsent": Unsent.CACHED}, {"page_url": f"https://{SHOP}/"}]),
)  # fmt: skip


@settings(max_examples=250, deadline=None, derandomize=True)
@given(st.lists(EXCHANGES, max_size=5), st.booleans(), st.booleans())
def test_no_exchange_whatever_is_in_it_breaks_the_analysis(
    exchanges: list[Exchange], live: bool, cookies_visible: bool
) -> None:
    found = run(*exchanges, live=live, cookies_visible=cookies_visible)
    assert found.gap("internal-error") == []
    assert len(found.of(ExchangeRecord)) == len(exchanges)
    assert {kind for kind, _ in found.gaps} <= KINDS.keys()


def test_what_breaks_all_the_same_becomes_a_gap_and_the_next_exchange_is_analysed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pipeline = pipeline_of()
    browser = Browser()
    monkeypatch.setattr(type(pipeline._filing), "file", lambda *_: 1 / 0)
    records: list[Record] = pipeline.process(browser.pixel(0))
    monkeypatch.undo()
    records += pipeline.process(browser.send(1, message("next")))
    assert [gap.reason for gap in records if isinstance(gap, GapRecord) and gap.kind == "internal-error"] == [
        "ZeroDivisionError while analysing GET /tr/; please report it"
    ]
    assert [one.name for one in records if isinstance(one, EventRecord)] == ["next"]
    assert "could not be analysed" in caplog.text


# --- scope


def test_what_is_out_of_scope_is_neither_judged_nor_stored_and_is_one_gap() -> None:
    policy = "[scope]\ninclude = ['*.shop.example']\n"
    shop, other = Browser(), Browser(host="www.other.example")
    story = [shop.open(0), other.open(1), other.send(2, message()), other.pixel(3), shop.send(4, message())]
    found = run(*story, Server().send(5, message()), policy=policy)
    assert {record.site for record in found.of(SessionRecord)} == {"shop.example"}
    assert {one.site for one in found.violations} == {"shop.example"}
    assert len(found.of(ExchangeRecord)) == 2
    assert len(found.events) == 1
    assert found.gap("out-of-scope") == ["4 exchanges outside the policy's scope were neither judged nor stored"]


def test_everything_is_in_scope_without_one() -> None:
    assert not run(Browser().open(0), Server().send(1, message())).gap("out-of-scope")


# --- what was not seen


def gap_of(kind: str, *exchanges: Exchange, **about: Any) -> list[str]:
    return run(*exchanges, **about).gap(kind)


def test_a_visit_that_needed_consent_and_showed_none_says_so() -> None:
    browser = Browser()
    assert len(gap_of("no-consent-source", browser.open(0), browser.pixel(1))) == 1
    assert not gap_of("no-consent-source", browser.open(0), browser.fetch(1, KLARO), browser.pixel(1))
    assert not gap_of(
        "no-consent-source",
        browser.open(0),
        browser.pixel(1),
        policy="[sites.'shop.example']\nconsent_manager='klaro'\n",
    )


def test_a_visit_that_needed_no_consent_lacks_none() -> None:
    browser = Browser()
    necessary = browser.fetch(1, "https://www.google.com/recaptcha/api.js")
    assert not run(browser.open(0), necessary, browser.settings(2, settings_of({}))).gaps


def test_consent_that_is_known_from_stamps_alone_says_so() -> None:
    browser = Browser()
    stamped = browser.send(1, message(stamp={"analytics": True}))
    assert len(gap_of("consent-by-stamp-alone", browser.open(0), stamped)) == 1
    assert not gap_of("consent-by-stamp-alone", browser.open(0), browser.fetch(0, KLARO), stamped)


def test_a_consent_manager_that_may_keep_its_answer_off_the_wire_says_so() -> None:
    """vanilla-cookieconsent and Klaro can be set to use local storage; then their cookie is never seen."""
    browser = Browser()
    silent = [browser.open(0), browser.fetch(1, KLARO), browser.pixel(2), browser.open(3)]
    (reason,) = gap_of("off-wire-consent", *silent)
    assert reason.startswith("Klaro! is in use and its cookie was never seen")
    browser.cookies |= undated_choice(analytics=True)
    assert not gap_of("off-wire-consent", *silent, browser.open(4))


def test_a_websocket_and_a_broken_body_are_gaps() -> None:
    browser = Browser()
    socket = replace(browser.fetch(1, f"https://{SHOP}/socket"), websocket=True)
    broken = browser.fetch(2, "https://api.segment.io/v1/t", mode="cors", method="POST", body=b"{broken")
    found = run(browser.open(0), socket, broken)
    assert ("websocket", SHOP) in found.gaps
    assert ("undecodable-body", "api.segment.io") in found.gaps


def test_a_consent_manager_whose_answer_never_crosses_the_wire_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser()
    pipeline = pipeline_of()
    records = [*pipeline.process(browser.open(0)), *pipeline.process(browser.pixel(1))]
    (visit,) = pipeline._visits.values()
    klaro = shipped_catalogue().consent_managers["klaro"]
    visit.use(klaro.model_copy(update={"storage": "local-storage"}))
    assert Run([*records, *pipeline.close()]).gap("off-wire-consent") == [
        "Klaro! keeps the answer in the browser's local storage, which never crosses the wire"
    ]


def test_a_broken_consent_string_is_told_once_a_session() -> None:
    browser = Browser(cookies={"euconsent-v2": "CPbroken!"})
    found = run(browser.open(0), browser.open(1), browser.open(2, "/c"))
    (violation,) = found.found("invalid-consent-string")
    assert (violation.severity, violation.event_name) == ("warning", "cookie euconsent-v2")
    assert found.gap("bad-consent")


def test_a_gap_that_a_door_reports_is_kept_once() -> None:
    pipeline = pipeline_of()
    told = [pipeline.gap("tls-refused", "pinned.example", "no reason given") for _ in range(2)]
    assert [len(records) for records in told] == [1, 0]


def test_the_same_gap_is_told_once() -> None:
    browser = Browser()
    story = [browser.send(at, message(stamp={"custom": True})) for at in range(5)]
    assert len(gap_of("unmapped-category", browser.open(0), *story)) == 1


def test_a_vendors_call_of_nobody_is_kept_and_told() -> None:
    found = run(request(0, META_PIXEL, headers={"user-agent": "okhttp/4"}))
    assert found.gap("not-attributed") == [
        "a call to Meta Pixel (Facebook Pixel) / Conversions API names no page or app, so it was not judged"
    ]
    assert not run(request(0, "https://www.google.com/recaptcha/api.js")).gaps
    assert not found.violations


def test_what_was_never_sent_is_not_judged() -> None:
    browser = Browser()
    for unsent in Unsent:
        found = run(
            browser.open(0),
            replace(browser.send(1, message()), unsent=unsent),
            replace(browser.pixel(2), unsent=unsent),
        )
        assert not found.violations
        assert [one.failure for one in found.of(ExchangeRecord)][1:] == [f"not sent: {unsent}"] * 2


def test_settings_that_came_from_the_browsers_cache_are_read_where_the_capture_holds_them() -> None:
    browser = Browser()
    cached = replace(browser.settings(1, settings_of(MAPPED)), unsent=Unsent.CACHED)
    found = run(browser.open(0), cached, browser.send(2, message()))
    assert set(found.outcomes) == {"Amplitude", "Facebook Pixel"}


def test_every_kind_of_gap_in_the_code_is_one_that_the_documentation_explains() -> None:
    assert gap_kinds().keys() == KINDS.keys()


def test_a_session_covers_its_first_and_last_exchange_in_whatever_order_they_came() -> None:
    browser = Browser()
    (session,) = {
        record.id: record for record in run(browser.open(5), browser.pixel(1), browser.pixel(9)).of(SessionRecord)
    }.values()
    assert (session.started_at - NOON, session.ended_at - NOON) == (1, 9)
