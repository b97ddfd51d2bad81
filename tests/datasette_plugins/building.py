"""Captures for these tests, written as HAR files and analysed by the real pipeline. Times are seconds after noon."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from addon.policy import Policy
from addon.runner import Analysis, analyse_files, open_captures, opened
from vendor_catalog import Catalogue

type Asked = Callable[..., list[Any]]
"""SQL and values -> rows of the sample."""

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
AGENT = "Mozilla/5.0 Chrome/142.0"
SEGMENT = "https://api.segment.io/v1/"
SETTINGS: dict[str, Any] = {
    "integrations": {
        "Segment.io": {"apiKey": "WK", "apiHost": "api.segment.io/v1", "unbundledIntegrations": ["Braze"]},
        "Braze": {"bundlingStatus": "unbundled", "consentSettings": {"categories": ["marketing"]}},
        "Amplitude": {"type": "browser", "consentSettings": {"categories": ["analytics"]}},
    },
    "consentSettings": {"allCategories": ["analytics", "marketing"], "hasUnmappedDestinations": False},
}


def iso(at: float) -> str:
    return (NOON + timedelta(seconds=at)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def dated_cookie(categories: Iterable[str], at: float) -> dict[str, str]:
    """What vanilla-cookieconsent stores, where all categories are offered: the choice says itself when it was made."""
    value = {
        "categories": list(categories),
        "consentId": "x",
        "consentTimestamp": iso(at),
        "lastConsentTimestamp": iso(at),
        "revision": 0,
        "services": {name: [] for name in ("necessary", "functional", "analytics", "marketing")},
    }
    return {"cc_cookie": quote(json.dumps(value))}


def undated_cookie(**services: bool) -> dict[str, str]:
    """What Klaro stores: undated."""
    return {"klaro": quote(json.dumps(services))}


@dataclass
class Capture:
    """One visit to a site, entry by entry."""

    host: str = "www.shop.example"
    agent: str = AGENT
    cookies: dict[str, str] = field(default_factory=dict)
    entries: list[dict[str, Any]] = field(default_factory=list)
    messages: int = 0
    exporter: str = "WebInspector"
    """Who wrote the HAR."""
    gpc: bool = False
    """Whether the browser asks not to sell or share."""

    def add(
        self,
        at: float,
        method: str,
        url: str,
        headers: dict[str, str],
        body: object = None,
        answer: str = "",
        error: str | None = None,
    ) -> None:
        fields = {"User-Agent": self.agent, **({"Sec-GPC": "1"} if self.gpc else {}), **headers}
        entry: dict[str, Any] = {
            "startedDateTime": iso(at),
            "time": 5,
            "request": {
                "method": method,
                "url": url,
                "headers": [{"name": name, "value": value} for name, value in fields.items()],
                "cookies": [],
                "queryString": [],
            },
            "response": {
                "status": 0 if error else 200,
                "headers": [],
                "cookies": [],
                "content": {"mimeType": "text/html", "text": answer},
                **({"_error": error} if error else {}),
            },
            "timings": {"send": 0, "wait": 5, "receive": 0},
        }
        if body is not None:
            entry["request"]["postData"] = {"mimeType": "application/json", "text": json.dumps(body)}
        self.entries.append(entry)

    @property
    def address(self) -> str:
        return f"https://{self.host}/"

    def _cookie(self) -> dict[str, str]:
        pairs = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Cookie": pairs} if pairs else {}

    def page(self, at: float, path: str = "") -> None:
        site = "same-origin" if path else "none"
        sent = {
            "Sec-Fetch-Dest": "document",
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Site": site,
            "Accept": "text/html",
        }
        self.add(at, "GET", self.address + path, {**sent, **self._cookie()})

    def asset(self, at: float, path: str = "a.png") -> None:
        """A request to the page's own host, with its cookies."""
        sent = {"Sec-Fetch-Dest": "image", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Site": "same-origin"}
        self.add(at, "GET", self.address + path, {**sent, "Referer": self.address, **self._cookie()})

    def get(self, at: float, url: str, answer: str = "", error: str | None = None) -> None:
        origin = {"Origin": self.address[:-1], "Referer": self.address}
        self.add(at, "GET", url, origin, answer=answer, error=error)

    def banner(self, at: float) -> None:
        """The consent manager whose answer is dated."""
        self.asset(at, "js/cookieconsent.umd.js")

    def segment(self, at: float, settings: dict[str, Any] | None = None) -> None:
        self.get(at, "https://cdn.segment.com/analytics.js/v1/WK/analytics.min.js")
        self.get(at + 0.1, "https://cdn.segment.com/v1/projects/WK/settings", json.dumps(settings or SETTINGS))

    def pixel(self, at: float) -> None:
        self.get(at, "https://www.facebook.com/tr/?id=123456789&ev=PageView")

    def message(self, name: str | None, at: float, stamp: object = None, **more: Any) -> dict[str, Any]:
        """One track call; ``stamp`` is its categoryPreferences."""
        self.messages += 1
        context: dict[str, Any] = {
            "page": {"url": self.address},
            "library": {"name": "analytics.js", "version": "next-1"},
        }
        if stamp is not None:
            context["consent"] = {"categoryPreferences": stamp}
        return {
            "type": "track",
            "event": name,
            "messageId": f"{self.host}-{self.messages}",
            "anonymousId": "anonymous",
            "timestamp": iso(at),
            "context": context,
            "writeKey": "WK",
            "integrations": {},
            **more,
        }

    def send(self, at: float, *messages: dict[str, Any]) -> None:
        origin = {"Origin": self.address[:-1], "Referer": self.address}
        if len(messages) == 1:
            self.add(at, "POST", SEGMENT + "t", origin, messages[0])
        else:
            self.add(at, "POST", SEGMENT + "b", origin, {"batch": list(messages), "writeKey": "WK", "sentAt": iso(at)})

    def track(self, at: float, name: str | None, stamp: object = None, **more: Any) -> None:
        self.send(at, self.message(name, at, stamp, **more))


def write_har(path: Path, *captures: Capture) -> Path:
    """The visits, in one file."""
    entries = sorted(
        (entry for each in captures for entry in each.entries), key=lambda entry: str(entry["startedDateTime"])
    )
    log = {"version": "1.2", "creator": {"name": captures[0].exporter, "version": "1"}, "pages": [], "entries": entries}
    path.write_text(json.dumps({"log": log}), encoding="utf-8")
    return path


def analysed(
    folder: Path,
    *captures: Capture,
    name: str = "sample",
    policy: Policy | None = None,
    catalogue: Catalogue | None = None,
) -> Path:
    """The database over one HAR with these visits."""
    har = write_har(folder / f"{name}.har", *captures)
    path = folder / f"{name}.db"
    with opened(path) as database:
        for result in analyse_files(open_captures([har]), database, policy or Policy(), catalogue=catalogue):
            assert isinstance(result, Analysis), result
    return path


def shop() -> Capture:
    """A visit that refuses marketing at second 8 and withdraws everything at second 40, on a site that does not care."""
    session = Capture()
    session.page(0)
    session.banner(0.5)
    session.segment(0.8)
    session.pixel(1.4)
    session.track(2, "Product Viewed")
    session.cookies["_fbp"] = "fb.1"
    session.asset(3)
    session.track(9, "Order Completed", {"analytics": True, "marketing": True})
    session.pixel(9.2)
    session.cookies.update(dated_cookie(["necessary", "analytics"], 8))
    session.page(12, "checkout")
    session.track(12.4, "Checkout Started", {"analytics": True, "marketing": False})
    session.track(13, "Wrong Keys", {"C0099": True})
    session.track(13.5, "Data Lost", {"analytics": False, "marketing": False})
    session.asset(15)
    session.cookies.update(dated_cookie(["necessary"], 40))
    session.page(43, "account")
    session.track(43.5, "Settings Opened", {"analytics": False, "marketing": False})
    session.pixel(44)
    session.asset(45)
    return session


def undated() -> Capture:
    """A visit whose choice is dated by nothing: it fell between second 2 and second 20."""
    session = Capture(host="www.forum.example")
    session.page(0)
    session.asset(0.5, "klaro.js")
    session.segment(0.8)
    session.asset(2)
    session.track(5, "In Between")
    session.cookies.update(undated_cookie(segment=True))
    session.page(20, "two")
    session.track(25, "Afterwards")
    session.asset(30)
    return session
