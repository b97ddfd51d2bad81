"""What is answered where no page can be: what was wrong, what to do, and where to go; for a fault of ours, a reference.

Whatever goes wrong is answered in our look (or as JSON, where JSON was wanted). The terminal gets one line for a fault of
ours and nothing for a wrong address: the log of a running capture is no place for what somebody mistyped.
"""

from __future__ import annotations

import logging
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from datasette.database import QueryInterrupted
from datasette.utils import add_cors_headers
from datasette.utils.asgi import Base400, Forbidden, Response
from datasette.views.base import DatasetteError

from . import answers, instance
from .instance import Datasette
from .links import Links
from .page import Missing

LOG = logging.getLogger("consentwire.pages")
"""One line a fault. Its traceback follows where the logger's level is ``DEBUG`` (``consentwire serve --verbose``)."""
_MOST = 300
"""Characters of an address or a reason that are repeated."""
_POST_TO_A_TABLE = "You may only POST to a canned query"
"""How Datasette 0.65 puts an assertion that a request can break."""
_BAD_ARGUMENTS = (ValueError, OverflowError, AssertionError, LookupError, sqlite3.ProgrammingError)
"""What Datasette raises over arguments that it does not check, such as ``_facet_size=x`` and ``_ttl=²``."""


class TooSlow(Exception):
    """The database took longer than a page may; with that time in seconds."""


class Busy(Exception):
    """Too many queries are running already."""


class MethodNotAllowed(Exception):
    """A page was asked to do something else than to show itself."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What the person is told."""

    status: int
    heading: str
    what: str
    hint: str = ""
    ways: Mapping[str, str] = field(default_factory=dict)
    """Words -> address of where to go instead."""
    headers: Mapping[str, str] = field(default_factory=dict)
    reference: str = ""
    """Of the line in the terminal; empty for what is no fault of ours."""


async def answer(datasette: Datasette, request: Any, exception: BaseException) -> Response:
    """The answer to a request that raised. Never raises itself."""
    problem = _problem(datasette, request, exception)
    if problem.status == 500:
        problem = _recorded(request, exception, problem)
    try:
        return await _response(datasette, request, problem)
    except Exception as second:
        recorded = _recorded(request, second, problem)
        return answers.plain(f"{recorded.status}: {recorded.what}\n{recorded.hint}\n", status=recorded.status)


async def _response(datasette: Datasette, request: Any, problem: Problem) -> Response:
    headers = dict(problem.headers)
    if datasette.cors:
        add_cors_headers(headers)
    path = request.path
    if path.endswith(".csv"):
        return answers.plain(f"{problem.status}: {problem.what}\n{problem.hint}\n", problem.status, headers)
    if path.endswith((".json", ".jsono")):
        document = {
            "ok": False,
            "status": problem.status,
            "title": problem.heading,
            "error": problem.what,
            "hint": problem.hint,
            "instead": dict(problem.ways),
            **({"reference": problem.reference} if problem.reference else {}),
        }
        return answers.document(document, problem.status, headers)
    # a request may be refused before Datasette has seen it, or its first
    request.scope.setdefault("csrftoken", str)
    await datasette.invoke_startup()
    context = {"problem": problem, "database": _database(datasette, request)}
    return await answers.html(datasette, request, "consentwire/problem.html", context, problem.status, headers)


def _problem(datasette: Datasette, request: Any, exception: BaseException) -> Problem:
    """What the person is told about an exception."""
    ways = _ways(datasette, request)
    match exception:
        case Missing():
            return Problem(404, "Not found", exception.what, exception.hint, exception.ways)
        case TooSlow():
            return _too_slow(f"The database did not answer within {exception} seconds.", ways)
        case Busy():
            what = "Other SQL queries are still running, and only a few may run at the same time."
            hint = "Wait some seconds and load this page again. A query with a LIMIT, or by an indexed column, ends sooner."
            return Problem(503, "Busy", what, hint, ways, {"Retry-After": "5"})
        case MethodNotAllowed():
            return _not_allowed(request, ways)
        case QueryInterrupted() | Base400() | DatasetteError():
            return _of_datasette(datasette, request, exception, ways)
        case sqlite3.DatabaseError() if not isinstance(exception, sqlite3.ProgrammingError):
            what = f"The database could not be read: {_cut(exception)}."
            hint = "It may be in use, damaged, or written by another version; consentwire analyze makes it anew."
            return Problem(500, "The database cannot be read", what, hint, ways)
        case _:
            return _unforeseen(request, exception, ways)


def _unforeseen(request: Any, exception: BaseException, ways: Mapping[str, str]) -> Problem:
    """What nobody raised on purpose: the address is at fault where Datasette does not check it, otherwise we are."""
    if isinstance(exception, AssertionError) and exception.args == (_POST_TO_A_TABLE,):
        return _not_allowed(request, ways)
    if isinstance(exception, UnicodeError) and not request.path.isascii():
        return _bad_request(400, "", "The address holds characters that are not percent-encoded.", ways)
    if isinstance(exception, sqlite3.ProgrammingError) and not request.query_string and not _passed_ours(exception):
        return _not_found(request, "The key of a row in this table has more parts", ways)
    if _is_over_arguments(request, exception):
        what = f"Datasette cannot read what follows the “?” in this address ({_cut(exception)})."
        return _bad_request(400, "", what, ways)
    what = "This page could not be made: something went wrong in consentwire’s pages."
    return Problem(500, "Something went wrong", what, "What was recorded is not affected.", ways)


