"""Other vendors' real SDKs beside Segment, each on a page that asks for consent and on one that does not."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from addon.policy import Policy
from addon.runner import Analysis, analyse_files, open_captures, opened

from .origin import Origin
from .proxy import Run
from .scenarios import accept, close, reject
from .sdks import SDKS, Sdk

pytestmark = pytest.mark.xdist_group("sdks")  # they share one capture

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
"""SDKs keep silent in a browser that says it has no head."""
UNDECIDED_PHASES = ("before-choice", "no-signal")


def site_of(sdk: Sdk, behaviour: str) -> str:
    return f"{sdk.name}-{behaviour}.example"


def sent(sdk: Sdk, origin: Origin) -> int:
    """How many requests with events have arrived."""
    prefix = f"https://{sdk.host}{sdk.path}"
    return sum(method == "POST" and url.startswith(prefix) for method, url, _ in origin.requests)


def await_another(sdk: Sdk, origin: Origin, before: int) -> None:
    origin.wait_until(lambda: sent(sdk, origin) > before, f"another event of {sdk.name}")


def play(sdk: Sdk, behaviour: str, page: Page, origin: Origin) -> None:
    """On the page that asks everything is accepted, on the other one everything is refused; then the same on a second page."""
    address = f"https://www.{site_of(sdk, behaviour)}/"
    page.goto(address, wait_until="load")
    page.locator("#cc-main .cm").wait_for(state="visible")
    if behaviour == "leaks":
        await_another(sdk, origin, 0)
        reject(page)
    else:
        page.wait_for_timeout(300)
        assert sent(sdk, origin) == 0
        accept(page)
        await_another(sdk, origin, 0)
    page.locator("#cc-main .cm").wait_for(state="hidden")
    buy(sdk, page, origin)
    before = sent(sdk, origin)
    page.goto(f"{address}basket", wait_until="load")
    await_another(sdk, origin, before)
    buy(sdk, page, origin)


def buy(sdk: Sdk, page: Page, origin: Origin) -> None:
    before = sent(sdk, origin)
    page.locator("#buy").click()
    await_another(sdk, origin, before)


type Kind = tuple[str, str, str | None, str | None, str | None]
"""Rule, phase, vendor, destination and name of what was found."""


@dataclass(frozen=True)
class Seen:
    """What a capture holds of each site."""

    found: dict[str, set[Kind]]
    names: dict[str, set[str]]
    """The names of what was sent to whom: messages and hits."""


def read(database: Path) -> Seen:
    found: dict[str, set[Kind]] = {}
    names: dict[str, set[str]] = {}
    with closing(sqlite3.connect(database)) as connection:
        for site, rule, phase, *rest in connection.execute(
            "SELECT site, rule, phase, vendor, destination, event_name FROM violations"
            " WHERE verdict IN ('confirmed', 'likely')"
        ):
            # whether an answer was seen later makes no difference to what was lacking
            stage = "unanswered" if phase in UNDECIDED_PHASES else phase
            found.setdefault(site, set()).add((rule, stage, *rest))
        for site, name in connection.execute(
            "SELECT site, name FROM events JOIN sessions ON sessions.id = session_id WHERE cdp <> 'segment'"
            " UNION SELECT site, name FROM hits JOIN sessions ON sessions.id = session_id"
        ):
            names.setdefault(site, set()).add(name)
    return Seen(found, names)


@pytest.fixture(scope="module")
def seen(web: Path, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """Every SDK on both of its pages, through one capture."""
    folder = tmp_path_factory.mktemp("sdks")
    page_of_all = (web / "page" / "sdk.html").read_text(encoding="utf-8")
    with Origin(web, "", "") as origin, Run(folder, origin.port, "--no-datasette", "--probe") as run:
        for sdk in SDKS:
            origin.answers |= sdk.answers
            for behaviour in ("gates", "leaks"):
                document = page_of_all.replace("NAME", sdk.name).replace("BEHAVIOUR", behaviour)
                origin.pages[f"www.{site_of(sdk, behaviour)}"] = document
                origin.requests.clear()
                context = browser.new_context(proxy={"server": run.url}, ignore_https_errors=True, user_agent=AGENT)
                context.set_default_timeout(15_000)
                play(sdk, behaviour, context.new_page(), origin)
                close(context)
        assert run.stop() == 0, run.output
    live = read(run.database)
    with opened(folder / "again.db") as store:
        (result,) = analyse_files(open_captures([run.flows]), store, Policy())
    assert isinstance(result, Analysis), result
    assert read(folder / "again.db") == live
    yield live


@pytest.mark.parametrize("sdk", SDKS, ids=lambda sdk: sdk.name)
def test_a_vendor_that_asks_is_not_accused(sdk: Sdk, seen: Seen) -> None:
    assert seen.found.get(site_of(sdk, "gates"), set()) == set()


@pytest.mark.parametrize("sdk", SDKS, ids=lambda sdk: sdk.name)
def test_a_vendor_that_asks_nobody_is_found_before_the_choice_and_after_the_refusal(sdk: Sdk, seen: Seen) -> None:
    found = seen.found[site_of(sdk, "leaks")]
    rule = "event-without-consent" if sdk.is_cdp else "destination-without-consent"
    page, order = sdk.names if sdk.is_cdp else (sdk.page, sdk.order)
    for name, phases in ((page, ("unanswered", "after-denial")), (order, ("after-denial",))):
        for phase in phases:
            assert (rule, phase, sdk.name, None, name) in found
    for cookie in sdk.cookies:
        assert ("cookie-without-consent", "after-denial", sdk.name, None, cookie) in found
    for vendor, destination in sdk.destinations:
        assert ("fanout-without-consent", "after-denial", vendor, destination, order) in found
    allowed = {rule, "cookie-without-consent", "fanout-without-consent", *sdk.also}
    assert {kind[0] for kind in found} <= allowed, "nothing else is found"
    assert {kind[2] for kind in found} == {sdk.name, *(vendor for vendor, _ in sdk.destinations)}


@pytest.mark.parametrize("sdk", SDKS, ids=lambda sdk: sdk.name)
def test_what_is_sent_is_read_to_the_names_of_its_events(sdk: Sdk, seen: Seen) -> None:
    for behaviour in ("gates", "leaks"):
        assert {sdk.page, sdk.order} <= seen.names[site_of(sdk, behaviour)]
