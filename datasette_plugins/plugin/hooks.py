"""Datasette's hooks, each handing on to the room that does the work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import datasette as datasette_package
from markupsafe import Markup

from datasette_plugins import metadata as descriptions
from vendor_catalog import shipped_catalogue

from . import assets, cells, guard, instance, navigation, routes
from .instance import Datasette

_hook: Callable[[Callable[..., Any]], Callable[..., Any]] = datasette_package.hookimpl


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
    env.globals["consentwire_asset"] = lambda file: datasette.urls.path(assets.path(file))
    env.filters["chip"] = cells.chip


@_hook
def asgi_wrapper(datasette: Datasette) -> Callable[[guard.Application], guard.Application]:
    return lambda application: guard.guarded(application, datasette)


@_hook
def register_routes(datasette: Datasette) -> list[tuple[str, Callable[..., Any]]]:
    return [(assets.ROUTE, assets.serve), *routes.ROUTES]


@_hook
def extra_css_urls(template: str | None, datasette: Datasette) -> list[str]:
    """Our look on Datasette's own pages; ours name their stylesheets themselves."""
    if not instance.ours(datasette) or (template or "").startswith("consentwire/"):
        return []
    return [assets.path("common.css"), assets.path("tables.css")]


@_hook
def get_metadata(datasette: Datasette) -> dict[str, Any]:
    """Descriptions of our tables, for Datasette that was not started by ``consentwire serve``."""
    return {"databases": {name: {"tables": descriptions.tables()} for name in instance.ours(datasette)}}


@_hook
def render_cell(row: Any, value: Any, column: str, table: str | None, database: str, datasette: Datasette) -> Any:
    """A cell of one of our tables: numbers as links to our pages, verdicts as chips, addresses as text."""
    if not instance.is_ours(datasette, database):
        return None
    shown: Markup | str | None = cells.cell(datasette, database, table, column, value, row)
    return shown
