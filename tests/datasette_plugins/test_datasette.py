"""What Datasette's own pages show of our tables, and the ways in which it finds us."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from datasette.app import Datasette

from addon.launcher.datasette_server import application
from addon.store.schema import BY_NAME, TABLES, Table
from datasette_plugins.metadata import metadata, tables

from .building import Asked, analysed, shop

CHECKOUT = Path(__file__).parents[2]


# --- descriptions


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_and_column_is_described(table: Table) -> None:
    described = tables()[table.name]
    assert described["description"] == table.help
    assert described["columns"] == {name: column.help for name, column in table.columns.items()}


@pytest.mark.parametrize("name", BY_NAME)
def test_lists_are_sorted_and_counted_only_by_what_has_an_index(name: str) -> None:
    described = tables()[name]
    leading = {columns[0] for columns in BY_NAME[name].indexes}
    indexed = {column for columns in (*BY_NAME[name].indexes, BY_NAME[name].key) for column in columns}
    for direction in ("sort", "sort_desc"):
        assert described.get(direction) is None or described[direction] in leading
    assert set(described.get("facets", ())) <= indexed
    assert "facets" not in described or described["facet_size"] <= 12


@pytest.mark.parametrize("name", ["findings", "violations", "events", "calls", "cookies", "gaps", "deliveries"])
def test_the_tables_that_people_search_have_facets(name: str) -> None:
    assert tables()[name]["facets"]


def test_label_columns_exist() -> None:
    for name, described in tables().items():
        assert described.get("label_column") is None or described["label_column"] in BY_NAME[name].columns


def test_hosts_become_the_plugins_configuration() -> None:
    assert "plugins" not in metadata("sample")
    assert metadata("sample", ["wire.example"])["plugins"] == {"consentwire": {"hosts": ["wire.example"]}}


async def test_datasette_knows_the_descriptions_however_it_was_started(sample: Path) -> None:
    for datasette in (Datasette([str(sample)]), application(sample)):
        await datasette.client.get("/")
        described = datasette.metadata(database="sample", table="violations")
        assert described["description"] == BY_NAME["violations"].help
        assert described["columns"]["verdict"] == BY_NAME["violations"].columns["verdict"].help


# --- tables and rows


@pytest.mark.parametrize("table", BY_NAME)
async def test_every_table_can_be_listed_and_exported(datasette: Datasette, table: str) -> None:
    page = await datasette.client.get(f"/sample/{table}")
    assert page.status_code == 200
    assert "timed out" not in page.text
    assert (await datasette.client.get(f"/sample/{table}.csv")).text.startswith(",".join(BY_NAME[table].columns)[:20])


async def test_heavy_columns_are_left_out_of_lists_and_shown_with_a_row(datasette: Datasette) -> None:
    listed = (await datasette.client.get("/sample/events")).text
    assert "messageId" not in listed
    assert "Not shown in this list: payload" in listed
    assert "messageId" in (await datasette.client.get("/sample/events?_col=payload")).text
    row = (await datasette.client.get("/sample/exchanges/1~2E5")).text
    assert "request_headers" in row
    assert "User-Agent: Mozilla" in row
    assert "request_headers</th>" not in (await datasette.client.get("/sample/exchanges")).text


async def test_a_row_says_what_its_columns_mean(datasette: Datasette) -> None:
    row = (await datasette.client.get("/sample/violations/1~2Ev1")).text
    for name, column in BY_NAME["violations"].columns.items():
        assert f'<th scope="row">{name}<small>{column.help.replace("'", "&#39;")}</small></th>' in row


async def test_numbers_lead_to_our_pages(datasette: Datasette) -> None:
    listed = (await datasette.client.get("/sample/violations")).text
    for kind in ("violations", "sessions", "events", "findings"):
        assert re.search(rf'href="/sample/-/{kind}/[^"]+"', listed), kind
    assert 'href="/sample/-/sessions/1.s1#signal-1.c' in listed
    assert '<a class="cw-beside" href="/sample/violations/1~2Ev' in listed
    for href in set(re.findall(r'href="(/sample/-/[^"#]+)', listed)):
        assert (await datasette.client.get(href)).status_code == 200, href


async def test_a_capture_is_called_by_its_file_and_not_by_its_folders(tmp_path: Path) -> None:
    path = analysed(tmp_path, shop())
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE captures SET path = '/very/long/way/to/morning.mitm'")
    listed = (await Datasette([str(path)]).client.get(f"/{path.stem}/sessions")).text
    assert 'title="/very/long/way/to/morning.mitm">morning.mitm</span>' in listed


async def test_verdicts_are_words_in_frames(datasette: Datasette) -> None:
    listed = (await datasette.client.get("/sample/violations")).text
    assert '<span class="cw-chip cw-confirmed">confirmed</span>' in listed
    assert '<span class="cw-chip cw-error">error</span>' in listed


async def test_our_links_stand_on_datasettes_pages_too(datasette: Datasette, rows: Asked) -> None:
    event = rows("SELECT id FROM events")[0][0].replace(".", "~2E")
    places = (("/sample", "Datasette"), ("/sample/findings", "Findings"), (f"/sample/events/{event}", "Events"))
    for path, current in places:
        page = (await datasette.client.get(path)).text
        labels = re.findall(r'<li><a href="[^"]*"( aria-current="page")?>([\w ]+)</a></li>', page)
        assert [label for _, label in labels][:10] == [
            "Home",
            "What to fix",
            "Findings",
            "Violations",
            "Vendors",
            "Coverage",
            "Sessions",
            "Events",
            "Gaps",
            "Datasette",
        ]
        assert [label for here, label in labels if here] == [current], path


async def test_a_missing_page_of_datasettes_still_has_our_links(datasette: Datasette) -> None:
    page = await datasette.client.get("/sample/nope")
    assert page.status_code == 404
    assert 'class="cw-brand"' in page.text


async def test_tables_of_other_databases_look_as_ever(tmp_path: Path, sample: Path) -> None:
    strange = tmp_path / "strange.db"
    with sqlite3.connect(strange) as connection:
        connection.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, payload TEXT, url TEXT)")
        connection.execute("INSERT INTO events VALUES (1, 'kept', 'https://a.example/')")
    page = (await Datasette([str(sample), str(strange)]).client.get("/strange/events")).text
    assert "kept" in page
    assert '<a href="https://a.example/">' in page
    assert "cw-list" not in page


# --- what is not there


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("/sample/-/sessions/9.s9", "There is no session &#39;9.s9&#39; in sample."),
        ("/sample/-/events/nope", "There is no event &#39;nope&#39; in sample."),
        ("/sample/-/violations/1.v99999", "There is no violation"),
        ("/sample/-/findings/0000", "There is no finding"),
        ("/other/-/sessions/1.s1", "There is no database &#39;other&#39; here."),
    ],
)
async def test_what_is_not_there_is_named_with_where_to_go(datasette: Datasette, path: str, what: str) -> None:
    page = await datasette.client.get(path)
    assert page.status_code == 404
    assert what in page.text
    assert 'href="/"' in page.text
    document = await datasette.client.get(f"{path}.json")
    assert document.status_code == 404
    assert document.json()["ok"] is False
    assert document.json()["instead"]


async def test_a_page_without_a_number_is_the_table(datasette: Datasette) -> None:
    page = await datasette.client.get("/sample/-/sessions")
    assert page.status_code == 302
    assert page.headers["location"] == "/sample/sessions"


async def test_pages_work_below_a_base_address(sample: Path) -> None:
    datasette = Datasette([str(sample)], settings={"base_url": "/wire/"})
    page = (await datasette.client.get("/")).text
    assert 'href="/wire/sample/-/sessions/1.s1"' in page
    assert (await datasette.client.get("/sample/-/sessions/1.s1")).status_code == 200
    assert not re.findall(r'(?:href|src)="/(?!wire/)', page)


async def test_stylesheets_have_one_address_and_may_be_kept(datasette: Datasette) -> None:
    page = (await datasette.client.get("/")).text
    for file in re.findall(r'(?:href|src)="(/-/consentwire/[^"]+)"', page):
        found = await datasette.client.get(file)
        assert found.status_code == 200
        assert "immutable" in found.headers["cache-control"]
    assert (await datasette.client.get("/-/consentwire/pages.css")).headers["cache-control"] == "no-cache"


# --- ways of being found


_ALONE = """
import sys
sys._called_from_test = True  # Datasette then leaves out installed plugins
sys.path = [path for path in sys.path if path not in ("", {checkout!r})]
from datasette.cli import cli
cli({arguments!r})
"""


def asked(arguments: list[str], folder: Path, *, installed: bool) -> str:
    """What ``datasette --get`` answers in a process of its own."""
    if installed:
        script = "import sys; from datasette.cli import cli; cli(sys.argv[1:])"
        command = [sys.executable, "-c", script, *arguments]
    else:
        command = [sys.executable, "-c", _ALONE.format(checkout=str(CHECKOUT), arguments=arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("installed", [True, False])
def test_a_checkout_works_by_plugins_dir(sample: Path, tmp_path: Path, installed: bool) -> None:
    plugins = ["--plugins-dir", str(CHECKOUT / "datasette_plugins")]
    home = asked([str(sample), *plugins, "--get", "/"], tmp_path, installed=installed)
    assert home.count('class="cw-headline') == 1
    listed = asked([str(sample), *plugins, "--get", "/sample/violations"], tmp_path, installed=installed)
    assert listed.count('class="cw-nav"') == 1
    assert listed.count("common.css") == 1
    assert "cw-chip" in listed


def test_both_ways_together_register_the_hooks_once(sample: Path, tmp_path: Path) -> None:
    arguments = [str(sample), "--plugins-dir", str(CHECKOUT / "datasette_plugins"), "--get", "/-/plugins.json"]
    listed = json.loads(asked(arguments, tmp_path, installed=True))
    assert [each["name"] for each in listed if each["hooks"]] == ["consentwire"]
