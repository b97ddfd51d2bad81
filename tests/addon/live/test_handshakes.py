"""What a live capture cannot see, and says so."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from mitmproxy.test import tflow

from tests.addon.readers.samples import flow as made_flow
from tests.addon.store.rows_made import query

from .live_captures import REFUSED, call, capturing, handshake


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
            call(made, "tls_failed_client", failed)
    ((found, reason),) = query(tmp_path / "a.db", "SELECT host, reason FROM gaps WHERE kind = 'tls-refused'")
    assert found == host
    assert reason.startswith(
        "the client refused the proxy's certificate (unknown ca); nothing on this device had accepted it"
    )


async def test_what_else_a_device_does_tells_why_it_refuses(tmp_path: Path) -> None:
    pinned = handshake("pinned.example", "a", REFUSED)
    with capturing(tmp_path / "a.db", consentwire_passthrough=False) as (made, context):
        call(made, "tls_established_client", handshake("shop.example", "b"))
        fetched = made_flow("https://shop.example/")
        fetched.client_conn.id, fetched.client_conn.peername = "b", ("192.168.1.9", 5)
        fetched.client_conn.timestamp_tls_setup = 1.0
        await context.cycle(made, fetched)
        call(made, "tls_failed_client", pinned)
        call(made, "tls_failed_client", handshake("early.example", "c", "connection closed early"))
        for number in range(4):
            call(made, "tls_established_client", handshake("silent.example", f"d{number}"))
            call(made, "client_disconnected", handshake("silent.example", f"d{number}").conn)
            call(made, "tls_established_client", handshake("shop.example", f"e{number}"))
            call(made, "client_disconnected", handshake("shop.example", f"e{number}").conn)
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
            call(made, "tls_established_client", SimpleNamespace(conn=talk.client_conn, context=None))
            call(made, "tcp_start", talk)
            call(made, "client_disconnected", talk.client_conn)
    assert query(tmp_path / "a.db", "SELECT count(*) FROM gaps WHERE kind = 'tls-refused'") == [(0,)]
