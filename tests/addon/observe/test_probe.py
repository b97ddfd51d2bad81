"""The probe stays small, and what it is told to look for is what the catalogue knows."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

from addon.observe.keys import Keys
from addon.observe.probe import Probe
from vendor_catalog import shipped_catalogue

DOCS = Path(__file__).parents[3] / "docs" / "observing.md"
STATED = re.compile(r"at most (\d+) KB to a page \((\d+) KB compressed\)")


def script() -> bytes:
    return Probe(shipped_catalogue(), Keys())._script("k" * 50, "n" * 16)


def config() -> dict[str, object]:
    found = re.search(rb"const config = (\{.*\})", script())
    assert found is not None
    settings = json.loads(found.group(1))
    assert isinstance(settings, dict)
    return settings


def test_the_probe_is_no_larger_than_the_documentation_says() -> None:
    stated = STATED.search(DOCS.read_text(encoding="utf-8"))
    assert stated is not None
    whole, compressed = (1000 * int(size) for size in stated.groups())
    assert len(script()) <= whole
    assert len(gzip.compress(script())) <= compressed


def test_every_interface_of_the_catalogue_is_asked() -> None:
    named = [(api["manager"], api["name"]) for api in config()["apis"]]  # type: ignore[attr-defined]
    managers = shipped_catalogue().consent_managers.values()
    assert named == [(each.id, api.name or each.javascript_api) for each in managers for api in each.apis]


def test_the_words_of_banners_are_parts_of_a_regular_expression() -> None:
    words = config()["words"]
    assert isinstance(words, dict)
    assert re.search(words["about"], "we use cookies")
    assert all(re.match(words["buttons"], label) for label in ("accept all", "j’accepte", "j'accepte", "ablehnen"))


def test_nothing_in_the_script_ends_its_element_or_leaves_ascii() -> None:
    inner = script().decode("ascii").removesuffix("</script>").partition(">")[2]
    assert "</script" not in inner.lower() and "<!--" not in inner
