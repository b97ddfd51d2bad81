"""The addon in mitmproxy's own test context: flows in, database, marks and messages out."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from mitmproxy import dns, exceptions, flow, http
from mitmproxy.io import FlowReader
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.test import taddons, tflow

from addon import live
from addon.live import ConsentWire, LogReporter
from addon.records import ViolationRecord

from .readers.samples import CAPTURES, shop, track
from .readers.samples import flow as made_flow
from .store.rows_made import query, rows, violation

SHIPPED = sorted(CAPTURES.glob("*.mitm"))


class Told:
    """A reporter that keeps what it was told."""

    def __init__(self) -> None:
        self.violations: list[ViolationRecord] = []

    def violation(self, found: ViolationRecord) -> None:
        self.violations.append(found)


class Updates:
    """An addon that notes which flows were said to have changed."""

    def __init__(self) -> None:
        self.flows: list[flow.Flow] = []

    def update(self, flows: Sequence[flow.Flow]) -> None:
        self.flows += flows


@contextmanager
def capturing(database: Path, addon: ConsentWire | None = None, **options: str) -> Iterator[tuple[ConsentWire, Any]]:
    """A capture that runs; its database is complete afterwards."""
    made = addon or ConsentWire(Told())
    with taddons.context(made, Updates()) as context:
        context.configure(made, consentwire_db=str(database), **options)
        made.running()
        yield made, context
        made.done()


async def play(database: Path, flows: Iterable[flow.Flow], addon: ConsentWire | None = None, **options: str) -> None:
    with capturing(database, addon, **options) as (made, context):
        for each in flows:
            await context.cycle(made, each)


# --- flows in, database out


@pytest.mark.parametrize("capture", SHIPPED, ids=lambda path: path.stem)
async def test_a_live_capture_ends_with_what_its_file_shows(capture: Path, tmp_path: Path) -> None:
    with capture.open("rb") as file:
        await play(tmp_path / "a.db", FlowReader(file).stream())
    expected = json.loads(capture.with_suffix(".expected.json").read_text())
    found = Counter(
        query(tmp_path / "a.db", f"SELECT {', '.join(expected['columns'])} FROM violations WHERE verdict <> 'cleared'")
    )
    kinds = [tuple(kind) for kind in expected["kinds"]]
    assert found == Counter(dict(zip(kinds, expected["counts"], strict=True)))
    assert query(tmp_path / "a.db", "PRAGMA foreign_key_check") == []


async def test_a_capture_says_when_it_ran_and_what_it_read(tmp_path: Path) -> None:
    await play(tmp_path / "a.db", shop())
    ((kind, path, digest, started, ended, read),) = query(
        tmp_path / "a.db", "SELECT kind, path, digest, started_at, ended_at, exchanges_read FROM captures"
    )
    assert (kind, path, digest, read) == ("live", None, None, 4)
    assert started <= ended


async def test_a_second_capture_is_added_to_the_first(tmp_path: Path) -> None:
    for _ in range(2):
        await play(tmp_path / "a.db", shop())
    assert query(tmp_path / "a.db", "SELECT capture_id, count(*) FROM exchanges GROUP BY 1") == [(1, 4), (2, 4)]


async def test_findings_are_told_while_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_GATHER_SECONDS", 0)
    told = Told()
    with capturing(tmp_path / "a.db", ConsentWire(told)) as (made, context):
        for each in shop():
            await context.cycle(made, each)
        wanted = {"event-without-consent", "consent-not-stamped"}
        async with asyncio.timeout(30):
            while not wanted <= {found.rule for found in told.violations}:  # noqa: ASYNC110, the analysis is another process
                await asyncio.sleep(0.01)


async def test_flows_with_findings_are_marked_and_commented(tmp_path: Path) -> None:
    flows = shop()
    with capturing(tmp_path / "a.db") as (made, context):
        for each in flows:
            await context.cycle(made, each)
        made.done()
        updates = context.master.addons.get("updates")
        assert [each for each in flows if each in updates.flows] == [flows[2]]
    page, settings, message, basket = flows
    assert [each.marked for each in (page, settings, basket)] == ["", "", ""]
    assert message.marked in (":red_circle:", ":large_orange_circle:")
    told = {line.split()[1].rstrip(":") for line in message.comment.splitlines()}
    assert "event-without-consent" in told
    found = query(tmp_path / "a.db", "SELECT id FROM violations WHERE exchange_id = '1.3'")
    assert sorted(line.rpartition(" ")[2] for line in message.comment.splitlines()) == sorted(
        f"[{v}]" for (v,) in found
    )


def marked(*changes: dict[str, Any], comment: str = "") -> http.HTTPFlow:
    made = tflow.tflow(resp=True)
    made.comment = comment
    for change in changes:
        live._mark(made, violation(1, **change))
    return made


def test_a_verdict_that_moves_replaces_its_line_and_its_mark() -> None:
    assert marked({"verdict": "unproven"}).marked == ":question:"
    moved = marked({"verdict": "unproven"}, {"verdict": "confirmed", "explanation": "Now we know."})
    assert moved.marked == ":red_circle:"
    assert moved.comment == "confirmed event-without-consent: Now we know. [1.v1]"
    assert marked({"verdict": "likely"}, {"verdict": "cleared"}).marked == ""


def test_the_surest_verdict_of_a_flow_gives_the_mark() -> None:
    made = marked({"verdict": "unproven"}, {"place": 2, "verdict": "likely"}, {"place": 3, "verdict": "cleared"})
    assert made.marked == ":large_orange_circle:"
    assert len(made.comment.splitlines()) == 3


def test_what_people_wrote_into_a_comment_stays_and_marks_nothing() -> None:
    made = marked({"verdict": "cleared"}, comment="confirmed with the team\nsee ticket [12]")
    assert made.comment.splitlines()[:2] == ["confirmed with the team", "see ticket [12]"]
    assert made.marked == ""


def test_a_comment_is_bounded_and_its_lines_are_whole() -> None:
    made = marked(*({"place": place, "explanation": "long " * 30} for place in range(1, 60)))
    assert len(made.comment) <= 2000
    assert all(line.endswith("]") for line in made.comment.splitlines())
    odd = marked({"explanation": "two\nlines\x1b[2J"}, {"explanation": "one"})
    assert odd.comment == "confirmed event-without-consent: one [1.v1]".replace("confirmed", "likely")


def test_findings_are_logged_once_and_without_controls(caplog: pytest.LogCaptureFixture) -> None:
    reporter = LogReporter()
    for change in (
        {},
        {"place": 2},
        {"verdict": "confirmed", "explanation": "\x1b[2J"},
        {"suppressed": "known", "verdict": "unproven"},
    ):
        reporter.violation(violation(1, **change))
    assert len(caplog.messages) == 2
    assert "\x1b" not in caplog.text


# --- every kind of flow


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
        made.request(made_flow("https://waiting.example/", status=None))
        made.error(made_flow("https://never-whole.example/", status=None, error="client disconnected"))
    found = dict(query(tmp_path / "a.db", "SELECT host, failure FROM exchanges"))
    assert found == {
        "failed.example": "connection refused",
        "waiting.example": None,
        "never-whole.example": "client disconnected",
    }


async def test_what_is_no_http_and_the_tunnel_leave_no_exchange(tmp_path: Path) -> None:
    tunnel = made_flow("https://shop.example/", method="CONNECT")
    others = [tflow.ttcpflow(), tflow.tudpflow(err=True), tflow.tdnsflow(resp=True), tunnel]
    await play(tmp_path / "a.db", [*others, tflow.twebsocketflow()])
    assert query(tmp_path / "a.db", "SELECT host FROM exchanges") == [("example.com",)]
    assert ("websocket",) in query(tmp_path / "a.db", "SELECT kind FROM gaps")


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
    addon = ConsentWire(Told())
    handshake = SimpleNamespace(conn=SimpleNamespace(sni="a", error=None))
    with taddons.context(addon) as context:
        await context.cycle(addon, made_flow("https://early.example/"))
        addon.tls_failed_client(handshake)  # type: ignore[arg-type]
        addon.done()
    with capturing(tmp_path / "a.db", addon) as (_, context):
        addon.done()
        await context.cycle(addon, made_flow("https://late.example/"))
    assert [row[6] for row in rows(tmp_path / "a.db")["exchanges"]] in ([], ["early.example"])


# --- options


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "cannot be read"),
        ("[policy\n", "not TOML"),
        ("[polcy]\n", "unknown key"),
        ("[vendors.nobody]\ncategory = 'marketing'\n", "nobody"),
    ],
)
def test_a_policy_that_cannot_be_used_is_refused_with_its_reason(tmp_path: Path, text: str | None, told: str) -> None:
    if text is not None:
        (tmp_path / "p.toml").write_text(text)
    addon = ConsentWire(Told())
    with taddons.context(addon) as context, pytest.raises(exceptions.OptionsError, match=told):
        context.configure(addon, consentwire_policy=str(tmp_path / "p.toml"))


async def test_a_policy_is_followed_and_named(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text('[scope]\ninclude = ["nowhere.example"]\n')
    await play(tmp_path / "a.db", shop(), consentwire_policy=str(tmp_path / "p.toml"))
    assert query(tmp_path / "a.db", "SELECT policy FROM captures") == [(str(tmp_path / "p.toml"),)]
    assert query(tmp_path / "a.db", "SELECT count(*) FROM exchanges") == [(0,)]
    assert query(tmp_path / "a.db", "SELECT kind FROM gaps") == [("out-of-scope",)]


async def test_a_policy_that_is_taken_back_is_no_longer_followed(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text('[scope]\ninclude = ["nowhere.example"]\n')
    addon = ConsentWire(Told())
    with taddons.context(addon) as context:
        context.configure(addon, consentwire_policy=str(tmp_path / "p.toml"))
        context.configure(addon, consentwire_policy="", consentwire_db=str(tmp_path / "a.db"))
        addon.running()
        await context.cycle(addon, made_flow("https://shop.example/"))
        addon.done()
    assert query(tmp_path / "a.db", "SELECT count(*) FROM exchanges") == [(1,)]


@pytest.mark.parametrize("option", ["consentwire_db", "consentwire_policy"])
def test_options_do_not_change_under_a_running_capture(tmp_path: Path, option: str) -> None:
    (tmp_path / "p.toml").touch()
    with capturing(tmp_path / "a.db") as (made, context):
        with pytest.raises(exceptions.OptionsError, match="cannot change while it captures"):
            context.configure(made, **{option: str(tmp_path / "p.toml")})
        assert context.options.consentwire_db == str(tmp_path / "a.db")
        assert context.options.consentwire_policy == ""
        context.configure(made, ssl_insecure=True)
    assert not (tmp_path / "p.toml").read_text()


def test_a_database_that_cannot_be_used_ends_the_proxy_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    addon = ConsentWire(Told())
    ended: list[bool] = []
    with taddons.context(addon) as context:
        monkeypatch.setattr(context.master, "shutdown", lambda: ended.append(True))
        context.configure(addon, consentwire_db=str(tmp_path / "notes.txt"))
        addon.running()
        addon.done()
    assert ended == [True]
    assert "not a SQLite database" in caplog.text
    assert (tmp_path / "notes.txt").read_text() == "mine"


REFUSED = (
    "The client does not trust the proxy's certificate for a.example"
    " (OpenSSL Error([('SSL routines', '', 'tlsv1 alert unknown ca')]))"
)


def handshake(host: str, connection: str, error: str | None = None) -> Any:
    """The hook's data for a handshake of a phone."""
    conn = SimpleNamespace(id=connection, sni=host, error=error, peername=("192.168.1.9", 5))
    return SimpleNamespace(conn=conn, context=SimpleNamespace(server=SimpleNamespace(address=None)))


