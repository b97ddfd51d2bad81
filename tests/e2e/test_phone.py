"""A phone beside a live capture: who is let in, what its page shows, and what its programs refuse."""

from __future__ import annotations

import re
import socket
import sqlite3
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

from .origin import Origin
from .proxy import Run
from .scenarios import accept, buy, open_shop

INTERNAL = "http://consentwire.internal/"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
LIGHT_AND_DARK = ("light", "dark")


@pytest.fixture
def shop(web: Path) -> Iterator[Origin]:
    with Origin(web, "leak-before-choice", "cookieconsent.umd.js") as origin:
        yield origin


def phone(browser: Browser, run: Run, scheme: str = "light") -> Page:
    """A browser as large as a phone's. What Chromium asks its maker by itself (how to fill in the page's form) goes past the proxy:
    it does not trust it, which would stand among what the page shows."""
    context = browser.new_context(
        proxy={"server": run.url, "bypass": "*.googleapis.com"}, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True,
        user_agent=IPHONE, color_scheme=scheme,  # type: ignore[arg-type]
    )  # fmt: skip
    return context.new_page()


def state(page: Page, name: str) -> str:
    """How a step stands, and what is said of it."""
    item = page.locator("#checks li", has_text=name)
    item.wait_for(timeout=10_000)
    # at once: the page draws its list anew every other second
    read = """(name) => {
      const item = [...document.querySelectorAll('#checks li')].find((each) => each.textContent.includes(name))
      return `${item.querySelector('.mark').getAttribute('aria-label')}: ${item.innerText}`
    }"""
    return str(page.evaluate(read, name))


def until(seen: Callable[[], str], wanted: str, seconds: float = 20) -> str:
    deadline = time.monotonic() + seconds
    while wanted not in (found := seen()):
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return found


