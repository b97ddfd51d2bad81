"""What the probe and the tester tell decides what the wire leaves open, at the moment at which it happened."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.body import Body
from addon.exchange import Exchange
from addon.observations import MarkKind, kind_of
from addon.pipeline.observations import MARKS, REPORTS
from addon.records import BannerEventRecord, CookieRecord, MarkRecord, SessionRecord, SignalRecord
from tests.addon.building import KLARO, NOON, Browser, run, undated_choice

CALL = "destination-without-consent"


def reported(browser: Browser, at: float, *seen: dict[str, Any], clock: float = 0.0, **more: Any) -> Exchange:
    """A report of the page that arrives at ``at``; ``clock`` is how far the page's clock is ahead."""
    observations = [{**each, "at": (NOON + each["at"] + clock) * 1000} for each in seen]
    report = {"key": "k", "sent_at": (NOON + at + clock) * 1000, "observations": observations, **more}
    sent = browser.fetch(at, f"https://{browser.host}{REPORTS}", mode="cors", dest="empty", method="POST")
    return replace(sent, own=True, status=200, request_body=Body(json.dumps(report).encode()))


def stored(at: float, *, name: str = "klaro", written: bool = True, **services: bool) -> dict[str, Any]:
    value = quote(json.dumps(services)) if services else None
    return {"kind": "consent", "name": name, "value": value, "where": "cookie", "written": written, "at": at}


def banner(at: float, event: str, **more: Any) -> dict[str, Any]:
    return {"kind": "banner", "event": event, "manager": "klaro", "at": at, **more}


def marked(at: float, text: str, kind: str = "note", *, client: str = "127.0.0.1", **more: Any) -> Exchange:
    sent = Browser(host="consentwire.internal", client=client).fetch(
        at, f"http://consentwire.internal{MARKS}", method="POST"
    )
    return replace(
        sent, own=True, status=200, request_body=Body(json.dumps({"text": text, "kind": kind, **more}).encode())
    )


def verdicts(*story: Exchange, live: bool = False) -> list[tuple[float, str, str]]:
    found = run(*story, live=live).found(CALL)
    return [(one.occurred_at - NOON, one.verdict, one.phase) for one in found if one.verdict != "cleared"]


def test_a_record_that_a_page_reports_again_is_no_new_answer() -> None:
    tracked = {"_ga": "GA1.1.111222333.1700000000"}
    refused = {"google-analytics": False, "meta-pixel": False}
    browser = Browser(cookies=tracked)
    story = [browser.open(0), browser.fetch(0.1, KLARO), reported(browser, 1.05, stored(1, written=False, **refused))]
    browser.cookies = tracked | {"klaro": quote(json.dumps(refused))}
    for at in (2, 4, 6):
        story += [browser.open(at), reported(browser, at + 1.05, stored(at + 1, written=False, **refused))]
    found = [one.verdict for one in run(*story).found("cookie-without-consent")]
    assert found == ["likely", "confirmed"]


@pytest.mark.parametrize("live", [False, True])
def test_a_grant_that_the_probe_saw_decides_a_page_that_is_never_left(live: bool) -> None:
    browser = Browser()
    start = [browser.open(0), browser.fetch(0.1, KLARO)]
    acts = [browser.pixel(1), browser.pixel(3)]
    assert [verdict for _, verdict, _ in verdicts(*start, *acts, live=live)] == ["unproven", "unproven"]
    seen = reported(browser, 2.05, stored(2, **{"meta-pixel": True}))
    assert verdicts(*start, acts[0], seen, acts[1], live=live) == [(1, "confirmed", "before-choice")]


def test_a_refusal_that_the_probe_saw_is_held_against_what_follows() -> None:
    browser = Browser()
    seen = reported(browser, 2, stored(2, **{"meta-pixel": False}))
    story = [browser.open(0), browser.fetch(0.1, KLARO), seen, browser.pixel(3)]
    assert verdicts(*story) == [(3, "confirmed", "after-denial")]


@pytest.mark.parametrize("written", [True, False])
def test_an_answer_that_the_probe_saw_taken_away_was_in_force_until_then(written: bool) -> None:
    browser = Browser()
    story = [browser.open(0), browser.fetch(0.1, KLARO), reported(browser, 1, stored(1, **{"meta-pixel": True}))]
    story += [browser.pixel(2), reported(browser, 3, stored(3, written=written)), browser.pixel(4), browser.open(5)]
    before = [] if written else [(2, "unproven", "before-choice")]
    assert verdicts(*story) == [*before, (4, "likely", "before-choice")]


