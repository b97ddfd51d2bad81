"""Addresses -> pages: who may see them, and where they are read."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from typing import Any

from datasette.utils import sqlite_timelimit, tilde_decode
from datasette.utils.asgi import Forbidden, Response
from datasette.views.index import IndexView

from addon.findings.query import Connection

from . import answers, instance, own_threads, registry
from .errors import MethodNotAllowed, TooSlow
from .instance import Datasette
from .links import Links
from .page import Ask, Missing, Page, Shown

type View = Callable[[Datasette, Any], Any]

_TIME_LIMIT = 8000
"""Milliseconds that one page may spend in the database."""
_FORM = r"(?P<as_json>\.json)?$"


def routes() -> list[tuple[str, View]]:
    """The route of every page, and for pages of rows that of their list, which is Datasette's table."""
    found: list[tuple[str, View]] = []
    listed = {page.route for page in registry.pages().values()}
    for page in registry.pages().values():
        if page.combined is not None:
            found.append((_pattern(page.route) + _FORM, _view(_show_all, page)))
        elif "{key}" in page.route:
            found.append((_pattern(page.route) + _FORM, _view(_show, page)))
        else:
            found.append((_pattern(page.route) + f"(?:/|{_FORM[:-1]})$", _view(_show, page)))
        if page.row_of is not None and page.route.removesuffix("/{key}") not in listed:
            found.append((_pattern(page.route.removesuffix("/{key}")) + "/?$", _view(_to_table, page)))
    return found


def _pattern(route: str) -> str:
    """``/{database}/-/vendors/{key}`` as a regular expression, without its end."""
    return re.escape(route).replace(r"\{database\}", "(?P<database>[^/.]+)").replace(r"\{key\}", "(?P<key>[^/]+?)")


def _view(show: Callable[[Datasette, Any, Page], Any], page: Page) -> View:
    """A view as Datasette calls it, which goes by the names of its parameters."""

    async def view(datasette: Datasette, request: Any) -> Any:
        await instance.recognise(datasette)
        return await show(datasette, request, page)

    return view


async def _show_all(datasette: Datasette, request: Any, page: Page) -> Any:
    """A page about all databases; Datasette's own first page where no database is ours."""
    ours = instance.ours(datasette)
    as_json = bool(request.url_vars["as_json"])
    if not ours:
        index = IndexView(datasette)
        request.scope["url_route"]["kwargs"]["format"] = "json" if as_json else None
        return await index.dispatch_request(request)
    _check_method(request)
    visible = [name for name in ours if await _may_see(datasette, request, name, page)]
    parts = [await _read(datasette, name, page, Links(datasette, name)) for name in visible]
    assert page.combined is not None
    shown = page.combined(parts, await _others(datasette, request, set(ours)))
    if as_json:
        return answers.document(shown.document)
    return await answers.html(datasette, request, page.template, {**shown.context, "database": None})


async def _show(datasette: Datasette, request: Any, page: Page) -> Any:
    """A page about one database, or about something in it."""
    _check_method(request)
    name = _database(datasette, request)
    if not await _may_see(datasette, request, name, page):
        raise _no_database(datasette, name, name)
    links = Links(datasette, name)
    arguments = {key: request.args.get(key) for key in request.args}
    shown = await _read(datasette, name, page, links, tilde_decode(request.url_vars.get("key", "")), arguments)
    if request.url_vars["as_json"]:
        return answers.document({"database": name, **shown.document})
    context = {**shown.context, "database": name, "links": links, "path": request.path}
    return await answers.html(datasette, request, page.template, context)


async def _to_table(datasette: Datasette, request: Any, page: Page) -> Any:
    """``/{database}/-/sessions`` without a number is Datasette's table."""
    return Response.redirect(Links(datasette, _database(datasette, request)).table(str(page.row_of)))


def _check_method(request: Any) -> None:
    if request.method not in ("GET", "HEAD"):
        raise MethodNotAllowed


def _database(datasette: Datasette, request: Any) -> str:
    """The database of ours that an address names."""
    route = tilde_decode(request.url_vars["database"])
    name: str | None = next((name for name, each in datasette.databases.items() if each.route == route), None)
    if name is None or not instance.is_ours(datasette, name):
        raise _no_database(datasette, route, name)
    return name


async def _read(datasette: Datasette, name: str, page: Page, links: Links, *request_parts: Any) -> Shown:
    """Runs a page's queries on one connection, in one transaction, so that a growing database stands still meanwhile."""

    def in_thread(connection: Connection) -> Shown:
        with sqlite_timelimit(connection, _TIME_LIMIT):
            connection.execute("BEGIN")
            try:
                return page.read(Ask(connection, links, *request_parts))
            finally:
                connection.rollback()

    try:
        return await own_threads.read(datasette, name, in_thread)
    except sqlite3.OperationalError as error:
        if "interrupted" in str(error):
            raise TooSlow(_TIME_LIMIT // 1000) from error
        raise


async def _may_see(datasette: Datasette, request: Any, name: str, page: Page) -> bool:
    """Whether Datasette's permissions let somebody see every table that a page shows something of. As in Datasette, what is said of a
    table decides, else what is said of its database, which is looked up once."""
    whole: bool | None = None
    for table in page.tables:
        allowed = await datasette.permission_allowed(request.actor, "view-table", (name, table), default=None)
        if allowed is None:
            whole = await _may_see_database(datasette, request, name) if whole is None else whole
            allowed = whole
        if not allowed:
            return False
    return True


async def _may_see_database(datasette: Datasette, request: Any, name: str) -> bool:
    try:
        await datasette.ensure_permissions(request.actor, [("view-database", name), "view-instance"])
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
