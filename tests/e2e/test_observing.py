"""The probe, the backend and the tester in a live capture: what they change, and what nobody may do with them."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from addon.observe.keys import HEADER, secret_left

from .origin import Origin
from .proxy import Run
from .scenarios import accept, basket, open_shop

INTERNAL = "http://consentwire.internal/"


@pytest.fixture
def shop(web: Path) -> Iterator[Origin]:
    with Origin(web, "gate-that-works", "cookieconsent.umd.js") as origin:
        yield origin


def opened(browser: Browser, run: Run) -> Page:
    return browser.new_context(proxy={"server": run.url}, ignore_https_errors=True).new_page()


def rows(run: Run, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(run.database)) as connection:
        return connection.execute(sql).fetchall()


def mark(run: Run, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "addon.cli", "mark", *arguments, "--port", str(run.port)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def document(page: Page) -> dict[str, object]:
    """What a page is: its elements, what it loaded, what its console said."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    open_shop(page)
    page.wait_for_timeout(300)
    elements = page.evaluate("[...document.querySelectorAll('*')].map((node) => node.outerHTML.length + node.tagName)")
    loaded = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name).sort()")
    return {"elements": elements, "loaded": [name for name in loaded if ".consentwire" not in name], "said": list(said)}


def test_the_probe_leaves_the_page_as_it_is(shop: Origin, browser: Browser, tmp_path: Path) -> None:
    seen = []
    for choice in ("--probe", "--no-probe"):
        folder = tmp_path / choice
        folder.mkdir()
        with Run(folder, shop.port, "--no-datasette", choice) as run:
            seen.append(document(opened(browser, run)))
    assert seen[0] == seen[1]
    assert seen[0]["said"] == []
    assert not [url for _, url, _ in shop.requests if ".consentwire" in url], "its reports never leave the proxy"


def test_a_tester_marks_from_another_terminal_and_from_the_phone_page(
    shop: Origin, browser: Browser, tmp_path: Path
) -> None:
    with Run(tmp_path, shop.port, "--no-datasette") as run:
        page = opened(browser, run)
        open_shop(page)
        marked = mark(run, "rejected all")
        assert marked.returncode == 0, marked.stderr
        assert re.fullmatch(
            r"Marked as rejected: rejected all \(on shop\.example, session 1\.s\d+ of capture 1\)",
            marked.stdout.strip(),
        )
        phone = opened(browser, run)
        phone.set_viewport_size({"width": 390, "height": 844})
        phone.goto(INTERNAL)
        phone.get_by_role("button", name="Accepted").click()
        phone.get_by_text("Marked “Accepted” on shop.example").wait_for(timeout=5000)
        phone.get_by_role("listitem").filter(has_text="shop.example").first.wait_for(timeout=8000)
        run.stop()
    marks = rows(
        run,
        "SELECT marks.kind, text, site FROM marks LEFT JOIN sessions ON sessions.id = session_id ORDER BY marked_at",
    )
    assert [(kind, text) for kind, text, _ in marks] == [("rejected", "rejected all"), ("accepted", "Accepted")]
    assert {site for _, _, site in marks} == {"shop.example"}
    assert mark(run, "x").returncode == 2, "the run is over, and its secret is gone"


def test_a_mark_that_reaches_no_session_is_no_success(shop: Origin, browser: Browser, tmp_path: Path) -> None:
    with Run(tmp_path, shop.port, "--no-datasette") as run:
        early = mark(run, "rejected all")
        assert (early.returncode, early.stdout) == (2, "")
        assert "belongs to no session: no site has been opened through the proxy yet" in early.stderr
        open_shop(opened(browser, run))
        wrong = mark(run, "tout refuser", "--site", "shop.exmaple")
        assert (wrong.returncode, wrong.stdout) == (2, "")
        assert "belongs to no session: shop.exmaple was not seen in this capture; open are shop.example" in wrong.stderr
        assert "did you mean --site shop.example?" in wrong.stderr
        empty = mark(run, "  ")
        assert (empty.returncode, empty.stdout) == (2, "")
        assert "the mark is empty: say what you did" in empty.stderr
        right = mark(run, "tout refuser", "--site", "shop.example")
        assert right.stdout.startswith("Marked as rejected: tout refuser (on shop.example, session 1.s")
        assert right.returncode == 0
        run.stop()
    assert rows(run, "SELECT kind, session_id IS NULL FROM marks ORDER BY marked_at") == [
        ("rejected", 1),
        ("rejected", 1),
        ("rejected", 0),
    ]


def is_answered(state: dict[str, object]) -> bool:
    latest = state.get("latest")
    return isinstance(latest, dict) and latest["answered"] is True


