"""What happened -> records and acts: messages once, calls, cookies of whom and how often."""

from __future__ import annotations

import json

import pytest

from addon.pipeline.collectors import cookies, messages
from addon.records import CallRecord, CookieRecord, DuplicateRecord, ExchangeRecord
from tests.addon.building import (
    BANNER,
    KLARO,
    META_PIXEL,
    NOON,
    SHOP,
    App,
    Browser,
    Server,
    dated_choice,
    message,
    request,
    run,
    undated_choice,
)

EVENT, COOKIE = "event-without-consent", "cookie-without-consent"
REFUSED = undated_choice(analytics=False, marketing=False)


# --- messages


def test_a_message_that_is_sent_again_is_a_duplicate_and_counts_once() -> None:
    browser = Browser(cookies=REFUSED)
    again = message(message_id="ajs-next-once")
    found = run(browser.open(0), browser.send(1, again), browser.send(3, again), browser.send(5, again, again))
    assert len(found.events) == 1
    assert [one.event_id for one in found.of(DuplicateRecord)] == [found.events[0].id] * 3
    assert found.verdicts(EVENT) == [("confirmed", "after-denial")]


def test_a_failed_attempt_was_sent_all_the_same_and_its_retry_is_the_duplicate() -> None:
    browser = Browser(cookies=REFUSED)
    again = message(message_id="ajs-next-once")
    failed = browser.send(1, again, status=None, failure="connection reset")
    found = run(browser.open(0), failed, browser.send(2, again))
    (violation,) = found.found(EVENT)
    assert violation.occurred_at == NOON + 1
    assert "(connection reset)" in violation.explanation


def test_the_same_id_under_another_write_key_is_another_message() -> None:
    browser = Browser()
    again = message(message_id="ajs-next-once")
    assert len(run(browser.open(0), browser.send(1, again, key="a"), browser.send(2, again, key="b")).events) == 2


def test_messages_without_an_id_are_all_counted() -> None:
    browser = Browser()
    plain = {key: value for key, value in message().items() if key != "messageId"}
    assert len(run(browser.open(0), browser.send(1, plain), browser.send(2, plain)).events) == 2


def test_memory_of_messages_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "_MAX_MESSAGES", 2)
    browser = Browser()
    story = [browser.send(number, message(message_id=f"ajs-next-{number % 4}")) for number in range(5)]
    assert len(run(browser.open(0), *story).events) == 5


def test_every_message_of_a_batch_is_judged_by_itself() -> None:
    browser = Browser(cookies=REFUSED)
    batch = [message("one"), message("Segment Consent Preference Updated", stamp={"analytics": False}), message("two")]
    found = run(browser.open(0), browser.send(1, *batch))
    assert [one.event_name for one in found.found(EVENT)] == ["track 'one'", "track 'two'"]
    assert [one.id.rpartition(".")[2] for one in found.events] == ["0", "1", "2"]


def test_a_request_with_messages_is_not_judged_as_a_call_beside_them() -> None:
    browser = Browser(cookies=REFUSED)
    found = run(browser.open(0), browser.send(1, message()))
    assert [one.kind for one in found.of(CallRecord)] == ["collect"]
    assert not found.found("destination-without-consent")


def test_a_request_to_segment_whose_body_cannot_be_read_is_judged_as_a_call() -> None:
    browser = Browser(cookies=REFUSED)
    broken = browser.fetch(1, "https://api.segment.io/v1/t", mode="cors", method="POST", body=b"\x1f\x8bbroken")
    found = run(browser.open(0), broken)
    assert found.verdicts("destination-without-consent") == [("confirmed", "after-denial")]
    assert found.gap("undecodable-body")


def test_a_library_and_a_pixel_are_calls_and_a_preflight_is_none() -> None:
    browser = Browser(cookies=REFUSED)
    library = "https://connect.facebook.net/en_US/fbevents.js"
    preflight = browser.fetch(3, META_PIXEL, method="OPTIONS")
    found = run(browser.open(0), browser.fetch(1, library), browser.pixel(2), preflight)
    assert [(one.vendor, one.kind) for one in found.of(CallRecord)] == [
        ("meta-pixel", "library"),
        ("meta-pixel", "collect"),
    ]
    assert (
        found.verdicts("sdk-load-without-consent")
        == found.verdicts("destination-without-consent")
        == [("confirmed", "after-denial")]
    )


