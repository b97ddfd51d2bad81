"""withdrawal-not-propagated: a choice taken back, messages that go on, and whether the CDP was told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from addon.exchange import Exchange
from tests.addon.building import (
    BANNER,
    KLARO,
    App,
    Browser,
    Run,
    Server,
    dated_choice,
    message,
    request,
    run,
    settings_of,
    undated_choice,
)

RULE = "withdrawal-not-propagated"
REPORT = "Segment Consent Preference Updated"
GRANTS = {"analytics": True, "marketing": True}
REFUSES = {"analytics": False, "marketing": False}
USER = "8d1f5c3e-user"
each_way = pytest.mark.parametrize("live", [True, False], ids=["live", "file"])


def report(at: float, browser: Browser, stamp: dict[str, bool] = REFUSES, **more: Any) -> Exchange:
    return browser.send(at, message(REPORT, stamp=stamp, **more))


def story(*after: Exchange, browser: Browser | None = None, last: float = 60, stamp: Any = GRANTS) -> list[Exchange]:
    """A person accepts at 1 s and withdraws at 20 s; messages go on until the end."""
    browser = browser or Browser()
    browser.cookies = dated_choice("analytics", "marketing", at=1)
    begun = [
        browser.open(0.5),
        browser.fetch(0.6, BANNER),
        browser.open(2),
        browser.send(3, message(stamp=stamp, userId=USER)),
    ]
    browser.cookies = dated_choice(at=20)
    left = [browser.open(21), browser.send(22, message(stamp=REFUSES)), browser.send(last, message(stamp=REFUSES))]
    return sorted([*begun, *left, *after], key=lambda exchange: exchange.started_at)


def verdicts(found: Run) -> list[tuple[str, str]]:
    return found.verdicts(RULE)


@each_way
def test_messages_that_go_on_after_a_withdrawal_without_a_report_are_a_violation(live: bool) -> None:
    found = run(*story(), live=live)
    (violation,) = found.found(RULE)
    assert verdicts(found) == [("confirmed", "after-withdrawal")]
    assert violation.severity == "warning"
    assert "none is 'Segment Consent Preference Updated', by which a choice is reported to it" in violation.explanation
    assert "2 messages to Segment followed" in violation.explanation
    assert "12:00:20.000Z" in violation.explanation
    assert violation.signal_id is not None
    assert violation.event_id is not None


def test_a_workspace_that_enforces_consent_is_held_to_it_without_stamps() -> None:
    browser = Browser()
    settings = browser.settings(0.9, settings_of({"Amplitude": ["analytics"]}))
    plain = [exchange for exchange in story(settings, browser=browser, stamp=None) if exchange.method != "POST"]
    sent = [browser.send(at, message()) for at in (3, 30, 60)]
    ordered = sorted([*plain, *sent], key=lambda exchange: exchange.started_at)
    (violation,) = run(*ordered).found(RULE)
    assert "the workspace enforces consent" in violation.explanation


def test_a_report_of_the_refusal_is_what_was_asked_for() -> None:
    browser = Browser()
    assert not run(*story(report(21.5, browser), browser=browser)).found(RULE)


def test_a_report_that_comes_before_the_cookie_is_seen_counts() -> None:
    browser = Browser()
    assert not run(*story(report(20.1, browser), browser=browser)).found(RULE)


def test_a_report_in_terms_that_nobody_can_map_counts() -> None:
    browser = Browser()
    assert not run(*story(report(21.5, browser, {"x-7": False}), browser=browser)).found(RULE)


def test_the_report_of_a_server_that_knows_the_person_counts() -> None:
    served = Server().send(40, message(REPORT, stamp=REFUSES, userId=USER, anonymousId=None))
    assert not run(*story(served)).found(RULE)


def test_the_report_of_a_server_about_somebody_else_does_not() -> None:
    served = Server().send(40, message(REPORT, stamp=REFUSES, userId="another-user", anonymousId=None))
    assert verdicts(run(*story(served))) == [("confirmed", "after-withdrawal")]


def test_what_segments_former_consent_manager_tells_in_an_identify_call_counts() -> None:
    browser = Browser()
    with_traits = message(
        None, kind="identify", stamp=REFUSES, traits={"customTrackingPreferences": {"analytics": False}}
    )
    assert not run(*story(browser.send(22, with_traits), browser=browser)).found(RULE)
    other = message(None, kind="identify", stamp=REFUSES, traits={"plan": "gold"})
    assert run(*story(browser.send(22, other), browser=browser)).found(RULE)


def test_a_report_that_names_no_page_counts_for_whom_it_is_about() -> None:
    body = json.dumps(message(REPORT, stamp=REFUSES, userId=USER, library="x", writeKey="writekey1")).encode()
    headers = {"user-agent": "Mozilla/5.0", "origin": "null-scheme://x"}
    sent = request(22, "https://api.segment.io/v1/t", method="POST", headers=headers, body=body)
    found = run(*story(sent))
    assert found.sites.count(None) == 1
    assert not found.found(RULE)


def test_a_report_from_before_the_withdrawal_does_not_count() -> None:
    browser = Browser()
    assert run(*story(report(4, browser, GRANTS), browser=browser)).found(RULE)


def test_a_report_that_still_grants_tells_the_wrong_thing() -> None:
    browser = Browser()
    (violation,) = run(*story(report(21.5, browser, GRANTS), browser=browser)).found(RULE)
    assert "one that still grants marketing and analytics" in violation.explanation


def test_nothing_is_said_of_a_capture_that_ends_at_the_withdrawal() -> None:
    assert not run(*[exchange for exchange in story() if exchange.started_at <= story()[-3].started_at]).found(RULE)


def test_a_capture_that_ends_soon_after_it_proves_nothing() -> None:
    (violation,) = run(*story(last=25)).found(RULE)
    assert violation.verdict == "unproven"
    assert "queue" in violation.explanation


def test_a_source_that_neither_enforces_nor_stamps_consent_has_nobody_to_tell() -> None:
    browser = Browser()
    plain = [exchange for exchange in story(browser=browser) if exchange.method != "POST"]
    sent = [browser.send(at, message()) for at in (3, 30, 60)]
    assert not run(*sorted([*plain, *sent], key=lambda exchange: exchange.started_at)).found(RULE)


def test_a_cdp_that_asks_for_no_report_has_it_from_the_stamps() -> None:
    browser = Browser()
    elsewhere = "https://us-east-1.hightouch-events.com/v1/track"
    plain = [exchange for exchange in story(browser=browser) if exchange.method != "POST"]
    sent = [
        browser.send(at, message(stamp=stamp), url=elsewhere)
        for at, stamp in ((3, GRANTS), (30, REFUSES), (60, REFUSES))
    ]
    found = run(*sorted([*plain, *sent], key=lambda exchange: exchange.started_at))
    assert {event.cdp for event in found.events} == {"hightouch"}
    assert not found.found(RULE)


def test_a_refusal_from_the_start_is_no_withdrawal() -> None:
    browser = Browser(cookies=dated_choice(at=1))
    exchanges = [browser.fetch(0.5, BANNER), browser.open(2), browser.send(3, message(stamp=REFUSES))]
    assert not run(*exchanges, browser.open(30), browser.send(60, message(stamp=REFUSES))).found(RULE)


def test_a_choice_that_is_given_again_at_once_was_no_withdrawal() -> None:
    browser = Browser(cookies=dated_choice("analytics", "marketing", at=1))
    first = [browser.fetch(0.5, BANNER), browser.open(2), browser.send(3, message(stamp=GRANTS))]
    browser.cookies = dated_choice(at=20)
    then = [browser.open(21)]
    browser.cookies = dated_choice("analytics", "marketing", at=23)
    last = [browser.open(24), browser.send(40, message(stamp=GRANTS)), browser.send(60, message(stamp=GRANTS))]
    assert not run(*first, *then, *last).found(RULE)


def test_a_message_that_was_made_before_the_withdrawal_is_not_one_that_went_on() -> None:
    browser = Browser()
    grant = story()[3].started_at
    kept = [each for each in story(browser=browser) if each.method != "POST" or each.started_at <= grant]
    late = message(stamp=GRANTS, timestamp="2026-05-01T12:00:10.000Z", sentAt="2026-05-01T12:01:00.000Z")
    assert not run(*kept, browser.send(60, late)).found(RULE)


def test_a_withdrawal_of_one_purpose_alone_is_one() -> None:
    browser = Browser(cookies=dated_choice("analytics", "marketing", at=1))
    first = [browser.fetch(0.5, BANNER), browser.open(2), browser.send(3, message(stamp=GRANTS))]
    browser.cookies = dated_choice("analytics", at=20)
    left = {"analytics": True, "marketing": False}
    (violation,) = run(*first, browser.open(21), browser.send(40, message(stamp=left))).found(RULE)
    assert violation.category == "marketing"
    assert "to marketing was withdrawn" in violation.explanation


def test_an_undated_withdrawal_counts_from_when_it_was_seen() -> None:
    browser = Browser(cookies=undated_choice(analytics=True, marketing=True))
    first = [browser.fetch(0.5, KLARO), browser.open(2), browser.send(3, message(stamp=GRANTS))]
    browser.cookies = undated_choice(analytics=False, marketing=False)
    after = [browser.open(21), browser.send(22, message(stamp=REFUSES)), browser.send(60, message(stamp=REFUSES))]
    assert verdicts(run(*first, *after)) == [("confirmed", "after-withdrawal")]
    assert not run(*first, report(15, browser), *after).found(RULE)


def test_what_an_app_alone_says_in_its_stamps_is_likely() -> None:
    app = App()
    sent = [
        app.send(1, message(stamp=GRANTS)),
        app.send(20, message(stamp=REFUSES)),
        app.send(60, message(stamp=REFUSES)),
    ]
    assert verdicts(run(*sent)) == [("likely", "after-withdrawal")]
    reported = [*sent[:1], app.send(19.9, message(REPORT, stamp=REFUSES)), *sent[1:]]
    assert not run(*reported).found(RULE)


def test_a_request_that_could_not_be_read_may_have_told_it() -> None:
    browser = Browser()
    broken = browser.fetch(30, "https://api.segment.io/v1/t", mode="cors", dest="empty", method="POST", body=b"{oh")
    (violation,) = run(*story(broken, browser=browser)).found(RULE)
    assert violation.verdict == "unproven"
    assert "could not be read" in violation.explanation


def suppression(at: float, *subjects: str, kind: str = "SUPPRESS_ONLY") -> Exchange:
    body = {"regulationType": kind, "subjectType": "USER_ID", "subjectIds": list(subjects)}
    return request(
        at,
        "https://eu1.api.segmentapis.com/regulations",
        method="POST",
        headers={"user-agent": "python-requests/2.32", "authorization": "Bearer sgp_verysecret"},
        body=json.dumps(body).encode(),
        client="10.0.0.9",
    )


def test_a_suppression_of_the_person_counts_and_one_of_somebody_else_does_not() -> None:
    assert not run(*story(suppression(40, "x", USER))).found(RULE)
    assert run(*story(suppression(40, "somebody-else"))).found(RULE)
    assert run(*story(suppression(10, USER))).found(RULE), "before the withdrawal"
    assert run(*story(suppression(40, USER, kind="UNSUPPRESS"))).found(RULE)


def test_hostile_bodies_cost_nothing_but_themselves() -> None:
    odd = suppression(40)
    for body in (b"", b"[]", b'{"subjectIds": 7}', b"\xff" * 100, b"[" * 5000):
        broken = request(
            40,
            "https://api.segmentapis.com/regulations",
            method="POST",
            headers={"user-agent": odd.user_agent},
            body=body,
        )
        found = run(*story(broken))
        assert not found.gap("internal-error")
        assert found.found(RULE)
