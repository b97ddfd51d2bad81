"""Our own host: found by its name, and its requests answered inside the proxy."""

from __future__ import annotations

from collections.abc import Awaitable
from ipaddress import IPv4Address

from mitmproxy import dns, http
from mitmproxy.net.dns import types as dns_types

from addon.observations import HOST

from .run import Run

TUNNEL_ADDRESS = "198.18.0.80"
"""What a device's name lookup through a tunnel is answered for our own host: nobody's address (RFC 2544)."""


class OwnHost:
    """Answers what is addressed to consentwire. Such a request never leaves the proxy."""

    name = "consentwire-own-host"

    def __init__(self, run: Run) -> None:
        self._run = run

    def dns_request(self, flow: dns.DNSFlow) -> None:
        """Our own host has no address; a device in a tunnel looks it up by name all the same."""
        question = flow.request.question
        if question is None or question.name.rstrip(".").lower() != HOST:
            return
        address = dns.ResourceRecord.A(question.name, IPv4Address(TUNNEL_ADDRESS), ttl=60)
        answers = [address] if question.type == dns_types.A else []
        flow.response, flow.error = flow.request.succeed(answers), None

    def request(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        backend = self._run.backend
        if backend is None or flow.response is not None or not backend.is_own(flow.request):
            return None
        return backend.answer(flow)
