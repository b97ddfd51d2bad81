"""Policy files: what cannot be read is refused by name, and folders stand relative to the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.judge.verdict import Regime
from addon.policy import Policy, PolicyError, read_policy_and_catalogue
from vendor_catalog import Category, shipped_catalogue

from .texts import WHOLE, parsed, refused


def test_what_is_no_toml_says_where() -> None:
    assert refused("[policy\n").startswith("consentwire.toml: not TOML: ")
    assert "line 1" in refused("[policy\n")
    assert refused("[policy]\nregime='opt-in'\nregime='opt-out'\n").startswith("consentwire.toml: not TOML: ")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    catalogue = shipped_catalogue()
    with pytest.raises(PolicyError, match=r"missing\.toml: cannot be read: No such file"):
        read_policy_and_catalogue(tmp_path / "missing.toml", catalogue)
    with pytest.raises(PolicyError, match=r"cannot be read: Is a directory"):
        read_policy_and_catalogue(tmp_path, catalogue)
    broken = tmp_path / "latin.toml"
    broken.write_bytes("[policy]\nregion = 'Düsseldorf'\n".encode("latin-1"))
    with pytest.raises(PolicyError, match=r"latin\.toml: not UTF-8 text \(byte 20\)"):
        read_policy_and_catalogue(broken, catalogue)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    marked = tmp_path / "consentwire.toml"
    marked.write_bytes("[policy]\nregime = 'opt-out'\n".encode("utf-8-sig"))
    assert read_policy_and_catalogue(marked, shipped_catalogue())[0].policy.regime is Regime.OPT_OUT


def test_errors_name_the_file_that_was_read(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[policy]\nregime = 'x'\n")
    with pytest.raises(PolicyError, match=rf"^{file}: policy\.regime: "):
        read_policy_and_catalogue(file, shipped_catalogue())


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(max_size=60) | st.sampled_from(WHOLE.splitlines()).map(lambda line: f"{line}\n{line}"))
def test_any_text_is_a_policy_or_a_policy_error(text: str) -> None:
    try:
        assert isinstance(parsed(text), Policy)
    except PolicyError as error:
        assert str(error).startswith("consentwire.toml: ")


def catalogue_folder(at: Path) -> Path:
    (at / "vendors").mkdir(parents=True)
    text = (
        'id = "acme"\nname = "Acme"\ncategory = "marketing"\ncategory_reason = "r"\nwebsite = "w"\nsources = ["mine"]\n'
    )
    (at / "vendors" / "acme.toml").write_text(text)
    return at


def test_folders_stand_relative_to_the_policy_file_and_their_vendors_can_be_named(tmp_path: Path) -> None:
    catalogue_folder(tmp_path / "policies" / "mine")
    file = tmp_path / "policies" / "consentwire.toml"
    file.write_text('[catalogue]\nfolders = ["mine"]\n[vendors.acme]\ncategory = "necessary"\n')
    read, known = read_policy_and_catalogue(file, shipped_catalogue())
    assert "acme" in known.vendors
    assert read.vendors["acme"].category is Category.NECESSARY


@pytest.mark.parametrize(("folder", "reason"), [("nowhere", "no such folder"), (".", "neither vendors/ nor cmps/")])
def test_a_folder_that_is_none_is_refused(tmp_path: Path, folder: str, reason: str) -> None:
    file = tmp_path / "consentwire.toml"
    file.write_text(f'[catalogue]\nfolders = ["{folder}"]\n')
    with pytest.raises(PolicyError, match=rf"consentwire.toml: catalogue.folders: .*{reason}"):
        read_policy_and_catalogue(file, shipped_catalogue())
