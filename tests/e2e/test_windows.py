"""Several fresh windows in one capture, as audit tools open them: ignore, accept, close, reject. Each keeps its own consent."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from addon.policy import Policy
from addon.runner import Analysis, analyse_files, open_captures, opened

from .origin import Origin
from .proxy import Run
from .scenarios import accept, account, basket, close, open_shop, reject

_LACKS = "rule LIKE '%-without-consent' AND verdict <> 'cleared'"


def stays(page: Page) -> None:
    """Leaves the banner alone."""


def audited(browser: Browser, run: Run, origin: Origin) -> None:
    """Four windows, one after the other, of three pages each."""
    for answer in (stays, accept, stays, reject):
        context = browser.new_context(proxy={"server": run.url}, ignore_https_errors=True, locale="en-GB")
        page = context.new_page()
        open_shop(page)
        answer(page)
        page.wait_for_timeout(300)
        for go_on in (basket, account):
            go_on(page)
            page.wait_for_timeout(500)
        close(context)


def accused(database: Path) -> dict[str, set[str]]:
    """Session -> the verdicts of what lacked consent in it."""
    found: dict[str, set[str]] = defaultdict(set)
    with closing(sqlite3.connect(database)) as connection:
        sessions = connection.execute("SELECT id FROM sessions WHERE site = 'shop.example' ORDER BY jar").fetchall()
        for (session,) in sessions:
            found[session] = set()
        for session, verdict in connection.execute(f"SELECT session_id, verdict FROM violations WHERE {_LACKS}"):
            found[session].add(verdict)
    return found


def analysed(capture: Path, database: Path) -> dict[str, set[str]]:
    with opened(database) as store:
        (result,) = analyse_files(open_captures([capture]), store, Policy())
    assert isinstance(result, Analysis), result
    return accused(database)


def audit(site: str, banner: str, probe: str, web: Path, browser: Browser, folder: Path) -> dict[str, set[str]]:
    """What an audit of a shop finds, live; its capture, analysed again, says the same."""
    with Origin(web, site, banner) as origin, Run(folder, origin.port, "--no-datasette", probe) as run:
        audited(browser, run, origin)
        assert run.stop() == 0, run.output
    live = accused(run.database)
    assert analysed(run.flows, folder / "again.db") == live
    return live


PROBES = pytest.mark.parametrize("probe", ["--no-probe", "--probe"])


@PROBES
def test_a_shop_that_obeys_every_answer_is_accused_in_none_of_an_audits_windows(
    web: Path, browser: Browser, tmp_path: Path, probe: str
) -> None:
    live = audit("gate-that-works", "cookieconsent.umd.js", probe, web, browser, tmp_path)
    assert len(live) > 1, "the window after the one that accepted has another cookie jar"
    assert not set().union(*live.values())


@PROBES
def test_a_shop_that_ignores_a_refusal_is_accused_in_the_window_that_refused_and_in_no_other(
    web: Path, browser: Browser, tmp_path: Path, probe: str
) -> None:
    *others, refused = audit("refusal-ignored", "klaro.js", probe, web, browser, tmp_path).values()
    assert "confirmed" in refused
    assert set().union(*others) <= {"unproven"}
