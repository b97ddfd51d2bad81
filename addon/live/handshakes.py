"""Handshakes: which devices accept the proxy's certificate, and where their programs would not talk to it."""

from __future__ import annotations

from mitmproxy import connection, http, tcp
from mitmproxy.tls import TlsData

from addon.readers.flows import OWN, host_of

from .clients import address_of, host_of_handshake
from .run import Run


class Handshakes:
    """Notes what each device gets through, and a gap where it does not."""

    name = "consentwire-handshakes"

    def __init__(self, run: Run) -> None:
        self._run = run

    def request(self, flow: http.HTTPFlow) -> None:
        if OWN not in flow.metadata:
            self._speaks(flow.client_conn, host_of(flow.request), secure=flow.client_conn.tls_established)

    def tcp_start(self, flow: tcp.TCPFlow) -> None:
        """What is no HTTP is not read, but it is talk: the certificate was accepted."""
        if flow.client_conn.tls_established:
            self._speaks(flow.client_conn, flow.client_conn.sni or "unknown", secure=True)

    def _speaks(self, client: connection.Connection, host: str, *, secure: bool) -> None:
        if self._run.backend is not None:
            self._run.backend.devices.speaks(client.id, address_of(client), host, secure=secure)

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
            self._run.gap("tls-refused", host, reason)

    def client_disconnected(self, client: connection.Client) -> None:
        if self._run.backend is not None:
            left = self._run.backend.devices.leaves(client.id)
            if left is not None:
                self._run.gap("tls-refused", *left)
