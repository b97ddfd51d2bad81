"""Who may ask, and what a browser may do with the answer.

The pages show everything that a capture holds to whoever reaches the port. A web page cannot read them across origins,
unless its own name resolves to this machine (DNS rebinding): then its requests name a host that is not ours, and are
refused. And because everything in a database was written by the sites under test, a strict content security policy
stands behind the escaping.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from . import instance

type Scope = MutableMapping[str, Any]
type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""For our own pages, which have no inline script and no inline style."""
_DATASETTE_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""For Datasette's own pages, whose templates have inline scripts and styles."""
_HEADERS = (
    (b"content-security-policy", _DATASETTE_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


def guarded(application: Application, datasette: instance.Datasette) -> Application:
    """The application behind the host check, its answers with headers that bind the browser.

    An instance without any database of ours is left as it is: it only happens to run where consentwire is installed.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        await instance.recognise(datasette)
        if not instance.ours(datasette):
            await application(scope, receive, send)
            return
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"host"]
        if not allowed(hosts, _configured(datasette)):
            await _refuse(send, hosts)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [(bytes(name), bytes(value)) for name, value in message.get("headers", [])]
                there = {name.lower() for name, _ in headers}
                missing = [header for header in _HEADERS if header[0] not in there]
                message = {**message, "headers": [*headers, *missing]}
            await send(message)

        await application(scope, receive, with_headers)

    return app


def allowed(hosts: Iterable[str], configured: Iterable[str]) -> bool:
    """Whether every Host header of a request (there must be one) names this machine or a configured host; any port."""
    accepted = LOOPBACK.union(_hostname(host) for host in configured)
    named = [_hostname(host) for host in hosts]
    return bool(named) and all(host in accepted for host in named)


def _hostname(host: str) -> str:
    """``[::1]:8001`` -> ``[::1]``, in lower case."""
    text = host.strip().lower()
    if text.startswith("["):
        return text.partition("]")[0] + "]"
    return text.partition(":")[0]


def _configured(datasette: instance.Datasette) -> list[str]:
    config = datasette.plugin_config("consentwire")
    hosts = config.get("hosts") if isinstance(config, dict) else None
    return [host for host in hosts if isinstance(host, str)] if isinstance(hosts, list) else []


async def _refuse(send: Send, hosts: list[str]) -> None:
    named = ", ".join(host[:100] for host in hosts) or "none"
    body = (
        f"403: this address is not served under the host name it was asked for ({named}).\n\n"
        "consentwire's pages show everything a capture recorded, so they answer only to 127.0.0.1, localhost and [::1]:\n"
        "a web page whose own name points at this machine must not be able to read them.\n"
        "To serve them under another name, put it into Datasette's metadata:\n"
        '{"plugins": {"consentwire": {"hosts": ["name.example"]}}}\n'
    )
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode("utf-8", "replace")})
