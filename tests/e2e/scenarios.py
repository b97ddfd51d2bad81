"""What a person does on which site or app, one scenario a capture. Each becomes a capture that ships."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import BrowserContext, Page

from .origin import RUDDER_CONFIG, Origin

SHOP = "https://www.shop.example/"


@dataclass(frozen=True)
class Scenario:
    """A site or app, and what happens on it."""

    name: str
    """Name of the capture."""
    shows: str
    """What it shows, in a sentence."""
    clean: bool = False
    """Whether it must come out without any finding."""
    site: str | None = None
    """The script below ``web/src/sites``, if a browser is involved."""
    banner: str = "cookieconsent.umd.js"
    browse: Callable[[Page, Origin], None] | None = None
    probe: bool = False
    """Whether the in-page probe is in its pages; most captures show what the wire alone can tell."""
    answers: dict[str, object] = field(default_factory=dict, hash=False)
    """What the page asks for besides, by host and path."""
    program: Callable[[Path, str, Origin], None] | None = None
    """What runs instead of a browser: takes the bundles, the proxy's address and the origin."""


def close(context: BrowserContext) -> None:
    """Closes a person's windows. Chromium without windows drops their pages unheard, so that each is left first."""
    for page in context.pages:
        page.goto("about:blank")
    context.close()


def open_shop(page: Page) -> None:
    page.goto(SHOP, wait_until="load")
    banner = page.locator("#cc-main .cm, .klaro .cookie-notice, .klaro .cookie-modal")
    banner.first.wait_for(state="visible", timeout=10_000)


def accept(page: Page) -> None:
    page.locator("#cc-main .cm [data-role=all], .klaro .cm-btn-success, .klaro .cm-btn-accept-all").first.click()


def reject(page: Page) -> None:
    page.locator("#cc-main .cm [data-role=necessary], .klaro .cm-btn-decline, .klaro .cn-decline").first.click()


def accept_only(page: Page, category: str) -> None:
    page.locator("#cc-main .cm [data-role=show]").click()
    page.locator("#cc-main .pm").wait_for(state="visible")
    # the switch is drawn over its checkbox, so that a click at its place does not reach it
    page.locator(f"#cc-main .pm input.section__toggle[value={category}]").evaluate("toggle => toggle.click()")
    page.locator("#cc-main .pm [data-role=save]").click()


def withdraw(page: Page) -> None:
    page.evaluate("CookieConsent.showPreferences()")
    page.locator("#cc-main .pm [data-role=necessary]").click()


def buy(page: Page, origin: Origin) -> None:
    before = len(origin.messages())
    page.locator("#buy").click()
    origin.wait_for(before + 1)


def basket(page: Page) -> None:
    page.goto(SHOP + "basket", wait_until="load")


def account(page: Page) -> None:
    page.goto(SHOP + "account", wait_until="load")


def _leak_before_choice(page: Page, origin: Origin) -> None:
    open_shop(page)
    origin.wait_for(1)
    buy(page, origin)
    accept(page)
    basket(page)
    origin.wait_for(3)
    buy(page, origin)
    account(page)
    origin.wait_for(5)


def _gate_that_works(page: Page, origin: Origin) -> None:
    open_shop(page)
    page.locator("#buy").click()  # held back until the choice
    accept(page)
    origin.wait_for(2)
    basket(page)
    buy(page, origin)
    account(page)
    origin.wait_for(5)


def _refusal_ignored(page: Page, origin: Origin) -> None:
    open_shop(page)
    reject(page)
    origin.wait_for(1)
    basket(page)
    origin.wait_for(2)
    buy(page, origin)
    account(page)
    origin.wait_for(4)


def _accept_undated(page: Page, origin: Origin) -> None:
    open_shop(page)
    accept(page)
    origin.wait_for(1)
    buy(page, origin)
    basket(page)
    origin.wait_for(3)
    account(page)
    origin.wait_for(4)


def _withdrawal_ignored(page: Page, origin: Origin) -> None:
    open_shop(page)
    accept(page)
    origin.wait_for(1)
    basket(page)
    origin.wait_for(2)
    withdraw(page)
    buy(page, origin)
    account(page)
    origin.wait_for(4)
    buy(page, origin)


def _marketing_pixel(page: Page, origin: Origin) -> None:
    open_shop(page)
    accept_only(page, "analytics")
    origin.wait_for(1)
    basket(page)
    buy(page, origin)
    account(page)
    origin.wait_for(4)


def _stamp_that_tells_the_truth(page: Page, origin: Origin) -> None:
    open_shop(page)
    accept_only(page, "analytics")
    origin.wait_for(1)
    basket(page)
    buy(page, origin)
    account(page)
    origin.wait_for(4)


def _custom_domain(page: Page, origin: Origin) -> None:
    open_shop(page)
    origin.wait_for(1)
    buy(page, origin)
    basket(page)
    origin.wait_for(3)


def _batching(page: Page, origin: Origin) -> None:
    open_shop(page)
    accept(page)
    for _ in range(4):
        page.locator("#buy").click()
    origin.wait_for(5)
    basket(page)
    origin.wait_for(6)


