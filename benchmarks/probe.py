"""What the in-page probe costs a page: load and main-thread time with it, against the same page without, in one run.

    python -m benchmarks.probe [--rounds 25] [--seconds 4]

A local server gives out the same page with and without the probe, alternately, to the same Chromium; each load is a new context.
The page has a few thousand elements, writes cookies, changes all the time, and has a consent manager that answers slowly. Times
of loading begin with the page's first byte; those of the main thread are its processor's, which other work on this machine does not
lengthen. Medians are shown, and the median of the rounds' own differences; on a busy machine the fastest rounds tell more.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from playwright.sync_api import Browser, CDPSession, sync_playwright

from addon.observations import REPORTS
from addon.observe.keys import Keys
from addon.observe.probe import Probe
from vendor_catalog import shipped_catalogue

_ROWS = "".join(f'<div class="row r{n}"><p>Row {n} <a href="#{n}">more</a></p></div>' for n in range(2000))
_SCRIPT = """<script>
const vendors = Object.fromEntries([...Array(300).keys()].map((id) => ['vendor' + id, { id, enabled: false }]))
window.Didomi = { getCurrentUserStatus: () => ({ purposes: {}, vendors }), shouldUserStatusBeCollected: () => true, on() {} }
for (let n = 0; n < 40; n++) { document.cookie = `c${n}=1`; localStorage.setItem(`k${n}`, n) }
addEventListener('load', () => setInterval(() => {
  const row = document.querySelector('.r' + Math.floor(Math.random() * 2000))
  row.classList.toggle('on'); row.append(document.createElement('i')) }, 20))
</script>"""
_BANNER = (
    '<section role="dialog" style="position:fixed;bottom:0"><p>We use cookies.</p><button>Accept all</button></section>'
)
_MOMENTS = {"load event": "loadEventEnd", "DOM ready": "domContentLoadedEventEnd"}
_SINCE_FIRST_BYTE = "(entry => entry.{} - entry.responseStart)(performance.getEntriesByType('navigation')[0])"
_METRICS = ("TaskDuration", "ScriptDuration", "LayoutDuration", "RecalcStyleDuration")


class _Pages(BaseHTTPRequestHandler):
    probe = ""

    def do_GET(self) -> None:
        script = self.probe if self.path == "/with" else ""
        self._answer(
            f"<!doctype html><html><head>{script}{_SCRIPT}</head><body>{_ROWS}{_BANNER}</body></html>", "text/html"
        )

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self._answer("{}", "application/json")

    def _answer(self, text: str, kind: str) -> None:
        body = text.encode()
        self.send_response(200)
        self.send_header("content-type", f"{kind}; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: the numbers are what is to be read."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A page that is left while it reports; nothing to tell."""


@contextmanager
def pages() -> Iterator[str]:
    """The server's address."""
    _Pages.probe = Probe(shipped_catalogue(), Keys())._script("k", "n").decode()
    server = _Server(("127.0.0.1", 0), _Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def session(browser: Browser, url: str, seconds: float) -> dict[str, float]:
    """One load: milliseconds from the page's first byte to the load event, and milliseconds of the main thread up to there, and until
    the page has gone on for so many seconds."""
    context = browser.new_context()
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(url, wait_until="load")
    until_load = _metrics(session)["TaskDuration"]
    page.wait_for_timeout(100)
    found = {name: float(page.evaluate(_SINCE_FIRST_BYTE.format(moment))) for name, moment in _MOMENTS.items()}
    page.wait_for_timeout(seconds * 1000)
    later = _metrics(session)
    context.close()
    return found | {"main thread to load": until_load} | {name: later[name] for name in _METRICS}


def _metrics(session: CDPSession) -> dict[str, float]:
    """In milliseconds."""
    answer = session.send("Performance.getMetrics")
    return {metric["name"]: metric["value"] * 1000 for metric in answer["metrics"]}


def compare(rounds: int, seconds: float, report: Callable[[str], None]) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with pages() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        session(browser, f"{address}/without", 0.2)
        pairs: list[tuple[dict[str, float], dict[str, float]]] = []
        for number in range(rounds):
            order = ("without", "with") if number % 2 else ("with", "without")
            seen = {kind: session(browser, f"{address}/{kind}", seconds) for kind in order}
            pairs.append((seen["without"], seen["with"]))
        browser.close()
    for name in pairs[0][0]:
        more = statistics.median(ours[name] - bare[name] for bare, ours in pairs)
        (bare, fastest), (ours, our_fastest) = (
            (statistics.median(times), min(times))
            for column in zip(*pairs, strict=True)
            if (times := [side[name] for side in column])
        )
        report(
            f"{name:20} without {bare:6.1f} ms   with the probe {ours:6.1f} ms   later or longer by {more:5.1f} ms"
            f"   (fastest rounds {fastest:6.1f} and {our_fastest:6.1f})"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--seconds", type=float, default=4)
    options = parser.parse_args()
    size = len(Probe(shipped_catalogue(), Keys())._script("k", "n"))
    print(f"{size} bytes a page; reports go to {REPORTS}")
    compare(options.rounds, options.seconds, print)


if __name__ == "__main__":
    main()
