"""Whatever came over the wire, a report stays what its format says."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from addon.report.formats import formats
from tests.addon.report.hostile import TEXTS, hostile

ELEMENTS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "header",
        "main",
        "footer",
        "section",
        "article",
        "h1",
        "h2",
        "h3",
    ),
    *("p", "ul", "ol", "li", "dl", "dt", "dd", "strong", "b", "span", "a", "details", "summary"),
    *("div", "table", "thead", "tbody", "tr", "th", "td"),
}


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, attrs))


@pytest.mark.parametrize("name", formats())
@pytest.mark.parametrize("kind", TEXTS)
def test_every_format_is_made_of_any_text_in_bounded_size(name: str, kind: str) -> None:
    form = formats()[name]
    text = form.render(hostile(TEXTS[kind]))
    assert text.endswith("\n")
    if name != "json":  # which keeps what was recorded, letter by letter
        assert len(text) < 1_500_000
    if form.summary is not None:
        assert form.summary[1](hostile(TEXTS[kind])).endswith("\n")


@pytest.mark.parametrize("kind", TEXTS)
def test_nothing_of_the_wire_becomes_markup(kind: str) -> None:
    parser = _Elements()
    parser.feed(formats()["html"].render(hostile(TEXTS[kind])))
    assert {tag for tag, _ in parser.found} <= ELEMENTS
    attributes = [(name, value or "") for _, attrs in parser.found for name, value in attrs]
    assert not [name for name, _ in attributes if name.startswith("on")]
    assert all(value.startswith("#") for name, value in attributes if name in ("href", "src"))


@pytest.mark.parametrize("kind", TEXTS)
def test_xml_and_json_can_be_read_back(kind: str) -> None:
    written = formats()["junit"].render(hostile(TEXTS[kind])).encode("utf-8", "replace")
    assert ElementTree.fromstring(written).tag == "testsuites"
    for name in ("sarif", "json"):
        assert json.loads(formats()[name].render(hostile(TEXTS[kind])))


@pytest.mark.parametrize("kind", TEXTS)
def test_no_line_of_a_workflow_is_a_command_of_the_wire(kind: str) -> None:
    lines = formats()["github"].render(hostile(TEXTS[kind])).splitlines()
    commands = [line for line in lines if line.startswith("::")]
    assert all(line.startswith(("::error file=", "::warning file=", "::notice file=")) for line in commands)
    assert len(lines) == len(commands) + 1


@pytest.mark.parametrize("kind", TEXTS)
def test_markdown_has_no_heading_and_no_link_of_the_wire(kind: str) -> None:
    text = formats()["markdown"].render(hostile(TEXTS[kind]))
    headings = [line for line in text.split("\n") if line.startswith("#")]
    assert all(line.startswith(("# Consent report", "## ", "### 1. ")) for line in headings)
    assert "# x" not in text.split("\n")
    assert "](javascript:" not in text.replace("\\", "") or "`" in text