def _server_source(_: Path, proxy: str, origin: Origin) -> None:
    script = Path(__file__).with_name("server_source.py")
    environment = os.environ | {"HTTPS_PROXY": proxy, "https_proxy": proxy, "NO_PROXY": ""}
    subprocess.run([sys.executable, str(script)], env=environment, check=True, timeout=60)
    origin.wait_for(3)


def _mobile_batch(web: Path, proxy: str, origin: Origin) -> None:
    environment = os.environ | {"PROXY": proxy, "NODE_TLS_REJECT_UNAUTHORIZED": "0", "NODE_NO_WARNINGS": "1"}
    subprocess.run(["node", str(web / "app" / "mobile-batch.cjs")], env=environment, check=True, timeout=60)
    origin.wait_for(4)


def _refused_and_stayed(page: Page, origin: Origin) -> None:
    open_shop(page)
    reject(page)
    origin.wait_for(1)
    buy(page, origin)
    page.wait_for_timeout(600)


def _never_navigates(page: Page, origin: Origin) -> None:
    open_shop(page)
    accept(page)
    origin.wait_for(1)
    buy(page, origin)
    page.wait_for_timeout(1500)


def _ignored_banner(page: Page, origin: Origin) -> None:
    open_shop(page)
    origin.wait_for(1)
    buy(page, origin)
    page.wait_for_timeout(2600)


def _others_ask_nobody(page: Page, origin: Origin) -> None:
    def trackers() -> int:
        return sum(url.endswith("/tp2") and method == "POST" for method, url, _ in origin.requests)

    open_shop(page)
    origin.wait_until(lambda: trackers() >= 1, "Snowplow's first event")
    origin.wait_for(1)
    reject(page)
    buy(page, origin)
    basket(page)
    buy(page, origin)
    origin.wait_until(lambda: trackers() >= 4, "Snowplow's fourth event")


SCENARIOS = (
    Scenario(
        "probe-accept-undated",
        "With the probe: the person accepts, never leaves the page, and Segment starts, rightly; the cookie has no date.",
        site="accept-undated-asked",
        banner="klaro.js",
        probe=True,
        browse=_never_navigates,
    ),
    Scenario(
        "probe-ignored-banner",
        "With the probe: nobody answers the banner, the page is never left, and Segment sends all the same.",
        site="leak-before-choice",
        probe=True,
        browse=_ignored_banner,
    ),
    Scenario(
        "probe-refusal-ignored",
        "With the probe: the person refuses, Segment starts all the same, and the page is never left.",
        site="refusal-ignored",
        banner="klaro.js",
        probe=True,
        browse=_refused_and_stayed,
    ),
    Scenario(
        "leak-before-choice",
        "Segment's snippet loads and sends while the banner is still open; the person accepts later.",
        site="leak-before-choice",
        browse=_leak_before_choice,
    ),
    Scenario(
        "gate-that-works",
        "Segment's consent wrapper holds everything back until the person accepts, and stamps every message.",
        clean=True,
        site="gate-that-works",
        browse=_gate_that_works,
    ),
    Scenario(
        "refusal-ignored",
        "The person refuses, and Segment starts all the same.",
        site="refusal-ignored",
        banner="klaro.js",
        browse=_refusal_ignored,
    ),
    Scenario(
        "accept-undated",
        "The person accepts and Segment starts, rightly; but the cookie has no date, so the first page cannot be decided.",
        site="accept-undated",
        banner="klaro.js",
        browse=_accept_undated,
    ),
    Scenario(
        "withdrawal-ignored",
        "The person accepts, withdraws on the next page, and Segment goes on.",
        site="withdrawal-ignored",
        browse=_withdrawal_ignored,
    ),
    Scenario(
        "marketing-pixel",
        "The person accepts analytics only; Segment obeys, and a marketing pixel fires.",
        site="marketing-pixel",
        browse=_marketing_pixel,
    ),
    Scenario(
        "stamp-that-tells-the-truth",
        "The person accepts analytics only, every message says so, and Segment keeps it from marketing destinations.",
        clean=True,
        site="gate-that-works",
        browse=_stamp_that_tells_the_truth,
    ),
    Scenario(
        "stamp-that-lies",
        "The person accepts analytics only, and every message claims marketing too.",
        site="stamp-that-lies",
        browse=_stamp_that_tells_the_truth,
    ),
    Scenario(
        "custom-domain",
        "Segment behind the shop's own domain sends while the banner is open; nobody ever answers it.",
        site="custom-domain",
        browse=_custom_domain,
    ),
    Scenario(
        "batching",
        "analytics.js in batching mode, held back until the person accepts, stamped.",
        clean=True,
        site="batching",
        browse=_batching,
    ),
    Scenario(
        "other-cdps",
        "The person refuses, and Segment obeys; RudderStack, with a destination of its own, and Snowplow never asked.",
        site="other-cdps",
        browse=_others_ask_nobody,
        answers={"api.rudderstack.com/sourceConfig/": RUDDER_CONFIG},
    ),
    Scenario(
        "server-source",
        "A server sends with Segment's Python SDK: two messages without consent, one with it.",
        program=_server_source,
    ),
    Scenario(
        "mobile-batch",
        "An app sends batches with Segment's React Native SDK: one source without its consent plugin, one with it.",
        program=_mobile_batch,
    ),
)
