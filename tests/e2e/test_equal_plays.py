"""Ten plays of one page in which nobody answers give the same verdicts, however long each takes and whatever user agent it shows."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Browser

from addon.policy import Policy
from addon.runner import Analysis, analyse_files, open_captures, opened

from .origin import Origin
from .proxy import Run

PLAYS = 10
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148"
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>Shop</title><script>
const pixel = (name) => { new Image().src = 'https://www.facebook.com/tr/?id=1&ev=' + name }
pixel('AtOnce')
addEventListener('DOMContentLoaded', () => {
  pixel('Ready')
  setTimeout(() => {
    document.body.innerHTML += '<div id="cc-main"><div class="cm-wrapper">We use cookies. <button>Accept</button></div></div>'
    pixel('Asked')
  }, 250)
  setTimeout(() => { pixel('Later'); document.title = 'done' }, 400)
})
const leave = (name) => navigator.sendBeacon('https://www.facebook.com/tr/?id=1&ev=' + name)
addEventListener('pagehide', () => leave('Left'))
document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') leave('Hidden') })
</script></head><body><h1>Shop</h1></body></html>"""
CALLS = ("AtOnce", "Ready", "Asked", "Later", "Left", "Hidden")


def play(browser: Browser, run: Run, number: int) -> None:
    """One visit to a site of its own, of a length of its own, with an overridden user agent every other time."""
    agent = {"user_agent": PHONE} if number % 2 else {}
    context = browser.new_context(proxy={"server": run.url}, ignore_https_errors=True, **agent)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"https://www.shop{number}.example/", wait_until="commit")
    page.wait_for_function("document.title === 'done'")
    page.wait_for_timeout(70 * number)
    page.goto("about:blank")
    page.wait_for_timeout(150)
    context.close()


def verdicts(database: Path) -> dict[str, Counter[tuple[str, str]]]:
    """Site -> the verdict on each call that it made."""
    found: dict[str, Counter[tuple[str, str]]] = {}
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(
            "SELECT sessions.site, violations.event_name, verdict FROM violations JOIN sessions ON sessions.id = session_id"
            " WHERE rule = 'destination-without-consent' AND verdict <> 'cleared'"
        )
        for site, event, verdict in rows:
            found.setdefault(site, Counter())[event, verdict] += 1
        assert connection.execute(
            "SELECT max(n) FROM (SELECT count(*) AS n FROM sessions WHERE site LIKE 'shop%' GROUP BY site)"
        ).fetchone() == (1,)
    return found


def test_ten_plays_of_a_page_give_the_same_verdicts(browser: Browser, tmp_path: Path) -> None:
    with Origin(tmp_path, "none", "none.js") as origin:
        origin.pages |= {f"www.shop{number}.example": PAGE for number in range(PLAYS)}
        with Run(tmp_path, origin.port, "--no-datasette", "--probe") as run:
            for number in range(PLAYS):
                play(browser, run, number)
    expected = Counter({(name, "confirmed"): 1 for name in CALLS})
    assert verdicts(run.database) == {f"shop{number}.example": expected for number in range(PLAYS)}
    again = tmp_path / "again.db"
    with opened(again) as store:
        (result,) = analyse_files(open_captures([run.flows]), store, Policy())
    assert isinstance(result, Analysis), result
    assert verdicts(again) == verdicts(run.database), "what was saved is judged as it was live"
