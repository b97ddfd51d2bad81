"""The backend's HTTP interface: reports and marks come in, results go out.

Everything but the probe's own reports needs the run's secret. No answer carries a CORS header, and requests with a foreign
``Origin`` are refused, so that pages which pass through the proxy can neither read nor write anything here.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, Field

from addon import __version__
from addon.addresses import is_this_machine
from addon.findings.rows import Violation
from addon.findings.sessions import RunResults, SeenMark, SessionState, SessionSummary
from addon.observations import HOST, MARKS, REPORTS, STATE, Mark, ObservationError, Report, parse_mark, parse_report
from addon.store.rows import iso

from .checklist import DeviceCheck, checklist
from .devices import Devices
from .keys import HEADER, Keys, TooManyTries
from .stored import STORED, StoredReport, StoredState, StoredStates, parse_stored

PREFIX = "/.consentwire/"
STARTED_AT = "consentwire.started_at"
"""Where a request's scope has the moment at which the proxy began to read it (Unix time in seconds)."""
_MAX_WAIT = 30.0
_LOOK_SECONDS = 0.25
_PAGE_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self';"
    " frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class Accepted(BaseModel):
    """The answer to an accepted report."""

    accepted: int
    """How many observations or marks."""


class Marked(Accepted):
    """The answer to an accepted mark."""

    at: str
    """When the press was that it tells of, by which ``GET /api/marks`` finds it: the analysis says which session it is about."""


class Problem(BaseModel):
    """The answer to a refused request."""

    detail: str
    """Which field, and what was expected."""


class Pairing(BaseModel):
    """The code that the user of a device read in the terminal."""

    code: Annotated[str, Field(max_length=40)]


class Paired(BaseModel):
    """What a device needs to send marks and read results."""

    secret: str


