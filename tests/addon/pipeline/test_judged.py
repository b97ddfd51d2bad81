"""What acts were judged under, as it stands in their own rows; and a session's states, as they stand in ``consent_states``."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from addon.consent.timeline import Need
from addon.judge.acts.act import Act
from addon.judge.acts.calls import CallAct
from addon.judge.acts.cookies import CookieAct
from addon.judge.acts.deliveries import DeliveryAct
from addon.judge.acts.messages import EventAct
from addon.judge.rule import OPTED_OUT, ConsentView
from addon.pipeline import CaptureTraits, Pipeline
from addon.policy import Policy, catalogue_with
from addon.readers import open_capture
from addon.records import ConsentStateRecord, JudgedRecord, NameRecord, Record
from tests.addon.building import (
    BANNER,
    NOON,
    SHOP,
    Browser,
    dated_choice,
    message,
    onetrust_choice,
    pipeline_of,
    run,
    settings_of,
    undated_choice,
)
from tests.addon.catalogue_folders import own_folder
from tests.addon.pipeline.played import POLICIES, Played, judged, played_capture, stamp_choices, states, write
from tests.addon.readers.samples import CAPTURES
from vendor_catalog import Category, shipped_catalogue

NECESSARY = Need((Category.NECESSARY,))


def having(browser: Browser, cookies: dict[str, str]) -> Browser:
    """A browser from now on with these cookies."""
    browser.cookies = cookies
    return browser


def stored_at(rows: list[ConsentStateRecord], session: str, host: str | None, category: str, at: float) -> Any:
    """How a page looks a state up: by the rows of the page's host, if there are any, else by those of every host."""
    of_session = [row for row in rows if row.session_id == session and row.category == category]
    found = [row for row in of_session if row.host == host and host is not None] or [
        row for row in of_session if row.host is None
    ]
    holds = [row for row in found if (row.since is None or row.since <= at) and (row.until is None or at < row.until)]
    just_then = [row for row in found if row.since == row.until == at]
    (row,) = just_then or holds
    return row.state, row.alternative


def own_need(act: Act) -> Need | None:
    match act:
        case EventAct() | CallAct() | CookieAct():
            return act.need
        case DeliveryAct():
            return act.need
    return None


def row_of(act: Act, cookies: dict[tuple[str, str], str]) -> tuple[str, ...] | None:
    match act:
        case EventAct():
            return "events", act.event
        case DeliveryAct():
            return "deliveries", act.event.event, act.delivery.destination
        case CallAct():
            return "calls", act.place.exchange
        case CookieAct():
            return "cookies", cookies.get((act.place.exchange, act.name), "")
    return None


def answer(consent_view: ConsentView, need: Need, act: Act) -> tuple[Any, ...]:
    """What the engine answers when the rules query it."""
    lack = consent_view.lack(need, act)
    if lack is not None and lack.opted_out:
        return OPTED_OUT, None, "observed", None
    state = consent_view.state(need, act)
    return state.standing, state.alternative, state.certainty, None if state.decisive is None else state.decisive.id