def test_what_the_probe_saw_is_not_seen_anew_when_the_cookie_is_sent() -> None:
    browser = Browser()
    story = [browser.open(0), browser.fetch(0.1, KLARO), reported(browser, 2, stored(2, **{"meta-pixel": True}))]
    browser.cookies |= undated_choice(**{"meta-pixel": True})
    assert verdicts(*story, browser.pixel(3), browser.open(4), browser.pixel(5)) == []


def test_a_banner_that_stands_open_with_nothing_stored_is_an_unanswered_one() -> None:
    browser = Browser()
    story = [browser.open(0), reported(browser, 0.5, banner(0.5, "shown"), banner(0.5, "open")), browser.pixel(1)]
    assert [verdict for _, verdict, _ in verdicts(*story)] == ["unproven"]
    assert verdicts(*story, reported(browser, 2, banner(2, "open"))) == [(1, "confirmed", "before-choice")]


def test_banner_events_are_recorded_with_what_was_clicked() -> None:
    browser = Browser()
    found = run(browser.open(0), reported(browser, 1, banner(0.5, "shown"), banner(0.9, "clicked", label="Accept all")))
    events = [
        (one.kind, one.manager, one.detail, round(one.occurred_at - NOON, 3)) for one in found.of(BannerEventRecord)
    ]
    assert events == [("shown", "klaro", None, 0.5), ("clicked", "klaro", "Accept all", 0.9)]


def test_a_cookie_that_a_script_wrote_is_judged_when_it_was_written() -> None:
    browser = Browser()
    names = {"kind": "names", "cookies": ["_fbp", "harmless"], "at": 1}
    found = run(browser.open(0), browser.fetch(0.1, KLARO), reported(browser, 1.4, names), browser.open(5))
    cookies = {
        one.name: (one.seen_by, one.vendor, round(one.first_seen_at - NOON, 3)) for one in found.of(CookieRecord)
    }
    assert cookies == {"_fbp": ("probe", "meta-pixel", 1), "harmless": ("probe", None, 1)}
    (violation,) = found.found("cookie-without-consent")
    assert "was written by a script on" in violation.explanation


def test_a_clock_that_is_wrong_is_replaced_by_the_arrival_and_that_is_said() -> None:
    browser = Browser(client="10.0.0.7")
    for ahead in (3600.0, -3600.0):
        seen = reported(browser, 2, stored(2, **{"meta-pixel": True}), clock=ahead)
        story = [browser.open(-20), browser.fetch(-19, KLARO), browser.pixel(-10), seen, browser.pixel(9)]
        found = run(*story)
        assert [(one.occurred_at - NOON, one.verdict) for one in found.found(CALL)] == [(-10, "confirmed")]
        assert found.gap("page-clock")


def test_nothing_is_observed_after_it_arrived() -> None:
    browser = Browser()
    found = run(browser.open(0), reported(browser, 1, stored(4, **{"meta-pixel": True})))
    (signal,) = [one for one in found.of(SignalRecord) if one.carrier.startswith("probe")]
    assert signal.observed_at == NOON + 1


def test_a_frame_says_nothing_of_the_pages_consent() -> None:
    browser = Browser()
    framed = reported(browser, 1, stored(1, **{"meta-pixel": True}), banner(1, "open"), framed=True)
    assert not [one for one in run(browser.open(0), framed).of(SignalRecord) if one.carrier.startswith("probe")]


def test_what_the_wire_merely_claims_to_be_a_report_is_none() -> None:
    browser = Browser()
    forged = replace(reported(browser, 1, stored(1, **{"meta-pixel": True})), own=False)
    found = run(browser.open(0), forged)
    assert not found.of(SignalRecord)
    assert not found.of(BannerEventRecord)


def test_what_was_refused_or_merely_asked_is_no_traffic_of_a_site() -> None:
    browser = Browser()
    seen = reported(browser, 1, stored(1, **{"meta-pixel": True}))
    found = run(browser.open(0), replace(seen, status=401), replace(marked(2, "x"), method="GET"))
    assert not found.of(SignalRecord)
    assert found.sites == ["shop.example"]


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    st.binary(max_size=400) | st.text(max_size=200).map(lambda text: json.dumps({"text": text, "kind": "x"}).encode())
)
def test_arbitrary_bodies_leave_a_gap_and_nothing_else(body: bytes) -> None:
    browser = Browser()
    for broken in (reported(browser, 1), marked(1, "x")):
        found = run(browser.open(0), replace(broken, request_body=Body(body)))
        assert found.gap("bad-observation") or found.of(MarkRecord)
        assert not found.of(SignalRecord)


