"""Network addresses of clients, and the site that a host belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from publicsuffixlist import PublicSuffixList

type Address = IPv4Address | IPv6Address


def addresses(texts: Iterable[str]) -> list[Address]:
    """The texts that are addresses, without zone. IPv4 within IPv6 becomes IPv4."""
    found: list[Address] = []
    for text in texts:
        try:
            address = ip_address(text.partition("%")[0])
        except ValueError:
            continue
        found.append(getattr(address, "ipv4_mapped", None) or address)
    return found


def is_loopback(listed: Iterable[Address]) -> bool:
    """Whether a connection to one of them stays on this machine, as one to ``0.0.0.0`` does."""
    return any(address.is_loopback or address.is_unspecified for address in listed)


@lru_cache(maxsize=1000)
def is_this_machine(client: str) -> bool:
    """Whether a client's address is this machine's own."""
    return is_loopback(addresses([client]))


@lru_cache(maxsize=20_000)
def site_of(host: str) -> str:
    """The registrable domain of a host; the host itself for addresses, single labels and public suffixes."""
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return _suffixes().privatesuffix(host) or host
    return host


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    """Loaded on first use, because commands that judge nothing do not need it."""
    return PublicSuffixList()