def test_a_vendor_whose_category_the_policy_changes_is_judged_by_that() -> None:
    browser = Browser(cookies=undated_choice(functional=True, marketing=False))
    story = [browser.open(0), browser.pixel(1), browser.open(2)]
    assert run(*story).found("destination-without-consent")
    assert not run(*story, policy="[vendors.meta-pixel]\ncategory = 'functional'\n").violations


def test_a_server_that_calls_a_vendor_beside_segment_is_held_against_no_visit() -> None:
    server = Server()
    call = request(1, META_PIXEL, headers={"user-agent": "analytics-python/2.4.0"}, client=server.client)
    found = run(server.send(0, message(stamp={"analytics": True})), call)
    assert not found.violations


# --- cookies


def cookie_rows(*exchanges: object, **about: object) -> list[tuple[str, str, str | None]]:
    found = run(*exchanges, **about)  # type: ignore[arg-type]
    return [(one.name, one.seen_by, one.vendor) for one in found.of(CookieRecord)]


def test_a_vendors_first_party_cookie_that_was_refused_is_a_breach_and_its_value_is_not_kept() -> None:
    browser = Browser(cookies={**REFUSED, "_ga": "GA1.1.123", "sid": "secret"})
    found = run(browser.open(0), browser.open(1, "/b"))
    assert found.verdicts(COOKIE) == [("confirmed", "after-denial")]
    names = [(one.name, one.vendor, one.category) for one in found.of(CookieRecord)]
    assert names == [("klaro", None, None), ("_ga", "google-analytics-4", "analytics"), ("sid", None, None)]
    assert "secret" not in str(found.of(CookieRecord))


def test_a_cookie_is_judged_once_under_each_answer() -> None:
    """Refused, accepted, withdrawn: the cookie stays, and is held against the site twice."""
    browser = Browser(cookies={"_ga": "GA1.1.123", **dated_choice(at=-10)})
    story = [browser.open(0), browser.open(1, "/b")]
    browser.cookies |= dated_choice("analytics", at=5)
    story += [browser.open(10), browser.open(11, "/b")]
    browser.cookies |= dated_choice(at=15)
    story += [browser.open(20), browser.open(21, "/b"), browser.open(22, "/c")]
    assert run(*story).verdicts(COOKIE) == [("confirmed", "after-denial"), ("confirmed", "after-withdrawal")]


def test_a_cookie_that_stays_when_the_answer_is_deleted_is_judged_again() -> None:
    """Klaro's reset deletes its cookie: nobody has answered then."""
    browser = Browser(cookies={"_ga": "GA1.1.123", **undated_choice(analytics=True)})
    story = [browser.open(0), browser.fetch(1, KLARO)]
    del browser.cookies["klaro"]
    found = run(*story, browser.open(10), browser.open(20))
    assert [verdict for verdict, _ in found.verdicts(COOKIE)] == ["likely"]


def test_a_banner_that_is_recognised_late_does_not_count_a_cookie_twice() -> None:
    browser = Browser(cookies={"_ga": "GA1.1.123"})
    found = run(browser.open(0), browser.fetch(1, BANNER), browser.open(2), browser.open(3))
    assert len(found.found(COOKIE)) == 1


def test_a_third_partys_own_cookie_counts_only_when_it_is_set_here() -> None:
    """That it is sent may come from another site; that it is set came from this one."""
    browser = Browser(cookies=REFUSED)
    sent = browser.pixel(1, headers={"cookie": "fr=abc"})
    assert cookie_rows(browser.open(0), sent)[1:] == []
    is_set = browser.pixel(1, set_cookies=["fr=abc; Domain=.facebook.com; Max-Age=7776000; SameSite=None; Secure"])
    assert cookie_rows(browser.open(0), is_set)[1:] == [("fr", "set-cookie", "meta-pixel")]
    (violation,) = run(browser.open(0), is_set).found(COOKIE)
    assert "was set by a response of www.facebook.com" in violation.explanation