# --- marks


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("rejected all", MarkKind.REJECTED),
        ("I accepted", MarkKind.ACCEPTED),
        ("withdrew my consent", MarkKind.WITHDREW),
        ("did not accept", MarkKind.NOTE),
        ("accepted, then rejected", MarkKind.NOTE),
        ("accepted only analytics", MarkKind.NOTE),
        ("went to the basket", MarkKind.NOTE),
        ("ich habe alles abgelehnt", MarkKind.REJECTED),
        ("Ablehnen geklickt", MarkKind.REJECTED),
        ("Tout refuser", MarkKind.REJECTED),
        ("j'ai refuse\u0301", MarkKind.REJECTED),
        ("rifiutato tutto", MarkKind.REJECTED),
        ("Rechazar todas", MarkKind.REJECTED),
        ("alles geweigerd", MarkKind.REJECTED),
        ("odmítnout vše", MarkKind.REJECTED),
        ("avvisade allt", MarkKind.REJECTED),
        ("Afvis alle", MarkKind.REJECTED),
        ("avslå alle", MarkKind.REJECTED),
        ("Hylkäsin kaikki", MarkKind.REJECTED),
        ("odrzuciłem wszystkie", MarkKind.REJECTED),
        ("Rejeitar tudo", MarkKind.REJECTED),
        ("I disagree", MarkKind.REJECTED),
        ("alle akzeptiert", MarkKind.ACCEPTED),
        ("Tout accepter", MarkKind.ACCEPTED),
        ("ACEPTAR TODO", MarkKind.ACCEPTED),
        ("ho accettato tutto", MarkKind.ACCEPTED),
        ("alles geaccepteerd", MarkKind.ACCEPTED),
        ("Přijmout vše", MarkKind.ACCEPTED),
        ("godkände alla", MarkKind.ACCEPTED),
        ("Einwilligung widerrufen", MarkKind.WITHDREW),
        ("consentement retiré", MarkKind.WITHDREW),
        ("toestemming ingetrokken", MarkKind.WITHDREW),
        ("nichts akzeptiert, nur notwendige", MarkKind.NOTE),
        ("nicht abgelehnt", MarkKind.NOTE),
        ("je n'ai pas accepté", MarkKind.NOTE),
        ("non ho accettato", MarkKind.NOTE),
        ("opened the retirement page", MarkKind.NOTE),
        ("unacceptable loading time", MarkKind.NOTE),
        ("put a denim jacket into the basket", MarkKind.NOTE),
        ("read the agreement", MarkKind.NOTE),
    ],
)
def test_a_marks_words_are_read_only_where_they_are_clear(text: str, kind: MarkKind) -> None:
    assert kind_of(text) is kind


def test_a_mark_closes_the_window_that_an_undated_cookie_leaves() -> None:
    browser = Browser()
    start = [browser.open(0), browser.fetch(0.1, KLARO), browser.pixel(1)]
    acts = [browser.pixel(5)]
    browser.cookies |= undated_choice(**{"meta-pixel": False})
    end = [browser.open(10)]
    found = run(*start, marked(4, "rejected", "rejected"), *acts, *end)
    late = [one for one in found.found(CALL) if one.occurred_at == NOON + 5]
    assert [(one.verdict, one.phase) for one in late] == [("confirmed", "after-denial")]
    assert "the tester's mark (rejected)" in late[0].explanation


def test_a_mark_of_a_grant_clears_what_follows_it_until_the_cookie_is_seen() -> None:
    browser = Browser()
    start = [browser.open(0), browser.fetch(0.1, KLARO), marked(4, "accepted", "accepted"), browser.pixel(5)]
    browser.cookies |= undated_choice(**{"meta-pixel": True})
    assert verdicts(*start, browser.open(10)) == []


def test_the_consent_managers_own_record_outranks_a_mark() -> None:
    browser = Browser(cookies=undated_choice(**{"meta-pixel": False}))
    story = [browser.open(0), marked(1, "accepted", "accepted"), browser.pixel(2), browser.open(3)]
    assert verdicts(*story) == [(2, "confirmed", "after-denial")]


@pytest.mark.parametrize(
    ("stored", "kind", "count"),
    [
        (False, "accepted", 1),
        (True, "rejected", 1),
        (True, "withdrew", 1),
        (True, "accepted", 0),
        (False, "rejected", 0),
    ],
)
def test_a_mark_that_the_record_contradicts_is_shown_as_such(stored: bool, kind: str, count: int) -> None:
    browser = Browser()
    story = [browser.open(0), browser.fetch(0.1, KLARO), marked(4, kind, kind)]
    browser.cookies |= undated_choice(analytics=stored, marketing=stored)
    for live in (False, True):
        gaps = run(*story, browser.open(6), browser.open(20), live=live).gap("mark-contradicted")
        assert len(gaps) == count
    assert all("the cookie klaro shows" in gap for gap in gaps)


