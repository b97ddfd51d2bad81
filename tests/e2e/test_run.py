"""``consentwire run`` as a tester meets it: its own browser, its pages while it captures, its end."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser as PlaywrightBrowser
from playwright.sync_api import Playwright

from addon.launcher.browser import Browser

from .origin import Origin
from .proxy import Started as Run
from .proxy import free_port
from .scenarios import SHOP, buy, open_shop


@pytest.fixture
def shop(web: Path) -> Iterator[Origin]:
    with Origin(web, "leak-before-choice", "cookieconsent.umd.js") as origin:
        yield origin


def test_the_isolated_browser_goes_through_the_proxy_and_trusts_it(
    shop: Origin, chromium: str, driver: Playwright, tmp_path: Path
) -> None:
    del chromium  # it is found by name, as a tester's is; this says that it is there
    with Run(tmp_path, shop.port) as run:
        debugging = free_port()
        extra = ("--headless=new", f"--remote-debugging-port={debugging}")
        browser = Browser("chromium", run.port, tmp_path / "conf" / "mitmproxy-ca-cert.pem", (), extra)
        try:
            # no certificate is installed and none is ignored: only the proxy's own key is trusted
            wait_until_listening(debugging)
            connected = driver.chromium.connect_over_cdp(f"http://127.0.0.1:{debugging}")
            page = connected.contexts[0].pages[0]
            page.goto(SHOP, wait_until="load")
            assert page.title() == "Shop"
            shop.wait_for(1)
        finally:
            browser.close()
        assert run.stop() == 0, run.output
    with closing(sqlite3.connect(run.database)) as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchone()[0] >= 1


def test_datasette_reads_the_database_while_it_grows_and_ctrl_c_leaves_it_complete(
    shop: Origin, browser: PlaywrightBrowser, tmp_path: Path
) -> None:
    port = free_port()
    with Run(tmp_path, shop.port, "--datasette-port", str(port)) as run:
        context = browser.new_context(proxy={"server": run.url}, ignore_https_errors=True)
        page = context.new_page()
        open_shop(page)
        shop.wait_for(1)
        first = rows_in(port, "events", at_least=1)
        buy(page, shop)
        assert rows_in(port, "events", at_least=first + 1) > first
        context.close()
        assert run.stop() == 0, run.output
    with closing(sqlite3.connect(run.database)) as connection:
        assert connection.execute("SELECT ended_at FROM captures").fetchone()[0] is not None
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert not run.database.with_suffix(".db-wal").exists() or not run.database.with_suffix(".db-wal").stat().st_size
    assert "findings" in run.output


def test_what_browses_through_the_proxy_cannot_reach_consentwires_own_pages(
    shop: Origin, browser: PlaywrightBrowser, tmp_path: Path
) -> None:
    port = free_port()
    with Run(tmp_path, shop.port, "--datasette-port", str(port)) as run:
        rows_in(port, "captures", at_least=1)
        context = browser.new_context(proxy={"server": run.url, "bypass": "<-loopback>"}, ignore_https_errors=True)
        response = context.new_page().goto(f"http://127.0.0.1:{port}/")
        assert response is not None
        assert response.status == 403
        assert "own pages" in response.text()
        context.close()


def wait_until_listening(port: int, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"nothing listens on port {port}")


def rows_in(port: int, table: str, *, at_least: int, seconds: float = 15) -> int:
    """How many rows Datasette counts, once there are so many."""
    deadline = time.monotonic() + seconds
    count = -1
    while time.monotonic() < deadline:
        try:
            request = Request(f"http://127.0.0.1:{port}/live/{table}.json?_size=1")
            with urlopen(request, timeout=5) as response:
                count = json.load(response)["filtered_table_rows_count"]
        except OSError:
            count = -1
        if count >= at_least:
            return count
        time.sleep(0.1)
    raise AssertionError(f"{table} has {count} rows, expected {at_least}")


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("sleep 1", "The browser was closed. The capture goes on; Ctrl-C ends it."),
        ("echo 'no X server' >&2; exit 1", "The browser ended as soon as it was started (exit code 1: no X server)."),
    ],
)
def test_a_browser_that_is_gone_is_said_and_the_capture_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, text: str
) -> None:
    stand_in = tmp_path / "bin" / "chromium"
    stand_in.parent.mkdir()
    stand_in.write_text(f"#!/bin/sh\n{script}\ntouch {tmp_path}/gone\n")
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", f"{stand_in.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("DISPLAY", ":0")
    with Run(tmp_path, 1, "--no-datasette", "--browser", "chromium") as run:
        deadline = time.monotonic() + 20
        while text not in run.said():
            assert time.monotonic() < deadline, run.said()
            time.sleep(0.1)
        if (tmp_path / "gone").exists():
            assert time.time() - (tmp_path / "gone").stat().st_mtime < 2
        assert f"To open the browser again, as it was: {stand_in} --user-data-dir=" in run.said()
        assert run.stop() == 0, run.output
