"""Who may ask, and what a browser may do with the answer.

The pages show everything that a capture holds to whoever reaches the port. A web page cannot read them across origins,
unless its own name resolves to this machine (DNS rebinding): then its requests name a host that is not ours, and are
refused. And because everything in a database was written by the sites under test, a strict content security policy
stands behind the escaping.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from datasette.utils.asgi import NotFound, Request

from . import answers, errors, free_sql, instance
from .csv_export import InertRows

type Scope = MutableMapping[str, Any]
type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
_DATASETTE_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""For pages of Datasette's in its own templates, which have inline scripts and styles."""
_HEADERS = {name.lower().encode(): value.encode() for name, value in answers.HEADERS.items() if name != "Cache-Control"}
"""For every answer that does not have them."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""What Datasette's views know; it falls over any other."""
_NOT_OURS = b"text/plain; charset=utf-8"
"""What Datasette says "Method not allowed" in."""


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
        answering = Answering(send, scope, within=instance.at(datasette, _path(scope, datasette)) is not None)
        try:
            if scope["method"] not in _METHODS:
                raise errors.MethodNotAllowed
            if free_sql.is_free(scope.get("query_string") or b""):
                async with free_sql.turn(datasette):
                    await application(scope, receive, answering.send)
            else:
                await application(scope, receive, answering.send)
        except Exception as exception:
            if answering.begun:  # it can no longer be answered in another way; the browser sees that it broke off
                errors.record(Request(scope, receive), exception)
                return
            answering.refused = exception
        if answering.refused is not None:
            request = Request(scope, receive)
            response = await errors.answer(datasette, request, answering.refused)
            await response.asgi_send(answering.send_own)

    return app


class Answering:
    """One answer on its way out: it gets our headers, and CSV is made inert as it passes."""

    def __init__(self, send: Send, scope: Scope, *, within: bool) -> None:
        """Args:
        within: whether the address is one of a database of ours, whose pages are all in our templates.
        """
        self._send = send
        self._headers = _HEADERS if within else {**_HEADERS, b"content-security-policy": _DATASETTE_POLICY.encode()}
        path = str(Request(scope, None).path)
        self._is_csv = path.endswith(".csv")
        self._is_file = path.startswith("/-/static")
        self._broken_off = False
        self._rows: InertRows | None = None
        self.begun = False
        self.refused: Exception | None = None
        """What is to be answered instead of what Datasette said."""

    async def send(self, message: Message) -> None:
        """Passes on what Datasette answers, unless it is only a line of text."""
        if self.refused is not None:
            return
        if message["type"] == "http.response.start":
            headers = {bytes(name).lower(): bytes(value) for name, value in message.get("headers", [])}
            kind = headers.get(b"content-type", b"")
            if b"content-security-policy" not in headers and (line := self._one_line(message["status"], kind)):
                self.refused = line
                return
            if self._is_csv and message["status"] == 200 and kind.startswith((b"text/plain", b"text/csv")):
                self._rows = InertRows()
        elif message["type"] == "http.response.body" and self._rows is not None:
            more = bool(message.get("more_body"))
            body = self._rows.feed(message.get("body", b""), last=not more)
            if more and not body:
                return
            message = {**message, "body": body}
        await self.send_own(message)

    def _one_line(self, status: int, kind: bytes) -> Exception | None:
        """What Datasette meant by an answer that is a line of text and no page; ``None`` for all others."""
        if status == 405 and kind == _NOT_OURS:
            return errors.MethodNotAllowed()
        return NotFound("There is no such file") if status == 404 and self._is_file else None

    async def send_own(self, message: Message) -> None:
        """Passes on an answer with the headers that it does not have yet; not a second one, where the first broke off."""
        self._broken_off |= self.begun and message["type"] == "http.response.start"
        if self._broken_off:
            return
        self.begun = True
        if message["type"] == "http.response.start":
            headers = [(bytes(name), bytes(value)) for name, value in message.get("headers", [])]
            there = {name.lower() for name, _ in headers}
            missing = [header for header in self._headers.items() if header[0] not in there]
            message = {**message, "headers": [*headers, *missing]}
        await self._send(message)


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


def _path(scope: Scope, datasette: instance.Datasette) -> str:
    """The path below the address that Datasette is served under."""
    path, base = str(Request(scope, None).path), str(datasette.setting("base_url"))
    return path[len(base) - 1 :] if base != "/" and path.startswith(base) else path


async def _refuse(send: Send, hosts: list[str]) -> None:
    named = ", ".join(host[:100] for host in hosts) or "none"
    body = (
        f"403: this address is not served under the host name it was asked for ({named}).\n\n"
        "consentwire's pages show everything a capture recorded, so they answer only to 127.0.0.1, localhost and [::1]:\n"
        "a web page whose own name points at this machine must not be able to read them.\n"
        "To serve them under another name, put it into Datasette's metadata:\n"
        '{"plugins": {"consentwire": {"hosts": ["name.example"]}}}\n'
    )
    response = answers.plain(body, 403, {"Cache-Control": "no-store"})
    await response.asgi_send(send)
