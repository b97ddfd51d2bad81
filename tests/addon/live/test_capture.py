"""Flows in, database out: what a live capture ends with, and what it says while it runs."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from mitmproxy.io import FlowReader

from tests.addon.readers.samples import CAPTURES, shop
from tests.addon.store.rows_made import query

from .live_captures import play

SHIPPED = sorted(CAPTURES.glob("*.mitm"))


@pytest.mark.parametrize("capture", SHIPPED, ids=lambda path: path.stem)
async def test_a_live_capture_ends_with_what_its_file_shows(capture: Path, tmp_path: Path) -> None:
    with capture.open("rb") as file:
        await play(tmp_path / "a.db", FlowReader(file).stream())
    expected = json.loads(capture.with_suffix(".expected.json").read_text())
    found = Counter(
        query(tmp_path / "a.db", f"SELECT {', '.join(expected['columns'])} FROM violations WHERE verdict <> 'cleared'")
    )
    kinds = [tuple(kind) for kind in expected["kinds"]]
    assert found == Counter(dict(zip(kinds, expected["counts"], strict=True)))
    assert query(tmp_path / "a.db", "PRAGMA foreign_key_check") == []


async def test_a_capture_says_when_it_ran_and_what_it_read(tmp_path: Path) -> None:
    await play(tmp_path / "a.db", shop())
    ((kind, path, digest, started, ended, read),) = query(
        tmp_path / "a.db", "SELECT kind, path, digest, started_at, ended_at, exchanges_read FROM captures"
    )
    assert (kind, path, digest, read) == ("live", None, None, 4)
    assert started <= ended


async def test_a_second_capture_is_added_to_the_first(tmp_path: Path) -> None:
    for _ in range(2):
        await play(tmp_path / "a.db", shop())
    assert query(tmp_path / "a.db", "SELECT capture_id, count(*) FROM exchanges GROUP BY 1") == [(1, 4), (2, 4)]
