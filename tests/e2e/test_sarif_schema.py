"""SARIF against the schema that OASIS publishes, as an npm package of Microsoft's has it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from addon.findings.report import read_report
from addon.policy import Policy
from addon.report.formats import sarif
from addon.runner import analyse_files, open_captures, opened
from tests.addon.readers.samples import CAPTURES
from tests.addon.report.hostile import TEXTS, hostile

SCHEMA = Path("node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json")


@pytest.fixture(scope="module")
def validator(packages: Path) -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(json.loads((packages / SCHEMA).read_text(encoding="utf-8")))


def test_the_report_on_the_shipped_captures_is_valid(validator: jsonschema.Draft7Validator, tmp_path: Path) -> None:
    path = tmp_path / "all.db"
    with opened(path) as database:
        list(analyse_files(open_captures(sorted(CAPTURES.glob("*.mitm"))), database, Policy()))
    document = json.loads(sarif.render(read_report(path)))
    assert document["runs"][0]["results"]
    assert [error.message for error in validator.iter_errors(document)] == []


@pytest.mark.parametrize("kind", TEXTS)
def test_a_report_of_hostile_texts_is_valid(validator: jsonschema.Draft7Validator, kind: str) -> None:
    document = json.loads(sarif.render(hostile(TEXTS[kind])))
    assert [error.message[:300] for error in validator.iter_errors(document)] == []


def test_the_schema_refuses_what_is_none(validator: jsonschema.Draft7Validator) -> None:
    assert not validator.is_valid({"version": "2.1.0", "runs": [{"tool": {}}]})