def test_a_mark_speaks_where_nothing_else_does() -> None:
    browser = Browser()
    story = [browser.open(0), marked(1, "rejected", "rejected"), browser.pixel(2)]
    assert verdicts(*story) == [(2, "confirmed", "after-denial")]


def test_a_mark_is_about_the_session_it_names_else_about_the_one_last_used_on_its_device() -> None:
    phone, other = Browser(client="10.0.0.7"), Browser(host="www.news.example", client="10.0.0.8")
    story = [phone.open(0), other.open(1)]
    for mark, site in (
        (marked(3, "x", client="10.0.0.7"), "shop.example"),
        (marked(3, "x", client="10.0.0.8"), "news.example"),
        (marked(3, "x", site="shop.example"), "shop.example"),
        (marked(3, "x", site="nobody.example"), None),
    ):
        found = run(*story, mark)
        (record,) = found.of(MarkRecord)
        sites = {session.id: session.site for session in found.of(SessionRecord)}
        assert (None if record.session_id is None else sites[record.session_id]) == site


def test_a_note_says_nothing_of_consent() -> None:
    found = run(Browser().open(0), marked(1, "opened the menu"))
    assert [one.kind for one in found.of(MarkRecord)] == ["note"]
    assert not found.of(SignalRecord)


# --- a page that is left


def test_what_a_page_sends_as_it_is_left_with_its_banner_open_was_sent_unanswered() -> None:
    browser = Browser()
    story = [browser.open(0), reported(browser, 0.5, banner(0.5, "shown"), banner(0.5, "open"))]
    left = reported(browser, 2.2, banner(2, "left"))
    found = run(*story, browser.pixel(2.1), left, browser.pixel(2.4), browser.pixel(20))
    assert [(round(one.occurred_at - NOON, 1), str(one.verdict)) for one in found.found(CALL)] == [
        (2.1, "confirmed"),
        (2.4, "confirmed"),
        (20, "unproven"),
    ]
    parted = found.found(CALL)[1].explanation
    assert "the banner with which the page was left" in parted and "nobody could answer in that page any more" in parted


def test_a_banner_that_is_merely_still_open_says_nothing_of_what_follows() -> None:
    browser = Browser()
    story = [browser.open(0), reported(browser, 2, banner(2, "open")), browser.pixel(2.5)]
    assert verdicts(*story) == [(2.5, "unproven", "before-choice")]


def test_an_answer_on_the_next_page_counts_from_its_own_moment() -> None:
    browser = Browser()
    story = [browser.open(0), browser.open(2), reported(browser, 2.1, banner(2.05, "left"))]
    accepted = reported(browser, 3.1, stored(3, **{"meta-pixel": True}))
    assert verdicts(*story, browser.pixel(2.5), accepted, browser.pixel(3.5)) == [(2.5, "confirmed", "before-choice")]


@pytest.mark.parametrize("live", [False, True])
def test_an_open_banner_was_open_before_it_was_seen(live: bool) -> None:
    """Nobody takes back that it was answered, so that it matters little how soon the probe came to look."""
    browser = Browser()
    start = [browser.open(0), browser.pixel(0.125), browser.fetch(0.15, KLARO), browser.pixel(0.25)]
    asked = reported(browser, 0.6, banner(0.5, "shown"), banner(0.5, "open"))
    found = verdicts(*start, asked, live=live)
    assert found == [(0.125, "confirmed", "before-choice"), (0.25, "confirmed", "before-choice")]


def test_a_banner_that_is_opened_once_more_says_nothing_of_what_came_before_the_answer_it_followed() -> None:
    browser = Browser(cookies=undated_choice(**{"meta-pixel": True}))
    start = [browser.open(0), browser.fetch(0.1, KLARO), browser.pixel(1)]
    browser.cookies = {}
    found = verdicts(*start, browser.open(5), browser.pixel(6), reported(browser, 7, banner(7, "open")))
    assert found == [(6, "confirmed", "before-choice")]


def test_an_open_banner_in_what_may_be_another_window_proves_nothing_of_the_first() -> None:
    """In it somebody accepted, and no request shows that."""
    first, second = Browser(), Browser()
    start = [first.open(0), first.fetch(0.1, KLARO), first.pixel(5)]
    found = verdicts(*start, second.open(10), reported(second, 11, banner(11, "open")))
    assert found == [(5, "likely", "before-choice")]
