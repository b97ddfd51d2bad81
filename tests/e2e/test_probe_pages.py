"""Pages as they are written out there, and against us: each works through the proxy as it does directly, with the probe or
without it and a gap, and nobody waits for it."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import brotli
import httpx
import pytest
from playwright.sync_api import Browser, Page

from addon.observations import parse_report
from addon.observe.document import read_head
from addon.pipeline.observations import REPORTS

from .probed import probed
from .proxy import Run

pytestmark = pytest.mark.xdist_group("pages")  # they share one proxy

XHTML = "application/xhtml+xml"
ROOT = '<html xmlns="http://www.w3.org/1999/xhtml">'


@dataclass(frozen=True)
class Written:
    """A page as its author wrote it."""

    body: str | bytes
    kind: str = "text/html; charset=utf-8"
    encoding: str | None = None
    left_out: str | None = None
    """A part of the reason why the probe is left out; ``None`` if it is there."""


TEMPLATE = "<script>var tpl = \"<html><head><title>t</title></head>\"; document.title = 'ran'</script><p id=p>text</p>"
PAGES = {
    "plain": Written("<!doctype html><html><head><title>t</title></head><body><p id=p>text</p></body></html>"),
    "xhtml": Written(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN"'
        f' "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">\n{ROOT}<head><title>t</title>'
        "<script>//<![CDATA[\ndocument.title = 1 < 2 ? 'ran' : ''\n//]]></script></head><body><p id=\"p\">&nbsp;text</p></body></html>",
        XHTML,
    ),
    "xhtml-without-head": Written(f'{ROOT}<body><p id="p">text</p></body></html>', XHTML, left_out="no head was found"),
    "xhtml-with-prefix": Written(
        '<h:html xmlns:h="http://www.w3.org/1999/xhtml"><h:head><h:title>t</h:title></h:head>'
        '<h:body><h:p id="p">text</h:p></h:body></h:html>',
        XHTML,
        left_out="no head was found",
    ),
    "no-head": Written(f"<!doctype html><title>t</title>{TEMPLATE}"),
    "no-doctype": Written(TEMPLATE),
    "head-in-attribute": Written('<!doctype html><html data-x="<head>"><title>t</title><p id=p>text</p></html>'),
    "head-in-comment": Written("<!doctype html><!-- <head> --><html lang=en><head data-y=1><title>t</title><p id=p>text</p>"),
    "abrupt-comment": Written("<!doctype html><!--><html><head data-y=1>--><title>t</title><p id=p>text</p>"),
    "comment-flood": Written("<!-- a -->" * 34 + "<p id=p>hello"),
    "comments-too-many": Written("<!-- a -->" * 7_000 + "<p id=p>hello", left_out="does not begin within"),
    "head-flood": Written("<head " * 11_000 + "><p id=p>hello", left_out="does not begin within"),
    "meta-flood": Written("<meta http-equiv=content-security-policy " * 1_600 + "><p id=p>hello"),
    "frameset": Written("<!doctype html><html><frameset cols='50%,*'><frame src='about:blank'></frameset></html>"),
    "utf-16": Written("<!doctype html><title>t</title><p id=p>text</p>".encode("utf-16"), left_out="UTF-16"),
    "strict-meta": Written(
        "<!doctype html><meta http-equiv=content-security-policy content=\"default-src 'none'; script-src 'unsafe-inline'\">"
        f"{TEMPLATE}",
        left_out="in a meta element",
    ),
}  # fmt: skip
_BOMB = 2**30


def bomb() -> bytes:
    compressor = brotli.Compressor(quality=5)
    block = bytes(2**22)
    return b"".join(compressor.process(block) for _ in range(_BOMB // len(block))) + compressor.finish()


class _Site(BaseHTTPRequestHandler):
    """Gives out the pages by name, and takes whatever it is sent."""

    protocol_version = "HTTP/1.1"
    pages: dict[str, Written]

    def do_GET(self) -> None:
        page = self.pages.get(self.path[1:])
        body = b"ok" if page is None else page.body if isinstance(page.body, bytes) else page.body.encode()
        self.send_response(200)
        self.send_header("content-type", "text/plain" if page is None else page.kind)
        if page is not None and page.encoding is not None:
            self.send_header("content-encoding", page.encoding)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Somebody left early."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of the pages."""
    _Site.pages = PAGES | {"bomb": Written(bomb(), encoding="br")}
    server = _Server(("127.0.0.1", 0), _Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def run(site: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with Run(tmp_path_factory.mktemp("pages"), int(site.rpartition(":")[2]), "--no-datasette") as started:
        yield started


@dataclass
class Seen:
    """What a browser made of a page."""

    elements: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    reports: int = 0


ELEMENTS = "[...document.querySelectorAll('*')].map((node) => node.cloneNode(false).outerHTML ?? node.localName)"


def seen(page: Page, address: str) -> Seen:
    found = Seen()
    page.on("console", lambda message: found.said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.said.append(str(error)))
    page.on("request", lambda request: setattr(found, "reports", found.reports + request.url.endswith(REPORTS)))
    page.goto(address)
    page.evaluate("document.cookie = 'CookieConsent=%7Bnecessary%3Atrue%7D'")
    page.wait_for_timeout(150)
    found.elements = [page.title(), page.evaluate("document.documentElement.textContent"), *page.evaluate(ELEMENTS)]
    return found


def reasons(run: Run, kind: str = "probe-left-out") -> list[str]:
    with closing(sqlite3.connect(run.database)) as connection:
        return [reason for (reason,) in connection.execute("SELECT reason FROM gaps WHERE kind = ?", (kind,))]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_it_is_without_us(name: str, site: str, run: Run, browser: Browser) -> None:
    address, looked = f"{site}/{name}", []
    before = len(reasons(run))
    for proxy in (None, {"server": run.url, "bypass": "<-loopback>"}):
        context = browser.new_context(proxy=proxy)  # type: ignore[arg-type]
        looked.append(seen(context.new_page(), address))
        context.close()
    direct, proxied = looked
    assert (proxied.elements, proxied.said) == (direct.elements, direct.said)
    left_out = PAGES[name].left_out
    assert (proxied.reports > 0) is (left_out is None), "the probe reports that a consent cookie was written"
    if left_out is None:
        assert len(reasons(run)) == before
    else:
        _wait(lambda: any(left_out in reason for reason in reasons(run)), left_out)


def test_a_page_that_inflates_to_a_gigabyte_holds_up_nobody(site: str, run: Run) -> None:
    """It is broken off within bounds; whoever asks for something else meanwhile is answered."""
    navigation = {"sec-fetch-dest": "document", "accept-encoding": "br"}
    size = 0
    with httpx.Client(proxy=run.url) as client, client.stream("GET", f"{site}/bomb", headers=navigation) as response:
        waited = _others(site, run)
        with pytest.raises(httpx.RemoteProtocolError):
            for part in response.iter_raw():
                size += len(part)
    assert size < 32 * 1024 * 1024
    assert waited < 2
    _wait(lambda: any("inflates to more than" in reason for reason in reasons(run, "page-broken-off")), "its gap")


@pytest.mark.parametrize("name", ["comment-flood", "comments-too-many", "head-flood", "meta-flood"])
def test_a_page_that_repeats_itself_holds_up_nobody(name: str, site: str, run: Run) -> None:
    found: list[float] = []
    thread = threading.Thread(
        target=lambda: found.append(_seconds(f"{site}/{name}", run, {"sec-fetch-dest": "document"}))
    )
    thread.start()
    assert _others(site, run) < 2
    thread.join(10)
    assert found
    assert found[0] < 2


def _others(site: str, run: Run) -> float:
    """The longest of five other requests, in seconds."""
    return max(_seconds(f"{site}/other", run, {}) for _ in range(5))


def _seconds(address: str, run: Run, headers: dict[str, str]) -> float:
    started = time.monotonic()
    with httpx.Client(proxy=run.url, timeout=15) as client:
        assert client.get(address, headers=headers).status_code == 200
    return time.monotonic() - started


def _wait(done: object, what: str, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not done():  # type: ignore[operator]
        assert time.monotonic() < deadline, f"waited for {what}"
        time.sleep(0.1)


_PARTS = [
    *("<!--", "-->", "--!>", "<!-->", "<!--->", "--", "<!", "<?", "</", ">", "<", "'", '"', "=", "/", " ", "\n", "a", "x=", "!"),
    *("<html>", "<html ", "<head", "<head>", "<HEAD a='>'>", "</head>", "</html>", "<body>", "</body>", "<p>", "</p>", "</br>"),
    *("<title>", "</title>", "<style>", "</style>", "<script>", "</script>", "<script", "</script", "<template>", "</template>"),
    *("<!doctype html>", "<![CDATA[", "]]>", "<textarea>", "</textarea>", "<meta charset=utf-8>", "<link>", "<base>", "<frameset>"),
    *("<meta http-equiv=Content-Security-Policy content=\"img-src 'self'\">", "<meta content=x&amp;y http-equiv=content-security-policy>"),
]  # fmt: skip
_PARSED = """pages => pages.map(([before, after]) => {
  const parse = (text) => {
    const made = new DOMParser().parseFromString(text, 'text/html')
    const comments = made.createNodeIterator(made, NodeFilter.SHOW_COMMENT)
    for (let each; (each = comments.nextNode());) each.remove()
    return made
  }
  const probed = parse(before + '<script data-probe></script>' + after)
  const found = [...probed.querySelectorAll('script[data-probe]')]
  const parent = found[0]?.parentNode.localName
  found.forEach((each) => each.remove())
  probed.normalize()
  const bare = parse(before + after)
  bare.normalize()
  const metas = [...bare.head?.querySelectorAll(':scope > meta[http-equiv="content-security-policy" i][content]') ?? []]
  const same = probed.documentElement.outerHTML === bare.documentElement.outerHTML && probed.compatMode === bare.compatMode
  return [found.length, parent, same, metas.map((each) => each.content).filter(Boolean)]
})"""


def test_chromium_finds_one_script_in_the_head_and_the_same_policies_whatever_a_page_is(browser: Browser) -> None:
    """The browser's own parser is the judge of 6,000 pages made of what parsers stumble over. Where a comment that never ends hangs
    in the document is all that may differ."""
    chance = random.Random(7)
    pages, heads = [], []
    for _ in range(6000):
        text = "".join(chance.choice(_PARTS) for _ in range(chance.randint(1, 14)))
        head = read_head(text.encode(), final=True)
        assert head.at is not None
        pages.append((text[: head.at], text[head.at :]))
        heads.append(head)
    page = browser.new_page()
    for (before, after), head, found in zip(pages, heads, page.evaluate(_PARSED, pages), strict=True):
        count, parent, same, policies = found
        assert (count, parent) == (1, "head"), (before, after)
        assert same, (before, after)
        assert list(head.policies) == policies, (before, after)
    page.close()


THIEF = """<script>
window.taken = []
const take = (value) => { taken.push(String(value)); try { for (const name in value) taken.push(String(value[name])) } catch {} }
JSON.stringify = ((stringify) => (value, ...others) => { take(value); return stringify(value, ...others) })(JSON.stringify)
Object.prototype.toJSON = function () { take(this); return 'spoilt' }
Array.prototype.toJSON = String.prototype.toJSON = Object.prototype.toJSON
window.fetch = (...given) => { given.forEach(take); return Promise.reject() }
window.setTimeout = window.setInterval = window.requestIdleCallback = (work, ...others) => { take(work); return 0 }
performance.now = () => 1e9
document.cookie = 'CookieConsent=%7Bnecessary%3Atrue%7D'
</script>"""


def test_a_page_that_lays_itself_over_what_the_probe_uses_gets_no_key_and_loses_no_report(browser: Browser) -> None:
    with probed(browser, head=THIEF) as opened:
        opened.wait(lambda observed: observed.values)
        report = parse_report(opened.bodies[0])
        taken = opened.page.evaluate("window.taken")
    assert report.key == "k"
    assert [value for value in taken if value == "k" or '"key"' in value] == []
    assert abs(report.sent_at - time.time() * 1000) < 60_000, "by the browser's own clock"


def test_a_choice_is_seen_that_is_stored_while_the_page_is_read(browser: Browser) -> None:
    """Before ``DOMContentLoaded``, from which on the page is watched."""
    body = f"""<script>
        addEventListener('DOMContentLoaded', () => window.readAt = performance.timeOrigin + performance.now())
        document.cookie = 'CookieConsent=%7Bnecessary%3Atrue%7D'</script>{"<p>text</p>" * 2000}"""
    with probed(browser, body=body) as opened:
        opened.wait(lambda observed: observed.values)
        read_at = opened.page.evaluate("window.readAt")
        stored = opened.values[0]
    assert (stored.name, stored.where, stored.written) == ("CookieConsent", "cookie", True)
    assert stored.at < read_at


def test_what_was_stored_on_an_earlier_page_is_not_taken_for_a_choice_of_now(browser: Browser) -> None:
    """A manager that writes the same value again while the page is read chooses nothing."""
    value = "document.cookie = 'CookieConsent=%7Bnecessary%3Atrue%7D'"
    with probed(browser, head=f"<script>{value}</script>") as opened:
        opened.wait(lambda observed: observed.values)
        opened.page.reload()
        opened.wait(lambda observed: len(observed.values) > 1)
        assert [each.written for each in opened.values][:2] == [True, False]
