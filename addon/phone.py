"""A phone beside the proxy: where it finds this machine, and what its owner does, step by step.

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
    """The addresses that connections would leave from. A UDP socket that is connected sends nothing."""
    found: list[str] = []
    for target in _ELSEWHERE:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            try:
                asking.connect((target, 9))
                found.append(str(asking.getsockname()[0]))
            except OSError:
                continue
    return list(dict.fromkeys(found))


def qr(text: str) -> str:
    """A QR code for a terminal, two modules a character, dark on light whatever the terminal's colours are."""
    drawn = io.StringIO()
    segno.make(text, error="l", micro=False).terminal(out=drawn, compact=True, border=2)
    return drawn.getvalue()


def reachable(configuration: str, address: str) -> str:
    """A WireGuard configuration with the address under which the device reaches this machine."""
    return _ENDPOINT.sub(f"Endpoint = {address}", configuration)


PROXY_STEPS = (
    "On the device, in the settings of this Wi-Fi network, set the proxy by hand: {address}, port {port}.",
    "Open http://mitm.it there and install the certificate.",
    "iOS: Settings, Profile Downloaded, Install; then Settings, General, About, Certificate Trust Settings: switch mitmproxy on."
    " Without the second step nothing is trusted.",
    "Android: Settings, Security, Install a certificate, CA certificate. The browser accepts it; apps ignore it unless their"
    " network_security_config allows user certificates (a debug build can, with debug-overrides).",
)
"""What is to be done once on a device; the steps after them are the page's."""
WIREGUARD_STEPS = (
    "Instead of the proxy: in the WireGuard app, add a tunnel by scanning this code, and switch it on. It takes all of the"
    " device's traffic, also of apps that ignore a proxy. The certificate is needed all the same.",
)
