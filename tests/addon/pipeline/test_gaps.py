"""What was left out, and what was not seen, is said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from addon.exchange import Exchange, Unsent
from addon.records import ExchangeRecord, SessionRecord
from addon.store.schema.gaps import KINDS
from tests.addon.building import (
    KLARO,
    META_PIXEL,
    NOON,
    SHOP,
    Browser,
    Run,
    Server,
    message,
    pipeline_of,
    request,
    run,
    settings_of,
    undated_choice,
)
from tests.addon.gap_kinds import gap_kinds
from vendor_catalog import shipped_catalogue

MAPPED = {"Amplitude": ["analytics"], "Facebook Pixel": ["marketing"]}


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
    assert not gap_of("no-consent-source", browser.open(0), necessary, browser.settings(2, settings_of({})))
    assert not run(browser.open(0), necessary).gaps


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
    (session,) = pipeline._sessions
    klaro = shipped_catalogue().consent_managers["klaro"]
    session.use(klaro.model_copy(update={"storage": "local-storage"}))
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
    given_out = [pipeline.gap("tls-refused", "pinned.example", "no reason given") for _ in range(2)]
    assert [len(records) for records in given_out] == [1, 0]


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
