"""TLS handshakes: which devices accept the proxy's certificate, and for which hosts their programs refuse it."""

from __future__ import annotations

import logging
import time

from mitmproxy import connection, http, tcp
from mitmproxy.tls import ClientHelloData, TlsData

from addon.observe.backend import Backend
from addon.readers.flow_exchange import host_of
from addon.report.text import plain

from .clients import address_of, host_of_handshake
from .options import CaptureOptions
from .run import Run

log = logging.getLogger("consentwire")


class Handshakes:
    """Records which connections of each device are read, and a gap for those that are not. A program that refuses the
    certificate on a device that trusts it otherwise is passed through unread, so that it works."""

    name = "consentwire-handshakes"

    def __init__(self, run: Run, options: CaptureOptions) -> None:
        self._run = run
        self._options = options

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        if not Backend.is_own(flow.request):
            self._speaks(flow.client_conn, host_of(flow.request), secure=flow.client_conn.tls_established)

    def tcp_start(self, flow: tcp.TCPFlow) -> None:
        """Data that is no HTTP is not read, but it shows that the certificate was accepted."""
        if flow.client_conn.tls_established:
            self._speaks(flow.client_conn, flow.client_conn.sni or "unknown", secure=True)

    def _speaks(self, client: connection.Connection, host: str, *, secure: bool) -> None:
        if self._run.backend is not None:
            self._run.backend.devices.speaks(client.id, address_of(client), host, secure=secure)

    def tls_clienthello(self, data: ClientHelloData) -> None:
        if self._run.backend is not None and self._options.pass_through:
            host = data.client_hello.sni or str((data.context.server.address or ("unknown",))[0])
            data.ignore_connection = self._run.backend.devices.passes(address_of(data.context.client), host)

    def tls_established_client(self, data: TlsData) -> None:
        if self._run.backend is not None:
            self._run.backend.devices.shook_hands(data.conn.id, address_of(data.conn), host_of_handshake(data))

    def tls_failed_client(self, data: TlsData) -> None:
        if self._run.backend is None:
            return
        host = host_of_handshake(data)
        error = data.conn.error or "no reason given"
        reason = self._run.backend.devices.refuses(address_of(data.conn), host, error)
        if reason is not None:
            self._unread(self._run.backend, address_of(data.conn), host, reason)

    def client_disconnected(self, client: connection.Client) -> None:
        if self._run.backend is not None:
            seconds = time.time() - (client.timestamp_tls_setup or 0)
            left = self._run.backend.devices.leaves(client.id, seconds)
            if left is not None:
                self._unread(self._run.backend, address_of(client), *left)

    def _unread(self, backend: Backend, client: str, host: str, reason: str) -> None:
        """Records that a client cannot be read, and passes it through if its program certainly refuses the certificate."""
        owner = backend.owner_of(host)
        if not (self._options.pass_through and backend.devices.lets_through(client, host, known=owner is not None)):
            self._run.gap("tls-refused", host, reason)
            return
        proven = f"; {host} is a host of {owner}: nothing is proven about what it was sent" if owner else ""
        text = f"what {client} sends to {host} passes through unread from here on, so that its program works{proven}"
        log.log(logging.ERROR if owner else logging.WARNING, "consentwire: %s (%s)", plain(text), plain(reason))
        self._run.gap("passed-through", host, f"{text}: {reason}")
