"""Programs that refuse the proxy's certificate: they go on to work, unread, where the device trusts it otherwise."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import trustme

from tests.addon.store.rows_made import query

from .proxy import Run
from .streaming import PATIENCE, StreamingOrigin, to_the_end, until

HOSTS = ("shop.example", "app.example", "api.segment.io")
AUTHORITY = trustme.CA()


@pytest.fixture
def origin() -> Iterator[StreamingOrigin]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert(*HOSTS).configure_cert(context)
    made = StreamingOrigin(context)
    made.answers["/"] = ("text/plain", {"content-length": "4"}, lambda send: send(b"fine"))
    yield made
    made.close()


def get(proxy: int, host: str, trusting: ssl.SSLContext) -> bytes:
    """What a program gets that trusts some authorities alone."""
    with closing(socket.create_connection(("127.0.0.1", proxy), timeout=PATIENCE)) as plain:
        plain.sendall(f"CONNECT {host}:443 HTTP/1.1\r\nhost: {host}:443\r\n\r\n".encode())
        until(plain, b"\r\n\r\n")
        with trusting.wrap_socket(plain, server_hostname=host) as connection:
            connection.sendall(f"GET / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n".encode())
            return to_the_end(connection)


def user(run: Run) -> ssl.SSLContext:
    """Trusts what was installed on the device."""
    context = ssl.create_default_context(cafile=str(run.folder / "conf" / "mitmproxy-ca-cert.pem"))
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def pinned() -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


def test_a_pinned_app_works_from_the_second_connection_on_and_is_said_to_be_unread(
    origin: StreamingOrigin, tmp_path: Path
) -> None:
    with Run(tmp_path, origin.port) as run:
        assert get(run.port, "shop.example", user(run)).endswith(b"fine")
        with pytest.raises(ssl.SSLError):
            get(run.port, "app.example", pinned())
        for _ in range(2):
            assert get(run.port, "app.example", pinned()).endswith(b"fine")
        assert get(run.port, "shop.example", user(run)).endswith(b"fine")
        assert run.stop() == 0
    assert run.output.count("app.example passes through unread") == 1 + 1, "once as it begins, once in the summary"
    found = query(run.database, "SELECT kind, host FROM gaps WHERE kind IN ('tls-refused', 'passed-through')")
    assert found == [("passed-through", "app.example")]
    assert query(run.database, "SELECT DISTINCT host FROM exchanges") == [("shop.example",)]


def test_a_vendors_host_that_passes_unread_is_said_to_be_one(origin: StreamingOrigin, tmp_path: Path) -> None:
    with Run(tmp_path, origin.port) as run:
        get(run.port, "shop.example", user(run))
        with pytest.raises(ssl.SSLError):
            get(run.port, "api.segment.io", pinned())
        assert get(run.port, "api.segment.io", pinned()).endswith(b"fine")
        run.stop()
    ((reason,),) = query(run.database, "SELECT reason FROM gaps WHERE kind = 'passed-through'")
    assert "Segment: nothing is proven about what it was sent" in reason
    assert "nothing is proven" in run.output


def test_a_device_without_the_certificate_is_not_let_through(origin: StreamingOrigin, tmp_path: Path) -> None:
    with Run(tmp_path, origin.port) as run:
        for host in HOSTS * 2:
            with pytest.raises(ssl.SSLError):
                get(run.port, host, pinned())
        run.stop()
    assert {kind for (kind,) in query(run.database, "SELECT kind FROM gaps WHERE host IS NOT NULL")} == {"tls-refused"}


def test_nobody_is_let_through_where_the_tester_says_so(origin: StreamingOrigin, tmp_path: Path) -> None:
    with Run(tmp_path, origin.port, "--no-datasette", "--no-passthrough") as run:
        get(run.port, "shop.example", user(run))
        for _ in range(2):
            with pytest.raises(ssl.SSLError):
                get(run.port, "app.example", pinned())
        run.stop()
    assert ("tls-refused", "app.example") in query(run.database, "SELECT kind, host FROM gaps")
