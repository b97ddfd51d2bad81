"""Addresses -> pages: who may see them, what is answered where nothing is, and the headers that go with them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from datasette.utils import sqlite_timelimit, tilde_decode
from datasette.utils.asgi import Forbidden, Response
from datasette.views.index import IndexView

from datasette_plugins.reading.query import Connection
from datasette_plugins.views import event, finding, home, session, vendor, vendor_list, violation
from datasette_plugins.views.page import Ask, Missing, Page

from . import answers, instance, own_threads
from .errors import MethodNotAllowed, TooSlow
from .instance import Datasette
from .links import PAGES, Links

_TIME_LIMIT = 8000
"""Milliseconds that one page may spend in the database."""
_VIEWS: Mapping[str, Callable[[Ask], Page]] = {
    "sessions": session.page,
    "events": event.page,
    "violations": violation.page,
    "findings": finding.page,
    "vendors": vendor.page,
}
_LISTS: Mapping[str, Callable[[Ask], Page]] = {"vendors": vendor_list.page}
"""Pages of all that there is of a kind, where no table has a row for each."""
_COMMON = ("captures", "sessions", "exchanges", "events", "signals", "violations")
_READ: Mapping[str, tuple[str, ...]] = {
    "home": (*_COMMON, "findings", "gaps", "calls", "cookies", "sources", "destinations"),
    "sessions": (*_COMMON, "calls", "cookies", "banner_events", "marks", "deliveries"),
    "events": (*_COMMON, "calls", "deliveries", "destinations", "duplicates"),
    "violations": (*_COMMON, "findings", "calls", "cookies", "banner_events", "marks"),
    "findings": ("captures", "violations", "findings"),
    "vendors": (*_COMMON, "findings", "calls", "hits", "cookies", "deliveries"),
}
"""Page -> tables whose rows it shows."""


async def show_home(datasette: Datasette, request: Any) -> Any:
    """The first page; Datasette's own where no database is ours."""
    await instance.recognise(datasette)
    ours = instance.ours(datasette)
    as_json = bool(request.url_vars["as_json"])
    if not ours:
        index = IndexView(datasette)
        request.scope["url_route"]["kwargs"]["format"] = "json" if as_json else None
        return await index.dispatch_request(request)
    if request.method not in ("GET", "HEAD"):
        raise MethodNotAllowed
    visible = [name for name in ours if await _may_see(datasette, request, name, "home")]
    summaries = []
    for name in visible:
        links = Links(datasette, name)
        summaries.append(await _read(datasette, name, partial(home.summary, links=links)))
    others = await _others(datasette, request, set(ours))
    if as_json:
        return answers.document(home.documents(summaries, others))
    running = any(each.overview.running for each in summaries)
    context = {
        "summaries": summaries,
        "others": others,
        "running": running,
        "database": None,
    }
    return await answers.html(datasette, request, "consentwire/home.html", context)


async def show(datasette: Datasette, request: Any) -> Any:
    """One of the other pages."""
    await instance.recognise(datasette)
    if request.method not in ("GET", "HEAD"):
        raise MethodNotAllowed
    as_json = bool(request.url_vars["as_json"])
    route = tilde_decode(request.url_vars["database"])
    name = next((name for name, each in datasette.databases.items() if each.route == route), None)
    kind = request.url_vars["page"]
    if not instance.is_ours(datasette, name) or not await _may_see(datasette, request, name, kind):
        raise _no_database(datasette, route, name)
    ask_links = Links(datasette, str(name))
    arguments = {key: request.args.get(key) for key in request.args}
    key = tilde_decode(request.url_vars.get("key", ""))
    view = _VIEWS[kind] if key else _LISTS[kind]
    page = await _read(datasette, str(name), lambda connection: view(Ask(connection, ask_links, key, arguments)))
    if as_json:
        return answers.document({"database": name, **page.document})
    context = {**page.context, "database": name, "links": ask_links, "path": request.path}
    return await answers.html(datasette, request, page.template, context)


async def to_table(datasette: Datasette, request: Any) -> Any:
    """``/{database}/-/sessions`` without a number is Datasette's table."""
    route = tilde_decode(request.url_vars["database"])
    name = next((name for name, each in datasette.databases.items() if each.route == route), None)
    if not instance.is_ours(datasette, name):
        raise _no_database(datasette, route, name)
    return Response.redirect(Links(datasette, str(name)).table(request.url_vars["page"]))


_PAGES = "|".join(_VIEWS)
ROUTES: list[tuple[str, Callable[..., Any]]] = [
    (r"/(?P<as_json>\.json)?$", show_home),
    (rf"/(?P<database>[^/.]+)/-/(?P<page>{'|'.join(_LISTS)})(?:/|(?P<as_json>\.json))?$", show),
    (rf"/(?P<database>[^/.]+)/-/(?P<page>{'|'.join(PAGES)})/?$", to_table),
    (rf"/(?P<database>[^/.]+)/-/(?P<page>{_PAGES})/(?P<key>[^/]+?)(?P<as_json>\.json)?$", show),
]


async def _read(datasette: Datasette, name: str, reading: Callable[[Connection], Any]) -> Any:
    """Runs a page's queries on one connection, in one transaction, so that a growing database stands still meanwhile."""

    def in_thread(connection: Connection) -> Any:
        with sqlite_timelimit(connection, _TIME_LIMIT):
            connection.execute("BEGIN")
            try:
                return reading(connection)
            finally:
                connection.rollback()

    try:
        return await own_threads.read(datasette, name, in_thread)
    except sqlite3.OperationalError as error:
        if "interrupted" in str(error):
            raise TooSlow(_TIME_LIMIT // 1000) from error
        raise


async def _may_see(datasette: Datasette, request: Any, name: str | None, page: str) -> bool:
    """Whether Datasette's permissions let somebody see every table that a page shows something of."""
    try:
        for table in _READ[page]:
            wanted = [("view-table", (name, table)), ("view-database", name), "view-instance"]
            await datasette.ensure_permissions(request.actor, wanted)
    except Forbidden:
        return False
    return True


async def _others(datasette: Datasette, request: Any, ours: set[str]) -> list[dict[str, str]]:
    """Databases that are none of ours, and what is to be said of them."""
    versions = instance.of_another_version(datasette)
    found = []
    for name in datasette.databases:
        if name in ours or name == "_internal":
            continue
        visible, _ = await datasette.check_visibility(
            request.actor, permissions=[("view-database", name), "view-instance"]
        )
        if visible:
            note = ""
            if name in versions:
                note = f"written by another version of consentwire (schema {versions[name]}); analyse the capture again"
            found.append({"name": name, "href": str(datasette.urls.database(name)), "note": note})
    return found


def _no_database(datasette: Datasette, route: str, name: str | None) -> Missing:
    home_address = str(datasette.urls.instance())
    if name is None:
        return Missing(f"There is no database {route[:100]!r} here.", "", {"Home": home_address})
    return Missing(
        f"{route[:100]!r} is no database of consentwire's, or of another version of it.",
        "Datasette can show its tables all the same.",
        {"Its tables": str(datasette.urls.database(name)), "Home": home_address},
    )
