"""Builds the traffic of a browser, an app and a server, and runs it through the pipeline."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import quote, urlsplit

from addon.body import Body
from addon.exchange import Exchange, Headers
from addon.pipeline import CaptureTraits, Pipeline
from addon.policy import Policy, parse_policy
from addon.records import DeliveryRecord, EventRecord, ExchangeRecord, GapRecord, Record, SessionRecord, ViolationRecord
from vendor_catalog import shipped_catalogue

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC).timestamp()
"""When the stories of these tests begin; moments in them are seconds after it."""
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36"
SHOP = "www.shop.example"
KEY = "writekey1"
BANNER = f"https://{SHOP}/cookieconsent.umd.js"
"""By this script vanilla-cookieconsent is recognised, which writes dated cookies."""
KLARO = f"https://{SHOP}/klaro.js"
"""By this one Klaro, whose cookies have no date."""
COOKIEBOT = "https://consent.cookiebot.com/uc.js?cbid=1"
META_PIXEL = "https://www.facebook.com/tr/?id=1&ev=PageView"
AMPLITUDE = "https://api2.amplitude.com/2/httpapi"


def iso(at: float) -> str:
    return datetime.fromtimestamp(NOON + at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# --- consent cookies


ALL_OFFERED = ("necessary", "functional", "analytics", "marketing")


def dated_choice(*categories: str, at: float, offered: Iterable[str] = ALL_OFFERED) -> dict[str, str]:
    """The cookie of vanilla-cookieconsent for a choice made at a moment; ``categories`` are accepted, others of ``offered``
    refused."""
    value = {
        "categories": ["necessary", *categories],
        "revision": 0,
        "consentTimestamp": iso(at),
        "consentId": "0b1c2d3e",
        "services": {name: [] for name in offered},
        "lastConsentTimestamp": iso(at),
    }
    return {"cc_cookie": quote(json.dumps(value))}


def undated_choice(**services: bool) -> dict[str, str]:
    """The cookie of Klaro; ``services`` are named as categories or vendors."""
    return {"klaro": quote(json.dumps(services))}


def cookiebot_choice(at: float, *, statistics: bool, marketing: bool, method: str = "explicit") -> dict[str, str]:
    flags = f"necessary:true,preferences:false,statistics:{statistics},marketing:{marketing}".lower()
    milliseconds = round((NOON + at) * 1000)
    return {"CookieConsent": quote(f"{{stamp:'abc',{flags},method:'{method}',ver:1,utc:{milliseconds},region:'de'}}")}


def onetrust_choice(groups: str, closed_at: float | None = None) -> dict[str, str]:
    landing = "NotLandingPage" if closed_at is not None else quote(f"https://{SHOP}/", safe="")
    cookies = {"OptanonConsent": f"isIABGlobal=false&landingPath={landing}&groups={quote(groups)}"}
    if closed_at is not None:
        cookies["OptanonAlertBoxClosed"] = iso(closed_at)
    return cookies


# --- messages and settings

_MESSAGES = count(1)


def message(
    name: str | None = "Order Completed",
    *,
    kind: str = "track",
    stamp: Mapping[str, Any] | None = None,
    integrations: Mapping[str, Any] | None = None,
    library: str = "analytics.js",
    message_id: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A Segment message. ``stamp`` becomes ``categoryPreferences``; ``consent`` in ``more`` replaces the whole object."""
    context: dict[str, Any] = {"library": {"name": library, "version": "1"}, **more.pop("context", {})}
    if stamp is not None:
        context["consent"] = {"categoryPreferences": dict(stamp)}
    if "consent" in more:
        context["consent"] = more.pop("consent")
    built = {
        "type": kind,
        "messageId": message_id or f"ajs-next-{next(_MESSAGES)}",
        "anonymousId": "anon",
        "context": context,
        **more,
    }
    if name is not None:
        built["event" if kind == "track" else "name"] = name
    if integrations is not None:
        built["integrations"] = dict(integrations)
    return built


def settings_of(
    destinations: Mapping[str, Iterable[str] | None] | None = None,
    *,
    device: Iterable[str] = (),
    cloud: Iterable[str] = (),
    consent: bool = True,
    unmapped: bool = False,
    all_categories: Iterable[str] = (),
    api_host: str = "api.segment.io/v1",
    key: str = KEY,
) -> dict[str, Any]:
    """Settings of a source: destination -> its workspace categories (``None``: no ``consentSettings``).

    Args:
        device: those that run in the page.
        cloud: cloud-mode ones that are only named (``unbundledIntegrations``).
        consent: whether the workspace uses consent categories.
    """
    integrations: dict[str, Any] = {
        "Segment.io": {"apiKey": key, "apiHost": api_host, "unbundledIntegrations": list(cloud)}
    }
    for name, categories in (destinations or {}).items():
        on_device = name in device
        entry: dict[str, Any] = {
            "bundlingStatus": "bundled" if on_device else "unbundled",
            "versionSettings": {"componentTypes": ["browser"] if on_device else ["server"]},
        }
        if categories is not None:
            entry["consentSettings"] = {"categories": list(categories)}
        integrations[name] = entry
    document: dict[str, Any] = {"integrations": integrations}
    if consent:
        document["consentSettings"] = {
            "allCategories": list(all_categories),
            "hasUnmappedDestinations": unmapped,
        }
    return document