def tunnel(run: Run, host: str) -> socket.socket:
    """A connection to a host, through the proxy."""
    opened = socket.create_connection(("127.0.0.1", run.port), timeout=10)
    opened.sendall(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n".encode())
    assert b" 200 " in opened.recv(4096)
    return opened


def refuse(run: Run, host: str) -> None:
    """An app that does not trust the proxy's authority."""
    with tunnel(run, host) as opened, pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(opened, server_hostname=host)


def look_and_leave(run: Run, host: str) -> None:
    """An app that completes the handshake, compares the certificate with its own, and leaves."""
    trusting = ssl.create_default_context(cafile=run.folder / "conf" / "mitmproxy-ca-cert.pem")
    with tunnel(run, host) as opened, trusting.wrap_socket(opened, server_hostname=host) as secure:
        assert secure.getpeercert(binary_form=True)


def test_the_page_shows_how_far_a_device_has_come(shop: Origin, browser: Browser, tmp_path: Path) -> None:
    with Run(tmp_path, shop.port, "--no-datasette") as run:
        page = phone(browser, run)
        page.goto(INTERNAL)
        until(lambda: state(page, "Traffic seen"), "not yet")
        assert "Certificate Trust Settings" in state(page, "TLS trusted")
        refuse(run, "api.segment.io")
        until(lambda: state(page, "TLS trusted"), "not yet: ○\nTLS trusted\nThe proxy's certificate was refused for")
        until(lambda: state(page, "Messages decoded"), "api.segment.io could not be read")
        context = browser.new_context(proxy={"server": run.url}, ignore_https_errors=True)
        site = context.new_page()
        open_shop(site)
        accept(site)
        buy(site, shop)
        until(lambda: state(page, "Traffic seen"), "yes")
        until(lambda: state(page, "Messages decoded"), "yes")
        until(lambda: state(page, "Consent source found"), "vanilla-cookieconsent")
        until(lambda: page.locator("#sessions").inner_text(), "shop.example")
        context.close()
        refuse(run, "bank.example")
        assert "in part" in until(lambda: state(page, "TLS trusted"), "bank.example")
        run.stop()


@pytest.mark.parametrize("scheme", LIGHT_AND_DARK)
def test_the_page_fits_a_phone(shop: Origin, browser: Browser, tmp_path: Path, scheme: str) -> None:
    with Run(tmp_path, shop.port, "--no-datasette") as run:
        refuse(run, f"{'long-' * 11}name.{'long-' * 11}name.example")
        page = phone(browser, run, scheme)
        page.goto(INTERNAL)
        until(lambda: state(page, "TLS trusted"), "long-name.example")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        for button in page.locator("main button").all():
            box = button.bounding_box()
            assert box is not None
            assert box["height"] >= 48 and box["y"] + box["height"] <= 844, "within reach, without scrolling"
        ground, ink = page.evaluate(
            "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
        )
        assert (sum(map(int, re.findall(r"\d+", ground))) > sum(map(int, re.findall(r"\d+", ink)))) is (
            scheme == "light"
        )


def test_another_device_is_asked_for_the_code(shop: Origin, browser: Browser, tmp_path: Path) -> None:
    def as_for_others(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=re.sub(r'"secret": "[^"]+"', '"secret": null', response.text()))

    with Run(tmp_path, shop.port, "--phone", "--no-datasette") as run:
        code = until(lambda: "".join(re.findall(r"enter (\w{4}-\w{4})", run.said())), "-")
        page = phone(browser, run)
        page.route(INTERNAL, as_for_others)
        page.goto(INTERNAL)
        page.get_by_label("Code").fill("WRNG-CODE")
        page.get_by_role("button", name="Connect").click()
        page.get_by_text("That is not the code").wait_for(timeout=5000)
        assert not page.get_by_role("button", name="Rejected").is_visible()
        page.get_by_label("Code").fill(code.lower())
        page.get_by_role("button", name="Connect").click()
        page.get_by_role("button", name="Rejected").click()
        page.get_by_text("“Rejected” belongs to no session: open the site or app first").wait_for(timeout=10_000)
        page.goto(INTERNAL)
        page.get_by_role("button", name="Rejected").wait_for(timeout=5000)
        scanned = phone(browser, run)
        scanned.route(re.compile("^" + INTERNAL + "(#.*)?$"), as_for_others)
        scanned.goto(f"{INTERNAL}#{code.replace('-', '')}")
        scanned.get_by_role("button", name="Rejected").wait_for(timeout=5000)
        assert scanned.url == INTERNAL, "the code does not stay in the address"
        run.stop()
    with closing(sqlite3.connect(run.database)) as connection:
        assert connection.execute("SELECT kind FROM marks").fetchall() == [("rejected",)]


def test_what_clients_refuse_is_a_gap_with_its_likely_cause(shop: Origin, tmp_path: Path) -> None:
    with Run(tmp_path, shop.port, "--no-datasette") as run:
        refuse(run, "app.example")
        for _ in range(3):
            look_and_leave(run, "pinned.example")
        time.sleep(0.5)
        run.stop()
    with closing(sqlite3.connect(run.database)) as connection:
        found = dict(connection.execute("SELECT host, reason FROM gaps WHERE kind = 'tls-refused'").fetchall())
    assert "(unknown ca); nothing on this device had accepted it" in found["app.example"]
    assert "ended 3 connections right after the handshake" in found["pinned.example"]
    assert "tls-refused (app.example)" in run.output


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere 127.0.0.2 is no address of the machine")
@pytest.mark.parametrize(("options", "open_to_others"), [((), False), (("--phone",), True)], ids=["alone", "phone"])
def test_only_with_a_phone_the_proxy_listens_beyond_loopbacks_first_address(
    shop: Origin, tmp_path: Path, options: tuple[str, ...], open_to_others: bool
) -> None:
    with Run(tmp_path, shop.port, "--no-datasette", *options) as run, socket.socket() as other:
        assert (other.connect_ex(("127.0.0.2", run.port)) == 0) is open_to_others