# --- what it keeps away, and what it cannot see


def connecting(host: str, port: int, client: str = "127.0.0.1", mode: str = "regular", **more: Any) -> Any:
    """The hook's data for a connection that a client asks for."""
    asking = SimpleNamespace(peername=(client, 5), sockname=("192.168.1.5", 8080), proxy_mode=ProxyMode.parse(mode))
    return SimpleNamespace(server=SimpleNamespace(address=(host, port, 0, 0), error=None), client=asking, **more)


async def connect(addon: ConsentWire, data: Any) -> None:
    waiting = addon.server_connect(data)
    if waiting is not None:
        await waiting


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "127.1.2.3",
        "127.1",
        "2130706433",
        "0.0.0.0",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "LOCALHOST",
    ],
)
async def test_its_own_pages_are_not_reached_through_the_proxy(host: str) -> None:
    refused, other = connecting(host, 8001), connecting(host, 8002)
    for data in (refused, other):
        await connect(ConsentWire(Told(), own_ports=[8001]), data)
    assert refused.server.error is not None
    assert other.server.error is None


async def test_a_request_for_its_own_pages_is_answered_and_a_tunnel_to_them_refused() -> None:
    addon = ConsentWire(Told(), own_ports=[8001])
    for url, refused in (("http://127.0.0.1:8001/", True), ("http://127.0.0.1:8002/", False)):
        asked, tunnel = made_flow(url, status=None), made_flow(url, status=None)
        asked.client_conn.peername = tunnel.client_conn.peername = ("127.0.0.1", 5)
        addon.request(asked)
        addon.http_connect(tunnel)
        for each in (asked, tunnel):
            assert (each.response is not None and each.response.status_code == 403) is refused


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "no such host", "\udcff", "x" * 300, ""])
@pytest.mark.parametrize("client", ["127.0.0.1", "192.168.1.9"])
async def test_other_machines_are_reached(client: str, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object, **__: object) -> None:
        raise socket.gaierror("no network in tests")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    data = connecting(host, 8001, client)
    await connect(ConsentWire(Told(), own_ports=[8001]), data)
    assert data.server.error is None
    data.server.address = None
    await connect(ConsentWire(Told(), own_ports=[8001]), data)
    assert data.server.error is None


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "app.localhost", "127.1", "0.0.0.0", "::1", "169.254.169.254"]
)
async def test_another_device_reaches_nothing_that_this_machine_keeps_to_itself(host: str) -> None:
    addon = ConsentWire(Told())
    for client, refused in (("192.168.1.9", True), ("fd00::9", True), ("127.0.0.1", False), ("192.168.1.5", False)):
        data = connecting(host, 3000, client)
        await connect(addon, data)
        assert (data.server.error is not None) is refused, client
        asked = made_flow(f"http://[{host}]:3000/" if ":" in host else f"http://{host}:3000/", status=None)
        asked.client_conn.peername, asked.client_conn.sockname = (client, 5), ("192.168.1.5", 8080)
        addon.http_connect(asked)
        assert (asked.response is not None and asked.response.status_code == 403) is refused, client


