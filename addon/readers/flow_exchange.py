"""What a mitmproxy flow says -> an exchange, wherever the flow was read from: the proxy at work, or a file."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from mitmproxy import http
from mitmproxy.net.http.url import parse_authority

from addon.body import MAX_BODY_BYTES
from addon.exchange import Exchange, Headers, body_of, raw_field

OWN = "consentwire"
"""Metadata of a flow that consentwire answered itself; mitmproxy keeps it in flow files, and nothing on the wire can set it."""
PAGE_KEY = "consentwire-page"
"""Metadata of a page with the in-page probe: the part of its key by which its reports are known."""
NO_HEADERS = Headers()
MAX_FAILURE = 300
"""Letters of the reason why there is no response."""
_WITH_AUTHORITY = (b"HTTP/2.0", b"HTTP/3")


def exchange_of_parts(
    *,
    at: float,
    client: str | None,
    method: str,
    scheme: str,
    host: str,
    port: int,
    path: bytes,
    sent: Headers,
    body: bytes | None,
    status: int | None,
    received: Headers,
    answer: bytes | None,
    response_at: float | None,
    failure: str | None,
    websocket: bool,
    own: bool,
    page_key: str | None,
    connection: str | None,
    key: str,
) -> Exchange:
    """An exchange of what a flow has. ``path`` is as it was sent, with its query; ``host`` as :func:`named_host` has it; times are
    Unix time in seconds, and bodies no longer than what is read of them (:func:`beginning`)."""
    place, _, query = path.decode("utf-8", "surrogateescape").partition("?")
    return Exchange(
        started_at=at,
        client="unknown" if client is None else client,
        method=method,
        scheme=scheme,
        host=host.lower(),
        port=port,
        path=place or "/",
        query=query,
        request_headers=sent,
        request_body=body_of(body, sent),
        status=status,
        response_headers=received,
        response_body=body_of(answer, received),
        response_at=response_at,
        failure=failure,
        websocket=websocket,
        messages_follow=websocket,
        own=own,
        page_key=page_key,
        connection=connection,
        key=key,
    )


def beginning(content: bytes | None) -> bytes | None:
    """A body, or its beginning if it is longer than what is read."""
    return content[: MAX_BODY_BYTES + 1] if content is not None and len(content) > MAX_BODY_BYTES else content


def host_of(request: http.Request) -> str:
    """The host's name: in transparent modes the flow has an address, and a header has the name."""
    parts = request.data
    return named_host(parts.host, parts.http_version, parts.authority, parts.headers.fields)


def named_host(host: str, version: bytes, authority: bytes, fields: Iterable[tuple[bytes, bytes]]) -> str:
    """As :func:`host_of`, by the parts of a request."""
    if not (host[:1].isdigit() or ":" in host):
        return host
    name = authority if version in _WITH_AUTHORITY else b""
    return _named(name or raw_field(fields, b"host")) or host


@lru_cache(maxsize=5000)
def _named(header: bytes | None) -> str:
    return parse_authority(header.decode("utf-8", "surrogateescape"), check=False)[0] if header else ""
