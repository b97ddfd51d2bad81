"""Traps: traffic that looks like tracking, or stands close to it, and is nobody's fault. None of it may be held against anybody,
whatever is known of consent: no banner, an open one, or a refusal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from addon.exchange import Exchange
from vendor_catalog import Category, Endpoint, shipped_catalogue
from vendor_catalog.lint import example

from .building import (
    BANNER,
    CHROME,
    COOKIEBOT,
    SHOP,
    Browser,
    Server,
    cookiebot_choice,
    dated_choice,
    message,
    request,
    run,
)

API = "https://api.shop.example"
OWN = f"https://{SHOP}"


@dataclass(frozen=True)
class Ask:
    """A request of the page."""

    url: str
    method: str = "GET"
    body: object = None
    headers: tuple[tuple[str, str], ...] = ()
    answer: object = None

    def made(self, browser: Browser, at: float) -> Exchange:
        body = self.body if self.body is None or isinstance(self.body, bytes) else json.dumps(self.body).encode()
        answer = None if self.answer is None else json.dumps(self.answer).encode()
        return browser.fetch(
            at,
            self.url,
            mode="cors" if self.method != "GET" else "no-cors",
            dest="empty",
            method=self.method,
            body=body,
            headers=dict(self.headers),
            answer=answer,
        )


def post(url: str, body: object, **headers: str) -> Ask:
    return Ask(url, "POST", body, tuple(headers.items()))


OWN_APIS: dict[str, list[Ask]] = {
    "a batch of orders": [post(f"{API}/v1/batch", {"batch": [{"type": "order", "id": 1}, {"type": "order", "id": 2}]})],
    "a batch of JSON-RPC": [post(f"{API}/batch", [{"jsonrpc": "2.0", "id": 1, "method": "track"}])],
    "a batch of GraphQL": [post(f"{API}/graphql", [{"operationName": "Page", "variables": {}, "query": "{page}"}])],
    "a bulk of a search engine": [
        post(
            f"{API}/_bulk",
            b'{"index":{"_id":"1"}}\n{"type":"page","event":"x"}\n',
            **{"content-type": "application/x-ndjson"},
        )
    ],
    "a parcel that is tracked": [post(f"{OWN}/api/track", {"type": "track", "event": "delivered", "parcel": "JD0001"})],
    "a page of a content system": [post(f"{API}/v1/page", {"type": "page", "name": "Home", "context": {"lang": "en"}})],
    "a user who is identified": [post(f"{API}/v1/identify", {"userId": "u1", "password": "secret"})],
    "a group of users": [post(f"{API}/v1/group", {"type": "group", "groupId": "g1", "members": ["u1"]})],
    "events of a calendar": [
        post(f"{API}/events", {"events": [{"event": "Meeting", "timestamp": "2026-05-01T12:00:00Z"}]})
    ],
    "an audit log": [
        post(f"{API}/e/", {"event": "login", "properties": {"role": "admin"}, "timestamp": "2026-05-01T12:00:00Z"})
    ],
    "an import of products": [post(f"{API}/v1/import", {"batch": [{"sku": "1", "type": "product"}]})],
    "a health check": [Ask(f"{OWN}/i?ok=1"), Ask(f"{OWN}/p.gif?x=1"), Ask(f"{OWN}/collect?v=1")],
    "settings of projects": [
        Ask(f"{API}/v1/projects/42/settings", answer={"integrations": {"slack": {"enabled": True}, "github": {}}})
    ],
    "a chat over long polling": [
        post(f"{OWN}/socket.io/?EIO=4&transport=polling&t=abc", b'42["track",{"type":"page"}]')
    ],
    "errors of its own": [
        post(f"{OWN}/api/1/envelope/", b'{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc"}\n{"type":"event"}\n{}\n')
    ],
    "timings of its own": [post(f"{OWN}/rum", {"type": "page", "lcp": 1200, "url": f"{OWN}/"})],
    "a preflight": [
        Ask("https://api.segment.io/v1/t", "OPTIONS"),
        Ask("https://www.google-analytics.com/g/collect", "OPTIONS"),
    ],
    "a form with names and numbers": [
        post(
            f"{OWN}/checkout",
            {"firstName": "Ada", "lastName": "L", "email": "ada@shop.example", "phone": "+441632960961"},
        )
    ],
    "websites of vendors": [
        Ask("https://segment.com/docs/"),
        Ask("https://www.facebook.com/shop"),
        Ask("https://amplitude.com/pricing"),
        Ask("https://www.google.com/search?q=shoes"),
        Ask("https://www.tiktok.com/@shop"),
    ],
}

BACKGROUND = (
    "https://update.googleapis.com/service/update2/json",
    "https://safebrowsing.googleapis.com/v4/threatListUpdates:fetch",
    "https://optimizationguide-pa.googleapis.com/v1:GetModels",
    "https://content-autofill.googleapis.com/v1/pages/abc",
    "https://detectportal.firefox.com/success.txt",
    "https://firefox.settings.services.mozilla.com/v1/buckets/monitor/collections/changes/changeset",
    "https://incoming.telemetry.mozilla.org/submit/firefox-desktop/baseline/1/0f1e",
    "http://captive.apple.com/hotspot-detect.html",
    "http://ocsp.digicert.com/MFEwTzBN",
    "http://www.msftconnecttest.com/connecttest.txt",
    "http://connectivitycheck.gstatic.com/generate_204",
    "https://gsp64-ssl.ls.apple.com/ios-usage",
)
"""What a browser or an operating system asks for by itself."""


def sessions(calls_of: Callable[[Browser, float], Iterable[Exchange]]) -> dict[str, list[Exchange]]:
    """The same requests without a banner, under an open one, and after a refusal."""
    unknown = Browser()
    found = {"no banner": [unknown.open(0), *calls_of(unknown, 1), unknown.open(60)]}
    waiting = Browser()
    found["open banner"] = [waiting.open(0), waiting.fetch(0.2, BANNER), *calls_of(waiting, 1), waiting.open(60)]
    refused = Browser()
    refused.cookies |= dated_choice(at=0.5)
    found["refused"] = [refused.open(0.6), refused.fetch(0.8, BANNER), *calls_of(refused, 1), refused.open(60)]
    return found


def accusations(exchanges: list[Exchange], *, but: str = "") -> list[tuple[str, str | None, str]]:
    found = run(*exchanges)
    return [(each.rule, each.vendor, each.explanation) for each in found.violations if each.severity != but]


@pytest.mark.parametrize("trap", OWN_APIS)
def test_a_sites_own_calls_are_no_tracking(trap: str) -> None:
    calls_of = OWN_APIS[trap]
    for known, exchanges in sessions(
        lambda browser, at: [call.made(browser, at + n) for n, call in enumerate(calls_of)]
    ).items():
        assert accusations(exchanges) == [], known


def test_what_browsers_and_systems_send_by_themselves_is_no_sites_doing() -> None:
    def calls_of(_: Browser, at: float) -> Iterator[Exchange]:
        for number, url in enumerate(BACKGROUND):
            yield request(at + number, url, headers={"user-agent": CHROME}, method="POST" if "submit" in url else "GET")

    for known, exchanges in sessions(calls_of).items():
        assert accusations(exchanges) == [], known


def examples(endpoints: Iterable[Endpoint]) -> list[tuple[str, str]]:
    found = []
    for endpoint in endpoints:
        for text in endpoint.matches:
            method, host, path, query = example(text)
            found.append((method, f"https://{host}{path}" + (f"?{query}" if query else "")))
    return found


CATALOGUE = shipped_catalogue()
NECESSARY = {
    vendor.id: examples(vendor.endpoints)
    for vendor in CATALOGUE.vendors.values()
    if vendor.category is Category.NECESSARY and vendor.endpoints
}
CONSENT = {
    manager.id: examples(manager.endpoints) for manager in CATALOGUE.consent_managers.values() if manager.endpoints
}


def fetched(addresses: Iterable[tuple[str, str]]) -> Callable[[Browser, float], list[Exchange]]:
    def calls_of(browser: Browser, at: float) -> list[Exchange]:
        return [
            Ask(url, method, b"{}" if method == "POST" else None).made(browser, at + n / 10)
            for n, (method, url) in enumerate(addresses)
        ]

    return calls_of


@pytest.mark.parametrize("vendor", NECESSARY)
def test_payment_captchas_and_the_like_need_nobodys_consent(vendor: str) -> None:
    for known, exchanges in sessions(fetched(NECESSARY[vendor])).items():
        assert accusations(exchanges) == [], known


@pytest.mark.parametrize("manager", CONSENT)
def test_a_consent_managers_own_calls_are_no_tracking(manager: str) -> None:
    for known, exchanges in sessions(fetched(CONSENT[manager])).items():
        assert accusations(exchanges) == [], known


FONTS = (
    ("GET", "https://fonts.googleapis.com/css2?family=Inter"),
    ("GET", "https://fonts.gstatic.com/s/inter/v12/a.woff2"),
    ("GET", "https://cdnjs.cloudflare.com/ajax/libs/jquery/3.7.1/jquery.min.js"),
    ("GET", "https://cdn.jsdelivr.net/npm/bootstrap@5.3.3/dist/css/bootstrap.min.css"),
    ("GET", "https://unpkg.com/react@18/umd/react.production.min.js"),
    ("GET", "https://ajax.googleapis.com/ajax/libs/jquery/3.7.1/jquery.min.js"),
    ("GET", "https://code.jquery.com/jquery-3.7.1.min.js"),
)


def test_fonts_and_public_libraries_are_no_tracking() -> None:
    for known, exchanges in sessions(fetched(FONTS)).items():
        assert accusations(exchanges) == [], known


PINGS: dict[str, str] = {
    "analytics": "https://region1.google-analytics.com/g/collect?v=2&tid=G-ABC123&cid=1234567890.1780000000&en=page_view"
    "&gcs=G100&gcd=13p3p3p2p5l1&npa=1&pscdl=denied",
    "ads": "https://www.googleadservices.com/pagead/conversion/123456789/?random=1&gcs=G100&gcd=13p3p3p2p5l1&npa=1&pscdl=denied",
}


@pytest.mark.parametrize("ping", PINGS)
def test_googles_pings_without_cookies_are_a_note_and_no_more(ping: str) -> None:
    def calls_of(browser: Browser, at: float) -> Iterable[Exchange]:
        return [browser.fetch(at, PINGS[ping], mode="cors", dest="empty", method="GET")]

    for known, exchanges in sessions(calls_of).items():
        assert accusations(exchanges, but="note") == [], known


def answers(browser: Browser, at: float) -> list[Any]:
    return [
        call.made(browser, at + n) for n, call in enumerate(call for calls_of in OWN_APIS.values() for call in calls_of)
    ]


def test_all_of_a_sites_own_calls_together_are_decoded_as_nobodys_messages() -> None:
    browser = Browser()
    found = run(browser.open(0), *answers(browser, 1), browser.open(90))
    assert found.events == []


CHAT_AND_ERRORS = (
    ("POST", "https://api-iam.intercom.io/messenger/web/ping"),
    ("POST", "https://o1.ingest.sentry.io/api/1/envelope/"),
    ("GET", "https://js.intercomcdn.com/frame.js"),
)
"""Of vendors whose category many banners do not have."""


def sure(exchanges: list[Exchange]) -> set[str]:
    return {str(each.rule) for each in run(*exchanges).violations if each.verdict != "unproven"}


@pytest.mark.parametrize("offered", [("necessary", "analytics", "marketing"), ()], ids=["offered", "offer unknown"])
def test_who_accepted_all_that_a_banner_offers_did_not_refuse_what_it_does_not_offer(offered: tuple[str, ...]) -> None:
    browser = Browser()
    browser.cookies |= dated_choice("analytics", "marketing", at=-5, offered=offered)
    calls = fetched(CHAT_AND_ERRORS)(browser, 1)
    assert sure([browser.open(0), browser.fetch(0.2, BANNER), *calls, browser.open(60)]) == set()


def test_what_a_banner_offers_and_somebody_refused_stays_refused() -> None:
    browser = Browser()
    browser.cookies |= cookiebot_choice(-5, statistics=True, marketing=True)
    calls = fetched(CHAT_AND_ERRORS)(browser, 1)
    assert sure([browser.open(0), browser.fetch(0.2, COOKIEBOT), *calls, browser.open(60)]) == {
        "destination-without-consent"
    }


def test_coordinates_that_a_server_looked_up_are_no_proof_of_where_somebody_was() -> None:
    browser = Browser()
    browser.cookies |= dated_choice("analytics", "marketing", at=-5)
    located = message(
        stamp={"analytics": True}, context={"location": {"city": "Berlin", "latitude": 52.5244, "longitude": 13.4105}}
    )
    exchanges = [browser.open(0), browser.fetch(0.2, BANNER), browser.send(1, located), browser.open(60)]
    assert sure(exchanges) == set()
    assert {each.rule for each in run(*exchanges).violations} == {"personal-data-in-payload"}
    device = {"location": {"latitude": 52.5243712, "longitude": 13.4105301, "accuracy": 8}}
    exchanges.insert(3, browser.send(2, message(stamp={"analytics": True}, context=device)))
    assert sure(exchanges) == {"personal-data-in-payload"}, "of a device it is, wherever a lookup was before"


def test_a_shop_where_nobody_has_to_be_asked_and_nobody_opted_out_is_sure_of_nothing() -> None:
    browser = Browser()
    calls = [browser.pixel(1), browser.send(2, message()), Server().send(3, message("Order Paid", userId="user-99812"))]
    found = run(browser.open(0), *calls, browser.open(60), policy='[policy]\nregime = "opt-out"')
    assert [each for each in found.violations if each.verdict != "unproven"] == []
