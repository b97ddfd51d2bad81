"""Files that say that somebody is alive."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from addon.held_file import HeldFile, is_held

HOLDER = """
import sys
from pathlib import Path
from addon.held_file import HeldFile
file = HeldFile(Path(sys.argv[1]))
print(1, flush=True)
sys.stdin.read()
"""


def holder(path: Path) -> subprocess.Popen[bytes]:
    """Another process that holds a file."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"1\n"
    return process


def test_a_file_is_held_as_long_as_one_of_its_holders_lives(tmp_path: Path) -> None:
    path = tmp_path / "held"
    assert not is_held(path)
    with holder(path) as first, holder(path) as second:
        assert is_held(path)
        first.kill()
        first.wait()
        assert is_held(path), "the other one lives"
        second.kill()
        second.wait()
        assert not is_held(path), "the system takes the lock away, whatever ended its holder"
        assert path.exists()


def test_a_held_file_is_its_owners_alone_and_can_be_written_and_cut(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        held = HeldFile(tmp_path / "held")
    finally:
        os.umask(before)
    assert stat.S_IMODE(held.path.stat().st_mode) == 0o600
    held.write(b"words")
    held.write(b"more", at=100)
    held.cut(5)
    assert held.path.read_bytes() == b"words"
    held.close(remove=True)
    held.close()
    assert not held.path.exists()


def test_letting_go_leaves_the_file_to_the_others(tmp_path: Path) -> None:
    with HeldFile(tmp_path / "held") as one:
        with HeldFile(tmp_path / "held"):
            pass
        assert is_held(one.path)
    assert not is_held(tmp_path / "held")


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() == 0, reason="root may open everything")
def test_what_cannot_be_opened_is_not_called_dead(tmp_path: Path) -> None:
    (tmp_path / "held").touch(mode=0)
    assert is_held(tmp_path / "held")
