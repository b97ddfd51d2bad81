"""Real consent managers, each with a page that obeys them and pages that do not: no false accusation, and no miss."""

from __future__ import annotations

import sqlite3
import traceback
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from mitmproxy.io import FlowReader, FlowWriter
from playwright.sync_api import Browser, Page

from addon.analysis import Analysis, analyse, opened
from addon.policy import Policy
from addon.readers.flows import OWN

from .libraries import LIBRARIES, Library
from .origin import Origin
from .proxy import Run

GATES, EAGER, DEAF = "gates", "sends-at-once", "ignores-the-answer"
"""Scripts below ``web/src/sites``: one obeys, one asks nobody, one waits for an answer and does not listen to it."""


@dataclass(frozen=True)
class Case:
    """What a person does on one page. Each has a site of its own, so that all can share a capture."""

    library: Library
    choice: str
    behaviour: str

    def __str__(self) -> str:
        return f"{self.library.name}-{self.choice}-{self.behaviour}"

    @property
    def site(self) -> str:
        return f"{self}.example"

    @property
    def address(self) -> str:
        return f"https://www.{self.site}/"


CHOICES = (
    ("ignore", EAGER),
    ("accept", EAGER),
    ("reject", DEAF),
    ("partial", DEAF),
    ("withdraw", DEAF),
)
"""What a person chooses, and the page on which that is not respected."""

CASES = [
    Case(library, choice, behaviour)
    for library in LIBRARIES
    for choice, leaking in CHOICES
    if choice != "partial" or library.partial is not None
    for behaviour in (GATES, leaking)
]
STAYS = [Case(library, "stay", GATES) for library in LIBRARIES]


def play(case: Case, page: Page, origin: Origin) -> None:
    """Makes the choice of a case, and goes on to further pages, unless it is to stay."""
    library, leaks = case.library, case.behaviour != GATES
    page.goto(case.address, wait_until="load")
    page.locator(library.banner).first.wait_for(state="visible", timeout=10_000)
    page.wait_for_timeout(library.settles)
    if case.behaviour == EAGER:
        origin.wait_for(1)
    match case.choice:
        case "accept" | "withdraw" | "stay":
            page.locator(library.accept).click()
        case "reject":
            page.locator(library.reject).click()
        case "partial":
            assert library.partial is not None
            library.partial(page)
        case _:
            page.wait_for_timeout(300)
    sends = leaks or case.choice not in ("reject", "ignore")
    if sends:
        origin.wait_for(1)
        act(page, origin)
    else:
        page.wait_for_timeout(300)
    if case.choice == "stay":
        page.wait_for_timeout(600)
        return
    visit(page, case.address + "basket", origin, sends=sends)
    if case.choice == "withdraw":
        library.withdraw(page)
        page.wait_for_timeout(700)
        sends = leaks
    visit(page, case.address + "account", origin, sends=sends)
    if sends:
        act(page, origin)


def visit(page: Page, address: str, origin: Origin, *, sends: bool) -> None:
    before = len(origin.messages())
    page.goto(address, wait_until="load")
    if sends:
        origin.wait_for(before + 1)
    else:
        page.wait_for_timeout(200)


def act(page: Page, origin: Origin) -> None:
    before = len(origin.messages())
    page.locator("#buy").click()
    origin.wait_for(before + 1)


def test_debug(web, browser, tmp_path, request):
    import os, time
    wanted = os.environ["CASES"].split(",")
    cases = [case for case in CASES + STAYS if any(w in str(case) for w in wanted)]
    pages = {}
    for case in cases:
        page = (web / "page" / f"{case.library.name}.html").read_text()
        pages[f"www.{case.site}"] = page.replace("BEHAVIOUR", case.behaviour)
    with Origin(web, "", "") as origin, Run(tmp_path, origin.port, "--no-datasette", "--probe") as run:
        origin.pages = pages
        for case in cases:
            origin.requests.clear()
            t = time.time()
            context = browser.new_context(proxy={"server": run.url}, ignore_https_errors=True, locale="en-GB")
            page = context.new_page()
            page.set_default_timeout(4000)
            page.on("console", lambda m: print("   console", m.type, m.text[:200]))
            page.on("pageerror", lambda e: print("   pageerror", e))
            try:
                play(case, page, origin)
            except Exception as e:
                print("FAILED", case, str(e)[:300]); print(page.evaluate("[document.cookie, window.consent.answered()]"))
            context.close()
            print(case, round(time.time() - t, 2), [m.get("event") or m["type"] for m in origin.messages()])
        assert run.stop() == 0
    import shutil
    shutil.copy(run.database, "/tmp/e2e-debug.db"); shutil.copy(run.flows, "/tmp/e2e-debug.mitm")
    with closing(sqlite3.connect(run.database)) as c:
        for case in cases:
            print("==", case)
            for row in c.execute("select rule,verdict,phase,vendor,category,event_name,count(*) from violations where site=? and verdict<>'cleared' group by 1,2,3,4,5,6", (case.site,)):
                print("    ", row)