# --- clients


def request(
    at: float,
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str | None] | None = None,
    body: bytes | None = None,
    answer: bytes | None = None,
    set_cookies: Iterable[str] = (),
    client: str = "127.0.0.1",
    **more: Any,
) -> Exchange:
    """Any request; ``None`` for a header leaves it out."""
    parts = urlsplit(url)
    responded = [("set-cookie", value) for value in set_cookies]
    content_type = more.pop("content_type", None)
    if content_type is not None:
        responded.append(("content-type", content_type))
    fields: dict[str, Any] = {
        "started_at": NOON + at,
        "client": client,
        "method": method,
        "scheme": parts.scheme,
        "host": parts.hostname or "",
        "port": parts.port or (443 if parts.scheme == "https" else 80),
        "path": parts.path or "/",
        "query": parts.query,
        "request_headers": Headers.from_text(
            (name, value) for name, value in (headers or {}).items() if value is not None
        ),
        "request_body": None if body is None else Body(body),
        "status": 200,
        "response_headers": Headers.from_text(responded),
        "response_body": None if answer is None else Body(answer),
        "response_at": NOON + at + 0.05,
    }
    return Exchange(**(fields | more))


@dataclass
class Browser:
    """A browser with one page of a site open. Its cookies go with every request to the site."""

    host: str = SHOP
    client: str = "127.0.0.1"
    agent: str = CHROME
    cookies: dict[str, str] = field(default_factory=dict)
    gpc: bool = False

    def _headers(self, url: str, more: Mapping[str, str | None], *, credentials: bool = True) -> dict[str, str | None]:
        headers: dict[str, str | None] = {"user-agent": self.agent}
        own = (urlsplit(url).hostname or "").endswith(self.host.removeprefix("www."))
        if own and credentials and self.cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.gpc:
            headers["sec-gpc"] = "1"
        return {**headers, **more}

    def open(self, at: float, path: str = "/", *, coming_from: str = "none", **more: Any) -> Exchange:
        """A page in the address bar; ``coming_from`` is its ``Sec-Fetch-Site``."""
        url = f"https://{self.host}{path}"
        headers = {"sec-fetch-dest": "document", "sec-fetch-mode": "navigate", "sec-fetch-site": coming_from}
        named = {**headers, **more.pop("headers", {})}
        return request(at, url, headers=self._headers(url, named), client=self.client, content_type="text/html", **more)

    def fetch(self, at: float, url: str, *, mode: str = "no-cors", dest: str = "script", **more: Any) -> Exchange:
        """What the page asks for: a script, a picture, a call. ``mode="cors"`` is a script's fetch, without cookies."""
        host = urlsplit(url).hostname or ""
        page_site = self.host.removeprefix("www.")
        initiator = "same-origin" if host == self.host else "same-site" if host.endswith(page_site) else "cross-site"
        named: dict[str, str | None] = {
            "referer": f"https://{self.host}/",
            "sec-fetch-dest": dest,
            "sec-fetch-mode": mode,
            "sec-fetch-site": initiator,
        }
        if mode == "cors" and initiator != "same-origin":
            named["origin"] = f"https://{self.host}"
        named |= more.pop("headers", {})
        headers = self._headers(url, named, credentials=mode != "cors")
        return request(at, url, headers=headers, client=self.client, **more)

    def settings(self, at: float, document: Mapping[str, Any], key: str = KEY, **more: Any) -> Exchange:
        url = f"https://cdn.segment.com/v1/projects/{key}/settings"
        return self.fetch(at, url, mode="cors", dest="empty", answer=json.dumps(document).encode(), **more)

    def send(self, at: float, *messages: dict[str, Any], url: str = "", key: str | None = KEY, **more: Any) -> Exchange:
        """Messages to Segment, as analytics.js does: one by itself, several as a batch."""
        url = url or "https://api.segment.io/v1/" + ("b" if len(messages) != 1 else str(messages[0]["type"])[0])
        document: dict[str, Any] = messages[0] if len(messages) == 1 else {"batch": list(messages)}
        if key is not None:
            document = {**document, "writeKey": key}
        body = json.dumps(document).encode()
        return self.fetch(at, url, mode="cors", dest="empty", method="POST", body=body, **more)

    def pixel(self, at: float, url: str = META_PIXEL, **more: Any) -> Exchange:
        """A vendor's call."""
        return self.fetch(at, url, dest="image", **more)


