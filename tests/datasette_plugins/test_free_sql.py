"""Queries that never end take turns, and no page waits for them."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from addon.launcher.datasette_server import application
from datasette_plugins.plugin import free_sql

ENDLESS = "with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c"


async def test_pages_and_tables_are_shown_while_endless_queries_run(sample: Path) -> None:
    datasette = application(sample)
    await datasette.client.get("/")
    queries = [
        asyncio.create_task(datasette.client.get("/sample", params={"sql": f"{ENDLESS} where x > {n}"}))
        for n in range(8)
    ]
    await asyncio.sleep(0.3)
    for path in ("/", "/sample/-/sessions/1.s1", "/sample/findings", "/sample/findings.json"):
        started = time.monotonic()
        assert (await datasette.client.get(path)).status_code == 200
        assert time.monotonic() - started < datasette.sql_time_limit_ms / 1000, path
    assert not any(query.done() for query in queries[2:])
    answers = await asyncio.gather(*queries)
    assert {answer.status_code for answer in answers} <= {400, 503}
    assert all("was stopped" in answer.text or "Busy" in answer.text for answer in answers)


async def test_too_many_queries_are_turned_away_with_when_to_come_again(
    sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(free_sql, "_WAITING", 0)
    page = await application(sample).client.get("/sample.json", params={"sql": "select 1"})
    assert page.status_code == 503
    assert page.headers["retry-after"] == "5"
    assert page.json()["title"] == "Busy"


@pytest.mark.parametrize("query", [b"sql=select+1", b"%73ql=select+1", b"a=1&_where=1", b"sql="])
def test_arguments_that_hold_sql_are_recognised(query: bytes) -> None:
    assert free_sql.is_free(query)


@pytest.mark.parametrize("query", [b"", b"name__contains=sql", b"_sort=rule", b"_next=sql%3D"])
def test_other_arguments_are_not(query: bytes) -> None:
    assert not free_sql.is_free(query)


async def test_a_value_that_fills_the_memory_is_stopped(sample: Path) -> None:
    page = await application(sample).client.get("/sample", params={"sql": "select zeroblob(900000000)"})
    assert page.status_code == 400
    assert "too big" in page.text