async def test_another_device_is_not_led_to_this_machine_by_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def led(*_: object, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 3000))]

    monkeypatch.setattr(socket, "getaddrinfo", led)
    data = connecting("rebound.example", 3000, "192.168.1.9")
    await connect(ConsentWire(Told()), data)
    assert data.server.error is not None


@pytest.mark.parametrize("mode", ["reverse:http://localhost:3000", "upstream:http://localhost:3000"])
async def test_a_target_that_the_tester_chose_is_reached_by_every_device(mode: str) -> None:
    data = connecting("127.0.0.1", 3000, "192.168.1.9", mode)
    await connect(ConsentWire(Told()), data)
    assert data.server.error is None


@pytest.mark.parametrize(("name", "answered"), [("consentwire.internal", True), ("shop.example", False)])
async def test_a_device_in_a_tunnel_finds_the_phone_page_by_its_name(tmp_path: Path, name: str, answered: bool) -> None:
    asked = tflow.tdnsflow(req=dns.DNSMessage.unpack(dns_question(name)))
    with capturing(tmp_path / "a.db") as (made, context):
        made.dns_request(asked)
        if answered:
            assert asked.response is not None
            (address,) = {answer.data for answer in asked.response.answers}
            context.options.update(listen_port=8085)
            data = connecting(socket.inet_ntoa(address), 80, "10.0.0.1", "wireguard")
            await connect(made, data)
            assert (data.server.address, data.server.error) == (("127.0.0.1", 8085), None)
            page = made_flow("http://127.0.0.1:8085/", status=None)
            page.request.headers["host"] = name
            page.client_conn.peername = ("10.0.0.1", 5)
            answering = made.request(page)
            assert answering is not None
            await answering
            assert page.response is not None and page.response.status_code == 200
    assert (asked.response is not None) is answered


