"""A format is one more file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from addon.cli import main
from addon.report import formats
from tests.addon.readers.samples import CAPTURES
from tests.addon.report.reports import finding, report

_COUNT = """
from addon.report.format import Format

def render(report):
    return f"{len(report.findings)} findings\\n"

FORMAT = Format(name="count", help="for who only counts", extension="count", render=render)
"""


@pytest.fixture
def dropped_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which a format lies beside those that ship."""
    (tmp_path / "count.py").write_text(_COUNT)
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "addon.report.formats.count", raising=False)
    return tmp_path


def check(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["check", str(CAPTURES / "leak-before-choice.mitm"), *arguments])
    return result.exit_code, result.stdout


def test_a_format_that_is_dropped_in_is_offered_explained_and_used(dropped_in: Path) -> None:
    text = " ".join(CliRunner().invoke(main, ["check", "--help"]).stdout.split())
    assert "[count|github|html|json|junit|markdown|sarif|text]" in text
    assert "count: for who only counts; github: annotations" in text
    assert check("--format", "count") == (1, "11 findings\n")


def test_the_name_of_the_output_chooses_the_format_where_none_is_named(dropped_in: Path) -> None:
    for arguments, start in (
        (["-o", "a.count"], "11 findings"),
        (["-o", "a.JSON"], "{"),
        (["-o", "a.report"], "What to fix"),
        (["-o", "a.json", "--format", "count"], "11 findings"),
    ):
        output = dropped_in / arguments[1]
        assert check("-o", str(output), *arguments[2:]) == (1, "")
        assert output.read_text().startswith(start)


def test_a_format_that_nobody_has_is_refused() -> None:
    assert check("--format", "count")[0] == 2


@pytest.mark.parametrize("name", formats.formats())
def test_every_format_is_named_as_its_file_and_renders_whole_lines(name: str) -> None:
    form = formats.formats()[name]
    assert Path(sys.modules[f"addon.report.formats.{name}"].__file__ or "").stem == form.name
    assert form.render(report(finding())).endswith("\n")
    assert form.help[0].islower()
    assert not form.help.endswith(".")


def test_no_two_formats_share_an_extension() -> None:
    extensions = [form.extension for form in formats.formats().values()]
    assert len(set(extensions)) == len(extensions)
