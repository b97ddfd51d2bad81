"""What is kept away from those who use the proxy, and the phone page that is found by its name."""

from __future__ import annotations

import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from mitmproxy import dns
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.test import tflow

from addon.live import ConsentWire
from tests.addon.readers.samples import flow as made_flow

from .live_captures import KeptViolations, call, capturing


def connecting(host: str, port: int, client: str = "127.0.0.1", mode: str = "regular", **more: Any) -> Any:
    """The hook's data for a connection that a client asks for."""
    sender = SimpleNamespace(peername=(client, 5), sockname=("192.168.1.5", 8080), proxy_mode=ProxyMode.parse(mode))
    return SimpleNamespace(server=SimpleNamespace(address=(host, port, 0, 0), error=None), client=sender, **more)


async def connect(addon: ConsentWire, data: Any) -> None:
    for waiting in call(addon, "server_connect", data):
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
        await connect(ConsentWire(KeptViolations(), own_ports=[8001]), data)
    assert refused.server.error is not None
    assert other.server.error is None


async def test_a_request_for_its_own_pages_is_answered_and_a_tunnel_to_them_refused() -> None:
    addon = ConsentWire(KeptViolations(), own_ports=[8001])
    for url, refused in (("http://127.0.0.1:8001/", True), ("http://127.0.0.1:8002/", False)):
        request, tunnel = made_flow(url, status=None), made_flow(url, status=None)
        request.client_conn.peername = tunnel.client_conn.peername = ("127.0.0.1", 5)
        call(addon, "request", request)
        call(addon, "http_connect", tunnel)
        for each in (request, tunnel):
            assert (each.response is not None and each.response.status_code == 403) is refused


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "no such host", "\udcff", "x" * 300, ""])
@pytest.mark.parametrize("client", ["127.0.0.1", "192.168.1.9"])
async def test_other_machines_are_reached(client: str, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object, **__: object) -> None:
        raise socket.gaierror("no network in tests")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    data = connecting(host, 8001, client)
    await connect(ConsentWire(KeptViolations(), own_ports=[8001]), data)
    assert data.server.error is None
    data.server.address = None
    await connect(ConsentWire(KeptViolations(), own_ports=[8001]), data)
    assert data.server.error is None


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "app.localhost", "127.1", "0.0.0.0", "::1", "169.254.169.254"]
)
async def test_another_device_reaches_nothing_that_this_machine_keeps_to_itself(host: str) -> None:
    addon = ConsentWire(KeptViolations())
    for client, refused in (("192.168.1.9", True), ("fd00::9", True), ("127.0.0.1", False), ("192.168.1.5", False)):
        data = connecting(host, 3000, client)
        await connect(addon, data)
        assert (data.server.error is not None) is refused, client
        request = made_flow(f"http://[{host}]:3000/" if ":" in host else f"http://{host}:3000/", status=None)
        request.client_conn.peername, request.client_conn.sockname = (client, 5), ("192.168.1.5", 8080)
        call(addon, "http_connect", request)
        assert (request.response is not None and request.response.status_code == 403) is refused, client


async def test_another_device_is_not_led_to_this_machine_by_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def led(*_: object, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 3000))]

    monkeypatch.setattr(socket, "getaddrinfo", led)
    data = connecting("rebound.example", 3000, "192.168.1.9")
    await connect(ConsentWire(KeptViolations()), data)
    assert data.server.error is not None


@pytest.mark.parametrize("mode", ["reverse:http://localhost:3000", "upstream:http://localhost:3000"])
async def test_a_target_that_the_tester_chose_is_reached_by_every_device(mode: str) -> None:
    data = connecting("127.0.0.1", 3000, "192.168.1.9", mode)
    await connect(ConsentWire(KeptViolations()), data)
    assert data.server.error is None


@pytest.mark.parametrize(("name", "answered"), [("consentwire.internal", True), ("shop.example", False)])
async def test_a_device_in_a_tunnel_finds_the_phone_page_by_its_name(tmp_path: Path, name: str, answered: bool) -> None:
    request = tflow.tdnsflow(req=dns.DNSMessage.unpack(dns_question(name)))
    with capturing(tmp_path / "a.db") as (made, context):
        call(made, "dns_request", request)
        if answered:
            assert request.response is not None
            (address,) = {answer.data for answer in request.response.answers}
            context.options.update(listen_port=8085)
            data = connecting(socket.inet_ntoa(address), 80, "10.0.0.1", "wireguard")
            await connect(made, data)
            assert (data.server.address, data.server.error) == (("127.0.0.1", 8085), None)
            page = made_flow("http://127.0.0.1:8085/", status=None)
            page.request.headers["host"] = name
            page.client_conn.peername = ("10.0.0.1", 5)
            (answering,) = call(made, "request", page)
            await answering
            assert page.response is not None and page.response.status_code == 200
    assert (request.response is not None) is answered


def dns_question(name: str) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return b"\x00\x07\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + labels + b"\x00\x00\x01\x00\x01"
