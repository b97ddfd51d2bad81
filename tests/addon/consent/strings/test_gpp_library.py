"""What the official library for GPP strings knows, beside what is read here."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from addon.consent.strings.gpp import READ_SECTIONS, parse_gpp
from addon.consent.strings.gpp_sections import SECTION_NAMES

WEB = Path(__file__).parents[3] / "e2e" / "web"
LIBRARY = WEB / "node_modules" / "@iabgpp" / "cmpapi"
SCRIPT = """
globalThis.window = {};
const { GppModel, Sections } = await import("@iabgpp/cmpapi");
const model = new GppModel();
for (const name of Sections.SECTION_ORDER) {
  // a section is there once one of its fields was set
  const first = { tcfeuv2: "CmpId", tcfcav1: "CmpId", uspv1: "Notice" }[name] ?? "SaleOptOut";
  model.setFieldValue(name, first, name === "uspv1" ? "Y" : 1);
}
console.log(JSON.stringify({ sections: [...Sections.SECTION_ID_NAME_MAP], whole: model.encode() }));
"""


@pytest.fixture(scope="module")
def library() -> dict[str, object]:
    """Its sections, by id, and a string with all of them."""
    if shutil.which("node") is None:
        pytest.skip("Node.js is not installed")
    if not LIBRARY.is_dir():
        pytest.skip("@iabgpp/cmpapi is not installed; 'npm ci' in tests/e2e/web installs it")
    command = ["node", "--input-type=module", "--eval", SCRIPT]
    found = subprocess.run(command, cwd=WEB, capture_output=True, text=True, check=False, timeout=60)
    assert found.returncode == 0, found.stderr
    document: dict[str, object] = json.loads(found.stdout)
    return document


def test_every_section_that_the_library_knows_is_read(library: dict[str, object]) -> None:
    known: dict[int, str] = dict(library["sections"])  # type: ignore[call-overload]
    assert known
    assert {number: name for number, name in known.items() if number not in READ_SECTIONS} == {}
    assert {number: SECTION_NAMES[number] for number in known} == known


def test_a_string_of_the_library_with_every_section_is_read(library: dict[str, object]) -> None:
    found = parse_gpp(str(library["whole"]))
    assert all(section.read for section in found.sections.values())
    assert len(found.sections) == len(library["sections"])  # type: ignore[arg-type]
