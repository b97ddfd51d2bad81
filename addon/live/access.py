"""Prevents clients of the proxy from reaching this machine's own services, however they try."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence

from mitmproxy import ctx, http
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from addon.access import AccessGuard
from addon.readers.flow_exchange import OWN

from .clients import asker_of
from .own_host import TUNNEL_ADDRESS
from .run import DEFAULT_PORT


class Access:
    """Refuses connections, tunnels and requests."""

    name = "consentwire-access"

    def __init__(self, own_ports: Sequence[int] = ()) -> None:
        self._reach = AccessGuard(own_ports)

    def server_connect(self, data: ServerConnectionHookData) -> Awaitable[None] | None:
        if data.server.address is None:
            return None
        host, port = data.server.address[:2]
        if host == TUNNEL_ADDRESS:  # nothing is to be asked there, but mitmproxy connects before it knows
            data.server.address = ("127.0.0.1", ctx.options.listen_port or DEFAULT_PORT)
            return None
        return self._keep_away(data, host, port)

    async def _keep_away(self, data: ServerConnectionHookData, host: str, port: int) -> None:
        refusal = await self._reach.refusal_of_name(asker_of(data.client), host, port)
        if refusal is not None:
            data.server.error = refusal

    def http_connect(self, flow: http.HTTPFlow) -> None:
        self._refuse(flow)

    def request(self, flow: http.HTTPFlow) -> None:
        if OWN not in flow.metadata:
            self._refuse(flow)

    def _refuse(self, flow: http.HTTPFlow) -> None:
        refusal = self._reach.refusal(asker_of(flow.client_conn), flow.request.host, flow.request.port)
        if refusal is not None:
            flow.response = http.Response.make(403, refusal, {"content-type": "text/plain"})
