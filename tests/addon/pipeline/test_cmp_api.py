"""What a script interface answers stands for a record that cannot be read, and settles what a record leaves open."""

from __future__ import annotations

from typing import Any

import pytest

from addon.exchange import Exchange
from addon.records import BannerEventRecord, SignalRecord
from tests.addon.building import KLARO, NOON, Browser, Run, run

from .test_observations import banner, reported, stored, verdicts

ACCEPTED = "CQgcD4AQgcD4AEsABBENCxFoAP_gAEPgAAYgF5wAgAtgLzAAAAAA.IF5wAgAtgLzA"
REFUSED = "CQgcD4AQgcD4AEsABBENCxFgAAAAAAAAAAYgAAAAAAAA.IF5wAgAtgLzA"


def asked(
    at: float, state: dict[str, Any], *, manager: str = "klaro", name: str = "klaro", **more: Any
) -> dict[str, Any]:
    given = {key: (NOON + value) * 1000 for key, value in more.items() if key == "chosen_at"}
    answer = {"manager": manager, "name": name, "event": more.get("event"), "state": state, **given}
    return {"kind": "consent", "where": "api", "at": at, **answer}


def klaro(at: float, *, granted: bool | None, **more: Any) -> dict[str, Any]:
    confirmed = {"confirmed": granted is not None, "services": {"meta-pixel": bool(granted)}}
    return asked(at, confirmed, **more)


def tcf(at: float, string: str, status: str, **more: Any) -> dict[str, Any]:
    return asked(at, {"string": string, "status": status, "applies": True}, manager="iab-tcf", name="__tcfapi", **more)


def answers(found: Run, source: str = "klaro") -> list[tuple[bool | None, bool | None]]:
    """Answered, and the value for marketing, of each signal of a consent manager; not that a cookie is missing."""
    return [(one.answered, one.marketing) for one in found.of(SignalRecord) if one.source == source and one.raw]


@pytest.mark.parametrize("live", [False, True])
def test_a_grant_that_only_the_interface_tells_counts_from_the_click(live: bool) -> None:
    browser = Browser()
    start = [browser.open(0), browser.fetch(0.1, KLARO), browser.pixel(1)]
    seen = reported(browser, 2.1, klaro(0.5, granted=None), klaro(2.05, granted=True, chosen_at=2.0))
    assert verdicts(*start, seen, browser.pixel(3), live=live) == [(1, "confirmed", "before-choice")]


def test_a_refusal_that_only_the_interface_tells_is_held_against_what_follows() -> None:
    browser = Browser()
    story = [browser.open(0), browser.fetch(0.1, KLARO), reported(browser, 2, klaro(2, granted=False, chosen_at=1.9))]
    assert verdicts(*story, browser.pixel(3)) == [(3, "confirmed", "after-denial")]


def test_an_answer_without_a_click_has_no_date() -> None:
    browser = Browser()
    found = run(browser.open(0), reported(browser, 2, klaro(2, granted=True)))
    assert [one.effective_at for one in found.of(SignalRecord) if one.answered] == [None]


def test_that_the_cookie_is_missing_says_nothing_where_the_answer_is_kept_elsewhere() -> None:
    browser = Browser()
    start = [browser.open(0), browser.fetch(0.1, KLARO), reported(browser, 2, klaro(2, granted=True, chosen_at=1.9))]
    assert verdicts(*start, browser.pixel(3), browser.open(4, "/next"), browser.pixel(5)) == []


def test_a_stored_record_is_believed_before_the_interface() -> None:
    browser = Browser()
    both = reported(browser, 2, stored(1.9, **{"meta-pixel": False}), klaro(2, granted=True, chosen_at=1.9))
    found = run(browser.open(0), browser.fetch(0.1, KLARO), both, browser.pixel(3))
    assert answers(found)[-1] == (True, False)
    assert found.verdicts("destination-without-consent") == [("confirmed", "after-denial")]


def test_a_record_that_is_taken_away_leaves_the_interface_to_speak() -> None:
    browser = Browser()
    gone = {**stored(3, written=False), "value": None}
    story = reported(browser, 4, stored(1, **{"meta-pixel": True}), gone, klaro(3.5, granted=None))
    assert answers(run(browser.open(0), browser.fetch(0.1, KLARO), story))[-1] == (False, None)


def tc_cookie(at: float, string: str) -> dict[str, Any]:
    return {"kind": "consent", "where": "cookie", "name": "euconsent-v2", "value": string, "written": True, "at": at}


def test_the_interface_says_whether_a_string_without_consent_is_a_refusal_or_an_open_banner() -> None:
    browser = Browser()
    opened = reported(browser, 1, tc_cookie(0.5, REFUSED), tcf(0.6, REFUSED, "cmpuishown"))
    assert answers(run(browser.open(0), opened), "iab-tcf") == [(None, False), (False, False)]
    refused = reported(
        browser, 3, tc_cookie(2, REFUSED), tcf(2, REFUSED, "useractioncomplete"), tc_cookie(2.5, REFUSED)
    )
    assert answers(run(browser.open(0), opened, refused), "iab-tcf")[-1] == (True, False)


def test_a_string_that_was_seen_being_written_holds_from_then_on_whatever_day_it_names() -> None:
    browser = Browser()
    written = reported(browser, 3, tc_cookie(2, ACCEPTED))
    found = verdicts(browser.open(0), browser.pixel(1), written, browser.pixel(4), browser.open(9))
    assert [(at, phase) for at, verdict, phase in found if verdict != "unproven"] == [(1, "before-choice")]
    assert len(found) == 1


