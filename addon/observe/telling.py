"""A mark from another terminal, through the proxy to the run that it belongs to."""

from __future__ import annotations

import json
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from pydantic import ValidationError

from addon.observations import Mark, MarkKind, explained, kind_of
from addon.pipeline.observing import MARKS

from .app import HOST
from .keys import HEADER, secret_left


class NotTold(Exception):
    """Why a mark did not reach a running capture, and what to do."""


def tell_mark(text: str, kind: str | None, site: str | None, port: int) -> Mark:
    """Tells the run whose proxy listens on a port of this machine; returns what was told.

    Raises:
        NotTold: if there is no such run, or it refused the mark.
    """
    try:
        mark = Mark(text=text, kind=kind_of(text) if kind is None else MarkKind(kind), site=site)
    except ValidationError as error:
        raise NotTold("; ".join(explained(error.errors(include_url=False)))) from None
    secret = secret_left(port)
    if secret is None:
        raise NotTold(
            f"no capture of yours runs on port {port}; start one with 'consentwire run', or name its port with --port"
        )
    body = json.dumps(mark.model_dump(mode="json", exclude_none=True)).encode()
    request = Request(f"http://{HOST}{MARKS}", body, {HEADER: secret, "content-type": "application/json"})
    try:
        with build_opener(ProxyHandler({"http": f"http://127.0.0.1:{port}"})).open(request, timeout=10):
            return mark
    except HTTPError as error:
        raise NotTold(
            f"the capture on port {port} refused the mark: {error.read(500).decode('utf-8', 'replace')}"
        ) from error
    except (URLError, OSError) as error:
        raise NotTold(f"nothing answers on port {port} ({error}); is the capture still running?") from error
