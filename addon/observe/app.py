"""The backend's HTTP interface: what is told, and what is asked.

Everything but the probe's own reports needs the run's secret. No answer carries a CORS header, and requests with a foreign
``Origin`` are refused, so that pages which pass through the proxy can neither read nor tell anything here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from importlib import resources
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel

from addon import __version__
from addon.observations import Mark, ObservationError, Report, kind_of, parse_mark, parse_report
from addon.pipeline.observing import MARKS, REPORTS

from .keys import HEADER, Keys
from .results import Results, SessionState, SessionSummary, Violation

HOST = "consentwire.internal"
PREFIX = "/.consentwire/"
_MAX_WAIT = 30.0
_PAGE_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self';"
    " frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class Accepted(BaseModel):
    """What was let in."""

    accepted: int
    """How many observations or marks."""


class Problem(BaseModel):
    """Why something was refused."""

    detail: str
    """Which field, and what was expected."""


def application(keys: Keys, database: Path, capture: int) -> FastAPI:
    """The backend of one run.

    Args:
        database: what results are read from.
        capture: number of the running capture in it.
    """
    app = FastAPI(
        title="consentwire",
        version=__version__,
        summary="Tell what was seen of consent, and ask what was found.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    results = Results(database, capture)

    def _secret(request: Request, x_consentwire_secret: Annotated[str | None, Header()] = None) -> None:
        if request.url.hostname != HOST:
            raise HTTPException(404, f"results and marks are at http://{HOST}/ alone")
        if not keys.is_secret(x_consentwire_secret):
            raise HTTPException(401, f"the header {HEADER} does not carry this run's secret")

    guarded = [Depends(_secret)]

    @app.middleware("http")
    async def _own_pages_only(request: Request, proceed: Callable[[Request], Awaitable[Response]]) -> Response:
        origin = request.headers.get("origin")
        own = f"{request.url.scheme}://{request.headers.get('host', '')}".lower()
        if origin is not None and origin.lower() != own and not origin.startswith("chrome-extension://"):
            return JSONResponse({"detail": "requests of other origins are refused"}, 403)
        if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            return JSONResponse({"detail": "requests of other sites are refused"}, 403)
        return await proceed(request)

    @app.get("/", include_in_schema=False)
    async def phone(request: Request) -> Response:
        if request.url.hostname != HOST:
            raise HTTPException(404, "there is nothing here")
        page = resources.files("addon.observe").joinpath("phone.html").read_text(encoding="utf-8")
        told = json.dumps({"secret": keys.secret, "header": HEADER}).replace("<", "\\u003c")
        return HTMLResponse(page.replace("/*CONFIG*/null", told, 1), headers=_PAGE_HEADERS)

    @app.post(
        REPORTS,
        responses={401: {"model": Problem}, 422: {"model": Problem}},
        openapi_extra={"requestBody": {"content": {"application/json": {"schema": Report.model_json_schema()}}}},
    )
    async def observe(request: Request) -> Accepted:
        """Observations of one page, at the same-origin path of that page. Its key is in the body."""
        report = _read(parse_report, await request.body())
        client = request.client.host if request.client is not None else "unknown"
        if not keys.holds(report.key, client, (request.url.hostname or "").lower()):
            raise HTTPException(401, "key: not a key that this run gave to a page of this host")
        return Accepted(accepted=len(report.observations))

    @app.post(
        MARKS,
        dependencies=guarded,
        responses={401: {"model": Problem}, 422: {"model": Problem}},
        openapi_extra={"requestBody": {"content": {"application/json": {"schema": Mark.model_json_schema()}}}},
    )
    async def mark(request: Request) -> Accepted:
        """What the tester just did."""
        _read(parse_mark, await request.body())
        return Accepted(accepted=1)

    @app.get("/api/sessions", dependencies=guarded)
    def sessions(
        request: Request, *, mine: Annotated[bool, Query(description="Only those of the device that asks.")] = False
    ) -> list[SessionSummary]:
        """The sessions of this run, the last used first."""
        client = request.client.host if mine and request.client is not None else None
        return results.sessions(client)

    @app.get("/api/sessions/{session}", dependencies=guarded, responses={404: {"model": Problem}})
    def state(session: str) -> SessionState:
        """A session's consent: its signals, banner events and marks in order, and the latest answer."""
        found = results.state(session)
        if found is None:
            raise HTTPException(404, f"session: there is no {session[:40]!r} in this run")
        return found

    @app.get("/api/sessions/{session}/violations", dependencies=guarded)
    async def violations(
        session: str,
        after: Annotated[int, Query(ge=0, description="How many are known already.")] = 0,
        wait: Annotated[float, Query(ge=0, le=_MAX_WAIT, description="Seconds to wait for news.")] = 0,
    ) -> list[Violation]:
        """A session's violations so far, oldest first; with ``wait`` the answer is held back until there are more than
        ``after``."""
        until = asyncio.get_running_loop().time() + wait
        while True:
            found = await asyncio.to_thread(results.violations, session)
            if len(found) > after or asyncio.get_running_loop().time() >= until:
                return found
            await asyncio.sleep(0.25)

    return app


def _read[Shape](parse: Callable[[bytes], Shape], content: bytes) -> Shape:
    try:
        return parse(content)
    except ObservationError as error:
        raise HTTPException(422, str(error)) from error


__all__ = ["HOST", "PREFIX", "application", "kind_of"]