def test_a_banner_that_is_opened_again_takes_no_answer_back() -> None:
    browser = Browser()
    seen = reported(browser, 3, tcf(1, ACCEPTED, "tcloaded"), tcf(2, ACCEPTED, "cmpuishown"))
    assert answers(run(browser.open(0), seen), "iab-tcf") == [(True, True)]
    first = reported(browser, 3, tcf(1, ACCEPTED, "cmpuishown"))
    assert answers(run(browser.open(0), first), "iab-tcf") == [(False, True)], (
        "consent before anybody was asked is none"
    )


def test_consent_that_an_interface_holds_while_its_banner_is_first_up_is_held_against_it() -> None:
    browser = Browser()
    early = reported(browser, 3, tcf(1, ACCEPTED, "cmpuishown"), tcf(2, ACCEPTED, "cmpuishown"))
    assert run(browser.open(0), early).found("consent-before-choice")
    kept = reported(browser, 3, tcf(1, ACCEPTED, "tcloaded"), tcf(2, ACCEPTED, "cmpuishown"))
    assert not run(browser.open(0), kept).found("consent-before-choice")


GPP = {"string": "DBABLA~CEAVAAAAAABA.YA", "sections": [7], "signal": "ready", "display": "hidden"}


def test_an_opt_out_in_a_gpp_string_is_read_where_its_section_applies() -> None:
    browser = Browser()
    for applicable, said in ([7], [(True, False)]), ([8], []), ([-1], []):
        seen = reported(browser, 1, asked(1, {**GPP, "sections": applicable}, manager="iab-gpp", name="__gpp"))
        assert answers(run(browser.open(0), seen), "iab-gpp") == said


def test_preferences_that_are_opened_again_take_no_answer_back_that_is_kept_elsewhere() -> None:
    browser = Browser()
    start = [browser.open(0), reported(browser, 2, klaro(0.5, granted=None), klaro(2, granted=True, chosen_at=1.9))]
    again = reported(browser, 4, banner(3.5, "shown"), banner(3.6, "open"))
    assert verdicts(*start, browser.pixel(3), again, browser.pixel(5)) == []


def test_a_click_long_before_dates_nothing() -> None:
    browser = Browser()
    found = run(browser.open(0), reported(browser, 9, klaro(9, granted=True, chosen_at=1)))
    assert [one.effective_at for one in found.of(SignalRecord) if one.answered] == [None]


def test_what_is_told_again_is_no_news() -> None:
    browser = Browser()
    seen = [klaro(at, granted=True) for at in (1, 2, 3)] + [stored(at, **{"meta-pixel": True}) for at in (4, 5, 6)]
    found = run(browser.open(0), reported(browser, 7, *seen))
    rows = [one.id for one in found.of(SignalRecord) if one.raw]
    assert len(rows) == len(set(rows)) == 2


def test_a_broken_string_is_a_gap_and_no_grant() -> None:
    browser = Browser()
    found = run(browser.open(0), reported(browser, 1, tcf(1, ACCEPTED[:24], "tcloaded")))
    assert "probe __tcfapi" in found.gap("bad-consent")[0]
    assert not answers(found, "iab-tcf")


def deep(levels: int) -> Any:
    return {"x": deep(levels - 1)} if levels else 1


@pytest.mark.parametrize(
    "state", [{}, {"services": deep(9)}, {"services": [1] * 5000}, {str(n): 1 for n in range(30)}, {"x" * 300: 1}]
)
def test_a_state_beyond_what_an_interface_answers_is_refused(state: dict[str, Any]) -> None:
    browser = Browser()
    found = run(browser.open(0), reported(browser, 1, asked(1, state)))
    assert found.gap("bad-observation")
    assert not found.of(SignalRecord)


def nothing_said() -> list[dict[str, Any]]:
    return [
        klaro(1, granted=True, manager="nobody"),
        klaro(1, granted=True, name="other"),
        asked(1, {"valid": False}, manager="vanilla-cookieconsent", name="CookieConsent"),
    ]


@pytest.mark.parametrize("seen", nothing_said())
def test_an_unknown_interface_and_one_that_tells_nothing_are_no_signal(seen: dict[str, Any]) -> None:
    browser = Browser()
    found = run(browser.open(0), reported(browser, 1, seen))
    assert not [one for one in found.of(SignalRecord) if one.carrier.startswith("probe")]
    assert not found.gap("bad-observation")


def test_a_frame_says_nothing_of_the_pages_consent() -> None:
    browser = Browser()
    framed = reported(browser, 1, klaro(1, granted=True), framed=True)
    assert not [one for one in run(browser.open(0), framed).of(SignalRecord) if one.carrier.startswith("probe")]


def test_a_banner_of_nobody_known_is_recorded_and_its_clicks_are_no_answer() -> None:
    browser = Browser()
    looks = {"manager": None, "generic": True}
    seen: Exchange = reported(
        browser,
        2,
        banner(1, "shown", **looks),
        banner(1.5, "clicked", label="Accept all", **looks),
        banner(1.6, "hidden", **looks),
    )
    found = run(browser.open(0), seen, browser.pixel(3))
    assert [(one.kind, one.manager, one.detail) for one in found.of(BannerEventRecord)] == [
        ("shown", None, None), ("clicked", None, "Accept all"), ("hidden", None, None)
    ]  # fmt: skip
    assert not found.of(SignalRecord)
