"""Our stylesheets and script, served by a route of our own, so that they have one address however we were loaded."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from datasette.utils.asgi import Response

_FOLDER = Path(__file__).resolve().parents[1] / "static"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
ROUTE = r"/-/consentwire/(?P<file>[a-z]+\.(?:css|js|svg))$"


@lru_cache
def _content(file: str) -> bytes:
    return (_FOLDER / file).read_bytes()


@lru_cache
def _version(file: str) -> str:
    return hashlib.sha256(_content(file)).hexdigest()[:10]


def path(file: str) -> str:
    """Path of a file, with what it holds in its query, so that browsers may keep it."""
    return f"/-/consentwire/{file}?{_version(file)}"


async def serve(request: Any) -> Response:
    """One of the files in ``static``."""
    file = request.url_vars["file"]
    if not (_FOLDER / file).is_file():
        return Response.text("404: no such file", status=404)
    fresh = request.query_string == _version(file)
    headers = {"Cache-Control": "public, max-age=31536000, immutable" if fresh else "no-cache"}
    return Response(_content(file).decode("utf-8"), headers=headers, content_type=_TYPES[Path(file).suffix])
