"""A page with the probe in it, without a proxy: what it reports is read as the backend would."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, Route

from addon.observations import REPORTS, BannerSeen, ConsentAsked, ConsentValue, parse_report
from addon.observe.keys import Keys
from addon.observe.probe import Probe
from vendor_catalog import shipped_catalogue

URL = "https://www.shop.example/"


@dataclass
class Probed:
    """One page, and what it told."""

    page: Page
    bodies: list[bytes] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    """Console errors, and errors that nobody caught."""

    @property
    def states(self) -> list[ConsentAsked]:
        return [each for each in self._observations() if isinstance(each, ConsentAsked)]

    @property
    def values(self) -> list[ConsentValue]:
        return [each for each in self._observations() if isinstance(each, ConsentValue)]

    @property
    def banners(self) -> list[BannerSeen]:
        return [each for each in self._observations() if isinstance(each, BannerSeen)]

    def _observations(self) -> list[object]:
        return [each for body in list(self.bodies) for each in parse_report(body).observations]

    def wait(self, done: Callable[[Probed], object], seconds: float = 8) -> None:
        """Waits until what was told fulfils a condition."""
        deadline = time.monotonic() + seconds
        while not done(self):
            if time.monotonic() > deadline:
                raise AssertionError(f"told so far: {self.states} {self.banners}; console: {self.said}")
            self.page.wait_for_timeout(50)


@contextmanager
def probed(
    browser: Browser, head: str = "", body: str = "", *, with_probe: bool = True, files: Path | None = None
) -> Iterator[Probed]:
    """Opens a page with this in its head and body; what it loads comes from a folder."""
    context = browser.new_context()
    opened = Probed(context.new_page())
    script = Probe(shipped_catalogue(), Keys())._script("k", "n").decode() if with_probe else ""
    html = f'<!doctype html><html><head><meta charset="utf-8">{script}{head}</head><body>{body}</body></html>'

    def answer(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        if route.request.url.endswith(REPORTS):
            opened.bodies.append(route.request.post_data_buffer or b"")
            route.fulfill(status=200, body="{}")
        elif route.request.resource_type == "document":
            route.fulfill(status=200, content_type="text/html", body=html)
        elif files is not None and (files / name).is_file():
            route.fulfill(path=files / name)
        else:
            route.fulfill(status=204, body="")

    context.route("**/*", answer)
    opened.page.on("console", lambda message: opened.said.append(message.text) if message.type == "error" else None)
    opened.page.on("pageerror", lambda error: opened.said.append(str(error)))
    opened.page.goto(URL)
    yield opened
    context.close()
