"""Decides what may be reached through the proxy. Nobody reaches consentwire's own pages, and other devices reach none of this
machine's own services. Without that, whoever uses the proxy could read services that listen on this machine's loopback address
alone.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address

from addon.addresses import Address, addresses, is_loopback, is_this_machine

_OWN_PAGES = "consentwire does not serve its own pages through the proxy: open them directly on the machine it runs on"
_LOOPBACK = (
    "consentwire lets other devices reach nothing that listens on this machine alone; use its address in the network"
)


class AccessGuard:
    """Decides for one run."""

    def __init__(self, own_ports: Iterable[int]) -> None:
        self._own_ports = frozenset(own_ports)

    def refusal(self, client: str, host: str, port: int) -> str | None:
        """The reason why a client may not reach a host's port, as far as that is known without a name server."""
        if port in self._own_ports and is_loopback(_looked_up(host)):
            return _OWN_PAGES
        return _LOOPBACK if not is_this_machine(client) and _is_kept(_named(host)) else None

    async def refusal_of_name(self, client: str, host: str, port: int) -> str | None:
        """The same, with a name lookup, because the name may lead to this machine. Only done for other devices."""
        if (refused := self.refusal(client, host, port)) is not None or is_this_machine(client):
            return refused
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, ValueError):
            return None  # then nobody connects to it
        return _LOOPBACK if _is_kept(addresses(str(each[4][0]) for each in found)) else None


def _named(host: str) -> list[Address]:
    """The addresses that a host's spelling alone gives: ``127.1`` and ``2130706433`` are spellings of loopback."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return [IPv4Address("127.0.0.1")]
    found = addresses([name])
    if not found:
        try:
            found = [IPv4Address(socket.inet_aton(name))]
        except (OSError, ValueError):
            return []
    return found


def _looked_up(host: str) -> list[Address]:
    found = addresses([host])
    if found:
        return found
    try:
        return addresses(str(each[4][0]) for each in socket.getaddrinfo(host, None))
    except (OSError, ValueError):
        return []


def _is_kept(addresses: Iterable[Address]) -> bool:
    return any(address.is_loopback or address.is_unspecified or address.is_link_local for address in addresses)
