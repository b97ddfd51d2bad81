"""Whose a file is."""

from __future__ import annotations

from pathlib import Path

from addon.store import Database
from addon.store.recognition import is_database
from tests.addon.readers.samples import CAPTURES


def test_a_database_is_recognised_by_its_first_bytes(tmp_path: Path) -> None:
    Database(tmp_path / "a.db").close()
    assert is_database(tmp_path / "a.db")
    assert not is_database(CAPTURES / "leak-before-choice.mitm")
    assert not is_database(tmp_path)
    assert not is_database(tmp_path / "nothing")
