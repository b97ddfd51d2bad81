"""Every page in a real Chromium, light and dark, wide and narrow: axe-core finds nothing, and nothing is cut off sideways."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page

from addon.launcher.datasette_server import application

from ..datasette_plugins.building import analysed, shop, undated
from ..datasette_plugins.test_security import hostile

WIDTHS = (1440, 390)
LOOKS = [("light", 1440), ("dark", 390)]
"""Colours differ by scheme and layout by width, so that these two show both of each."""
PARTS = 4
"""Tests among which the pages are divided."""
DATASETTE = ("/-/plugins", "/-/versions", "/-/settings", "/-/databases", "/-/metadata", "/-/threads", "/-/actor")
"""Pages of Datasette's that say how it runs. Its tools for developers (patterns, permissions ...) are left out."""
ERRORS = (
    *(
        "/nosuch",
        "/a/b/c/d/e",
        "/sample/-/sessions/9.s9",
        "/sample/findings?_sort=nosuch",
        "/sample?sql=delete",
        "/sample.db",
    ),
    *("/sample?sql=select+x+from+findings", f"/sample/{'W' * 3000}", "/sample/-/vendors/" + "%F0%9F%91%A9~" * 500),
)
QUERIES = (
    "/sample?sql=select+id,+payload+from+events",
    "/sample?sql=select+:one,+:two",
    "/sample?sql=select+1+where+0",
    "/sample/violations?verdict=confirmed&phase__not=x&_facet=site&_facet=phase",
    "/sample/findings?rule=nosuch",
    "/sample/events?_col=payload&_sort=name",
)


class Served(threading.Thread):
    """Datasette over a database, as ``consentwire serve`` runs it."""

    def __init__(self, database: Path) -> None:
        super().__init__(daemon=True)
        config = uvicorn.Config(application(database).app(), port=0, log_level="error", lifespan="on")
        self.server = uvicorn.Server(config)

    def run(self) -> None:
        asyncio.run(self.server.serve())

    @property
    def url(self) -> str:
        deadline = time.monotonic() + 20
        while not self.server.started and time.monotonic() < deadline:
            time.sleep(0.05)
        return f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"


def addresses(database: Path, rows: int) -> list[str]:
    """Every kind of page; of each table its list and so many rows, as they are stored and on our pages."""
    found = ["/", "/sample", "/sample/-/vendors", *DATASETTE, *QUERIES, *ERRORS]
    found += [f"/sample/-/vendors/{vendor}" for vendor in ("segment", "meta-pixel", "google-analytics-4")]
    with sqlite3.connect(database) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            found.append(f"/sample/{table}")
            key = connection.execute(f"SELECT name FROM pragma_table_info('{table}') WHERE pk ORDER BY pk").fetchall()
            columns = ", ".join(name for (name,) in key) or "rowid"
            for values in connection.execute(f"SELECT {columns} FROM {table} LIMIT {rows}"):
                found.append(f"/sample/{table}/{','.join(str(value).replace('.', '~2E') for value in values)}")
                if table in ("sessions", "events", "violations", "findings"):
                    found.append(f"/sample/-/{table}/{values[0]}")
    return found


@pytest.fixture(scope="module")
def axe(packages: Path) -> str:
    return (packages / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return analysed(tmp_path_factory.mktemp("plain"), shop(), undated())


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a site that wants to do harm sends: markup, formulas, a name of a megabyte, an emoji that breaks nowhere."""
    return analysed(tmp_path_factory.mktemp("strange"), hostile())


@pytest.fixture(scope="module")
def serving() -> Iterator[Any]:
    running: list[Served] = []

    def serve(database: Path) -> str:
        running.append(Served(database))
        running[-1].start()
        return running[-1].url

    yield serve
    for each in running:
        each.server.should_exit = True
        each.join(timeout=10)


@pytest.fixture
def opened(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(bypass_csp=True)
    yield context.new_page()
    context.close()


def look(page: Page, scheme: str, width: int) -> None:
    """Shows the page that is open in a colour scheme and a width."""
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") == (scheme == "dark")


def cut_off(page: Page) -> list[tuple[str, str]]:
    """How far the page can be scrolled sideways, if it can."""
    beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [("cut off sideways", f"{beyond} px")] if beyond > 0 else []


def faults(page: Page) -> list[tuple[str, str]]:
    """What axe-core finds, and whether the page is cut off."""
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert len(result["passes"]) > 10, "axe-core did not look at the page"
    return cut_off(page) + [(each["id"], each["nodes"][0]["html"][:300]) for each in result["violations"]]


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_can_be_used_by_everybody(opened: Page, axe: str, plain: Path, serving: Any, part: int) -> None:
    base = serving(plain)
    wrong: dict[tuple[str, str, int], list[tuple[str, str]]] = {}
    for address in addresses(plain, rows=1)[part::PARTS]:
        opened.goto(base + address)
        opened.evaluate(axe)
        for scheme, width in LOOKS:
            look(opened, scheme, width)
            if found := faults(opened):
                wrong[address[:80], scheme, width] = found
    assert not wrong


def test_the_layout_holds_whatever_a_site_sends(opened: Page, strange: Path, serving: Any) -> None:
    base = serving(strange)
    wrong: dict[tuple[str, int], list[tuple[str, str]]] = {}
    dialogs: list[str] = []
    opened.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    with sqlite3.connect(strange) as connection:
        worst = connection.execute("SELECT id FROM events ORDER BY length(name) DESC, id LIMIT 6").fetchall()
        accused = connection.execute(
            "SELECT id FROM violations WHERE event_name LIKE '%👩%' OR length(event_name) > 900"
        )
        chosen = [f"/sample/-/events/{key}" for (key,) in worst]
        chosen += [f"/sample/-/violations/{key}" for (key,) in accused.fetchmany(6)]
        fingerprints = connection.execute(
            "SELECT fingerprint FROM findings WHERE event_name LIKE '%👩%' OR length(event_name) > 900"
        )
        chosen += [
            f"/sample/{kind}/{key}" for (key,) in fingerprints.fetchmany(6) for kind in ("findings", "-/findings")
        ]
    for address in [*chosen, "/sample/events?_facet=name&_facet_size=max", *addresses(strange, rows=1)]:
        opened.goto(base + address)
        for width in WIDTHS:
            look(opened, "light", width)
            if found := cut_off(opened):
                wrong[address[:80], width] = found
    assert not wrong
    assert not dialogs
