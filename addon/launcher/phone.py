"""Setting up a phone: the address of this machine, and the steps for the phone's owner.

Sources: Apple, "Trust manually installed certificate profiles in iOS" (Certificate Trust Settings); Android, "Network security
configuration" (user certificates since Android 7, debug-overrides); mitmproxy, "Certificates" and "WireGuard".
"""

from __future__ import annotations

import io
import re
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address

import ifaddr
import segno
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from addon.observe.app import HOST

WIREGUARD_PORT = 51820
"""UDP port of the tunnel."""
_ELSEWHERE = ("192.0.2.1", "10.255.255.255", "192.168.255.255", "172.31.255.255")
"""Addresses whose route is looked up. Nothing is sent to them."""
_VIRTUAL = re.compile(r"^(docker|br-|veth|virbr|vmnet|vboxnet|utun|tun|tap|wg|tailscale|zt|awdl|llw|vEthernet)", re.I)
"""Adapters that a phone in the same Wi-Fi cannot reach."""
_ENDPOINT = re.compile(r"^Endpoint = .*?(?=:\d+$)", re.M)


@dataclass(frozen=True, slots=True)
class Address:
    """An address of this machine in a network."""

    ip: str
    adapter: str


def lan_addresses() -> list[Address]:
    """The IPv4 addresses under which other devices may reach this machine, the likeliest first. Asks the system alone."""
    found = [
        Address(str(each.ip), adapter.nice_name)
        for adapter in ifaddr.get_adapters()
        for each in adapter.ips
        if each.is_IPv4
    ]
    return ordered(found, _routed())


def has_network() -> bool:
    """Whether this machine has an address beside loopback, of either version of IP."""
    addresses = (each.ip if isinstance(each.ip, str) else each.ip[0] for each in _every_address())
    return any(not ip_address(text.partition("%")[0]).is_loopback for text in addresses)


def _every_address() -> Iterable[ifaddr.IP]:
    return (each for adapter in ifaddr.get_adapters() for each in adapter.ips)


def ordered(found: Iterable[Address], routed: Sequence[str]) -> list[Address]:
    """Addresses of networks, the likeliest to be the phone's first: of real adapters before virtual ones, private before public
    ones, and those that routes lead from before others."""

    def rank(address: Address) -> tuple[bool, bool, int, str]:
        place = routed.index(address.ip) if address.ip in routed else len(routed)
        return bool(_VIRTUAL.match(address.adapter)), not ip_address(address.ip).is_private, place, address.ip

    usable = (address for address in found if _is_in_a_network(ip_address(address.ip)))
    return sorted(dict.fromkeys(usable), key=rank)


def _is_in_a_network(ip: object) -> bool:
    return isinstance(ip, IPv4Address) and not (ip.is_loopback or ip.is_link_local or ip.is_unspecified)


def _routed() -> list[str]:
    """The local addresses that connections would use. Connecting a UDP socket sends nothing."""
    found: list[str] = []
    for target in _ELSEWHERE:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            try:
                udp.connect((target, 9))
                found.append(str(udp.getsockname()[0]))
            except OSError:
                continue
    return list(dict.fromkeys(found))


def qr(text: str) -> str:
    """A QR code for a terminal, two modules a character: light modules are drawn, dark ones are left."""
    drawn = io.StringIO()
    segno.make(text, error="l", micro=False).terminal(out=drawn, compact=True, border=2)
    return drawn.getvalue().rstrip("\n")


def reachable(configuration: str, address: str) -> str:
    """A WireGuard configuration with the address at which the device reaches this machine."""
    return _ENDPOINT.sub(f"Endpoint = {address}", configuration)


_STEPS = (
    "On the device, in the settings of this Wi-Fi network, set the proxy by hand: {address}, port {port}.",
    "Open http://mitm.it there and install the certificate.",
    "iOS: install the profile under Settings, Profile Downloaded; then switch it on under Settings, General, About,"
    " Certificate Trust Settings. Without the second step nothing is trusted.",
    "Android: Settings, Security, Install a certificate, CA certificate. The browser accepts it. Apps ignore it unless their"
    " network_security_config allows user certificates; a debug build can, with debug-overrides.",
    "Scan this code with the device, or open http://{host}/ there and enter {code}: it shows how far you are, and has buttons"
    " to mark what you press.",
)
_TUNNEL = (
    "Instead of step 1, for apps that ignore a proxy: in the WireGuard app, add a tunnel by scanning this code, and switch it on."
    " It takes all of the device's traffic; the other steps stay."
)
_CAUTION = (
    "While this runs, whoever is in this network can use the proxy: capture in a network that you trust, and take the certificate"
    " off the device afterwards."
)


def page_address(code: str) -> str:
    """The address of the phone page with the run's code. Browsers never send the part after ``#``."""
    return f"http://{HOST}/#{code}"


def guide(addresses: Sequence[Address], port: int, code: str, *, datasette: bool, tunnel: str | None) -> RenderableType:
    """What to do on a phone, for the terminal.

    Args:
        datasette: whether its pages are served.
        tunnel: configuration for WireGuard, if that is wanted.
    """
    shown = f"{code[:4]}-{code[4:]}"
    first = addresses[0].ip if addresses else "this machine's address (none was found: join the phone's Wi-Fi)"
    parts: list[RenderableType] = [Text("A phone or tablet", style="bold")]
    for number, step in enumerate(_STEPS, 1):
        parts.append(_step(f"{number}.", step.format(address=first, port=port, host=HOST, code=shown)))
        if number == 1 and len(addresses) > 1:
            others = ", ".join(f"{each.ip} ({each.adapter})" for each in addresses[1:])
            parts.append(_step("", f"Other addresses of this machine: {others}."))
    parts.append(_drawn(page_address(code)))
    if tunnel is not None:
        parts += [Text("WireGuard", style="bold"), _step("", _TUNNEL)]
        parts.append(_drawn(reachable(tunnel, addresses[0].ip) if addresses else tunnel))
    if datasette:
        parts.append(Text("Datasette's pages stay on this machine: the device cannot open them."))
    return Group(*parts, Text(_CAUTION, style="dim"))


def _step(number: str, text: str) -> RenderableType:
    row = Table.grid(padding=(0, 1))
    row.add_column(width=2, justify="right")
    row.add_column(ratio=1)
    row.add_row(number, Text(text))
    return row


def _drawn(text: str) -> RenderableType:
    return Text(qr(text), style="#ffffff on #000000", no_wrap=True, overflow="ignore")
