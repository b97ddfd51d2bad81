"""Datasette's hooks, each handing on to the room that does the work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import Any

import datasette as datasette_package
from datasette.utils.asgi import Forbidden
from markupsafe import Markup

from datasette_plugins import metadata as descriptions
from vendor_catalog import shipped_catalogue

from . import assets, cells, errors, guard, instance, navigation, routes
from .instance import Datasette

type _Hook = Callable[[Callable[..., Any]], Callable[..., Any]]
_hook: _Hook = datasette_package.hookimpl
_first: _Hook = datasette_package.hookimpl(tryfirst=True)
_around: _Hook = datasette_package.hookimpl(hookwrapper=True, tryfirst=True)


@_hook
def startup(datasette: Datasette) -> Callable[[], Any]:
    """Knows the databases and the catalogue before the first page is asked for."""

    async def prepare() -> None:
        await instance.recognise(datasette)
        if instance.ours(datasette):
            shipped_catalogue()

    return prepare


@_hook
def prepare_jinja2_environment(env: Any, datasette: Datasette) -> None:
    """Gives templates what they need, also on pages that Datasette renders without any context of ours."""
    env.globals["consentwire_navigation"] = lambda request, database: navigation.of(datasette, request, database)
    env.globals["consentwire_table"] = lambda database, table, request: cells.shown(datasette, database, table, request)
    env.globals["consentwire_owns"] = lambda database: instance.is_ours(datasette, database)
    env.globals["consentwire_described"] = cells.described
    env.globals["consentwire_asset"] = lambda file: datasette.urls.path(assets.path(file))
    env.filters["chip"] = cells.chip


@_hook
def asgi_wrapper(datasette: Datasette) -> Callable[[guard.Application], guard.Application]:
    return lambda application: guard.guarded(application, datasette)


@_around
def handle_exception(datasette: Datasette, request: Any, exception: Exception) -> Generator[None, Any]:
    """Answers in our look. Datasette asks every handler, and its own prints the whole stack with all local variables into
    the terminal: so that one is taken out, whereas other plugins' stay."""
    outcome = yield
    if not instance.ours(datasette):
        return
    others = [each for each in outcome.get_result() if getattr(each, "__module__", "") != "datasette.handle_exception"]
    outcome.force_result([*others, lambda: errors.answer(datasette, request, exception)])


@_first
def forbidden(datasette: Datasette, request: Any, message: str) -> Callable[[], Any] | None:
    if not instance.ours(datasette):
        return None
    return lambda: errors.answer(datasette, request, Forbidden(message))


@_hook
def register_routes(datasette: Datasette) -> list[tuple[str, Callable[..., Any]]]:
    return [(assets.ROUTE, assets.serve), *routes.routes()]


@_hook
def extra_css_urls(template: str | None, datasette: Datasette) -> list[str]:
    """Our look on Datasette's own pages; ours name their stylesheets themselves."""
    if not instance.ours(datasette) or (template or "").startswith("consentwire/"):
        return []
    return [assets.path("common.css"), assets.path("datasette.css")]


@_hook
def get_metadata(datasette: Datasette) -> dict[str, Any]:
    """Descriptions of our tables, for Datasette that was not started by ``consentwire serve``."""
    return {"databases": {name: {"tables": descriptions.tables()} for name in instance.ours(datasette)}}


@_hook
def render_cell(row: Any, value: Any, column: str, table: str | None, database: str, datasette: Datasette) -> Any:
    """A cell of one of our tables: numbers as links to our pages, verdicts as chips, addresses as text."""
    if not instance.is_ours(datasette, database):
        return None
    shown: Markup | str | Awaitable[Markup] | None = cells.cell(datasette, database, table, column, value, row)
    return shown
