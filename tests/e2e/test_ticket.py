"""From the first page to a ticket, as a person goes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from ..datasette_plugins.building import analysed, shop
from .test_pages_look import Served


@pytest.fixture
def home(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    served = Served(analysed(tmp_path, shop()))
    served.start()
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(served.url)
    yield page
    context.close()
    served.server.should_exit = True
    served.join(timeout=10)


def test_a_ticket_is_in_the_clipboard_after_two_clicks(home: Page) -> None:
    started = time.monotonic()
    home.locator(".cw-gravest .cw-findings a").first.click()
    home.get_by_role("button", name="Copy as Markdown").click()
    home.get_by_role("button", name="Copied").wait_for()
    assert time.monotonic() - started < 60
    ticket = home.evaluate("navigator.clipboard.readText()")
    assert ticket.startswith("# ")
    for part in ("## Findings", "## Steps", "## Observed", "## How to fix"):
        assert part in ticket


def test_the_list_of_findings_follows_what_is_typed(home: Page) -> None:
    home.get_by_role("link", name="Findings", exact=True).click()
    everything = home.locator(".cw-findings > li").count()
    home.get_by_role("searchbox").press_sequentially("braze")
    home.wait_for_url("**q=braze*")
    found = home.locator(".cw-findings > li")
    assert 0 < found.count() < everything
    assert home.get_by_role("searchbox").input_value() == "braze"
    home.get_by_role("link", name="show all").click()
    assert home.locator(".cw-findings > li").count() == everything
