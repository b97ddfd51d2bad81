"""What the backend tells of a session, read from the database of the run."""

from __future__ import annotations

from pathlib import Path

from addon.exchange import Exchange
from addon.findings.sessions import RunResults, TimelineEntry
from addon.store import Database
from tests.addon.building import BANNER, Browser, dated_choice, message, run
from tests.addon.store.rows_made import capture, row_maker


def latest_of(path: Path, *exchanges: Exchange) -> TimelineEntry | None:
    """The latest signal of the one session in a capture."""
    database = Database(path)
    database.write([capture(), *run(*exchanges, live=True).records], row_maker())
    database.close()
    results = RunResults(path, 1)
    (session,) = results.sessions()
    state = results.state(session.id)
    assert state is not None
    return state.latest


def test_the_latest_answer_is_told_and_not_what_a_later_message_claims(tmp_path: Path) -> None:
    browser = Browser(cookies=dated_choice("analytics", at=0.5))
    stamped = browser.send(2, message(stamp={"analytics": True, "marketing": True}))
    latest = latest_of(tmp_path / "a.db", browser.open(0), browser.fetch(1, BANNER), browser.open(1.5), stamped)
    assert latest is not None
    assert (latest.source, latest.answered, latest.marketing) == ("vanilla-cookieconsent", True, False)


def test_where_nothing_says_whether_anybody_answered_the_latest_claim_is_told(tmp_path: Path) -> None:
    browser = Browser()
    latest = latest_of(tmp_path / "a.db", browser.open(0), browser.send(2, message(stamp={"analytics": True})))
    assert latest is not None
    assert (latest.source, latest.answered, latest.analytics) == ("message-stamp", None, True)
