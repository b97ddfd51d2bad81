"""The hosts of a recorded capture that no entry of the catalogue claims: what the catalogue should learn next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from addon.addresses import site_of
from addon.exchange import Exchange
from addon.jsontext import Json
from addon.pipeline.pages import is_page
from addon.readers import CaptureFile
from vendor_catalog import Catalogue

_MAX_HOSTS = 100_000
_LONGEST_PATH = 200


@dataclass(slots=True)
class Host:
    """A host to which requests went out."""

    name: str
    requests: int = 0
    claimed: Counter[str] = field(default_factory=Counter)
    """Entry of the catalogue -> requests that it claims."""
    example: str | None = None
    """The address of the first request that nobody claims, without its query, which may name a person."""

    @property
    def unclaimed(self) -> int:
        return self.requests - self.claimed.total()


@dataclass(frozen=True, slots=True)
class UnclaimedHosts:
    """What a capture called beside the sites that were visited in it, the most frequent first."""

    contacted: int
    """Hosts to which requests went out, those of visited sites included."""
    visited: tuple[str, ...]
    """Sites (registrable domains) of which a page was opened."""
    unclaimed: tuple[Host, ...]
    """Hosts of which no entry claims any request."""
    partly: tuple[Host, ...]
    """Hosts of which an entry claims some requests, and nobody the others."""
    unread: tuple[str, ...]
    """What of the capture could not be read, in words."""
    left_out: int
    """Requests to further hosts, of a capture with more hosts than are counted one by one."""

    def document(self) -> dict[str, Json]:
        """The same for machines, with keys that stay."""
        return {
            "hosts": {
                "contacted": self.contacted,
                "unclaimed": len(self.unclaimed),
                "partly_claimed": len(self.partly),
            },
            "visited_sites": list(self.visited),
            "unclaimed": [
                {"host": host.name, "requests": host.requests, "example": host.example} for host in self.unclaimed
            ],
            "partly_claimed": [
                {
                    "host": host.name,
                    "requests": host.unclaimed,
                    "example": host.example,
                    "claimed": dict(sorted(host.claimed.items())),
                }
                for host in self.partly
            ],
            "unread": list(self.unread),
            "requests_left_out": self.left_out,
        }


def unclaimed_hosts(
    file: CaptureFile, catalogue: Catalogue, progress: Callable[[int], None] | None = None
) -> UnclaimedHosts:
    """Compares every request of a capture with the catalogue. What never went out (blocked, answered from a cache) and what
    consentwire itself answered is no call to anybody.

    Args:
        progress: called now and then with the number of bytes read.

    Raises:
        CaptureError: if nothing of the file can be read.
    """
    hosts: dict[str, Host] = {}
    visited: set[str] = set()
    unread: list[str] = []
    left_out = 0
    for item in file.exchanges(progress):
        if not isinstance(item, Exchange):
            unread.append(item.reason)
        elif item.own or item.unsent is not None or not item.host:
            continue
        elif item.host in hosts or len(hosts) < _MAX_HOSTS:
            _count(hosts.setdefault(item.host, Host(item.host)), item, catalogue)
            if is_page(item):
                visited.add(site_of(item.host))
        else:
            left_out += 1
    strange = [host for host in hosts.values() if host.unclaimed and site_of(host.name) not in visited]
    strange.sort(key=lambda host: (-host.unclaimed, host.name))
    return UnclaimedHosts(
        contacted=len(hosts),
        visited=tuple(sorted(visited)),
        unclaimed=tuple(host for host in strange if not host.claimed),
        partly=tuple(host for host in strange if host.claimed),
        unread=tuple(unread),
        left_out=left_out,
    )


def _count(host: Host, exchange: Exchange, catalogue: Catalogue) -> None:
    host.requests += 1
    match = catalogue.match(exchange.method, exchange.host, exchange.path, exchange.query)
    recording = None if match is not None else catalogue.recording_call(exchange.host, exchange.path)
    if match is not None:
        host.claimed[match.vendor] += 1
    elif recording is not None:
        host.claimed[recording[0].id] += 1
    elif host.example is None:
        method = "" if exchange.method == "GET" else f"{exchange.method} "
        host.example = f"{method}{exchange.scheme}://{exchange.host}{exchange.path[:_LONGEST_PATH]}"
