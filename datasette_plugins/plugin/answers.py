"""Our own answers: HTML, JSON and plain text, each with the headers that bind the browser."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from datasette.utils.asgi import Response

from .instance import Datasette

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""For our own pages, which have no inline script and no inline style."""
HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache, private",
}


async def html(
    datasette: Datasette,
    request: Any,
    template: str,
    context: Mapping[str, Any],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A page, rendered from one of our templates."""
    text = await datasette.render_template(template, dict(context), request=request, view_name="consentwire")
    return Response.html(encodable(text), status=status, headers={**HEADERS, **(headers or {})})


def document(value: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The same for machines."""
    text = json.dumps(value, default=str, indent=1)
    merged = {**HEADERS, **(headers or {})}
    return Response(text, status=status, headers=merged, content_type="application/json; charset=utf-8")


def plain(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Text, for where neither a page nor JSON is expected."""
    return Response.text(encodable(text), status=status, headers={**HEADERS, **(headers or {})})


def encodable(text: str) -> str:
    """Text without lone surrogates, which an address may decode to and which no answer can be written with."""
    return text.encode("utf-8", "replace").decode("utf-8")
