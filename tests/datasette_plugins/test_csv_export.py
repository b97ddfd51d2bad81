"""A spreadsheet shows what a site wrote, and runs none of it."""

from __future__ import annotations

import csv
import io
import random
import sqlite3
from pathlib import Path

import pytest
from datasette.app import Datasette

from datasette_plugins.plugin.csv_export import InertRows, inert_cell

from .building import Capture, analysed

FORMULAS = (
    *("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "  =1", '"=1"', "'=1", "\u200b=1", "\ufeff=1"),
    *(
        "＝1+1",
        "＋1",
        "－1+1",
        "＠SUM(A1)",
        "﹦1",
        "=1,2",
        '=HYPERLINK("http://evil.example","x")',
        "\n=1",
        "-",
        "=",
        "+49 170",
    ),
)
PLAIN = ("", "a", "a=1", "1-2", "-5", "+5", "-1.5e-3", "2026-11-23", "日本語", " a", '"a"', "javascript:alert(1)")


@pytest.mark.parametrize("text", FORMULAS)
def test_what_may_be_a_formula_gets_an_apostrophe(text: str) -> None:
    assert inert_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", PLAIN)
def test_everything_else_stays_as_it_is(text: str) -> None:
    assert inert_cell(text) == text


def written(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_rows_are_rewritten_wherever_the_chunks_end(size: int) -> None:
    cells = [*FORMULAS, *PLAIN, 'a "quoted", one', "two\r\nlines,=1", '"', '""', "é" * 50]
    random.Random(size).shuffle(cells)
    rows = [cells[at : at + 4] for at in range(0, len(cells), 4)]
    source, rewriting = written(rows), InertRows()
    chunks = [source[at : at + size] for at in range(0, len(source), size)]
    out = b"".join([*(rewriting.feed(chunk) for chunk in chunks), rewriting.feed(b"", last=True)])
    assert list(csv.reader(io.StringIO(out.decode(), newline=""))) == [
        [inert_cell(cell) for cell in row] for row in rows
    ]


def test_whole_rows_pass_at_once_and_only_the_last_is_kept() -> None:
    rewriting = InertRows()
    assert rewriting.feed(b'a,=1\r\n"b') == b"a,'=1\r\n"
    assert rewriting.feed(b'\r\n=2"') == b""
    assert rewriting.feed(b",c\r\n-5,x", last=True) == b'"b\r\n=2",c\r\n-5,x'


@pytest.mark.parametrize("unit", [b'"', b'""', b'"a', b'a"', b",", b"=", b'=",', b"\r", b'"\n'])
def test_the_steps_grow_with_the_text_and_not_faster(unit: bytes) -> None:
    """Doubling what is malformed as well doubles the time. The margin is wide, since the machine is shared."""
    import time

    def seconds(times: int) -> float:
        best = 9.0
        for _ in range(3):
            started = time.perf_counter()
            rewriting = InertRows()
            rewriting.feed(unit * times)
            rewriting.feed(b"", last=True)
            best = min(best, time.perf_counter() - started)
        return best

    assert seconds(200_000) < 12 * max(seconds(50_000), 0.002)


def hostile(folder: Path) -> Path:
    session = Capture(host="www.evil.example")
    session.page(0)
    session.segment(0.5)
    for number, name in enumerate(FORMULAS):
        session.track(1 + number, name, {"analytics": True}, properties={"total": -5})
    session.cookies["_ga_=1"] = "=1"
    session.page(40, "two")
    return analysed(folder, session)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile(tmp_path_factory.mktemp("formulas"))


SQL = "select name, -5 as number, '=1' as \"=heading\", 'x' || char(10) || '=2' as lines from events"


@pytest.mark.parametrize(
    ("path", "arguments"),
    [
        ("/sample/events.csv", {}),
        ("/sample/events.csv", {"_stream": "on", "_size": "max"}),
        ("/sample/events.csv", {"_dl": "on", "_labels": "on"}),
        ("/sample/findings.csv", {}),
        ("/sample/violations.csv", {"_labels": "on"}),
        ("/sample/cookies.csv", {}),
        ("/sample.csv", {"sql": SQL}),
    ],
)
async def test_no_cell_of_an_export_begins_a_formula(exported: Path, path: str, arguments: dict[str, str]) -> None:
    page = await Datasette([str(exported)]).client.get(path, params=arguments)
    assert page.status_code == 200
    rows = list(csv.reader(io.StringIO(page.text, newline="")))
    assert len(rows) > 1
    assert len({len(row) for row in rows}) == 1
    cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if inert_cell(cell) != cell and not cell.startswith("'")]
    if "sql" in arguments:
        assert rows[0] == ["name", "number", "'=heading", "lines"]
        assert rows[1][1:] == ["-5", "'=1", "x\n=2"]


async def test_an_export_holds_every_row_and_every_value(exported: Path) -> None:
    page = await Datasette([str(exported)]).client.get("/sample/events.csv?_stream=on&_size=max")
    rows = list(csv.DictReader(io.StringIO(page.text, newline="")))
    with sqlite3.connect(exported) as connection:
        stored = connection.execute("SELECT id, name FROM events ORDER BY id").fetchall()
    assert sorted((row["id"], row["name"]) for row in rows) == sorted(
        (id, inert_cell(name or "")) for id, name in stored
    )
    assert len(rows) >= len(FORMULAS)


async def test_json_keeps_what_was_written(exported: Path) -> None:
    page = await Datasette([str(exported)]).client.get("/sample/events.json?_shape=array&_size=max")
    assert FORMULAS[0] in [row["name"] for row in page.json()]
