"""Who may tell and ask."""

from __future__ import annotations

import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.observe.keys import Keys, leave_secret, run_file, secret_left

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


def test_only_the_owner_reads_the_secret_that_a_run_leaves(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    keys = Keys()
    assert secret_left(PORT) is None
    path = leave_secret(PORT, keys)
    assert path == run_file(PORT)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert secret_left(PORT) == keys.secret
    path.write_text("{")
    assert secret_left(PORT) is None
