"""A scenario performed: the requests that browsers, apps and servers send in it, and the acts whose truth it states."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlsplit

from addon.body import Body
from addon.exchange import Exchange, Headers, Unsent
from addon.pipeline.observations import MARKS, REPORTS
from tests.addon.building import NOON, SHOP, App, Browser, Server, message, settings_of
from vendor_catalog import CallKind, shipped_catalogue

from .managers import CATEGORIES, MANAGERS, Choice
from .scenario import Answer, Door, Scenario, Step, Surface, Truth

_CHOICES: dict[Answer, Choice] = {
    "accept": frozenset(CATEGORIES),
    "reject": frozenset(),
    "analytics": frozenset({"analytics"}),
    "marketing": frozenset({"marketing"}),
}
_BEAT = 2.0
"""Seconds after which the probe repeats what is still so."""
_MARKS = {"accepted": "accepted all", "rejected": "rejected all", "withdrew": "withdrew my consent"}


@dataclass(frozen=True)
class Act:
    """One act of a scenario, with its truth."""

    kind: str
    """``call``, ``library``, ``message``, ``stamp``, ``delivery``, ``cookie`` or ``record``."""
    subject: str
    """The vendor, message, destination or cookie."""
    truth: Truth
    at: float
    exchange: int | None
    """Its place in the capture; ``None`` for a cookie or record, which is seen on the request after it."""


@dataclass
class Window:
    """A browser window: its cookies, the page it shows, and what was answered in it."""

    browser: Browser
    page: str = ""
    opened: set[str] = field(default_factory=set)
    """Hosts on which a page was opened."""
    jars: dict[str, dict[str, str]] = field(default_factory=dict)
    """Host -> cookies."""
    answered: bool = False
    beat: float | None = None
    """When the probe says next that the banner stands open; ``None`` if none does."""


@dataclass
class Performance:
    """A scenario through one door."""

    scenario: Scenario
    door: Door
    exchanges: list[Exchange] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    _windows: dict[str, Window] = field(default_factory=dict)

    def run(self) -> None:
        steps = sorted(self.scenario.story.steps, key=lambda each: each.at)
        for step in steps:
            self._beats(step.at)
            self._step(step)
        for window in self._windows.values():
            self._leave(steps[-1].at + 0.5, window)
        # a report may leave after what the next step does, and a capture is in order of time
        order = sorted(range(len(self.exchanges)), key=lambda place: self.exchanges[place].started_at)
        places = {old: new for new, old in enumerate(order)}
        self.exchanges = [self.exchanges[old] for old in order]
        self.acts = [replace(act, exchange=None if act.exchange is None else places[act.exchange]) for act in self.acts]

    def _step(self, step: Step) -> None:
        surface = step.surface or self.scenario.story.surface
        if surface is Surface.WEB:
            self._in_browser(step, self._window(step.window))
        elif step.mark is not None:
            self._mark(step, "10.0.0.7")
        elif step.settings is not None:
            self.exchanges.append(App().settings(step.at, _settings(step.settings)))
        elif step.send is not None:
            client = App() if surface is Surface.MOBILE else Server()
            self._sent(step, client.send(step.at, _message(step)))
        else:
            raise ValueError(f"{self.scenario.id}: a {surface} does no such thing at {step.at}")

    def _window(self, name: str) -> Window:
        if name not in self._windows:
            self._windows[name] = Window(Browser(gpc=self.scenario.story.gpc))
        return self._windows[name]

    # --- what a browser does

    def _in_browser(self, step: Step, window: Window) -> None:
        browser, manager, at = window.browser, MANAGERS[self.scenario.manager], step.at
        if step.open is not None:
            self._open(step, window)
        elif step.load is not None:
            if manager.script is not None:
                self.exchanges.append(browser.fetch(at, manager.script))
            if not window.answered and (before := manager.before()):
                browser.cookies.update(before)
                self._stored(at, window, before)
            self._banner(at, window)
        elif step.answer is not None:
            self._answer(step, window)
        elif step.record is not None:
            browser.cookies.update(step.record)
            window.answered, window.beat = True, None
            self._stored(at, window, step.record)
            self._act(step, "record", next(iter(step.record)), None)
        elif step.cookie is not None:
            browser.cookies[step.cookie] = "GA1.1.111222333.1767268800"
            self._act(step, "cookie", step.cookie, None)
        elif step.mark is not None:
            self._mark(step, browser.client)
        elif step.settings is not None:
            self.exchanges.append(browser.settings(at, _settings(step.settings)))
        elif step.send is not None:
            self._sent(step, browser.send(at, _message(step)))
        else:
            self._called(step, browser)

    def _open(self, step: Step, window: Window) -> None:
        assert step.open is not None
        self._leave(step.at - 0.05, window)
        browser = window.browser
        host = urlsplit(step.open).hostname or browser.host
        if host != browser.host:
            window.jars[browser.host] = browser.cookies
            browser.host, browser.cookies = host, window.jars.get(host, {})
        came = "same-origin" if host in window.opened else "none"
        window.opened.add(host)
        path = urlsplit(step.open).path or "/"
        referer = {"referer": f"https://{host}/"} if came == "same-origin" else {}
        fresh = "sid" not in browser.cookies
        new = [f"sid={host}-{step.window}; Path=/"] if fresh else []
        self.exchanges.append(browser.open(step.at, path, coming_from=came, headers=referer, set_cookies=new))
        # every site knows its visitor by a cookie that needs no consent
        browser.cookies.setdefault("sid", f"{host}-{step.window}")
        records = {name: value for name, value in browser.cookies.items() if name in _RECORDS}
        if records:
            self._stored(step.at + 0.05, window, records, written=False)

    def _answer(self, step: Step, window: Window) -> None:
        assert step.answer is not None
        browser, manager = window.browser, MANAGERS[self.scenario.manager]
        if step.answer == "forget":
            for name in _RECORDS.intersection(browser.cookies):
                del browser.cookies[name]
                self._report(step.at, window, _value(name, None, step.at, written=True))
            window.answered = False
            return
        choice = _CHOICES[step.answer]
        record = manager.record(choice, step.at if step.dated is None else step.dated)
        browser.cookies.update(record)
        window.answered, window.beat = True, None
        if step.dated is None:
            self._stored(step.at, window, record)
            if manager.recording is not None:
                method, _, url = manager.recording(choice).rpartition(" ")
                self.exchanges.append(browser.fetch(step.at + 0.02, url, method=method or "GET"))

    def _called(self, step: Step, browser: Browser) -> None:
        kind, vendor = ("call", step.call) if step.call is not None else ("library", step.library)
        assert vendor is not None
        method, url = _address(vendor, CallKind.COLLECT if kind == "call" else CallKind.LIBRARY)
        dest = "script" if kind == "library" else "empty" if method == "POST" else "image"
        body = b"{}" if method == "POST" else None
        made = browser.fetch(step.at, url, method=method, dest=dest, body=body, headers=_initiator(step))
        if step.unsent is not None:
            made = replace(made, unsent=Unsent(step.unsent))
        self.exchanges.append(made)
        if step.truth is not None:
            self._act(step, kind, vendor, len(self.exchanges) - 1)

    # --- messages

    def _sent(self, step: Step, exchange: Exchange) -> None:
        assert step.send is not None
        self.exchanges.append(exchange)
        place = len(self.exchanges) - 1
        truths = step.truth if isinstance(step.truth, dict) else {} if step.truth is None else {"message": step.truth}
        for subject, truth in truths.items():
            kind = subject if subject in ("message", "stamp") else "delivery"
            self.acts.append(Act(kind, subject if kind == "delivery" else step.send, truth, step.at, place))

    def _act(self, step: Step, kind: str, subject: str, exchange: int | None) -> None:
        assert isinstance(step.truth, Truth) or step.truth is None
        if step.truth is not None:
            self.acts.append(Act(kind, subject, step.truth, step.at, exchange))

    # --- what the probe and the tester say

    def _stored(self, at: float, window: Window, record: Mapping[str, str], *, written: bool = True) -> None:
        if record:
            self._report(at, window, *(_value(name, value, at, written=written) for name, value in record.items()))

    def _banner(self, at: float, window: Window) -> None:
        manager = shipped_catalogue().consent_managers.get(self.scenario.manager)
        if manager is not None and manager.banner_selectors and manager.cookies and not window.answered:
            for event in ("shown", "open"):
                self._report(at, window, _seen(manager.id, event, at))
            window.beat = at + _BEAT

    def _beats(self, until: float) -> None:
        """A banner that stands open is said to do so again and again."""
        for window in self._windows.values():
            while window.beat is not None and window.beat < until:
                self._report(window.beat, window, _seen(self.scenario.manager, "open", window.beat))
                window.beat += _BEAT

    def _leave(self, at: float, window: Window) -> None:
        """A page is left: the probe says what is still so."""
        if window.beat is not None:
            self._report(at, window, _seen(self.scenario.manager, "open", at))
            window.beat = None

    def _report(self, at: float, window: Window, *observations: dict[str, Any]) -> None:
        if self.door is not Door.PROBE:
            return
        report = {"key": "k", "sent_at": _ms(at + 0.01), "observations": list(observations)}
        url = f"https://{window.browser.host}{REPORTS}"
        sent = window.browser.fetch(at + 0.01, url, mode="cors", dest="empty", method="POST")
        self.exchanges.append(_own(sent, report))

    def _mark(self, step: Step, client: str) -> None:
        told = Browser(host="consentwire.internal", client=client)
        sent = told.fetch(step.at, f"http://consentwire.internal{MARKS}", method="POST")
        assert step.mark is not None
        self.exchanges.append(_own(sent, {"text": _MARKS[step.mark], "kind": step.mark}))


def _initiator(step: Step) -> dict[str, str | None]:
    """Header fields of a call that the page itself does not make."""
    if step.extension:
        return {
            "origin": "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
            "referer": None,
            "sec-fetch-site": "none",
        }
    return {} if step.within is None else {"referer": step.within}


def _ms(at: float) -> float:
    return (NOON + at) * 1000


def _value(name: str, value: str | None, at: float, *, written: bool) -> dict[str, Any]:
    return {"kind": "consent", "name": name, "value": value, "where": "cookie", "written": written, "at": _ms(at)}


def _seen(manager: str, event: str, at: float) -> dict[str, Any]:
    return {"kind": "banner", "event": event, "manager": manager, "at": _ms(at)}


def _own(sent: Exchange, document: Mapping[str, Any]) -> Exchange:
    return replace(sent, own=True, status=200, request_body=Body(json.dumps(document).encode()))


def _settings(destinations: Mapping[str, Iterable[str]]) -> dict[str, Any]:
    used = sorted({category for categories in destinations.values() for category in categories})
    return settings_of(destinations, all_categories=used)


def _message(step: Step) -> dict[str, Any]:
    more = {} if step.user is None else {"userId": step.user}
    return message(step.send, stamp=step.stamp, message_id=f"m-{step.at}", **more)


def _address(vendor: str, kind: CallKind) -> tuple[str, str]:
    """An address of the catalogue's that is a call of this kind, or the address itself."""
    if "/" in vendor:
        return "GET", vendor
    entry = shipped_catalogue().vendors[vendor]
    shown = next(endpoint.matches[0] for endpoint in entry.endpoints if endpoint.kind is kind)
    method, _, url = shown.rpartition(" ")
    return method or "GET", url.replace("https://shop.example", f"https://{SHOP}")


