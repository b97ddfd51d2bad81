"""What was learned is kept in a folder of one's own, if the catalogue takes it; what it does not take leaves everything as it was."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from addon.launcher.lesson import LessonFailed, entry_text, keep
from addon.manager_draft import Draft, drafted
from addon.policy import catalogue_with
from tests.addon.manager_draft.banners import BANNERS, answers_to
from vendor_catalog import shipped_catalogue


@pytest.fixture
def draft() -> Draft:
    return drafted("shop.example", answers_to(BANNERS["house-made"]), shipped_catalogue())


def always(_: Path) -> bool:
    return True


def never(_: Path) -> bool:
    return False


def test_an_entry_is_written_and_used(draft: Draft, tmp_path: Path) -> None:
    file = keep(draft, tmp_path / "own", [], never)
    assert file == tmp_path / "own" / "cmps" / "shop-example-banner.toml"
    known = catalogue_with([tmp_path / "own"])
    assert known.unread == ()
    assert known.consent_managers["shop-example-banner"] == draft.manager
    assert tomllib.loads(entry_text(draft)) == draft.document


def test_a_file_that_is_there_is_replaced_only_if_the_tester_says_so(draft: Draft, tmp_path: Path) -> None:
    file = keep(draft, tmp_path, [], never)
    assert file is not None
    file.write_text(file.read_text() + "# mine\n")
    assert keep(draft, tmp_path, [], never) is None
    assert "# mine" in file.read_text()
    assert keep(draft, tmp_path, [], always) == file
    assert "# mine" not in file.read_text()


@pytest.mark.parametrize("former", [None, "# mine\n"])
def test_an_entry_that_the_catalogue_refuses_leaves_everything_as_it_was(
    draft: Draft, tmp_path: Path, former: str | None
) -> None:
    refused = replace(draft, document={**draft.document, "sources": ["unknown"]})
    file = tmp_path / "cmps" / "shop-example-banner.toml"
    if former is not None:
        file.parent.mkdir()
        file.write_text(former)
    with pytest.raises(LessonFailed, match=r"the catalogue refuses the entry: shop-example-banner\.toml"):
        keep(refused, tmp_path, [], always)
    assert (file.read_text() if file.exists() else None) == former


def test_a_folder_that_cannot_be_written_is_named(draft: Draft, tmp_path: Path) -> None:
    (tmp_path / "cmps").write_text("a file")
    with pytest.raises(LessonFailed, match="cannot be written"):
        keep(draft, tmp_path, [], always)
