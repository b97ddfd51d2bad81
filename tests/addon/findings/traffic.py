"""Entries of a HAR: a page of a shop, what it fetches, and what it calls."""

from __future__ import annotations

from typing import Any

from tests.addon.building import dated_choice
from tests.addon.readers.samples import CHROME, entry

BLOCKED: dict[str, Any] = {"response": {"_error": "net::ERR_BLOCKED_BY_CLIENT"}, "status": 0}
PIXEL = "https://www.facebook.com/tr/?id=1&ev=PageView"


def at(seconds: float) -> str:
    return f"2026-01-01T12:00:{seconds:06.3f}Z"


def page(url: str = "https://shop.example/", **fields: Any) -> dict[str, Any]:
    sent = {"user-agent": CHROME, "sec-fetch-dest": "document", "cookie": "theme=dark"}
    return entry(url, headers=sent, response_headers={"content-type": "text/html"}, started=at(1), **fields)


def asset(url: str = "https://shop.example/a.png", **fields: Any) -> dict[str, Any]:
    sent = {"user-agent": CHROME, "referer": "https://shop.example/", "cookie": "theme=dark"}
    return entry(url, **{"headers": sent, "started": at(2), **fields})


def segment(body: str, url: str = "https://api.segment.io/v1/t") -> dict[str, Any]:
    sent = {"user-agent": CHROME, "origin": "https://shop.example", "content-type": "text/plain"}
    posted = {"postData": {"mimeType": "text/plain", "text": body}}
    return asset(url, method="POST", headers=sent, request=posted)


def granted(made: dict[str, Any]) -> dict[str, Any]:
    """The same with everything accepted long ago."""
    cookies = dated_choice("functional", "analytics", "marketing", at=-9_999_999)
    for header in made["request"]["headers"]:
        if header["name"] == "cookie":
            header["value"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return made
