"""One local server that stands in for the whole internet: shop, CDN, Segment, vendors, each by its host name."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import trustme
import uvicorn

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/vendor/cookieconsent.css">
<script src="/vendor/{banner}"{attributes}></script></head>
<body><h1>{title}</h1><p><a id="next" href="/basket">Basket</a> <button id="buy">Buy</button></p>
<script src="/site/{site}.js"></script><img src="/logo.png" alt="" width="1" height="1"></body></html>"""

PIXEL = bytes.fromhex("47494638396101000100800000ffffff00000021f90401000000002c00000000010001000002024401003b")

_MAPPED = {
    "Braze": ("unbundled", ["marketing"]),
    "Amplitude": ("unbundled", ["analytics"]),
    "Facebook Conversions API (Actions)": ("unbundled", ["marketing"]),
}


def settings(write_key: str, api_host: str = "api.segment.io/v1", *, enforced: bool = True) -> dict[str, object]:
    """Settings as Segment's CDN gives them out, with three cloud-mode destinations."""
    integrations: dict[str, object] = {
        "Segment.io": {"apiKey": write_key, "apiHost": api_host, "unbundledIntegrations": list(_MAPPED)}
    }
    for name, (status, categories) in _MAPPED.items():
        setting: dict[str, object] = {"bundlingStatus": status}
        if enforced:
            setting["consentSettings"] = {"categories": categories}
        integrations[name] = setting
    document: dict[str, object] = {
        "integrations": integrations,
        "plan": {"track": {"__default": {"enabled": True, "integrations": {}}}},
        "edgeFunction": {},
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "remotePlugins": [],
        "metrics": {"sampleRate": 0},
        "analyticsNextEnabled": True,
        "legacyVideoPluginsEnabled": False,
    }
    if enforced:
        document["consentSettings"] = {"allCategories": ["analytics", "marketing"], "hasUnmappedDestinations": False}
    return document


SETTINGS = {
    "WK_SNIPPET": settings("WK_SNIPPET", enforced=False),
    "WK_WRAPPED": settings("WK_WRAPPED"),
    "WK_CUSTOM": settings("WK_CUSTOM", "metrics.shop.example/v1"),
    "WK_APP": settings("WK_APP", enforced=False),
    "WK_APP_STAMPED": settings("WK_APP_STAMPED"),
}
INTEGRATIONS = [
    {"name": "Braze", "creationName": "Braze", "category": "SMS & Push Notifications"},
    {"name": "Amplitude", "creationName": "Amplitude", "category": "Analytics"},
    {
        "name": "Facebook Conversions API (Actions)",
        "creationName": "Facebook Conversions API (Actions)",
        "category": "Advertising",
    },
]
"""The same destinations, as Segment's CDN lists them for its consent manager."""


RUDDER_CONFIG = {
    "source": {
        "id": "src-1",
        "name": "Shop",
        "writeKey": "WK_RUDDER",
        "config": {"statsCollection": {"errors": {"enabled": False}, "metrics": {"enabled": False}}},
        "enabled": True,
        "workspaceId": "ws-1",
        "connections": [],
        "destinations": [
            {
                "id": "d-1",
                "name": "Mixpanel of the shop",
                "enabled": True,
                "deleted": False,
                "destinationDefinition": {"name": "MP", "displayName": "Mixpanel"},
                "config": {
                    "token": "t",
                    "connectionMode": "cloud",
                    "consentManagement": [
                        {"provider": "custom", "resolutionStrategy": "and", "consents": [{"consent": "analytics"}]}
                    ],
                },
                "shouldApplyDeviceModeTransformation": False,
                "propagateEventsUntransformedOnError": False,
            }
        ],
        "dataplanes": {},
    },
    "updatedAt": "2026-11-01T00:00:00.000Z",
    "consentManagementMetadata": {"providers": [{"provider": "custom", "resolutionStrategy": "and"}]},
}
"""A RudderStack source with one destination in the cloud, mapped to a consent category."""