def _too_slow(what: str, ways: Mapping[str, str]) -> Problem:
    hint = "It may be very large, or on a slow disk. Ask for less: filter by a column, or set a LIMIT."
    return Problem(503, "Too slow", what, hint, ways)


def _not_allowed(request: Any, ways: Mapping[str, str]) -> Problem:
    what = f"This page only answers to GET, not to {_shown(request.method, 20)}."
    hint = "Nothing was changed. Open the address in a browser to see it."
    return Problem(405, "Method not allowed", what, hint, ways, {"Allow": "GET, HEAD"})


def _not_found(request: Any, reason: str, ways: Mapping[str, str]) -> Problem:
    hint = "The address may be mistyped, or the capture may have been analysed again since the link was made."
    if reason and reason != "404":
        hint = f"{reason.rstrip('.')}. {hint}"
    return Problem(404, "Not found", f"There is no page at {_shown(request.path)}.", hint, ways)


def _bad_request(status: int, title: str, what: str, ways: Mapping[str, str]) -> Problem:
    hint = "Correct the address, or start again from a page that links there."
    return Problem(status, title or "Bad request", what or "The request cannot be understood.", hint, ways)


def _of_datasette(datasette: Datasette, request: Any, error: Any, ways: Mapping[str, str]) -> Problem:
    """What Datasette raises on purpose. It does so over what it was given, although its own default is the status 500."""
    if isinstance(error, QueryInterrupted) or isinstance(error.__context__, QueryInterrupted):
        seconds = f"{datasette.sql_time_limit_ms / 1000:g} seconds"
        return _too_slow(f"The query took longer than {seconds} and was stopped.", ways)
    title = str(getattr(error, "title", None) or "")
    message = _shown(str(getattr(error, "message", error)))
    status = 400 if error.status == 500 else int(error.status)
    if status == 403:
        what = "This page is not shown to you." if isinstance(error, Forbidden) else message
        return Problem(403, "Not allowed", what, f"Datasette’s settings decide that ({message}).", ways)
    if status == 404:
        return _not_found(request, message, ways)
    if title == "Invalid SQL" and not request.query_string:
        return _not_found(request, message, ways)  # nobody wrote SQL: the address names a table that is not there
    if title == "Invalid SQL":
        hint = "Only one SELECT at a time is answered. Go back, correct the query, and run it again."
        return Problem(status, "This SQL cannot be run", f"{message[:1].upper()}{message[1:]}.", hint, ways)
    return _bad_request(status, title, message, ways)


def _is_over_arguments(request: Any, exception: BaseException) -> bool:
    """Whether Datasette stumbled over the arguments of an address, in code that is none of ours."""
    return bool(request.query_string) and isinstance(exception, _BAD_ARGUMENTS) and not _passed_ours(exception)


def _passed_ours(exception: BaseException) -> bool:
    """Whether an exception was raised in code of ours, or below it."""
    step = exception.__traceback__
    while step is not None:
        module = str(step.tb_frame.f_globals.get("__name__"))
        if module.partition(".")[0] in ("datasette_plugins", "vendor_catalog"):
            return True
        step = step.tb_next
    return False


def record(request: Any, exception: BaseException) -> str:
    """Writes one line about a fault of ours into the terminal, and returns its reference."""
    reference = secrets.token_hex(4)
    reason = f"{type(exception).__name__}: {exception}"
    LOG.error(
        "consentwire pages: error %s at %s %s: %s",
        reference,
        _shown(request.method, 20),
        _shown(request.path),
        _shown(reason),
        exc_info=exception if LOG.isEnabledFor(logging.DEBUG) else None,
    )
    return reference


def _recorded(request: Any, exception: BaseException, problem: Problem) -> Problem:
    """The problem as a fault of ours, with its reference."""
    reference = record(request, exception)
    hint = (
        f"{problem.hint} The terminal has one line with this reference; consentwire serve --verbose also shows where."
    )
    return Problem(500, problem.heading, problem.what, hint.strip(), problem.ways, problem.headers, reference)


def _ways(datasette: Datasette, request: Any) -> dict[str, str]:
    ways = {"Home": str(datasette.urls.instance())}
    name = _database(datasette, request)
    if name is not None:
        ways["Tables and SQL"] = Links(datasette, name).tables()
    return ways


def _database(datasette: Datasette, request: Any) -> str | None:
    """The database of ours that an address is about."""
    return instance.at(datasette, request.scope.get("route_path") or request.path)


def _cut(exception: BaseException) -> str:
    return _shown(str(exception))


def _shown(text: str, most: int = _MOST) -> str:
    """Text that can be repeated in a line of a terminal: printable, and not longer than that."""
    cut = text if len(text) <= most else f"{text[: most - 1]}…"
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in cut)
