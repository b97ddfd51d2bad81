"""A page is a file: what it declares is all that leads to it."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from datasette.app import Datasette
from datasette.utils import tilde_encode

from datasette_plugins import views
from datasette_plugins.plugin import own_threads, registry
from datasette_plugins.plugin.page import DatasetteTable, Page

from .building import SETTINGS, Asked, Capture, analysed

TEMPLATES = Path(views.__file__).parents[1] / "templates"
CAPTURE = """
from datasette_plugins.plugin.page import Ask, Entry, Page, Shown


def read(ask: Ask) -> Shown:
    row = ask.connection.execute("SELECT kind FROM captures WHERE id = ?", (ask.key,)).fetchone()
    if row is None:
        raise ask.missing("capture", "captures")
    return Shown({"kind": row[0]}, {"kind": row[0]})


PAGE = Page(
    route="/{database}/-/captures/{key}",
    template="capture.html",
    tables=("captures",),
    read=read,
    row_of="captures",
    entry=Entry("Captures", 45),
)
"""
TEMPLATE = """{% extends "consentwire/layout.html" %}{% block content %}<h1>Recorded as {{ kind }}</h1>{% endblock %}"""


@pytest.fixture
def dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Puts a module beside the pages, as one that is added to their folder would stand there."""
    monkeypatch.setattr(views, "__path__", [*views.__path__, str(tmp_path)])

    def drop(name: str, text: str) -> None:
        (tmp_path / f"{name}.py").write_text(text)
        registry.declared.cache_clear()

    yield drop
    for file in tmp_path.glob("*.py"):
        sys.modules.pop(f"{views.__name__}.{file.stem}", None)
    registry.declared.cache_clear()


async def test_a_file_and_its_template_are_a_page(
    sample: Path, tmp_path: Path, dropped: Callable[[str, str], None]
) -> None:
    dropped("capture", CAPTURE)
    (tmp_path / "capture.html").write_text(TEMPLATE)
    datasette = Datasette([str(sample)], template_dir=str(tmp_path))
    page = await datasette.client.get("/sample/-/captures/1")
    assert page.status_code == 200
    assert "<h1>Recorded as har</h1>" in page.text
    assert (await datasette.client.get("/sample/-/captures/1.json")).json() == {"database": "sample", "kind": "har"}
    assert (await datasette.client.get("/sample/-/captures/99")).status_code == 404
    assert (await datasette.client.get("/sample/-/captures")).headers["location"] == "/sample/captures"
    labels = page.text.partition('class="cw-links"')[2].partition("</ul>")[0]
    assert '<a href="/sample/captures" aria-current="page">Captures</a>' in labels
    assert labels.index("Sessions") < labels.index("Captures") < labels.index("Events")
    table = (await datasette.client.get("/sample/captures")).text
    assert '<a href="/sample/-/captures/1">1</a>' in table
    assert '<a href="/sample/-/captures/1">1</a>' in (await datasette.client.get("/sample/sessions")).text


async def test_who_may_not_see_its_table_does_not_see_a_page(
    sample: Path, tmp_path: Path, dropped: Callable[[str, str], None]
) -> None:
    dropped("capture", CAPTURE)
    (tmp_path / "capture.html").write_text(TEMPLATE)
    denied = {"databases": {"sample": {"tables": {"captures": {"allow": False}}}}}
    datasette = Datasette([str(sample)], template_dir=str(tmp_path), metadata=denied)
    assert (await datasette.client.get("/sample/-/captures/1")).status_code == 404


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("PAGES = ()", "declares no PAGE"),
        (CAPTURE.replace("captures/{key}", "sessions/{key}"), "both declare /{database}/-/sessions/{key}"),
        (CAPTURE.replace('row_of="captures"', 'row_of="events"'), "both declare events"),
    ],
)
def test_a_file_that_is_no_page_or_in_anothers_way_is_named(
    text: str, why: str, dropped: Callable[[str, str], None]
) -> None:
    dropped("wrong", text)
    with pytest.raises(registry.BadPage, match=why.replace("{", r"\{")):
        registry.declared()


def test_every_module_declares_a_page_and_every_template_belongs_to_one() -> None:
    modules = {file.stem for file in Path(views.__file__).parent.glob("*.py")} - {"__init__"}
    assert set(registry.declared()) == modules
    shared = {"layout.html", "problem.html"}
    templates = {f"consentwire/{file.name}" for file in (TEMPLATES / "consentwire").glob("[a-z]*.html")}
    assert {page.template for page in registry.pages().values()} == templates - {
        f"consentwire/{name}" for name in shared
    }


def test_no_two_pages_claim_one_place_in_the_navigation() -> None:
    orders = [entry.order for entry, _ in registry.entries()]
    assert sorted(set(orders)) == orders


@pytest.mark.parametrize("name", [name for name, page in registry.declared().items() if isinstance(page, Page)])
async def test_a_page_reads_only_the_tables_that_it_declares(
    name: str, everything: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise it would show rows of a table that is kept from whoever asks."""
    read: set[str] = set()

    def authorise(action: int, table: str | None, *_: object) -> int:
        if action == sqlite3.SQLITE_READ and table is not None:
            read.add(table)
        return sqlite3.SQLITE_OK

    async def watched(datasette: Any, database: str, reading: Callable[[sqlite3.Connection], Any]) -> Any:
        with sqlite3.connect(everything) as connection:
            connection.row_factory = sqlite3.Row
            connection.set_authorizer(authorise)
            return reading(connection)

    monkeypatch.setattr(own_threads, "read", watched)
    page = registry.pages()[name]
    datasette = Datasette([str(everything)])
    for key in keys(everything, page):
        path = page.route.replace("{database}", "sample").replace("{key}", key)
        assert (await datasette.client.get(path)).status_code == 200, path
    assert read - {"sqlite_master", "json_each"} <= set(page.tables)
    assert read


def keys(database: Path, page: Page) -> list[str]:
    if "{key}" not in page.route:
        return [""]
    if page is registry.pages()["cause"]:
        with sqlite3.connect(database) as connection:
            return [tilde_encode(row[0]) for row in connection.execute("SELECT DISTINCT cause FROM violation_counts")]
    if page.row_of is None:
        return ["segment", "meta-pixel", "google-analytics-4", "braze"]
    with sqlite3.connect(database) as connection:
        key = "fingerprint" if page.row_of == "findings" else "id"
        return [row[0] for row in connection.execute(f"SELECT {key} FROM {page.row_of} LIMIT 40")]


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A visit that touches many tables."""
    session = Capture()
    session.page(0)
    session.banner(0.5)
    session.segment(0.8, SETTINGS)
    session.pixel(1.4)
    session.get(1.6, "https://www.google-analytics.com/g/collect?tid=G-1&en=page_view&cid=1.2")
    session.cookies["_fbp"] = "fb.1"
    session.asset(3)
    message = session.message("Order Completed", 9, {"analytics": True, "marketing": True})
    session.send(9, message)
    session.send(10, message)
    session.page(12, "checkout")
    session.track(12.4, "Checkout Started", {"analytics": True, "marketing": False})
    return analysed(tmp_path_factory.mktemp("everything"), session)


def test_gaps_stand_in_the_navigation_as_their_table(rows: Asked) -> None:
    declared = registry.declared()["gaps"]
    assert isinstance(declared, DatasetteTable)
    rows(f"SELECT * FROM {declared.table}")