@dataclass
class Origin:
    """Serves one site (a script below ``web/src/sites``) and everything that it loads from elsewhere."""

    web: Path
    site: str
    banner: str
    requests: list[tuple[str, str, bytes]] = field(default_factory=list)
    """Method, URL and body of everything that arrived."""
    page_headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    """What else pages are sent with."""
    pages: dict[str, str] = field(default_factory=dict)
    """Hosts with a page of their own, which is all their pages."""
    answers: dict[str, object] = field(default_factory=dict)
    """Documents that are served as JSON, by host and path."""
    port: int = 0

    def __enter__(self) -> Origin:
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("origin.example").configure_cert(context)
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(self._app, log_level="error", lifespan="off", interface="asgi3", timeout_keep_alive=60)
        config.load()
        config.ssl = context
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._server.serve([listener])), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(timeout=10)

    def messages(self) -> list[dict[str, object]]:
        """The Segment messages that arrived."""
        found: list[dict[str, object]] = []
        for method, _, body in list(self.requests):
            if method != "POST":
                continue
            try:
                document = json.loads(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
            except ValueError:
                continue
            found += document.get("batch", [document])
        return [message for message in found if "type" in message]

    def wait_for(self, count: int, seconds: float = 15) -> None:
        """Waits until so many messages have arrived."""
        self.wait_until(lambda: len(self.messages()) >= count, f"{count} messages", seconds)

    def wait_until(self, done: object, what: str, seconds: float = 15) -> None:
        deadline = time.monotonic() + seconds
        while not done():  # type: ignore[operator]
            if time.monotonic() > deadline:
                names = [message.get("event") or message.get("type") for message in self.messages()]
                raise AssertionError(f"waited for {what}; got {names}, {[url for _, url, _ in self.requests]}")
            time.sleep(0.02)

    async def _app(self, scope: dict[str, object], receive: object, send: object) -> None:
        assert scope["type"] == "http"
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}  # type: ignore[attr-defined]
        body = b""
        while True:
            part = await receive()  # type: ignore[operator]
            body += part.get("body", b"")
            if not part.get("more_body"):
                break
        host, path, method = headers.get("host", "").partition(":")[0], str(scope["path"]), str(scope["method"])
        query = scope["query_string"].decode()  # type: ignore[attr-defined]
        self.requests.append((method, f"https://{host}{path}" + (f"?{query}" if query else ""), body))
        status, kind, content = self._answer(host, path, method)
        answer = [
            (b"content-type", kind.encode()),
            (b"cache-control", b"no-store"),
            (b"access-control-allow-origin", headers.get("origin", "*").encode()),
            (b"access-control-allow-headers", b"*, authorization, content-type, anonymousid"),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-allow-methods", b"*"),
        ]
        if kind.startswith("text/html"):
            answer += self.page_headers
        await send({"type": "http.response.start", "status": status, "headers": answer})  # type: ignore[operator]
        await send({"type": "http.response.body", "body": content})  # type: ignore[operator]

    def _answer(self, host: str, path: str, method: str) -> tuple[int, str, bytes]:
        javascript = "text/javascript; charset=utf-8"
        if method == "OPTIONS":
            return 204, "text/plain", b""
        if host in ("cdn.segment.com", "cdn.shop.example", "cdn-settings.segment.com"):
            if path.endswith("/settings"):
                found = SETTINGS.get(path.split("/")[3])
                return (200, "application/json", json.dumps(found).encode()) if found else (404, "text/plain", b"")
            if path.endswith("/integrations"):
                return 200, "application/json", json.dumps(INTEGRATIONS).encode()
            name = "standalone.js" if path.startswith("/analytics.js/") else path.rpartition("/")[2]
            return self._file(self.web / "analytics-next" / name, javascript)
        if host + path in self.answers:
            return 200, "application/json", json.dumps(self.answers[host + path]).encode()
        if method == "POST":
            return 200, "application/json", b'{"success": true, "status": 1, "code": 200}'
        if path in ("/", "/basket", "/account"):
            if host in self.pages:
                return 200, "text/html; charset=utf-8", self.pages[host].encode()
            attributes = ' data-no-auto-load="true"' if self.banner == "klaro.js" else ""
            title = {"/": "Shop", "/basket": "Basket", "/account": "Account"}[path]
            page = PAGE.format(title=title, banner=self.banner, attributes=attributes, site=self.site)
            return 200, "text/html; charset=utf-8", page.encode()
        if path.endswith(".css"):
            return self._file(self.web / path.lstrip("/"), "text/css")
        if path.endswith(".js"):
            return self._file(self.web / path.lstrip("/"), javascript)
        return 200, "image/gif", PIXEL

    @staticmethod
    def _file(path: Path, kind: str) -> tuple[int, str, bytes]:
        return (200, kind, path.read_bytes()) if path.is_file() else (404, "text/plain", b"")