def application(
    keys: Keys,
    database: Path,
    capture: int,
    devices: Devices | None = None,
    is_segment: Callable[[str], bool] = lambda host: False,
    states: StoredStates | None = None,
) -> FastAPI:
    """The backend of one run.

    Args:
        database: what that results are read from.
        capture: number of the running capture in it.
        devices: what each device got through.
        is_segment: whether a host is known to be Segment's.
        states: where pages tell what they have stored, while a banner is taught.
    """
    app = FastAPI(
        title="consentwire",
        version=__version__,
        summary="Send observations of consent, and read what was found.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    guarded = [_guard(keys)]
    results = RunResults(database, capture)
    _keep_others_out(app)
    _serve_page(app, keys)
    _take_reports(app, keys, states)
    _take_marks(app, keys, results, guarded)
    _answer_devices(app, results, devices or Devices(), is_segment, guarded)
    _answer_sessions(app, results, guarded)
    if states is not None:
        _answer_states(app, states, guarded)
    return app


def _guard(keys: Keys) -> Any:
    """What lets in whoever has the run's secret, on our own host alone."""

    def _secret(request: Request, x_consentwire_secret: Annotated[str | None, Header()] = None) -> None:
        if request.url.hostname != HOST:
            raise HTTPException(404, f"results and marks are at http://{HOST}/ alone")
        if not keys.is_secret(x_consentwire_secret):
            raise HTTPException(401, f"the header {HEADER} does not carry this run's secret")

    return Depends(_secret)


def _keep_others_out(app: FastAPI) -> None:
    @app.middleware("http")
    async def _own_pages_only(request: Request, proceed: Callable[[Request], Awaitable[Response]]) -> Response:
        origin = request.headers.get("origin")
        own = f"{request.url.scheme}://{request.headers.get('host', '')}".lower()
        if origin is not None and origin.lower() != own and not origin.startswith("chrome-extension://"):
            return JSONResponse({"detail": "requests of other origins are refused"}, 403)
        if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            return JSONResponse({"detail": "requests of other sites are refused"}, 403)
        return await proceed(request)


def _serve_page(app: FastAPI, keys: Keys) -> None:
    @app.get("/", include_in_schema=False)
    async def phone(request: Request) -> Response:
        if request.url.hostname != HOST:
            raise HTTPException(404, "there is nothing here")
        page = resources.files("addon.observe").joinpath("phone.html").read_text(encoding="utf-8")
        # another device shows with the code that its user sees the terminal: everybody in the network can ask for this page
        secret = keys.secret if is_this_machine(_client(request)) else None
        config = json.dumps({"secret": secret, "header": HEADER}).replace("<", "\\u003c")
        return HTMLResponse(page.replace("/*CONFIG*/null", config, 1), headers=_PAGE_HEADERS)


def _take_reports(app: FastAPI, keys: Keys, states: StoredStates | None) -> None:
    @app.post(
        REPORTS,
        responses={401: {"model": Problem}, 422: {"model": Problem}},
        openapi_extra={"requestBody": {"content": {"application/json": {"schema": Report.model_json_schema()}}}},
    )
    async def observe(request: Request, response: Response) -> Accepted:
        """Observations of one page, at the same-origin path of that page. Its key is in the body."""
        content, host = await request.body(), (request.url.hostname or "").lower()
        parse: Callable[[bytes], Report | StoredReport] = parse_report
        if states is not None and request.url.query == STATE:
            parse = parse_stored
        report = _read(parse, content)
        if not keys.holds(report.key, _client(request), host):
            raise HTTPException(401, "key: not a key that this run gave to a page of this host")
        if isinstance(report, Report):
            return Accepted(accepted=len(report.observations))
        if states is not None:
            states.take_page(host, report)
        response.status_code = 202  # it is no observation that the analysis takes in
        return Accepted(accepted=1)


def _take_marks(app: FastAPI, keys: Keys, results: RunResults, guarded: Sequence[Any]) -> None:
    @app.post(
        MARKS,
        dependencies=guarded,
        responses={401: {"model": Problem}, 422: {"model": Problem}},
        openapi_extra={"requestBody": {"content": {"application/json": {"schema": Mark.model_json_schema()}}}},
    )
    async def mark(request: Request) -> Marked:
        """Records what the tester just did. The session of a mark is known once the analysis has read it."""
        made = _read(parse_mark, await request.body())
        return Marked(accepted=1, at=iso(made.made_at(request.scope.get(STARTED_AT, time.time()))) or "")

    @app.get(MARKS, dependencies=guarded)
    async def marks(
        at: Annotated[str | None, Query(max_length=40, description="Only those made at this moment.")] = None,
        wait: Annotated[float, Query(ge=0, le=_MAX_WAIT, description="Seconds to wait until there is one.")] = 0,
    ) -> list[SeenMark]:
        """The marks of this run that the analysis has taken in, oldest first, each with the session that it is about."""
        return await _awaited(lambda: results.marks(at), 0, wait)

    @app.post("/api/pairing", responses={403: {"model": Problem}, 429: {"model": Problem}})
    async def pair(request: Request, pairing: Pairing) -> Paired:
        """Gives the run's secret to a device whose user entered the code from the terminal."""
        if request.url.hostname != HOST:
            raise HTTPException(404, f"pairing is at http://{HOST}/ alone")
        try:
            admitted = keys.admits(pairing.code, _client(request))
        except TooManyTries:
            raise HTTPException(
                429, "code: too many wrong ones came from this device; start the capture anew"
            ) from None
        if not admitted:
            raise HTTPException(403, "code: not the one in the terminal of this run")
        return Paired(secret=keys.secret)


def _answer_devices(
    app: FastAPI, results: RunResults, devices: Devices, is_segment: Callable[[str], bool], guarded: Sequence[Any]
) -> None:
    @app.get("/api/device", dependencies=guarded)
    def device(request: Request) -> list[DeviceCheck]:
        """How far the device that asks has come: traffic, TLS, messages, consent; each with its likely cause if it is not there."""
        client = _client(request)
        agent = request.headers.get("user-agent", "")
        return checklist(devices.of(client), results.sessions(client), agent, is_segment)


def _answer_sessions(app: FastAPI, results: RunResults, guarded: Sequence[Any]) -> None:
    @app.get("/api/sessions", dependencies=guarded)
    def sessions(
        request: Request, *, mine: Annotated[bool, Query(description="Only those of the device that asks.")] = False
    ) -> list[SessionSummary]:
        """The sessions of this run, the last used first."""
        return results.sessions(_client(request) if mine else None)

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
        return await _awaited(lambda: results.violations(session), after, wait)


def _answer_states(app: FastAPI, states: StoredStates, guarded: Sequence[Any]) -> None:
    @app.get(STORED, dependencies=guarded)
    def stored() -> StoredState:
        """What the pages of the site that is taught have stored, and what they called. There only with ``consentwire learn``."""
        return states.latest()


async def _awaited[Row](find: Callable[[], list[Row]], more_than: int, wait: float) -> list[Row]:
    """What is found as soon as there is more than ``after``, or when the time is over."""
    until = asyncio.get_running_loop().time() + wait
    while True:
        found = await asyncio.to_thread(find)
        if len(found) > more_than or asyncio.get_running_loop().time() >= until:
            return found
        await asyncio.sleep(_LOOK_SECONDS)


def _client(request: Request) -> str:
    return request.client.host if request.client is not None else "unknown"


def _read[Shape](parse: Callable[[bytes], Shape], content: bytes) -> Shape:
    try:
        return parse(content)
    except ObservationError as error:
        raise HTTPException(422, str(error)) from error