def dns_question(name: str) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return b"\x00\x07\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + labels + b"\x00\x00\x01\x00\x01"


@pytest.mark.parametrize(
    ("sni", "address", "host"),
    [
        ("pinned.example", ("10.0.0.1", 443), "pinned.example"),
        (None, ("10.0.0.1", 443), "10.0.0.1"),
        (None, None, "unknown"),
    ],
)
async def test_a_refused_handshake_leaves_a_gap(
    tmp_path: Path, sni: str | None, address: tuple[str, int] | None, host: str
) -> None:
    failed = SimpleNamespace(
        conn=SimpleNamespace(sni=sni, error=REFUSED, peername=("192.168.1.9", 5)),
        context=SimpleNamespace(server=SimpleNamespace(address=address)),
    )
    with capturing(tmp_path / "a.db") as (made, _):
        for _ in range(3):
            made.tls_failed_client(failed)  # type: ignore[arg-type]
    ((found, reason),) = query(tmp_path / "a.db", "SELECT host, reason FROM gaps WHERE kind = 'tls-refused'")
    assert found == host
    assert reason.startswith(
        "the client refused the proxy's certificate (unknown ca); nothing on this device had accepted it"
    )


async def test_what_else_a_device_does_tells_why_it_refuses(tmp_path: Path) -> None:
    pinned = handshake("pinned.example", "a", REFUSED)
    with capturing(tmp_path / "a.db") as (made, context):
        made.tls_established_client(handshake("shop.example", "b"))
        fetched = made_flow("https://shop.example/")
        fetched.client_conn.id, fetched.client_conn.peername = "b", ("192.168.1.9", 5)
        fetched.client_conn.timestamp_tls_setup = 1.0
        await context.cycle(made, fetched)
        made.tls_failed_client(pinned)
        made.tls_failed_client(handshake("early.example", "c", "connection closed early"))
        for number in range(4):
            made.tls_established_client(handshake("silent.example", f"d{number}"))
            made.client_disconnected(handshake("silent.example", f"d{number}").conn)
            made.tls_established_client(handshake("shop.example", f"e{number}"))
            made.client_disconnected(handshake("shop.example", f"e{number}").conn)
    found = dict(query(tmp_path / "a.db", "SELECT host, reason FROM gaps WHERE kind = 'tls-refused'"))
    assert set(found) == {"pinned.example", "silent.example"}
    assert "other connections of this device accept it: this app pins" in found["pinned.example"]
    assert "3 connections right after the handshake" in found["silent.example"]


