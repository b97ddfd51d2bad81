"""Who may tell and ask."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.observe.keys import Keys, RunFile, leaves_behind, run_file, secret_left

PORT = 65533


def test_a_pages_key_holds_for_its_own_host_and_client_in_its_own_run() -> None:
    keys = Keys()
    key = keys.page_key("10.0.0.7", "www.shop.example")
    assert keys.holds(key, "10.0.0.7", "www.shop.example")
    assert not keys.holds(key, "10.0.0.8", "www.shop.example")
    assert not keys.holds(key, "10.0.0.7", "evil.example")
    assert not Keys().holds(key, "10.0.0.7", "www.shop.example")
    assert keys.page_key("10.0.0.7", "www.shop.example") != key


@given(st.text(max_size=100))
def test_no_other_text_is_a_key_or_the_secret(text: str) -> None:
    keys = Keys()
    assert not keys.holds(text, "10.0.0.7", "www.shop.example")
    assert not keys.is_secret(text)


@pytest.fixture(autouse=True)
def temporary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    return tmp_path


def test_only_the_owner_reads_the_secret_that_a_run_leaves() -> None:
    keys = Keys()
    assert secret_left(PORT) is None
    file = RunFile(PORT, keys)
    assert file.path == run_file(PORT)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700
    assert secret_left(PORT) == keys.secret
    leaves_behind(PORT, file.path.parent)
    assert secret_left(PORT) == keys.secret
    file.close()
    assert secret_left(PORT) is None
    run_file(PORT).write_text("{")
    assert secret_left(PORT) is None


def test_what_a_dead_run_left_goes_when_the_next_one_starts(temporary: Path) -> None:
    profile, sockets, foreign = (temporary / name for name in ("consentwire-browser-1", "pymp-1", "mine"))
    used = temporary / "consentwire-browser-2"
    for folder in (profile, sockets, foreign, used):
        folder.mkdir()
        (folder / "file").touch()
    (used / "SingletonLock").symlink_to(f"host-{os.getpid()}")
    (profile / "SingletonLock").symlink_to("host-999999999")
    dead = RunFile(PORT, Keys())
    for folder in (profile, sockets, foreign, used, temporary.parent):
        leaves_behind(PORT, folder)
    living = RunFile(PORT - 1, Keys())
    assert profile.exists() and sockets.exists(), "whose run lives"
    dead._file.close()  # as its end by force would
    assert secret_left(PORT) is None, "it is not the secret of a run any more"
    RunFile(PORT - 2, Keys()).close()
    assert not profile.exists() and not sockets.exists() and not run_file(PORT).exists()
    assert foreign.exists() and used.exists() and temporary.parent.exists(), "no folder of ours, or a browser uses it"
    assert living.path.exists()
    living.close()


def test_a_file_of_somebody_dead_that_holds_anything_at_all_takes_nothing_with_it(temporary: Path) -> None:
    RunFile(PORT, Keys()).close()
    for content in ("", "{}\n5\n", '{}\n"/"\n"../x"\n', "\0\n", '{}\n{"a": 1}\n[]\n'):
        run_file(PORT).write_text(content)
        RunFile(PORT - 1, Keys()).close()
