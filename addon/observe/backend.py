"""The backend inside the proxy: answers what is addressed to consentwire, and puts the probe into pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mitmproxy import http
from mitmproxy.addons import asgiapp

from addon.observations import HOST
from addon.readers.flow_exchange import OWN, host_of
from vendor_catalog import Catalogue

from .app import PREFIX, STARTED_AT, application
from .devices import Devices
from .keys import Keys
from .probe import Probe
from .stored import StoredStates

_PREFIX = PREFIX.encode()


class Backend:
    """Serves one run."""

    def __init__(self, catalogue: Catalogue, database: Path, capture: int, learns: str | None = None) -> None:
        """
        Args:
            learns: the site whose banner is taught in this run.
        """
        self.keys = Keys()
        self.states = None if learns is None else StoredStates(learns, catalogue)
        """What its pages have stored; ``None`` in every other run."""
        self.probe = Probe(catalogue, self.keys, stored=learns is not None)
        self.devices = Devices()
        self._owners = {
            endpoint.host: vendor.name for vendor in catalogue.vendors.values() for endpoint in vendor.endpoints
        }
        own = catalogue.vendors.get("segment")
        segment = frozenset(endpoint.host for endpoint in own.endpoints) if own is not None else frozenset()
        self._app = application(self.keys, database, capture, self.devices, segment.__contains__, self.states)

    @staticmethod
    def is_own(request: http.Request) -> bool:
        """Whether a request is for consentwire itself. Such a request never leaves the proxy."""
        return request.data.path.startswith(_PREFIX) or host_of(request).lower() == HOST

    def owner_of(self, host: str) -> str | None:
        """The name of the vendor that owns a host, if one does. Vendors on sites' own hosts are recognised by the path only."""
        parent = host.partition(".")[2]
        names = (host, f"*.{parent}", f"*.{parent.partition('.')[2]}")
        return next((self._owners[name] for name in names if name in self._owners), None)

    async def answer(self, flow: http.HTTPFlow) -> None:
        """Answers a request to consentwire, and marks the flow as answered here."""
        flow.metadata[OWN] = True
        if "host" not in flow.request.headers:  # HTTP/2 has it as a pseudo-header
            flow.request.headers["host"] = flow.request.authority or host_of(flow.request)

        async def application_at(scope: Any, receive: Any, send: Any) -> None:
            """The application, which also learns when the request came: a mark is found again by it."""
            scope[STARTED_AT] = flow.request.timestamp_start
            await self._app(scope, receive, send)

        await asgiapp.serve(application_at, flow)