@pytest.mark.parametrize("live", [False, True], ids=["file", "live"])
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("capture", sorted(CAPTURES.glob("*.mitm")), ids=lambda path: path.stem)
def test_what_is_stored_is_what_the_engine_answers(
    capture: Path, policy: str, live: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    played = played_capture(capture, policy, tmp_path / "mine", monkeypatch, live=live)
    cookies = {
        (record.exchange_id, record.name): record.id
        for record in played.records
        if type(record).__name__ == "CookieRecord"
    }
    assert played.acts
    rows, acts = played.states, played.judged
    chosen = stamp_choices(played.records)
    compared = 0
    for session, act in played.acts:
        for category in (Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING):
            state = session.timeline.state(Need((category,)), act.at, act.place.page_host)
            shown = stored_at(rows, session.id, act.place.page_host, category, act.at)
            assert shown == (state.standing, state.alternative)
        if isinstance(act, EventAct):
            compare_stamp(session.consent_view, act, chosen[act.event])
        row, need = row_of(act, cookies), own_need(act)
        if row is None or need is None or row[1] == "":
            continue
        if session.consent_view.lack(NECESSARY, act) is None and need.categories == NECESSARY.categories:
            assert row not in acts
            continue
        assert acts[row][:3] == answer(session.consent_view, need, act)[:3]
        if acts[row][0] != OPTED_OUT:
            assert acts[row] == answer(session.consent_view, need, act)
        compared += 1
    assert compared
    in_database(tmp_path / "a.db", played)


def compare_stamp(consent_view: ConsentView, act: EventAct, stored: dict[str, Any]) -> None:
    """What is stored of a stamp's categories, with what the rules that judge stamps are answered."""
    expected = {}
    for key, need in act.stamp_needs.items():
        if need.category is not Category.NECESSARY:
            state, lack = (
                consent_view.state(need, act, direct_only=True),
                consent_view.lack(need, act, direct_only=True),
            )
            opted_out = lack is not None and lack.opted_out
            expected[key] = (OPTED_OUT, None) if opted_out else (state.standing, state.alternative)
    assert {key: (each["consent"], each["alternative"]) for key, each in stored.items()} == expected


def in_database(path: Path, played: Played) -> None:
    """The same stands in the file, where live rows are replaced and taken away by id."""
    write(path, played.records)
    with closing(sqlite3.connect(path)) as connection:
        kept = connection.execute("SELECT id, state, certainty, signals FROM consent_states ORDER BY id").fetchall()
        assert kept == sorted((row.id, row.state, row.certainty, row.signals) for row in played.states)
        for (table, *key), state in played.judged.items():
            name = "event_id = ? AND destination" if table == "deliveries" else "id"
            sql = f"SELECT consent, alternative, certainty, signal_id FROM {table} WHERE {name} = ?"
            assert connection.execute(sql, key).fetchone() == state
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_live_and_file_end_with_the_same_states(tmp_path: Path) -> None:
    for capture in sorted(CAPTURES.glob("*.mitm")):
        both = []
        for live in (False, True):
            pipeline = Pipeline(1, shipped_catalogue(), Policy(), CaptureTraits(live=live))
            records: list[Record] = []
            for exchange in open_capture(capture).exchanges(None):
                records += pipeline.process(exchange)  # type: ignore[arg-type]
            both.append([*records, *pipeline.close()])
        file, live_ones = both
        assert judged(file) == judged(live_ones), capture.stem
        assert states(file) == states(live_ones), capture.stem


# --- where a second reading of the rows would answer otherwise


def test_a_choice_within_the_clocks_margin_leaves_open_what_was_in_force() -> None:
    """A recording of another device's traffic: the page's clock may differ from the recorder's by two seconds."""
    browser = Browser(client="har: Charles")
    story = (
        browser.open(0),
        browser.fetch(1, BANNER),
        browser.send(10, message()),
        having(browser, dated_choice("analytics", at=11)).open(20, "/b"),
    )
    for one_clock, expected in (
        (False, ("unanswered", "granted", "open window")),
        (True, ("unanswered", None, "dated")),
    ):
        found = run(*story, one_clock=one_clock)
        (event,) = found.events
        assert judged(found.records)["events", event.id][:3] == expected
        assert stored_at(states(found.records), "1.s1", SHOP, "analytics", NOON + 10) == expected[:2]


def test_a_category_is_stored_as_the_policy_maps_it() -> None:
    browser = Browser(cookies=onetrust_choice("C0001:1,C0002:0,C0004:1", closed_at=-60))
    story = (browser.open(0), browser.send(5, message(stamp={"C0002": False})), browser.pixel(6))
    pixel = {}
    for policy in ("", '[categories]\nC0002 = "marketing"\n'):
        found = run(*story, policy=policy)
        names = {record.id: record.name for record in found.of(NameRecord) if record.kind == "category"}
        (*_, call) = [state for key, state in judged(found.records).items() if key[0] == "calls"]
        pixel[names["C0002"]] = call[0]
        shown = stored_at(states(found.records), "1.s1", SHOP, "marketing", NOON + 5)[0]
        assert shown == pixel[names["C0002"]]
    assert pixel == {"analytics": "granted", "marketing": "unclear"}


def test_a_consent_manager_of_the_users_own_is_stored_with_its_name() -> None:
    policy = '[consent_managers.house-banner]\nname = "House banner"\ncookie = "house"\nformat = "klaro"\n'
    browser = Browser(cookies={"house": undated_choice(analytics=True)["klaro"]})
    found = run(browser.open(0), browser.send(1, message()), policy=policy)
    names = {(record.kind, record.id): record.name for record in found.of(NameRecord)}
    assert names["consent-manager", "house-banner"] == "House banner"
    assert names["vendor", "segment"] == "Twilio Segment"


def test_a_vendor_of_a_folder_is_stored_with_its_name_once(tmp_path: Path) -> None:
    pipeline = Pipeline(1, catalogue_with([own_folder(tmp_path / "mine")]), Policy(), CaptureTraits())
    browser = Browser()
    calls = [browser.pixel(at, "https://collect.stranger.example/t") for at in range(3)]
    records = [record for call in calls for record in pipeline.process(call) if type(record) is NameRecord]
    assert records == [NameRecord(kind="vendor", id="stranger", name="Stranger Analytics")]


# --- what acts keep


def test_a_message_keeps_what_the_person_chose_of_each_category_of_its_stamp() -> None:
    browser = Browser(cookies=dated_choice("analytics", at=-60))
    stamp = {"necessary": True, "analytics": True, "marketing": True, "nobody knows": True}
    found = run(browser.open(0), browser.send(2, message(stamp=stamp)), browser.open(30))
    (chosen,) = stamp_choices(found.records).values()
    assert {key: each["consent"] for key, each in chosen.items()} == {
        "analytics": "granted",
        "marketing": "denied",
        "nobody knows": "unclear",
    }
    assert all(each["signal"] for each in chosen.values())


def test_what_the_stamp_itself_claims_is_no_choice_of_the_person() -> None:
    browser = Browser()
    found = run(browser.open(0), browser.send(2, message(stamp={"analytics": True})), browser.open(30))
    (chosen,) = stamp_choices(found.records).values()
    assert chosen["analytics"]["consent"] == "nothing known"


def test_of_a_stamp_with_thousands_of_categories_some_are_kept() -> None:
    browser = Browser()
    found = run(browser.open(0), browser.send(2, message(stamp={f"c{number}": True for number in range(3000)})))
    (chosen,) = stamp_choices(found.records).values()
    assert len(chosen) == 50


def test_acts_keep_the_state_that_they_were_judged_under_where_nothing_was_wrong_too() -> None:
    browser = Browser(cookies=dated_choice("analytics", at=-60))
    mapped = settings_of({"Amplitude": ["analytics"], "Facebook Pixel": ["marketing"]})
    found = run(
        browser.open(0),
        browser.settings(1, mapped),
        browser.send(2, message(stamp={"analytics": True, "marketing": False})),
        browser.pixel(3),
        having(browser, {**browser.cookies, "_fbp": "fb.1.1"}).open(4),
        browser.open(30),
    )
    kept = {key[0] if key[0] != "deliveries" else key[2]: value[0] for key, value in judged(found.records).items()}
    assert kept == {
        "events": "granted",
        "Amplitude": "granted",
        "Facebook Pixel": "denied",
        "calls": "denied",
        "cookies": "denied",
    }
    assert found.outcomes["Facebook Pixel"][0] == "filtered", "nothing is held against it"


def test_an_act_under_an_opt_out_preference_says_so() -> None:
    browser = Browser(gpc=True)
    found = run(
        browser.open(0),
        browser.pixel(1),
        browser.open(9),
        policy='[policy]\nregime = "opt-out"\n',
    )
    (key,) = [key for key in judged(found.records) if key[0] == "calls"]
    consent, _, certainty, signal = judged(found.records)[key]
    assert (consent, certainty) == (OPTED_OUT, "observed")
    assert signal is not None
    sale = [row for row in states(found.records) if row.category == "sale"]
    assert [(row.state, json.loads(row.signals)[0]) for row in sale][-1] == ("denied", signal)


def test_a_state_moves_in_its_row_when_later_evidence_comes() -> None:
    browser = Browser()
    pipeline = pipeline_of(live=True)
    story = (
        browser.open(0),
        browser.fetch(1, BANNER),
        browser.pixel(10),
        having(browser, dated_choice("marketing", at=5)).open(20, "/b"),
    )
    records = [record for exchange in story for record in pipeline.process(exchange)]
    moved = [
        (each.consent, each.certainty) for each in records if isinstance(each, JudgedRecord) and each.table == "calls"
    ]
    assert moved[0][0] == "unanswered"
    assert moved[-1] == ("granted", "dated")


def test_states_that_no_longer_hold_are_taken_away_while_a_capture_runs() -> None:
    browser = Browser()
    pipeline = pipeline_of(live=True)
    records: list[Record] = []
    for at in range(6):
        records += pipeline.process(having(browser, undated_choice(analytics=at % 2 == 0)).open(at, f"/{at}"))
    # a manager that is believed more, and says one thing from the beginning
    for at in range(6, 9):
        records += pipeline.process(having(browser, dated_choice("analytics", at=-60)).open(at))
    records += pipeline.close()
    last = states(records)
    whole = run(
        *[having(browser, undated_choice(analytics=at % 2 == 0)).open(at, f"/{at}") for at in range(6)],
        *[having(browser, dated_choice("analytics", at=-60)).open(at) for at in range(6, 9)],
    )
    assert last == states(whole.records)


def test_a_site_that_flips_its_consent_with_every_request_is_cut_short_and_says_so() -> None:
    browser = Browser()
    story = [
        having(browser, undated_choice(analytics=at % 2 == 0, marketing=bool(at % 3))).open(at) for at in range(1100)
    ]
    found = run(*story, browser.pixel(1200))
    assert found.gap("consent-states-cut-short")
    assert len(states(found.records)) < 7000
    assert not run(*story[:100], browser.pixel(1200)).gap("consent-states-cut-short")


def test_what_needs_no_consent_has_no_state() -> None:
    browser = Browser()
    found = run(browser.open(0), browser.pixel(1, "https://js.stripe.com/v3/"), browser.open(2))
    assert judged(found.records) == {}
    assert [row.state for row in states(found.records)] == ["nothing known"] * 6


def test_a_page_of_a_host_of_its_own_is_looked_up_apart() -> None:
    """That a cookie is missing on one host says nothing of the pages of another."""
    here, there = Browser(), Browser(host="blog.shop.example")
    found = run(
        here.open(0),
        here.fetch(1, BANNER),
        here.pixel(2),
        having(there, dated_choice("analytics", at=-60)).open(3),
        there.pixel(4),
        here.open(5),
    )
    rows = states(found.records)
    assert {row.host for row in rows} > {None}
