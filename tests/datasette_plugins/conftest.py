"""Databases and Datasette instances for these tests."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from datasette.app import Datasette

from .building import Asked, Capture, analysed, shop, undated


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with two visits, ``shop()`` and ``undated()``. Not to be written to."""
    return analysed(tmp_path_factory.mktemp("sample"), shop(), undated())


@pytest.fixture
def datasette(sample: Path) -> Datasette:
    return Datasette([str(sample)])


@pytest.fixture
def rows(sample: Path) -> Asked:
    """Asks the sample itself."""

    def ask(sql: str, *values: object) -> list[Any]:
        with sqlite3.connect(sample) as connection:
            return connection.execute(sql, values).fetchall()

    return ask


@pytest.fixture
def built(tmp_path: Path) -> Callable[..., Datasette]:
    """Datasette over a database with the given visits."""

    def build(*captures: Capture, **more: Any) -> Datasette:
        return Datasette([str(analysed(tmp_path, *captures, **more))])

    return build
