"""Calls to the management interface: what is kept of them, and who may not hold its token."""

from __future__ import annotations

import json
from typing import Any

import pytest

from addon.exchange import Exchange
from addon.records import ExchangeRecord, RegulationRecord
from tests.addon.building import App, Browser, Server, message, request, run

RULE = "workspace-token-exposed"
US = "https://api.segmentapis.com"
TOKEN = {"authorization": "Bearer sgp_verysecret"}
ORDER = {"regulationType": "SUPPRESS_WITH_DELETE", "subjectType": "USER_ID", "subjectIds": ["a-1", "b-2"]}


def backend(at: float, url: str, body: Any = None, *, agent: str = "python-requests/2.32", **more: Any) -> Exchange:
    headers = {"user-agent": agent, **TOKEN, **more.pop("headers", {})}
    sent = None if body is None else json.dumps(body).encode()
    client = more.pop("client", "10.0.0.9")
    return request(at, url, method="GET" if body is None else "POST", headers=headers, body=sent, client=client, **more)


def from_page(at: float, browser: Browser, url: str = f"{US}/regulations", **headers: str | None) -> Exchange:
    named = {**TOKEN, **headers}
    return browser.fetch(
        at, url, mode="cors", dest="empty", method="POST", headers=named, body=json.dumps(ORDER).encode()
    )


def test_a_regulation_is_recorded_without_whom_it_is_about() -> None:
    answer = json.dumps({"data": {"regulation": {"overallStatus": "INITIALIZED"}}}).encode()
    found = run(backend(1, f"{US}/regulations/sources/src123", ORDER, answer=answer))
    (record,) = found.of(RegulationRecord)
    assert (record.action, record.type, record.subject_type, record.subjects) == (
        "request",
        "SUPPRESS_WITH_DELETE",
        "USER_ID",
        2,
    )
    assert (record.source, record.status, record.session_id) == ("src123", "INITIALIZED", None)
    assert "a-1" not in repr(record)
    assert found.of(ExchangeRecord)[0].vendor == "segment"


def test_a_backend_that_holds_the_token_is_not_accused() -> None:
    server = Server()
    agents = ("okhttp/4.12", "Go-http-client/2.0", "node")
    calls = [backend(at, f"{US}/regulations", ORDER, agent=agent) for at, agent in enumerate(agents)]
    found = run(server.send(0, message(userId="a-user-1", stamp={"analytics": True})), *calls)
    assert not found.violations
    assert len(found.of(RegulationRecord)) == 3


def test_a_page_that_holds_the_token_is_an_error_once() -> None:
    browser = Browser()
    found = run(browser.open(0), from_page(1, browser), from_page(2, browser))
    (violation,) = found.found(RULE)
    assert (violation.severity, violation.verdict, violation.site) == ("error", "confirmed", "shop.example")
    assert "api.segmentapis.com" in violation.explanation
    assert "verysecret" not in violation.explanation


def test_a_page_that_calls_without_a_token_or_only_asks_whether_it_may_is_not_accused() -> None:
    browser = Browser()
    found = run(
        browser.open(0),
        from_page(1, browser, authorization=None),
        browser.fetch(2, f"{US}/regulations", mode="cors", dest="empty", method="OPTIONS"),
        from_page(3, browser, url="https://events.eu1.segmentapis.com/v1/other"),
    )
    assert not found.found(RULE)


def test_the_cdps_own_pages_administer_a_workspace() -> None:
    browser = Browser(host="app.segment.com")
    assert not run(browser.open(0), from_page(1, browser)).found(RULE)


@pytest.mark.parametrize(
    "agent", ["Dalvik/2.1.0 (Linux; U; Android 14)", "Shop/3 CFNetwork/1494 Darwin/23.4.0", "okhttp/4.12"]
)
def test_an_app_on_a_phone_that_holds_the_token_is_accused(agent: str) -> None:
    app = App()
    call = backend(2, f"{US}/regulations", ORDER, agent=agent, client=app.client)
    (violation,) = run(app.send(1, message(stamp={"analytics": True})), call).found(RULE)
    assert violation.site == "com.example.shop"
    assert violation.explanation.startswith("An app called")


def test_which_of_several_apps_it_was_is_not_guessed() -> None:
    one, other = App(), App(bundle="com.example.other")
    call = backend(3, f"{US}/regulations", ORDER, agent="Dalvik/2.1.0", client=one.client)
    (violation,) = run(one.send(1, message()), other.send(2, message()), call).found(RULE)
    assert violation.site is None


def test_a_tool_on_the_testers_own_machine_is_not_taken_for_an_app() -> None:
    app = App(client="127.0.0.1")
    agents = ("Paw/3.4 CFNetwork/1494 Darwin/23.4.0", "okhttp/4.12", "PostmanRuntime/7.4")
    calls = [
        backend(at, f"{US}/regulations", ORDER, agent=agent, client="127.0.0.1") for at, agent in enumerate(agents)
    ]
    assert not run(app.send(1, message()), *calls).found(RULE)


def test_a_device_without_any_app_that_was_seen_is_not_accused() -> None:
    call = backend(2, f"{US}/regulations", ORDER, agent="okhttp/4.12", client="10.0.0.77")
    assert not run(call).found(RULE)
