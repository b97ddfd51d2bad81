"""What the tester said: when it was pressed, what it decides, and when the record stands against it."""

from __future__ import annotations

from typing import Any

import pytest

from addon.exchange import Exchange
from addon.observations import MarkKind, kind_of
from addon.records import MarkRecord, SessionRecord, SignalRecord
from tests.addon.building import KLARO, NOON, Browser, run, undated_choice

from .test_observations import CALL, banner, marked, reported, stored, verdicts


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


# --- when it was pressed


def test_a_mark_stands_where_it_was_pressed_and_not_where_it_arrived() -> None:
    browser = Browser()
    start = [browser.open(0), browser.fetch(0.1, KLARO), browser.pixel(4.5)]
    late = marked(5, "rejected", "rejected", pressed_ago=700)
    browser.cookies |= undated_choice(**{"meta-pixel": False})
    found = run(*start, late, browser.open(10))
    (record,) = found.of(MarkRecord)
    assert round(record.marked_at - NOON, 3) == 4.3
    assert [(one.verdict, one.phase) for one in found.found(CALL)] == [("confirmed", "after-denial")]


@pytest.mark.parametrize("live", [False, True])
def test_what_went_out_just_before_a_mark_may_have_followed_the_click(live: bool) -> None:
    browser = Browser()
    story = [
        browser.open(0),
        marked(1, "rejected", "rejected"),
        browser.pixel(20.5),
        marked(21, "accepted", "accepted"),
    ]
    assert verdicts(*story, live=live) == [(20.5, "unproven", "after-denial")]
    found = run(*story, live=live).found(CALL)
    assert "says by when the choice was made, and not how long before" in found[-1].explanation


def test_what_went_out_long_before_a_mark_did_not_follow_its_click() -> None:
    browser = Browser()
    story = [browser.open(0), marked(1, "rejected", "rejected"), browser.pixel(12), marked(21, "accepted", "accepted")]
    assert verdicts(*story) == [(12, "confirmed", "after-denial")]


def test_before_the_first_mark_nothing_is_said_to_come_after_the_choice() -> None:
    browser = Browser()
    found = run(browser.open(0), browser.pixel(20.5), marked(21, "accepted", "accepted")).found(CALL)
    assert [(one.verdict, one.phase) for one in found] == [("unproven", "before-choice")]
    assert "which is after this" not in found[0].explanation
    assert "tells of a choice that was made by then" in found[0].explanation


@pytest.mark.parametrize(
    ("label", "kind", "expected"),
    [
        ("Reject all", "rejected", [("confirmed", "after-withdrawal")]),
        ("Reject all", "withdrew", [("confirmed", "after-withdrawal")]),
        ("Settings", "rejected", [("unproven", "after-withdrawal")]),
        ("Accept all", "rejected", [("unproven", "after-withdrawal")]),
    ],
)
def test_a_click_that_the_probe_saw_on_a_button_that_says_the_same_is_the_moment_of_a_mark(
    label: str, kind: str, expected: list[tuple[str, str]]
) -> None:
    browser = Browser(cookies={"basket": "1"})
    clicked = {**banner(4, "clicked", label=label), "manager": None, "generic": True}
    start = [browser.open(-60), marked(-50, "accepted", "accepted"), browser.open(0)]
    story = [*start, browser.pixel(3.9), browser.pixel(4.2), reported(browser, 4.3, clicked), marked(4.6, kind, kind)]
    between = [(verdict, phase) for at, verdict, phase in verdicts(*story) if at > 4]
    assert between == expected


# --- what it says of each category


def test_a_mark_says_of_each_category_what_was_chosen() -> None:
    browser = Browser()
    choices = {"analytics": True, "marketing": False}
    found = run(browser.open(0), marked(1, "statistics alone", "accepted", choices=choices), browser.pixel(2))
    (signal,) = found.of(SignalRecord)
    assert (signal.functional, signal.analytics, signal.marketing) == (None, True, False)
    assert [(one.verdict, one.phase) for one in found.found(CALL)] == [("confirmed", "after-denial")]
    assert found.of(MarkRecord)[0].choices == '{"analytics": true, "marketing": false}'


@pytest.mark.parametrize("choices", [{"ads": True}, {"marketing": "perhaps"}, ["marketing"]])
def test_choices_that_are_none_are_refused(choices: Any) -> None:
    found = run(Browser().open(0), marked(1, "x", "accepted", choices=choices))
    assert found.gap("bad-observation")
    assert not found.of(MarkRecord)


def test_a_note_chooses_nothing() -> None:
    found = run(Browser().open(0), marked(1, "x", choices={"marketing": True}))
    assert "a note says nothing of consent" in found.gap("bad-observation")[0]


# --- the record against it


def chosen(browser: Browser, at: float, granted: bool) -> Exchange:
    """The probe saw what was stored by a click."""
    return reported(browser, at + 0.05, stored(at, analytics=granted, marketing=granted))


@pytest.mark.parametrize("second", [[], [marked(6.6, "withdrew", "withdrew")]], ids=["unmarked", "marked"])
def test_a_later_withdrawal_is_not_held_against_an_earlier_mark(second: list[Exchange]) -> None:
    browser = Browser()
    story = [browser.open(0), browser.fetch(0.1, KLARO), chosen(browser, 3.5, True), marked(4, "accepted", "accepted")]
    assert run(*story, chosen(browser, 6, False), *second, browser.open(20)).gap("mark-contradicted") == []


def test_an_answer_that_is_given_again_and_then_taken_back_is_not_held_against_its_mark() -> None:
    browser = Browser()
    story = [browser.open(0), browser.fetch(0.1, KLARO), chosen(browser, 1, True), marked(14, "accepted", "accepted")]
    story += [chosen(browser, 16, False), marked(16.5, "withdrew", "withdrew")]
    assert run(*story).gap("mark-contradicted") == []


@pytest.mark.parametrize("granted", [True, False])
def test_a_wrong_mark_is_shown_although_the_record_once_said_the_same(granted: bool) -> None:
    browser = Browser()
    kind = "accepted" if granted else "rejected"
    story = [
        browser.open(0),
        browser.fetch(0.1, KLARO),
        chosen(browser, 1, granted),
        chosen(browser, 13.6, not granted),
    ]
    (gap,) = run(*story, marked(14, "it was pressed", kind)).gap("mark-contradicted")
    assert "analytics is" in gap or "marketing is" in gap


def test_a_category_that_a_mark_leaves_open_is_not_held_against_it() -> None:
    browser = Browser()
    story = [browser.open(0), browser.fetch(0.1, KLARO), chosen(browser, 3.5, False)]
    partly = marked(4, "x", "accepted", choices={"functional": True})
    assert run(*story, partly).gap("mark-contradicted") == []
    assert run(*story, marked(4, "x", "accepted", choices={"analytics": True})).gap("mark-contradicted")
