"""What pages have stored, while a banner is taught: who may tell it, what is kept of it, and that no other run asks for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from addon.manager_draft import Place
from addon.observations import HOST, REPORTS, STATE
from addon.observe.app import application
from addon.observe.keys import HEADER, Keys
from addon.observe.probe import Probe
from addon.observe.stored import STORED, StoredReport, StoredStates
from addon.store import Database
from vendor_catalog import shipped_catalogue

SITE = "shop.example"
PAGE = "https://www.shop.example"
VISITOR = "0b6c1d3e-5a4f-4c1e-9d2b-7e8f90a1b2c3"


@pytest.fixture
def states() -> StoredStates:
    return StoredStates(SITE, shipped_catalogue())


def page_state(cookies: dict[str, str], storage: dict[str, str] | None = None) -> StoredReport:
    return StoredReport.model_validate({"key": "k", "state": {"cookies": cookies, "storage": storage or {}}})


def seen(states: StoredStates) -> dict[tuple[str, str], str]:
    return {(each.place, each.name): each.value for each in states.latest().stored}


def test_the_latest_state_of_a_page_is_kept_without_what_names_a_person(states: StoredStates) -> None:
    states.take_page("www.shop.example", page_state({"a": "1", "id": VISITOR}))
    states.take_page("www.shop.example", page_state({"a": "0", "id": VISITOR}, {"b": '{"x":true}'}))
    found = seen(states)
    assert (found[Place.COOKIE, "a"], found[Place.STORAGE, "b"]) == ("0", '{"x":true}')
    assert found[Place.COOKIE, "id"].startswith("#")


def test_a_cookie_that_no_script_may_read_is_known_from_the_wire(states: StoredStates) -> None:
    states.take_page("www.shop.example", page_state({"a": "1"}))
    states.take_request("GET", "www.shop.example", "/x?y=1", None, {"a": "1", "secret_choice": "yes"}, document=True)
    assert seen(states) == {(Place.COOKIE, "a"): "1", (Place.COOKIE, "secret_choice"): "yes"}
    states.take_page("www.shop.example", page_state({}))
    assert seen(states) == {(Place.COOKIE, "secret_choice"): "yes"}, "what a script deleted is gone"
    states.take_request("GET", "www.shop.example", "/", None, {}, document=True)
    assert seen(states) == {}, "a window of its own"


def test_calls_and_consent_managers_are_those_of_the_site(states: StoredStates) -> None:
    states.take_request("GET", "cdn.flowconsent.com", "/x.js?v=1", "www.shop.example", {}, document=False)
    states.take_request("GET", "cdn.flowconsent.com", "/x.js?v=2", "www.shop.example", {}, document=False)
    states.take_request("GET", "tracker.example", "/t", "www.news.example", {"t": "1"}, document=False)
    latest = states.latest()
    assert (latest.calls, latest.managers, latest.sent) == (["GET cdn.flowconsent.com/x.js"], ["flowconsent"], {})


def test_another_sites_page_tells_nothing(states: StoredStates) -> None:
    states.take_page("www.news.example", page_state({"a": "1"}))
    assert (seen(states), states.latest().at) == ({}, 0)


class Caller:
    def __init__(self, folder: Path, states: StoredStates | None) -> None:
        database = Database(folder / "live.db")
        database.claim("live", None)
        database.close()
        self.keys = Keys()
        self._app = application(self.keys, folder / "live.db", 1, states=states)

    async def call(self, method: str, url: str, content: Any = None, **headers: str) -> httpx.Response:
        transport = httpx.ASGITransport(self._app, client=("127.0.0.1", 50000))
        body = None if content is None else json.dumps(content).encode()
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.request(method, url, content=body, headers=headers)

    def state(self, **changed: Any) -> dict[str, Any]:
        key = self.keys.page_key("127.0.0.1", "www.shop.example")
        return {"key": key, "state": {"cookies": {"a": "1"}, "storage": {}}, **changed}


async def test_a_page_tells_its_state_with_its_own_key_and_the_tester_reads_it(
    tmp_path: Path, states: StoredStates
) -> None:
    caller = Caller(tmp_path, states)
    answer = await caller.call("POST", f"{PAGE}{REPORTS}?{STATE}", caller.state())
    assert answer.status_code == 202, "the analysis takes in what was answered with 200 alone"
    assert (await caller.call("POST", f"{PAGE}{REPORTS}?{STATE}", caller.state(key="other"))).status_code == 401
    assert (await caller.call("POST", f"https://evil.example{REPORTS}?{STATE}", caller.state())).status_code == 401
    read = await caller.call("GET", f"http://{HOST}{STORED}", **{HEADER: caller.keys.secret})
    assert read.json()["stored"] == [{"place": "cookie", "name": "a", "value": "1"}]
    assert (await caller.call("GET", f"http://{HOST}{STORED}")).status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": {"cookies": {"a": 1}, "storage": {}}},
        {"state": {}},
        {"more": 1},
        {"state": {"cookies": {}, "storage": {"a": "x" * 5000}}},
    ],
)
async def test_a_state_that_is_none_is_refused(tmp_path: Path, states: StoredStates, wrong: dict[str, Any]) -> None:
    caller = Caller(tmp_path, states)
    answer = await caller.call("POST", f"{PAGE}{REPORTS}?{STATE}", caller.state(**wrong))
    assert answer.status_code == 422


async def test_no_other_run_takes_a_state_or_asks_pages_for_one(tmp_path: Path) -> None:
    caller = Caller(tmp_path, None)
    assert (await caller.call("POST", f"{PAGE}{REPORTS}?{STATE}", caller.state())).status_code == 422
    assert (await caller.call("GET", f"http://{HOST}{STORED}", **{HEADER: caller.keys.secret})).status_code == 404
    usual = Probe(shipped_catalogue(), Keys())._script("k", "n")
    taught = Probe(shipped_catalogue(), Keys(), stored=True)._script("k", "n")
    assert (usual.count(b"<script"), taught.count(b"<script")) == (1, 2)
    assert b"localStorage.key" not in usual
