"""Every kind of flow, however odd."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from types import SimpleNamespace

from mitmproxy import http
from mitmproxy.test import taddons, tflow

from addon.live import ConsentWire
from addon.live.capture import GATHER_SECONDS
from addon.records import ViolationRecord
from tests.addon.readers.samples import NOON, shop, track, websocket_flow
from tests.addon.readers.samples import flow as made_flow
from tests.addon.store.rows_made import query, rows

from .live_captures import KeptViolations, call, capturing, play


async def test_a_response_that_is_followed_by_an_error_is_one_exchange(tmp_path: Path) -> None:
    both = made_flow("https://shop.example/", error="the client hung up")
    await play(tmp_path / "a.db", [both])
    assert query(tmp_path / "a.db", "SELECT status, failure FROM exchanges") == [(200, "the client hung up")]


async def test_a_flow_that_is_replayed_is_another_exchange(tmp_path: Path) -> None:
    again = made_flow("https://shop.example/")
    await play(tmp_path / "a.db", [again, again])
    assert query(tmp_path / "a.db", "SELECT count(*) FROM exchanges") == [(2,)]


async def test_failed_and_unfinished_requests_are_kept(tmp_path: Path) -> None:
    with capturing(tmp_path / "a.db") as (made, context):
        await context.cycle(made, made_flow("https://failed.example/", status=None, error="connection refused"))
        call(made, "requestheaders", made_flow("https://waiting.example/", status=None))
        call(made, "error", made_flow("https://never-whole.example/", status=None, error="client disconnected"))
    found = dict(query(tmp_path / "a.db", "SELECT host, failure FROM exchanges"))
    assert found == {
        "failed.example": "connection refused",
        "waiting.example": None,
        "never-whole.example": "client disconnected",
    }


async def test_an_answer_before_the_request_has_ended_is_one_exchange_with_what_came_of_it(tmp_path: Path) -> None:
    early = made_flow("https://api.segment.io/v1/batch", method="POST")
    early.request.headers["content-length"] = "9000000"
    response, early.response = early.response, None
    early.request.data.content = early.request.timestamp_end = None
    with capturing(tmp_path / "a.db") as (made, _):
        call(made, "requestheaders", early)
        assert callable(early.request.stream)
        early.request.stream(b'{"batch": [')
        early.response = response
        for hook in ("responseheaders", "response"):
            call(made, hook, early)
        for each in call(made, "request", early):
            await each
    assert query(tmp_path / "a.db", "SELECT status, request_body FROM exchanges") == [(200, '{"batch": [')]
    assert ("undecodable-body",) in query(tmp_path / "a.db", "SELECT kind FROM gaps")


async def test_what_is_no_http_and_the_tunnel_leave_no_exchange(tmp_path: Path) -> None:
    tunnel = made_flow("https://shop.example/", method="CONNECT")
    others = [tflow.ttcpflow(), tflow.tudpflow(err=True), tflow.tdnsflow(resp=True), tunnel]
    await play(tmp_path / "a.db", [*others, tflow.twebsocketflow()])
    assert query(tmp_path / "a.db", "SELECT host FROM exchanges") == [("example.com",)]
    assert ("websocket",) in query(tmp_path / "a.db", "SELECT kind FROM gaps")


async def test_a_message_over_a_websocket_is_an_event_while_the_capture_runs(tmp_path: Path) -> None:
    socket = websocket_flow([(True, True, json.dumps(track(messageId="ws-1")).encode(), NOON + 30)])
    with capturing(tmp_path / "a.db") as (made, _):
        call(made, "requestheaders", socket)
        call(made, "response", socket)
        call(made, "websocket_message", socket)
        await asyncio.sleep(GATHER_SECONDS * 2)
        call(made, "websocket_end", socket)
    found = query(
        tmp_path / "a.db",
        "SELECT e.message_id, x.method, x.host FROM events e JOIN exchanges x ON x.id = e.exchange_id",
    )
    assert found == [("ws-1", "WEBSOCKET", "live.shop.example")]
    assert query(tmp_path / "a.db", "SELECT count(*) FROM violations WHERE event_id IS NOT NULL") != [(0,)]
    assert ("websocket",) not in query(tmp_path / "a.db", "SELECT kind FROM gaps")


async def test_hostile_websockets_end_no_capture(tmp_path: Path) -> None:
    socket = websocket_flow([(True, False, b"\0\xff", NOON)])
    bare = made_flow("https://shop.example/")
    with capturing(tmp_path / "a.db") as (made, _):
        for each in (bare, socket):
            for hook in ("requestheaders", "response", "websocket_message", "websocket_message", "websocket_end"):
                call(made, hook, each)
    assert query(tmp_path / "a.db", "SELECT kind, count FROM gaps WHERE kind = 'websocket'") == [("websocket", 2)]


def odd_flows() -> list[http.HTTPFlow]:
    made = [made_flow(f"https://odd{number}.example/") for number in range(8)]
    made[0].request.data.path = b"/\xff?\xfe"
    made[1].request.data.headers = http.Headers([(b"\xff", b"\x00"), (b"cookie", b"\xff=\xfe")])
    made[2].request.timestamp_start = None  # type: ignore[assignment]
    made[3].request.timestamp_start = float("nan")
    assert made[4].response is not None and made[5].response is not None
    made[4].response.status_code = 10**30
    made[5].response.data.content = None
    made[6].client_conn.peername = None
    made[7].request.data.host = "\udcff"
    return made


async def test_no_flow_is_too_odd(tmp_path: Path) -> None:
    await play(tmp_path / "a.db", [*odd_flows(), made_flow("https://after.example/")])
    found = rows(tmp_path / "a.db")
    assert ("after.example",) in query(tmp_path / "a.db", "SELECT host FROM exchanges")
    assert found["captures"][0][8] == 9
    kept = len(found["exchanges"])
    assert kept >= 6
    assert kept == 9 or found["gaps"], "what is missing is said"


class Fails:
    """A reporter that breaks."""

    def violation(self, _: ViolationRecord) -> None:
        raise RuntimeError("the screen is full")


async def test_a_reporter_that_breaks_does_not_end_the_capture(tmp_path: Path) -> None:
    await play(tmp_path / "a.db", shop(), ConsentWire(Fails()))
    assert query(tmp_path / "a.db", "SELECT count(*) FROM captures WHERE ended_at IS NOT NULL") == [(1,)]
    assert query(tmp_path / "a.db", "SELECT count(*) FROM exchanges") == [(4,)]


async def test_before_it_runs_and_after_it_is_done_hooks_do_nothing(tmp_path: Path) -> None:
    addon = ConsentWire(KeptViolations())
    handshake = SimpleNamespace(conn=SimpleNamespace(sni="a", error=None))
    with taddons.context(addon) as context:
        await context.cycle(addon, made_flow("https://early.example/"))
        call(addon, "tls_failed_client", handshake)
        call(addon, "done")
    with capturing(tmp_path / "a.db", addon) as (_, context):
        call(addon, "done")
        await context.cycle(addon, made_flow("https://late.example/"))
    assert [row[6] for row in rows(tmp_path / "a.db")["exchanges"]] in ([], ["early.example"])