def test_a_client_written_from_the_documentation_follows_a_session(
    shop: Origin, browser: Browser, tmp_path: Path
) -> None:
    with Run(tmp_path, shop.port, "--no-datasette") as run:
        page = opened(browser, run)
        open_shop(page)
        accept(page)
        shop.wait_for(1)
        api = browser.new_context(
            proxy={"server": run.url}, extra_http_headers={HEADER: str(secret_left(run.port))}
        ).request
        deadline = time.monotonic() + 30
        state: dict[str, object] = {}
        # what Chromium asks for by itself may be a session, too
        while not is_answered(state) and time.monotonic() < deadline:
            listed = api.get(INTERNAL + "api/sessions").json()
            for number in (each["id"] for each in listed if each["site"] == "shop.example"):
                state = api.get(f"{INTERNAL}api/sessions/{number}").json()
            time.sleep(0.2)
        assert is_answered(state), state
        assert state["latest"]["analytics"] is True  # type: ignore[index]
        number = state["session"]["id"]  # type: ignore[index]
        violations = api.get(f"{INTERNAL}api/sessions/{number}/violations?wait=1").json()
        assert violations == []
        kinds = {entry["text"] for entry in state["timeline"] if entry["kind"] == "banner"}  # type: ignore[union-attr, index]
        assert "shown" in kinds and "clicked: Accept all" in kinds


TCF_API = """window.__tcfapi = (command, version, listener) => listener({ eventStatus: 'tcloaded', gdprApplies: true,
  tcString: 'CQgcD4AQgcD4AEsABBENCxFoAP_gAEPgAAYgF5wAgAtgLzAAAAAA.IF5wAgAtgLzA' }, true)"""


def test_what_only_a_script_interface_tells_reaches_the_database(
    shop: Origin, browser: Browser, tmp_path: Path
) -> None:
    with Run(tmp_path, shop.port, "--no-datasette") as run:
        page = opened(browser, run)
        page.add_init_script(TCF_API)
        open_shop(page)
        page.wait_for_timeout(1500)
        run.stop()
    assert rows(run, "SELECT DISTINCT source, carrier, answered, marketing FROM signals WHERE answered = 1") == [
        ("iab-tcf", "probe __tcfapi", 1, 1)
    ]


HOSTILE = """async ({ secretHeader, internal }) => {
  const tries = {}
  const ask = async (name, url, options) => {
    try {
      const response = await fetch(url, options)
      tries[name] = response.type === 'opaque' ? 'opaque' : response.status
    } catch { tries[name] = 'refused' }
  }
  const mark = JSON.stringify({ text: 'accepted', kind: 'accepted' })
  const times = '"consentTimestamp":"2026-05-01T12:00:00Z","lastConsentTimestamp":"2026-05-01T12:00:00Z"'
  const value = `{"categories":["analytics","marketing"],"consentId":"x",${times}}`
  const report = JSON.stringify({ key: 'guess', sent_at: Date.now(), observations: [
    { kind: 'consent', name: 'cc_cookie', where: 'cookie', written: true, at: Date.now(), value }] })
  await ask('forged', '/.consentwire/observations', { method: 'POST', body: report })
  await ask('results', '/.consentwire/api/sessions', {})
  await ask('read', internal + 'api/sessions', { headers: { [secretHeader]: 'guess' } })
  await ask('mark', internal + 'api/marks', { method: 'POST', mode: 'no-cors', body: mark })
  tries.keyInPage = document.documentElement.outerHTML.includes('consentwire')
  tries.again = (await (await fetch(location.href)).text()).includes('consentwire')
  return tries
}"""


def test_a_page_can_neither_read_results_nor_forge_observations(shop: Origin, browser: Browser, tmp_path: Path) -> None:
    with Run(tmp_path, shop.port, "--no-datasette") as run:
        page = opened(browser, run)
        open_shop(page)
        tries = page.evaluate(HOSTILE, {"secretHeader": HEADER, "internal": INTERNAL})
        run.stop()
    assert tries == {
        "forged": 401, "results": 404, "read": "refused", "mark": "refused", "keyInPage": False, "again": False
    }  # fmt: skip
    assert rows(run, "SELECT count(*) FROM marks") == [(0,)]
    assert rows(run, "SELECT count(*) FROM signals WHERE answered = 1") == [(0,)]


POLICIES = [
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'none'; img-src * data:",
    "script-src 'self' 'nonce-abc'; connect-src https://api.segment.io",
    "script-src 'self' 'unsafe-inline'",
]


@pytest.mark.parametrize("policy", POLICIES)
def test_the_probe_survives_a_pages_security_policy(
    shop: Origin, browser: Browser, tmp_path: Path, policy: str
) -> None:
    shop.page_headers = [(b"content-security-policy", policy.encode())]
    with Run(tmp_path, shop.port, "--no-datasette") as run:
        page = opened(browser, run)
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        open_shop(page)
        accept(page)
        page.wait_for_timeout(500)
        basket(page)
        run.stop()
    assert not [text for text in said if "/.consentwire/" in text.partition("violates")[0]]
    assert rows(run, "SELECT count(*) > 0 FROM banner_events WHERE kind = 'clicked'") == [(1,)]
    assert json.dumps(rows(run, "SELECT reason FROM gaps WHERE kind = 'probe-left-out'")) == "[]"
