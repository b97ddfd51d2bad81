"""A session's consent as it is read back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from addon.exchange import Exchange
from addon.findings.consent import Consent, PageLoad, StateRow, read_consent
from addon.findings.rows import session
from addon.records import Record
from tests.addon.building import BANNER, NOON, SHOP, Browser, dated_choice, run, undated_choice
from tests.addon.pipeline.played import write


def state(
    kind: str, since: float | None, until: float | None, host: str | None = None, alternative: str | None = None
) -> StateRow:
    return StateRow(host, "marketing", since, until, kind, "dated", alternative, '["1.c1", "1.c2"]')


def consent(*states: StateRow, pages: tuple[tuple[float, str, bool], ...] = ()) -> Consent:
    by_host: dict[tuple[str | None, str], list[StateRow]] = {}
    for row in states:
        by_host.setdefault((row.host, row.category), []).append(row)
    loads = [PageLoad(at, f"1.{at:.0f}", f"https://{host}/", host, opened) for at, host, opened in pages]
    return Consent([], loads, _states=by_host)


def over_time(found: Consent, start: float, end: float) -> list[tuple[float, float, str]]:
    return [(each.start, each.end, each.state.state) for each in found.stretches("marketing", start, end)]


HERE = (state("unanswered", None, 10), state("denied", 10, 10), state("granted", 10, 20), state("denied", 20, None))


@pytest.mark.parametrize(
    ("at", "expected"), [(-5, "unanswered"), (9.9, "unanswered"), (10, "denied"), (10.1, "granted"), (20, "denied")]
)
def test_a_moment_is_looked_up_in_the_state_that_holds_then(at: float, expected: str) -> None:
    found = consent(*HERE).state("marketing", at)
    assert found is not None
    assert (found.state, found.decisive) == (expected, "1.c1")


def test_a_ribbon_has_no_gaps_and_no_single_moments() -> None:
    assert over_time(consent(*HERE), 5, 30) == [(5, 10, "unanswered"), (10, 20, "granted"), (20, 30, "denied")]
    assert over_time(consent(), 5, 30) == []


def test_a_page_of_a_host_with_states_of_its_own_is_looked_up_in_these() -> None:
    found = consent(
        state("granted", None, None),
        state("denied", None, None, host="blog.example"),
        pages=(
            (0, "shop.example", True),
            (10, "blog.example", True),
            (15, "gone.example", False),
            (20, "shop.example", True),
        ),
    )
    kinds = [each.state for at in (5, 12, 17, 25) if (each := found.state("marketing", at)) is not None]
    assert kinds == ["granted", "denied", "denied", "granted"]
    assert over_time(found, 0, 30) == [(0, 10, "granted"), (10, 20, "denied"), (20, 30, "granted")]


def test_what_looks_alike_is_one_stretch_also_over_pages() -> None:
    found = consent(state("granted", None, 12), state("granted", 12, None), pages=((0, "a", True), (5, "a", True)))
    assert over_time(found, 0, 30) == [(0, 30, "granted")]


def read(path: Path, records: list[Record]) -> Consent:
    write(path, records)
    with closing(sqlite3.connect(path)) as connection:
        found = session(connection, "1.s1")
        assert found is not None
        return read_consent(connection, found)


def having(browser: Browser, cookies: dict[str, str]) -> Browser:
    browser.cookies = cookies
    return browser


def test_a_choice_is_read_with_its_signals_and_pages(tmp_path: Path) -> None:
    browser = Browser()
    story: list[Exchange] = [
        browser.open(0),
        browser.fetch(1, BANNER),
        browser.pixel(2),
        having(browser, dated_choice("marketing", at=8)).open(10, "/b"),
        browser.pixel(12),
    ]
    found = read(tmp_path / "a.db", run(*story).records)
    assert [(page.at - NOON, page.address) for page in found.pages] == [
        (0, f"https://{SHOP}/"),
        (10, f"https://{SHOP}/b"),
    ]
    assert [(at - NOON, row.marketing) for at, row in found.choices()] == [(8, True)]
    assert [(round(each.end - NOON), each.state.state) for each in found.stretches("marketing", NOON, NOON + 12)] == [
        (8, "unanswered"),
        (12, "granted"),
    ]
    assert (found.complete, found.cut_short, found.opted_out) == (True, False, [])


def test_an_opt_out_is_read_with_who_keeps_it(tmp_path: Path) -> None:
    browser = Browser(gpc=True)
    found = read(tmp_path / "a.db", run(browser.open(0), browser.pixel(1), browser.open(9)).records)
    assert found.opted_out == ["global-privacy-control"]
    opt_out = found.opt_out(NOON + 5)
    assert opt_out is not None
    assert (opt_out.source, opt_out.certain) == ("global-privacy-control", True)


def test_a_consent_of_which_not_all_is_stored_says_so(tmp_path: Path) -> None:
    browser = Browser()
    story = [
        having(browser, undated_choice(analytics=at % 2 == 0, marketing=bool(at % 3))).open(at) for at in range(1100)
    ]
    found = read(tmp_path / "a.db", run(*story, browser.pixel(1200)).records)
    assert found.cut_short
    assert not found.complete
