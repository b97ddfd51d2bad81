"""How commands are found, and that finding them is quick."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from addon import commands
from addon.cli import main

_COMMAND = """
import click

@click.command()
def greet() -> None:
    '''Say hello.'''

COMMAND, PLACE = greet, 45
"""


def test_a_command_is_one_more_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "greet.py").write_text(_COMMAND)
    monkeypatch.setattr(commands, "__path__", [*commands.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "addon.commands.greet", raising=False)
    names = [command.name for command in commands.commands()]
    assert names[names.index("check") :][:4] == ["check", "report", "greet", "compare"]


def test_the_help_has_the_commands_in_the_order_in_which_people_meet_them() -> None:
    assert list(main.commands)[:4] == ["demo", "run", "analyze", "check"]
    assert list(main.commands)[-1] == "addon-path"
    assert len(main.commands) == len(commands.commands()) > 10


def test_the_help_does_not_wait_for_the_engine() -> None:
    script = "import sys, addon.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(done.stdout.split())
    assert not loaded & {"pydantic", "sqlite3", "mitmproxy", "addon.pipeline", "addon.policy", "vendor_catalog"}