async def test_what_is_no_http_is_talk_all_the_same(tmp_path: Path) -> None:
    with capturing(tmp_path / "a.db") as (made, _):
        for number in range(4):
            talk = tflow.ttcpflow()
            talk.client_conn.id, talk.client_conn.sni = f"t{number}", "mail.example"
            talk.client_conn.timestamp_tls_setup = 1.0
            made.tls_established_client(SimpleNamespace(conn=talk.client_conn, context=None))  # type: ignore[arg-type]
            made.tcp_start(talk)
            made.client_disconnected(talk.client_conn)
    assert query(tmp_path / "a.db", "SELECT count(*) FROM gaps WHERE kind = 'tls-refused'") == [(0,)]


# --- loaded by mitmproxy itself


class Origin(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_mitmdump_loads_the_addon_from_its_path(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    path = subprocess.run([sys.executable, "-m", "addon.cli", "addon-path"], capture_output=True, text=True, check=True)
    options = [f"confdir={tmp_path / 'conf'}", f"consentwire_db={tmp_path / 'a.db'}"]
    command = [sys.executable, "-c", "from mitmproxy.tools.main import mitmdump; mitmdump()", "-s", path.stdout.strip()]
    command += ["--listen-host", "127.0.0.1", "-p", str(port), *(part for each in options for part in ("--set", each))]
    origin = ThreadingHTTPServer(("127.0.0.1", 0), Origin)
    threading.Thread(target=origin.serve_forever, daemon=True).start()
    with (tmp_path / "log").open("w+") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, env=os.environ | {"PYTHONUNBUFFERED": "1"}
        )
        try:
            for _ in range(600):
                with socket.socket() as probe:
                    if process.poll() is not None or probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                threading.Event().wait(0.05)
            proxied = urllib.request.build_opener(urllib.request.ProxyHandler({"http": f"http://127.0.0.1:{port}"}))
            url, headers = f"http://127.0.0.1:{origin.server_port}/v1/t", {"referer": "https://shop.example/"}
            request = urllib.request.Request(url, json.dumps(track()).encode(), headers)
            assert proxied.open(request, timeout=20).status == 200
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=30) == 0
        finally:
            process.kill()
            process.wait()
            origin.shutdown()
            origin.server_close()
        log.seek(0)
        assert "Traceback" not in log.read()
    assert query(tmp_path / "a.db", "SELECT name FROM events") == [("Order Completed",)]
    assert query(tmp_path / "a.db", "SELECT count(*) FROM captures WHERE ended_at IS NOT NULL") == [(1,)]
