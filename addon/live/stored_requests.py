"""Requests beside what pages have stored, while a tester teaches a banner; in every other run it looks at none."""

from __future__ import annotations

from urllib.parse import urlsplit

from mitmproxy import http

from addon.readers.flow_exchange import OWN, host_of

from .run import Run


class StoredRequests:
    """Shows the requests of the run to what compares them with the pages' own state."""

    name = "consentwire-stored-requests"

    def __init__(self, run: Run) -> None:
        self._run = run

    def request(self, flow: http.HTTPFlow) -> None:
        backend = self._run.backend
        if backend is None or backend.states is None or OWN in flow.metadata or backend.is_own(flow.request):
            return
        try:
            request = flow.request
            headers = request.headers
            backend.states.take_request(
                request.method,
                host_of(request).lower(),
                request.path,
                _host_in(headers.get("origin")) or _host_in(headers.get("referer")),
                dict(request.cookies.items(multi=True)),
                document=headers.get("sec-fetch-dest") == "document",
            )
        except Exception as error:  # a request can be anything, and goes on
            self._run.fault(flow.request.host, "a request beside a banner", error)


def _host_in(url: str | None) -> str | None:
    """The host of an address in a header."""
    try:
        return None if url is None else urlsplit(url).hostname
    except ValueError:
        return None
