"""The contracts between rooms that ``lint-imports`` holds: each is broken once, to see that it says so."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
FACES = "Pages and reports know the reading room and the schema, and nothing of the engine"
READING = "The reading room reads what was judged and never judges again"
BROKEN = {
    "datasette_plugins/views/vendor.py": ("from addon.pipeline import Pipeline", FACES),
    "datasette_plugins/views/event.py": ("from addon.consent.timeline import Timeline", FACES),
    "datasette_plugins/drawing/axis.py": ("from addon.judge.rules import all_rules", FACES),
    "addon/report/text.py": ("from addon.decode import decode", FACES),
    "addon/report/formats/json.py": ("from addon.judge.verdict import lack_of", FACES),
    "addon/findings/consent.py": ("from addon.consent.timeline import Timeline", READING),
    "addon/findings/events.py": ("from addon.pipeline.record_conversion import source_id", READING),
}
"""File -> an import that must not be in it, and the contract that says so."""


@pytest.mark.parametrize("broken", [False, True])
def test_a_face_that_imports_the_engine_breaks_a_contract(tmp_path: Path, broken: bool) -> None:
    program = Path(sys.executable).with_name("lint-imports")
    if not program.exists():
        pytest.skip("import-linter is not installed")
    shutil.copy(CHECKOUT / "pyproject.toml", tmp_path)
    for package in ("addon", "vendor_catalog", "datasette_plugins"):
        shutil.copytree(CHECKOUT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "*.toml"))
    for name, (line, _) in BROKEN.items() if broken else ():
        path = tmp_path / name
        path.write_text(f"{path.read_text()}\n{line}\n")
    done = subprocess.run(
        [program, "--no-cache"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    output = " ".join(done.stdout.split())
    assert done.returncode == int(broken), output
    for name, (_, contract) in BROKEN.items() if broken else ():
        module = name.removesuffix(".py").replace("/", ".")
        assert f"{contract} BROKEN" in output
        assert f"{module} ->" in output, module