_RECORDS = frozenset(
    name
    for manager in MANAGERS.values()
    for choice in (frozenset(), frozenset(CATEGORIES))
    for name in (*manager.record(choice, 0.0), *manager.before())
)


def performed(scenario: Scenario, door: Door) -> Performance:
    """The scenario as it crosses one door."""
    made = Performance(scenario, door)
    made.run()
    if scenario.story.bare:
        made.exchanges = [_without_fetch_metadata(each) for each in made.exchanges]
    if scenario.story.redacted:
        made.exchanges = [_without_values(each) for each in made.exchanges]
    return made


def _without_fetch_metadata(exchange: Exchange) -> Exchange:
    """As an older browser asks: that it wants a page stands in Accept alone."""
    fields = [(name, value) for name, value in exchange.request_headers.fields if not name.startswith("sec-fetch-")]
    document = exchange.request_headers.get("sec-fetch-dest") == "document"
    fields.append(("accept", "text/html,application/xhtml+xml,*/*;q=0.8" if document else "*/*"))
    return replace(exchange, request_headers=Headers.from_text(fields))


def _without_values(exchange: Exchange) -> Exchange:
    fields = [
        (
            name,
            "; ".join(
                f"{part.partition('=')[0].strip()}={quote('[REDACTED]', safe='[]')}" for part in value.split(";")
            ),
        )
        if name.lower() == "cookie"
        else (name, value)
        for name, value in exchange.request_headers.fields
    ]
    return replace(exchange, request_headers=Headers.from_text(fields))