def test_a_first_party_name_on_a_third_party_is_not_the_vendors_cookie() -> None:
    browser = Browser(cookies=REFUSED)
    other = browser.fetch(1, "https://cdn.other.example/x.js", set_cookies=["_ga=1; Path=/"])
    assert cookie_rows(browser.open(0), other)[1:] == [("_ga", "set-cookie", None)]
    assert not run(browser.open(0), other).found(COOKIE)


def test_a_response_that_deletes_a_cookie_is_not_held_against_anybody() -> None:
    browser = Browser(cookies=REFUSED)
    deletes = browser.open(1, "/b", set_cookies=["_ga=; Max-Age=0; Path=/"])
    assert not run(browser.open(0), deletes).found(COOKIE)
    sets = browser.open(1, "/b", set_cookies=["_ga=GA1; Path=/"])
    assert len(run(browser.open(0), sets).found(COOKIE)) == 1


def test_a_cookie_seen_on_two_hosts_of_a_site_is_one() -> None:
    browser = Browser(cookies={**REFUSED, "_ga": "GA1"})
    other = browser.fetch(1, "https://img.shop.example/logo.png", dest="image")
    assert len(run(browser.open(0), other).found(COOKIE)) == 1


def test_memory_of_cookies_is_bounded_and_known_ones_are_judged_again_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cookies, "_MAX_COOKIES", 3)
    browser = Browser(cookies={**dated_choice("analytics", at=-10), "_ga": "GA1", "a": "1", "b": "2", "_fbp": "3"})
    story = [browser.open(0)]
    browser.cookies |= dated_choice(at=5)
    found = run(*story, browser.open(10))
    assert [one.name for one in found.of(CookieRecord)] == ["cc_cookie", "_ga", "a"]
    assert [one.event_name for one in found.found(COOKIE)] == ["_ga"]


def test_an_app_has_no_cookies_of_a_site() -> None:
    assert cookie_rows(App().send(0, message())) == []


# --- what is kept of exchanges


def test_bodies_are_kept_only_of_exchanges_with_a_vendor() -> None:
    browser = Browser()
    own = browser.fetch(1, f"https://{SHOP}/login", method="POST", body=b"password=secret", answer=b"<html>")
    found = run(browser.open(0), own, browser.send(2, message("kept")))
    _, login, sent = found.of(ExchangeRecord)
    assert (login.request_body, login.response_body, login.response_headers.fields) == (None, None, [])
    assert sent.request_body is not None
    assert json.loads(sent.request_body)["event"] == "kept"


def test_a_violation_leads_to_its_exchange_its_event_and_its_signals() -> None:
    browser = Browser(cookies=REFUSED)
    found = run(browser.open(0), browser.send(1, message()), browser.open(2))
    (violation,) = found.found(EVENT)
    assert violation.exchange_id == found.of(ExchangeRecord)[1].id
    assert violation.event_id == found.events[0].id
    known = {signal.id for signal in found.records if type(signal).__name__ == "SignalRecord"}  # type: ignore[union-attr]
    assert {violation.signal_id, violation.later_signal_id} <= known
    assert violation.site == "shop.example"


def test_one_finding_is_what_shares_rule_vendor_destination_site_and_name() -> None:
    browser, other = Browser(cookies=REFUSED), Browser(host="www.news.example", cookies=REFUSED)
    story = [
        browser.open(0),
        browser.send(1, message("a")),
        browser.send(2, message("a")),
        browser.send(3, message("b")),
    ]
    found = run(*story, other.open(4), other.send(5, message("a")))
    prints = [one.fingerprint for one in found.found(EVENT)]
    assert prints[0] == prints[1]
    assert len(set(prints)) == 3
    assert len(prints[0]) == 16


def test_a_suppressed_violation_is_kept_with_who_accepted_it() -> None:
    policy = (
        "[[suppress]]\nrule='event-without-consent'\nevent=\"track 'Order Completed'\"\nsite='shop.example'\n"
        "reason='reviewed'\nowner='privacy'\nexpires={}\n"
    )
    browser = Browser(cookies=REFUSED)
    story = [browser.open(0), browser.send(1, message()), browser.open(2)]
    (kept,) = run(*story, policy=policy.format("2026-05-01")).found(EVENT)
    assert kept.suppressed == "reviewed (privacy, until 2026-05-01)"
    (expired,) = run(*story, policy=policy.format("2026-04-30")).found(EVENT)
    assert expired.suppressed is None
