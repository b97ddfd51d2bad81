"""The address of a client, and the host it wants to reach."""

from __future__ import annotations

from mitmproxy import connection
from mitmproxy.proxy import mode_specs
from mitmproxy.tls import TlsData

_LOCAL_MODES = (mode_specs.LocalMode, mode_specs.ReverseMode, mode_specs.UpstreamMode)


def address_of(client: connection.Connection) -> str:
    """A client's address."""
    return str(client.peername[0]) if client.peername else "unknown"


def asker_of(client: connection.Client) -> str:
    """Whether the client chose the target. In some modes the person who started the proxy chose it."""
    address = address_of(client)
    return (
        "127.0.0.1"
        if isinstance(client.proxy_mode, _LOCAL_MODES) or (client.sockname and client.sockname[0] == address)
        else address
    )


def host_of_handshake(data: TlsData) -> str:
    """The host a client wants: the name it gave, else the address it connects to."""
    return data.conn.sni or str((data.context.server.address or ("unknown",))[0])
