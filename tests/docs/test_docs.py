"""The documentation says what the code does: every rule, option, policy key, table, column and gap is named in it."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import click
import pytest

from addon.cli import main as command
from addon.decode.hits import IDENTIFIERS, hit_readers
from addon.judge.rules import all_rules
from addon.judge.verdict import Phase, Verdict
from addon.observe.app import application
from addon.observe.keys import Keys
from addon.policy import Policy, parse_policy
from addon.store.schema import TABLES
from addon.store.schema.gaps import KINDS
from vendor_catalog import shipped_catalogue

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
LINK = re.compile(r"\]\(([^)#]*)(#[^)]*)?\)")


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATE = generator()


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def commands(item: click.Command, name: str) -> list[tuple[str, click.Command]]:
    found = [(name, item)]
    for sub, each in item.commands.items() if isinstance(item, click.Group) else ():
        found += commands(each, f"{name} {sub}")
    return found


@pytest.mark.parametrize("name", sorted(GENERATE.PAGES))
def test_a_generated_page_is_up_to_date(name: str) -> None:
    assert text(name) == GENERATE.page(name), "run: python docs/generate.py"


def test_the_help_is_written_the_same_whoever_wanted_it_before() -> None:
    for name, each in command.commands.items():
        each._help_option = None  # as in a program that nobody has run
        each.get_help(click.Context(each, info_name=name))
    assert text("commands.md") == GENERATE.page("commands.md")


@pytest.mark.parametrize("vendor", hit_readers())
def test_every_reader_of_vendors_calls_is_documented_with_its_sources(vendor: str) -> None:
    reader = hit_readers()[vendor]
    (row,) = [
        line for line in text("decoders.md").splitlines() if f"(`{vendor}`)" in line and reader.decodes[0] in line
    ]
    for part in (*reader.decodes, *reader.sources):
        assert part in row


def test_every_kind_of_identifier_is_documented() -> None:
    for kind, meaning in IDENTIFIERS.items():
        assert f"| `{kind}` | {meaning} |" in text("decoders.md")


@pytest.mark.parametrize("slug", sorted(all_rules()))
def test_every_rule_is_documented(slug: str) -> None:
    assert f"\n## {slug}\n" in text("rules.md")


@pytest.mark.parametrize(("name", "item"), commands(command, "consentwire"))
def test_every_command_and_option_is_documented(name: str, item: click.Command) -> None:
    page = text("commands.md")
    assert f"\n## {name}\n" in page
    for parameter in item.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert all(option in page for option in parameter.opts), parameter.name


@pytest.mark.parametrize("key", sorted(Policy.model_fields))
def test_every_section_of_the_policy_is_documented(key: str) -> None:
    assert f"[{key}" in text("policy.md")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_and_column_is_documented(table: object) -> None:
    _, _, section = text("database.md").partition(f"\n## {table.name}\n")  # type: ignore[attr-defined]
    section = section.partition("\n## ")[0]
    assert section
    for column in table.columns:  # type: ignore[attr-defined]
        assert f"| `{column}` |" in section


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_gap_is_documented(kind: str) -> None:
    assert f"| `{kind}` |" in text("gaps.md")


@pytest.mark.parametrize("word", [*Verdict, *Phase])
def test_every_verdict_and_phase_is_explained(word: str) -> None:
    assert f"| `{word}` |" in text("verdicts.md")


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted(DOCS.glob("*.md"))], ids=lambda path: path.name)
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    for target, _ in LINK.findall(page.read_text(encoding="utf-8")):
        if target and not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), target


def test_every_option_of_the_addon_is_documented() -> None:
    source = (ROOT / "addon" / "live" / "options.py").read_text(encoding="utf-8")
    for option in re.findall(r'add_option\("(\w+)"', source):
        assert f"| `{option}` |" in text("capturing.md")


def test_every_address_of_the_backend_is_documented(tmp_path: Path) -> None:
    app = application(Keys(), tmp_path / "none.db", 1)
    for path in app.openapi()["paths"]:
        assert path.replace("{session}", "{id}") in text("observing.md")


def test_the_readme_names_every_command_that_a_newcomer_needs() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in ("demo", "run", "analyze", "check", "mark", "doctor"):
        assert f"consentwire {name}" in readme


def test_the_example_of_a_policy_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "catalogue" / "vendors").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    example = re.search(r"```toml\n(.*?)```", text("policy.md"), re.DOTALL)
    assert example is not None
    policy = parse_policy(example[1], shipped_catalogue())
    assert policy.suppress
    assert policy.personal_data.allow


def test_the_changelog_counts_the_rules() -> None:
    assert f"**{len(all_rules())} rules**" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", sorted([*DOCS.glob("*.md"), *ROOT.glob("*.md")]), ids=lambda page: page.name)
def test_no_page_has_two_versions_of_itself(page: Path) -> None:
    assert not re.findall(r"^(<{7}|={7}|>{7})", page.read_text(encoding="utf-8"), re.MULTILINE)
