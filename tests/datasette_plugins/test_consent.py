"""The timeline that pages rebuild from a database, against the one that the engine judged by."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from addon.commands.display import shipped_captures
from addon.consent.timeline import Need
from addon.judge.verdict import Regime, lack_of
from addon.policy import Policy
from addon.runner import analyse, opened
from datasette_plugins.reading.consent import read_consent
from datasette_plugins.reading.query import rows, seconds
from datasette_plugins.reading.records import VIOLATION, Violation, session
from tests.addon.consent.wire import Core, tc_string
from vendor_catalog import Category

from .building import Capture, analysed, dated_cookie, undated_cookie

JUDGED = ("destination-without-consent", "sdk-load-without-consent", "cookie-without-consent", "event-without-consent")
"""Rules that ask for nothing but the consent in force."""


def disagreements(path: Path) -> tuple[list[object], int]:
    """Violations which the rebuilt timeline would rule on otherwise, and how many were asked about."""
    found: list[object] = []
    asked = 0
    with sqlite3.connect(path) as connection:
        for (number,) in connection.execute("SELECT id FROM sessions").fetchall():
            visit = session(connection, number)
            assert visit is not None
            consent = read_consent(connection, visit)
            for violation in rows(connection, Violation, VIOLATION + "WHERE v.session_id = :id", id=number):
                if violation.rule not in JUDGED or violation.category is None:
                    continue
                need = Need((Category(violation.category),), violation.vendor)
                at = seconds(violation.occurred_at)
                assert at is not None
                lack = lack_of(consent.state(need, at), Regime.OPT_IN)
                asked += 1
                if lack is None or (lack.verdict, lack.phase) != (violation.verdict, violation.phase):
                    found.append((violation, lack))
    return found, asked


def test_the_rebuilt_timeline_rules_as_the_engine_did(sample: Path) -> None:
    found, asked = disagreements(sample)
    assert asked > 8
    assert not found


def test_it_does_so_for_the_captures_that_ship(tmp_path: Path) -> None:
    path = tmp_path / "shipped.db"
    with opened(path) as database:
        list(analyse(shipped_captures(), database, Policy()))
    found, asked = disagreements(path)
    assert asked > 20
    assert not found


@pytest.mark.parametrize("gap", [0.5, 30.0])
def test_it_does_so_where_choices_follow_each_other(tmp_path: Path, gap: float) -> None:
    visit = Capture()
    visit.page(0)
    visit.banner(0.1)
    visit.asset(0.2)
    at = 1.0
    for number in range(8):
        visit.pixel(at)
        visit.track(at + gap / 4, "Step")
        chosen = ["necessary", "analytics", "marketing"] if number % 2 else ["necessary"]
        visit.cookies.update(dated_cookie(chosen, at + gap / 2))
        visit.pixel(at + gap * 3 / 4)
        visit.asset(at + gap)
        at += gap * 2
    found, asked = disagreements(analysed(tmp_path, visit))
    assert asked > 6
    assert not found


def test_it_does_so_where_nothing_dates_a_choice_that_is_changed_and_changed_back(tmp_path: Path) -> None:
    visit = Capture()
    visit.page(0)
    visit.asset(0.5, "klaro.js")
    for number in range(6):
        at = 1 + number * 10.0
        visit.asset(at)
        visit.pixel(at + 1)
        visit.asset(at + 2)
        visit.pixel(at + 4)
        visit.cookies.update(undated_cookie(**{"google-analytics": number % 2 == 0, "meta-pixel": number % 3 == 0}))
    visit.page(70, "end")
    found, asked = disagreements(analysed(tmp_path, visit))
    assert asked > 5
    assert not found


def test_it_does_so_where_only_calls_tell_of_the_choice(tmp_path: Path) -> None:
    given, refused = (tc_string(Core(purposes=purposes)) for purposes in (range(1, 12), ()))
    visit = Capture()
    visit.page(0)
    for number in range(6):
        at, string = 1 + number * 10.0, refused if number % 2 else given
        for moment in (at, at + 3):
            visit.get(moment, f"https://ib.adnxs.com/getuid?gdpr=1&gdpr_consent={string}")
            visit.get(moment, f"https://www.facebook.com/tr/?id=1&ev=PageView&gdpr=1&gdpr_consent={string}")
        for moment in (at + 1, at + 4, at + 5, at + 8):
            visit.pixel(moment)
    visit.page(90, "end")
    found, asked = disagreements(analysed(tmp_path, visit))
    assert asked > 5
    assert not found
