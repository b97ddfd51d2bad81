"""What the options of mitmproxy say, and how they are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from mitmproxy import exceptions
from mitmproxy.test import taddons

from addon.live import ConsentWire
from tests.addon.readers.samples import flow as made_flow
from tests.addon.readers.samples import shop
from tests.addon.store.rows_made import query

from .live_captures import KeptViolations, call, capturing, play


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "cannot be read"),
        ("[policy\n", "not TOML"),
        ("[polcy]\n", "unknown key"),
        ("[vendors.nobody]\ncategory = 'marketing'\n", "nobody"),
    ],
)
def test_a_policy_that_cannot_be_used_is_refused_with_its_reason(tmp_path: Path, text: str | None, reason: str) -> None:
    if text is not None:
        (tmp_path / "p.toml").write_text(text)
    addon = ConsentWire(KeptViolations())
    with taddons.context(addon) as context, pytest.raises(exceptions.OptionsError, match=reason):
        context.configure(addon, consentwire_policy=str(tmp_path / "p.toml"))


async def test_a_policy_is_followed_and_named(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text('[scope]\ninclude = ["nowhere.example"]\n')
    await play(tmp_path / "a.db", shop(), consentwire_policy=str(tmp_path / "p.toml"))
    assert query(tmp_path / "a.db", "SELECT policy FROM captures") == [(str(tmp_path / "p.toml"),)]
    assert query(tmp_path / "a.db", "SELECT count(*) FROM exchanges") == [(0,)]
    assert query(tmp_path / "a.db", "SELECT kind FROM gaps") == [("out-of-scope",)]


async def test_a_policy_that_is_taken_back_is_no_longer_followed(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text('[scope]\ninclude = ["nowhere.example"]\n')
    addon = ConsentWire(KeptViolations())
    with taddons.context(addon) as context:
        context.configure(addon, consentwire_policy=str(tmp_path / "p.toml"))
        context.configure(addon, consentwire_policy="", consentwire_db=str(tmp_path / "a.db"))
        call(addon, "running")
        await context.cycle(addon, made_flow("https://shop.example/"))
        call(addon, "done")
    assert query(tmp_path / "a.db", "SELECT count(*) FROM exchanges") == [(1,)]


@pytest.mark.parametrize("option", ["consentwire_db", "consentwire_policy"])
def test_options_do_not_change_under_a_running_capture(tmp_path: Path, option: str) -> None:
    (tmp_path / "p.toml").touch()
    with capturing(tmp_path / "a.db") as (made, context):
        with pytest.raises(exceptions.OptionsError, match="cannot change while it captures"):
            context.configure(made, **{option: str(tmp_path / "p.toml")})
        assert context.options.consentwire_db == str(tmp_path / "a.db")
        assert context.options.consentwire_policy == ""
        context.configure(made, ssl_insecure=True)
    assert not (tmp_path / "p.toml").read_text()


def test_a_database_that_cannot_be_used_ends_the_proxy_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    addon = ConsentWire(KeptViolations())
    ended: list[bool] = []
    with taddons.context(addon) as context:
        monkeypatch.setattr(context.master, "shutdown", lambda: ended.append(True))
        context.configure(addon, consentwire_db=str(tmp_path / "notes.txt"))
        call(addon, "running")
        call(addon, "done")
    assert ended == [True]
    assert "not a SQLite database" in caplog.text
    assert (tmp_path / "notes.txt").read_text() == "mine"