@dataclass
class App:
    """An app with one of Segment's mobile SDKs."""

    bundle: str | None = "com.example.shop"
    client: str = "10.0.0.7"
    library: str = "analytics-kotlin"

    def send(self, at: float, *messages: dict[str, Any], key: str = KEY) -> Exchange:
        named = []
        for each in messages:
            context = {**each["context"], "library": {"name": self.library, "version": "1"}, "device": {"id": "d"}}
            if self.bundle is not None:
                context["app"] = {"namespace": self.bundle}
            named.append({**each, "context": context})
        body = json.dumps({"batch": named, "writeKey": key}).encode()
        headers = {"user-agent": f"{self.library}/1.24.1"}
        return request(at, "https://api.segment.io/v1/b", method="POST", headers=headers, body=body, client=self.client)

    def settings(self, at: float, document: Mapping[str, Any], key: str = KEY) -> Exchange:
        url = f"https://cdn-settings.segment.com/v1/projects/{key}/settings"
        headers = {"user-agent": f"{self.library}/1.24.1"}
        return request(at, url, headers=headers, answer=json.dumps(document).encode(), client=self.client)


@dataclass
class Server:
    """A server with Segment's Python SDK."""

    client: str = "10.0.0.9"

    def send(self, at: float, *messages: dict[str, Any], key: str = KEY) -> Exchange:
        stated = [
            {**each, "context": {**each["context"], "library": {"name": "analytics-python", "version": "2"}}}
            for each in messages
        ]
        credentials = base64.b64encode(f"{key}:".encode()).decode()
        headers = {"user-agent": "analytics-python/2.4.0", "authorization": f"Basic {credentials}"}
        body = json.dumps({"batch": stated}).encode()
        return request(
            at, "https://api.segment.io/v1/batch", method="POST", headers=headers, body=body, client=self.client
        )


# --- runs


@dataclass
class Run:
    """What the pipeline gave out."""

    records: list[Record]

    def of[Kind](self, kind: type[Kind]) -> list[Kind]:
        return [record for record in self.records if isinstance(record, kind)]

    @property
    def violations(self) -> list[ViolationRecord]:
        """What counts in the end: the last state of each violation, without what was cleared."""
        latest = {record.id: record for record in self.of(ViolationRecord)}
        return [record for record in latest.values() if record.verdict != "cleared"]

    def found(self, rule: str) -> list[ViolationRecord]:
        return [violation for violation in self.violations if violation.rule == rule]

    def verdicts(self, rule: str) -> list[tuple[str, str]]:
        """Verdict and phase of each violation of a rule."""
        return [(str(violation.verdict), str(violation.phase)) for violation in self.found(rule)]

    @property
    def rules(self) -> set[str]:
        return {violation.rule for violation in self.violations}

    def history(self, rule: str) -> list[str]:
        """Every verdict of a rule, in the order in which they were given out."""
        return [str(record.verdict) for record in self.of(ViolationRecord) if record.rule == rule]

    @property
    def gaps(self) -> list[tuple[str, str | None]]:
        return [(gap.kind, gap.host) for gap in self.of(GapRecord)]

    def gap(self, kind: str) -> list[str]:
        return [gap.reason for gap in self.of(GapRecord) if gap.kind == kind]

    @property
    def deliveries(self) -> dict[tuple[str, str], DeliveryRecord]:
        """The last state of each delivery, by event id and destination."""
        return {(record.event_id, record.destination): record for record in self.of(DeliveryRecord)}

    @property
    def outcomes(self) -> dict[str, tuple[str, str]]:
        """Destination -> outcome and basis, where there is one event."""
        return {destination: (str(one.outcome), str(one.basis)) for (_, destination), one in self.deliveries.items()}

    @property
    def sites(self) -> list[str | None]:
        """The session of each exchange, by site or app; ``None`` where it has none."""
        known = {record.id: record.site or record.app for record in self.of(SessionRecord)}
        return [None if one.session_id is None else known[one.session_id] for one in self.of(ExchangeRecord)]

    @property
    def events(self) -> list[EventRecord]:
        return self.of(EventRecord)


def policy_of(text: str) -> Policy:
    return parse_policy(text, shipped_catalogue())


def pipeline_of(*, live: bool = False, policy: str | Policy = "", **traits: Any) -> Pipeline:
    chosen = policy_of(policy) if isinstance(policy, str) else policy
    return Pipeline(1, shipped_catalogue(), chosen, CaptureTraits(live=live, **traits))


def run(*exchanges: Exchange, live: bool = False, policy: str | Policy = "", **traits: Any) -> Run:
    """A whole capture, in the order given."""
    pipeline = pipeline_of(live=live, policy=policy, **traits)
    records: list[Record] = []
    for exchange in exchanges:
        records += pipeline.process(exchange)
    return Run([*records, *pipeline.close()])
