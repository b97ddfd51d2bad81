"""The backend's HTTP interface: who is let in, what is refused, what it answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from addon.observations import HOST, MARKS, REPORTS
from addon.observe.app import application
from addon.observe.devices import Devices
from addon.observe.keys import HEADER, Keys
from addon.store import Database

SHOP = "https://www.shop.example"
CLIENT = "10.0.0.7"


class Caller:
    """Asks the backend as the proxy passes it on."""

    def __init__(self, database: Path) -> None:
        self.keys = Keys()
        self.devices = Devices()
        self.client = CLIENT
        self._app = application(self.keys, database, 1, self.devices)

    async def call(self, method: str, url: str, content: object = None, **headers: str) -> httpx.Response:
        sent = {"content-type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
        body = content if isinstance(content, bytes) else None if content is None else json.dumps(content).encode()
        transport = httpx.ASGITransport(self._app, client=(self.client, 50000))
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.request(method, url, content=body, headers=sent)

    def report(self, **changed: Any) -> dict[str, Any]:
        key = self.keys.page_key(CLIENT, "www.shop.example")
        seen = {"kind": "banner", "event": "shown", "manager": "klaro", "at": 1.0}
        return {"key": key, "sent_at": 1.0, "framed": False, "observations": [seen], **changed}


@pytest.fixture
def caller(tmp_path: Path) -> Caller:
    database = Database(tmp_path / "live.db")
    database.claim("live", None)
    database.close()
    return Caller(tmp_path / "live.db")


async def test_a_page_tells_with_its_own_key(caller: Caller) -> None:
    answer = await caller.call("POST", SHOP + REPORTS, caller.report(), origin=SHOP, sec_fetch_site="same-origin")
    assert (answer.status_code, answer.json()) == (200, {"accepted": 1})
    assert "access-control-allow-origin" not in answer.headers


async def test_a_key_is_good_for_no_other_page(caller: Caller) -> None:
    answer = await caller.call("POST", "https://evil.example" + REPORTS, caller.report())
    assert (answer.status_code, "key" in answer.json()["detail"]) == (401, True)


@pytest.mark.parametrize("path", [REPORTS, MARKS, "/api/sessions"])
@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"sec_fetch_site": "cross-site"}, {"origin": "null"}]
)
async def test_other_origins_are_refused_whatever_they_know(caller: Caller, path: str, headers: dict[str, str]) -> None:
    host = SHOP if path == REPORTS else f"http://{HOST}"
    known = headers | {HEADER.replace("-", "_"): caller.keys.secret}
    for method in ("POST", "GET", "OPTIONS"):
        answer = await caller.call(method, host + path, caller.report(), **known)
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "path", [MARKS, "/api/device", "/api/sessions", "/api/sessions/1.s1", "/api/sessions/1.s1/violations"]
)
async def test_nothing_is_told_or_asked_without_the_secret(caller: Caller, path: str) -> None:
    method = "POST" if path == MARKS else "GET"
    assert (await caller.call(method, f"http://{HOST}{path}", {"text": "x"})).status_code == 401
    guessed = {HEADER.replace("-", "_"): "guess"}
    assert (await caller.call(method, f"http://{HOST}{path}", {"text": "x"}, **guessed)).status_code == 401


async def test_the_path_on_a_sites_own_origin_gives_out_no_results(caller: Caller) -> None:
    known = {HEADER.replace("-", "_"): caller.keys.secret}
    for path in ("/api/sessions", "/.consentwire/api/sessions", "/.consentwire/", "/"):
        answer = await caller.call("GET", SHOP + path, **known)
        assert answer.status_code == 404
        assert caller.keys.secret not in answer.text


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"observations": []}, "observations"),
        ({"observations": [{"kind": "banner", "event": "exploded", "at": 1}]}, "observations.0.banner.event"),
        ({"observations": [{"kind": "wish", "at": 1}]}, "observations.0"),
        ({"sent_at": "yesterday"}, "sent_at"),
        ({"sent_at": 1e300}, "sent_at"),
        ({"secret": "x"}, "secret"),
    ],
)
async def test_a_wrong_field_is_named(caller: Caller, changed: dict[str, object], field: str) -> None:
    answer = await caller.call("POST", SHOP + REPORTS, caller.report(**changed))
    assert answer.status_code == 422
    assert field in answer.json()["detail"]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b"{" * 50_000, b"1" * 200_000, b'{"key": "\\ud800"}'])
async def test_a_body_that_is_no_report_is_refused(caller: Caller, content: bytes) -> None:
    assert (await caller.call("POST", SHOP + REPORTS, content)).status_code == 422


async def test_a_tester_marks_and_asks(caller: Caller) -> None:
    known = {HEADER.replace("-", "_"): caller.keys.secret}
    marked = await caller.call("POST", f"http://{HOST}{MARKS}", {"text": "rejected", "kind": "rejected"}, **known)
    assert marked.json()["accepted"] == 1
    taken = await caller.call("GET", f"http://{HOST}{MARKS}?at={marked.json()['at']}", **known)
    assert taken.json() == [], "the analysis has not taken it in: nobody says that it is about a session"
    assert (await caller.call("GET", f"http://{HOST}/api/sessions", **known)).json() == []
    missing = await caller.call("GET", f"http://{HOST}/api/sessions/1.s9", **known)
    assert (missing.status_code, "1.s9" in missing.json()["detail"]) == (404, True)
    waited = await caller.call("GET", f"http://{HOST}/api/sessions/1.s9/violations?wait=0.3", **known)
    assert waited.json() == []


async def test_the_interface_describes_itself(caller: Caller) -> None:
    described = (await caller.call("GET", f"http://{HOST}/api/openapi.json")).json()
    assert set(described["paths"]) == {
        REPORTS, MARKS, "/api/pairing", "/api/device", "/api/sessions", "/api/sessions/{session}", "/api/sessions/{session}/violations"
    }  # fmt: skip
    assert "observations" in json.dumps(described["paths"][REPORTS])


async def test_the_phone_page_cannot_be_framed_and_stands_on_our_own_host_alone(caller: Caller) -> None:
    page = await caller.call("GET", f"http://{HOST}/")
    assert page.status_code == 200
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "access-control-allow-origin" not in page.headers


@pytest.mark.parametrize(
    ("client", "given"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        (CLIENT, False),
        ("fd00::7", False),
        ("unknown", False),
    ],
)
async def test_the_page_has_the_secret_for_this_machine_alone(caller: Caller, client: str, given: bool) -> None:
    caller.client = client
    page = await caller.call("GET", f"http://{HOST}/")
    assert (caller.keys.secret in page.text) is given
    assert caller.keys.code not in page.text


async def test_another_device_is_given_the_secret_for_the_code_in_the_terminal(caller: Caller) -> None:
    code = caller.keys.code
    for typed in (code, f" {code[:4].lower()}-{code[4:]} "):
        paired = await caller.call("POST", f"http://{HOST}/api/pairing", {"code": typed})
        assert paired.json() == {"secret": caller.keys.secret}
        assert "access-control-allow-origin" not in paired.headers


async def test_codes_are_not_guessed(caller: Caller) -> None:
    url = f"http://{HOST}/api/pairing"
    for wrong in ("", "AAAA-AAAA", "é", "A" * 40, caller.keys.code[:-1], *"ABCDE"):
        assert (await caller.call("POST", url, {"code": wrong})).status_code == 403
    for code in ("A", caller.keys.code):
        assert (await caller.call("POST", url, {"code": code})).status_code == 429
    caller.client = "10.0.0.8"
    assert (await caller.call("POST", url, {"code": caller.keys.code})).status_code == 200


async def test_pairing_is_on_our_own_host_and_from_our_own_page_alone(caller: Caller) -> None:
    code = {"code": caller.keys.code}
    for path in ("/api/pairing", "/.consentwire/api/pairing"):
        assert (await caller.call("POST", SHOP + path, code)).status_code == 404
    foreign = await caller.call("POST", f"http://{HOST}/api/pairing", code, origin="https://evil.example")
    assert foreign.status_code == 403
    assert (await caller.call("POST", f"http://{HOST}/api/pairing", {"code": "A" * 41})).status_code == 422


async def test_a_device_is_told_how_far_it_has_come(caller: Caller) -> None:
    known = {HEADER.replace("-", "_"): caller.keys.secret}
    caller.devices.speaks("c1", CLIENT, "shop.example", secure=True)
    mine = (await caller.call("GET", f"http://{HOST}/api/device", **known)).json()
    assert [check["state"] for check in mine] == ["yes", "yes", "no", "no"]
    caller.client = "10.0.0.8"
    theirs = (await caller.call("GET", f"http://{HOST}/api/device", user_agent="Android", **known)).json()
    assert [check["state"] for check in theirs] == ["no", "no", "no", "no"]
    assert "network_security_config" in theirs[1]["cause"]
