"""Captures made here: mitmproxy flows and flow files, HAR entries and files, and a shop that leaks."""

from __future__ import annotations

import base64
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from mitmproxy import http
from mitmproxy.flow import Error, Flow
from mitmproxy.io import FlowWriter
from mitmproxy.test import tflow, tutils
from mitmproxy.websocket import WebSocketData, WebSocketMessage
from wsproto.frame_protocol import Opcode

NOON = 1_767_268_800.0
"""2026-01-01T12:00:00Z"""
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
CAPTURES = Path(__file__).parents[3] / "captures"
WRITE_KEY = "wk_shop"


@contextmanager
def without_privileges() -> Iterator[None]:
    """Somebody whom file permissions hold, which root is not."""
    if not hasattr(os, "geteuid"):
        pytest.skip("file permissions are of another kind here")
    root = os.geteuid() == 0
    try:
        if root:
            os.seteuid(65534)
        yield
    finally:
        if root:
            os.seteuid(0)


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter; pytest's own are its user's alone."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


def flow(
    url: str,
    *,
    at: float = NOON,
    method: str = "GET",
    headers: Iterable[tuple[bytes, bytes]] = (),
    body: bytes = b"",
    status: int | None = 200,
    response_headers: Iterable[tuple[bytes, bytes]] = (),
    response_body: bytes = b"",
    error: str | None = None,
) -> http.HTTPFlow:
    """One HTTP flow as the proxy would have saved it; ``status=None`` for one without a response."""
    request = http.Request.make(method, url, body, http.Headers([*headers]))
    request.timestamp_start, request.timestamp_end = at, at + 0.01
    response = None
    if status is not None:
        response = tutils.tresp(
            status_code=status,
            headers=http.Headers([*response_headers]),
            content=response_body,
            timestamp_start=at + 0.05,
            timestamp_end=at + 0.06,
        )
    made = tflow.tflow(req=request, resp=response or False, err=Error(error, at) if error else False)
    made.client_conn.peername = ("10.0.0.7", 50_000)
    return made


def websocket_flow(messages: Iterable[tuple[bool, bool, bytes, float]]) -> http.HTTPFlow:
    """A WebSocket of the shop's page: of each message whether the client sent it, whether it is a text, its content, and its time."""
    agent = (b"user-agent", CHROME.encode())
    made = flow(
        "https://live.shop.example/socket",
        headers=[agent, (b"origin", b"https://shop.example"), (b"upgrade", b"websocket"), (b"cookie", b"a=1")],
        status=101,
    )
    made.websocket = WebSocketData(
        messages=[
            WebSocketMessage(Opcode.TEXT if is_text else Opcode.BINARY, sent, content, at)
            for sent, is_text, content, at in messages
        ]
    )
    return made


def write_flows(path: Path, flows: Iterable[Flow]) -> list[int]:
    """Writes a flow file as mitmproxy does; gives where each flow starts, and where the file ends."""
    places = []
    with path.open("wb") as file:
        writer = FlowWriter(file)
        for each in flows:
            places.append(file.tell())
            writer.add(each)
        places.append(file.tell())
    return places


def shop(client_headers: Iterable[tuple[bytes, bytes]] = ()) -> list[http.HTTPFlow]:
    """A page, Segment's settings, a message and one more page: nobody ever asked for consent."""
    agent = (b"user-agent", CHROME.encode())
    page = [agent, (b"sec-fetch-dest", b"document"), (b"sec-fetch-site", b"none"), *client_headers]
    script = [agent, (b"origin", b"https://shop.example"), (b"sec-fetch-site", b"cross-site"), *client_headers]
    html = [(b"content-type", b"text/html")]
    key = base64.b64encode(f"{WRITE_KEY}:".encode())
    return [
        flow("https://shop.example/", headers=page, response_headers=html),
        flow(
            f"https://cdn.segment.com/v1/projects/{WRITE_KEY}/settings",
            at=NOON + 1,
            headers=script,
            response_headers=[(b"content-type", b"application/json")],
            response_body=json.dumps(settings()).encode(),
        ),
        flow(
            "https://api.segment.io/v1/t",
            at=NOON + 2,
            method="POST",
            headers=[*script, (b"content-type", b"text/plain"), (b"authorization", b"Basic " + key)],
            body=json.dumps(track()).encode(),
        ),
        flow("https://shop.example/basket", at=NOON + 9, headers=page, response_headers=html),
    ]


def settings() -> dict[str, Any]:
    return {
        "integrations": {
            "Segment.io": {"apiKey": WRITE_KEY, "unbundledIntegrations": ["Amplitude"]},
            "Amplitude": {"type": "server", "versionSettings": {"componentTypes": ["server"]}},
        }
    }


def track(**fields: Any) -> dict[str, Any]:
    """One Segment message."""
    return {
        "type": "track",
        "event": "Order Completed",
        "messageId": "ajs-next-1-m1",
        "anonymousId": "anon-1",
        "userId": "user-1",
        "writeKey": WRITE_KEY,
        "properties": {"total": 42},
        "context": {"library": {"name": "analytics.js", "version": "npm:next-1"}},
        **fields,
    }


# --- HAR


def entry(
    url: str,
    *,
    started: str = "2026-01-01T12:00:00.000Z",
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    status: object = 200,
    response_headers: Mapping[str, str] | None = None,
    text: str | None = None,
    request: Mapping[str, Any] | None = None,
    response: Mapping[str, Any] | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """One entry; ``request``, ``response`` and ``fields`` add to it or replace parts."""
    content: dict[str, Any] = {"size": 0, "mimeType": "text/plain"}
    if text is not None:
        content["text"] = text
    return {
        "startedDateTime": started,
        "time": 50.5,
        "request": {
            "method": method,
            "url": url,
            "httpVersion": "HTTP/2.0",
            "headers": [{"name": name, "value": value} for name, value in (headers or {}).items()],
            "queryString": [],
            "cookies": [],
            "headersSize": -1,
            "bodySize": 0,
            **(request or {}),
        },
        "response": {
            "status": status,
            "statusText": "",
            "httpVersion": "HTTP/2.0",
            "headers": [{"name": name, "value": value} for name, value in (response_headers or {}).items()],
            "cookies": [],
            "content": content,
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": -1,
            **(response or {}),
        },
        "cache": {},
        "timings": {"blocked": -1, "dns": 1.5, "connect": 10, "ssl": 8, "send": 0.5, "wait": 38, "receive": 0.5},
        **fields,
    }


def har(entries: Iterable[Any], *, creator: str = "WebInspector", **log: Any) -> dict[str, Any]:
    document = {"version": "1.2", "creator": {"name": creator, "version": "537.36"}, "pages": [], **log}
    return {"log": {**document, "entries": list(entries)}}


def write_har(path: Path, entries: Iterable[Any], *, creator: str = "WebInspector", **log: Any) -> Path:
    path.write_text(json.dumps(har(entries, creator=creator, **log)), encoding="utf-8")
    return path
