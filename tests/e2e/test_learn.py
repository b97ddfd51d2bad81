"""A tester teaches banners that nobody has described, in a real browser; afterwards a live capture decides what people choose in them."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from .proxy import HERE, Run, free_port

SITE = "http://www.shop.example/"
PAGE = """<!doctype html><html><head><meta charset="utf-8"><title>Shop</title><link rel="icon" href="data:,"></head><body>
<button id="accept">Alles klar</button> <button id="reject">Lieber nicht</button> <button id="partly">Nur Zahlen</button>
<a id="next" href="/next">Next</a><script>
const visitor = '0b6c1d3e-5a4f-4c1e-9d2b-' + String(Math.random()).slice(2, 14)
const store = (s, a) => { %s }
accept.onclick = () => store(true, true)
reject.onclick = () => store(false, false)
partly.onclick = () => store(true, false)
window.send = () => new Image().src = 'http://dis.criteo.com/dis/usersync.aspx?r=' + Math.random()
</script></body></html>"""
BANNERS = {
    "cookie": "document.cookie = 'flow_choice=' + encodeURIComponent(JSON.stringify({v: 2, id: visitor, at: Date.now(),"
    " purposes: {p0: true, p1: s, p2: a}})) + ';path=/'",
    "storage": "localStorage.setItem('stack.status', JSON.stringify({visitor, status: s && a ? 'all' : s ? 'figures' : 'none'}))",
    "nothing": "document.cookie = 'banner_closed=1;path=/'",
}

AFTER = {1: "leave the banner unanswered", 2: "Which single category", 3: "earned"}
"""What is said once an answer was taken in."""


class Shop:
    """A shop with a banner, which stands in for every other host as well."""

    def __init__(self, banner: str) -> None:
        page = (PAGE % BANNERS[banner]).encode()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"

            def do_GET(self) -> None:
                shop = "shop.example" in self.headers.get("host", "")
                content = page if shop and self.path in ("/", "/next") else b""
                self.send_response(200)
                self.send_header("content-type", "text/html; charset=utf-8" if content else "image/gif")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = int(self.server.server_address[1])
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    made = Shop(request.param)
    yield made
    made.server.shutdown()
    made.server.server_close()


class Lesson:
    """``consentwire learn`` in a process of its own, as a tester holds it."""

    def __init__(self, folder: Path, origin: int) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "addon.cli", "learn", SITE, "--browser", "none", "--port", str(self.port)]
        command += ["--", "-s", str(HERE / "redirect.py"), "--set", "connection_strategy=lazy"]
        self._log = folder / "learn.log"
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=self._log.open("wb"),
            stderr=subprocess.STDOUT,
            env=os.environ | {"CONSENTWIRE_TEST_ORIGIN": str(origin), "COLUMNS": "200"},
        )

    def said(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def wait(self, words: str, times: int = 1) -> None:
        until = time.monotonic() + 60
        while self.said().count(words) < times:
            if self._process.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"{words!r} was not said:\n{self.said()}")
            time.sleep(0.05)

    def type(self, words: str = "") -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{words}\n".encode())
        self._process.stdin.flush()

    def end(self) -> int:
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._process.wait(timeout=60)


def window(browser: Browser, port: int) -> Page:
    return browser.new_context(proxy={"server": f"http://127.0.0.1:{port}"}).new_page()


def answer(lesson: Lesson, browser: Browser, number: int, button: str) -> None:
    lesson.wait("leave the banner unanswered", number)
    page = window(browser, lesson.port)
    page.goto(SITE)
    lesson.type()
    lesson.wait("and press Enter\n", number)
    page.click(f"#{button}")
    page.click("#next")
    page.wait_for_url("**/next")
    lesson.type()
    lesson.wait(AFTER[number], number + 1 if number == 1 else 1)
    page.context.close()


def taught(folder: Path, shop: Shop, browser: Browser) -> Lesson:
    lesson = Lesson(folder, shop.port)
    answer(lesson, browser, 1, "accept")
    answer(lesson, browser, 2, "reject")
    lesson.wait("Which single category")
    lesson.type("analytics")
    lesson.wait("Which others")
    lesson.type("marketing")
    answer(lesson, browser, 3, "partly")
    return lesson


def verdicts(folder: Path, shop: Shop, browser: Browser, *choices: str, probe: bool) -> list[tuple[str, str]]:
    """What a live capture says of a pixel that is sent after each choice."""
    door = "--probe" if probe else "--no-probe"
    (folder / door).mkdir()
    with Run(folder / door, shop.port, "--no-datasette", door, "--policy", str(folder / "consentwire.toml")) as run:
        page = window(browser, run.port)
        page.goto(SITE)
        for choice in choices:
            page.click(f"#{choice}")
            page.wait_for_timeout(300)
            page.goto(f"{SITE}next")
            page.wait_for_timeout(400)
            page.evaluate("send()")
            page.wait_for_timeout(300)
            page.goto(SITE)
            page.wait_for_timeout(400)
        page.context.close()
        run.stop()
        with closing(sqlite3.connect(run.database)) as connection:
            sql = (
                "SELECT verdict, phase FROM violations WHERE rule = 'destination-without-consent' ORDER BY occurred_at"
            )
            found = connection.execute(sql).fetchall()
    return [(verdict, phase) for verdict, phase in found if verdict != "cleared"]


@pytest.mark.parametrize("shop", ["cookie", "storage"], indirect=True)
def test_after_the_lesson_each_choice_is_decided(
    shop: Shop, browser: Browser, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    lesson = taught(tmp_path, shop, browser)
    lesson.wait("Write it into catalogue? y or n")
    said = lesson.said()
    assert "p1 stands for analytics, p2 stands for marketing" in said or "figures" in said
    assert "0b6c1d3e-5a4f" not in said
    lesson.type("y")
    assert lesson.end() == 0, lesson.said()
    assert (tmp_path / "catalogue" / "cmps" / "shop-example-banner.toml").is_file()
    denied, withdrawn = ("confirmed", "after-denial"), ("confirmed", "after-withdrawal")
    in_cookie = "cookie" in request.node.callspec.id
    for probe in (True, False) if in_cookie else (True,):
        assert verdicts(tmp_path, shop, browser, "reject", "accept", "partly", probe=probe) == [denied, withdrawn]


@pytest.mark.parametrize("shop", ["nothing"], indirect=True)
def test_a_banner_that_stores_nothing_of_the_choice_is_refused_with_the_reason(
    shop: Shop, browser: Browser, tmp_path: Path
) -> None:
    lesson = taught(tmp_path, shop, browser)
    lesson.wait("Answer once more?")
    assert "the cookie banner_closed: it says the same after accepting and after rejecting" in lesson.said()
    lesson.type()
    assert lesson.end() == 3
    assert not (tmp_path / "catalogue").exists()
