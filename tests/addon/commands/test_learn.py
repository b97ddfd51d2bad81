"""``consentwire learn``: what is asked, in which order, and how it ends."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from addon.commands.learn import learn
from addon.launcher import lesson
from addon.manager_draft import Answer, AnswerKind, Snapshot
from tests.addon.manager_draft.banners import BANNERS, UNLEARNABLE, Banner, answers_to
from vendor_catalog import Category

PARTLY = ["analytics", "marketing"]
"""The words for the category that can be allowed, and for the others."""


class Given:
    """A lesson whose pages show what a banner stores."""

    def __init__(self, banner: Banner) -> None:
        self.managers: list[str] = []
        self.windows = 0
        self._answers = {answer.kind: answer for answer in answers_to(banner)}

    def open_window(self) -> None:
        self.windows += 1

    def snapshot(self) -> Snapshot:
        return self._answers[AnswerKind.ACCEPTED].before

    def answer(self, kind: AnswerKind, before: Snapshot, since: float, *chosen: frozenset[Category]) -> Answer:
        allowed, refused = chosen
        return replace(self._answers[kind], before=before, allowed=allowed, refused=refused)


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def held(
    monkeypatch: pytest.MonkeyPatch, banner: Banner, *typed: str, site: str = "shop.example"
) -> tuple[Result, Given]:
    given, setups = Given(banner), []

    @contextmanager
    def at_once(setup: Any) -> Iterator[Given]:
        setups.append(setup)
        yield given

    monkeypatch.setattr(lesson, "lesson", at_once)
    result = CliRunner().invoke(learn, [site, "--browser", "none"], input="".join(f"{line}\n" for line in typed))
    assert all(setup.site == "shop.example" for setup in setups)
    return result, given


def test_three_answers_and_a_yes_write_the_entry_and_put_it_to_use(monkeypatch: pytest.MonkeyPatch) -> None:
    result, given = held(monkeypatch, BANNERS["consentstack json"], "", "", "", "", *PARTLY, "", "", "y")
    assert result.exit_code == 0, result.output
    assert given.windows == 3
    assert Path("catalogue/cmps/shop-example-banner.toml").is_file()
    policy = tomllib.loads(Path("consentwire.toml").read_text())
    assert policy == {
        "catalogue": {"folders": ["catalogue"]},
        "sites": {"shop.example": {"consent_manager": "shop-example-banner"}},
    }


def test_nothing_is_written_without_a_yes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for word in ("n", "", "maybe"):
        result, _ = held(monkeypatch, BANNERS["house-made"], "", "", "", "", *PARTLY, "", "", word)
        assert result.exit_code == 1
        assert list(tmp_path.iterdir()) == []


def test_a_policy_that_is_there_is_left_alone_and_what_to_add_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("consentwire.toml").write_text("# mine\n")
    result, _ = held(monkeypatch, BANNERS["house-made"], "", "", "", "", *PARTLY, "", "", "y")
    assert result.exit_code == 0
    assert Path("consentwire.toml").read_text() == "# mine\n"
    assert Path("catalogue/cmps/shop-example-banner.toml").is_file()


def test_a_banner_without_an_answer_in_part_takes_two(monkeypatch: pytest.MonkeyPatch) -> None:
    result, given = held(monkeypatch, BANNERS["house-made"], "", "", "", "", "", "y")
    assert (result.exit_code, given.windows) == (0, 2)
    entry = tomllib.loads(Path("catalogue/cmps/shop-example-banner.toml").read_text())
    assert entry["cookies"][0]["declared"]["words"] == {"yes": ["functional", "analytics", "marketing"], "no": []}


def test_what_cannot_be_learned_ends_with_its_own_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result, _ = held(monkeypatch, UNLEARNABLE["seen alone"], "", "", "", "", "", "")
    assert result.exit_code == 3
    assert list(tmp_path.iterdir()) == []


def test_an_answer_may_be_given_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = ["", "", "", "", "", "a", "", "", "r", "", "", "y"]
    result, given = held(monkeypatch, UNLEARNABLE["a random word"], *typed)
    assert (result.exit_code, given.windows) == (0, 4)


@pytest.mark.parametrize("site", ["https://www.shop.example/welcome?x=1", "www.shop.example"])
def test_a_site_is_named_by_its_domain_or_by_an_address(monkeypatch: pytest.MonkeyPatch, site: str) -> None:
    assert held(monkeypatch, BANNERS["house-made"], "", "", "", "", "", "n", site=site)[0].exit_code == 1


@pytest.mark.parametrize("site", ["", "https://", "my shop", "http://[::1"])
def test_what_is_no_site_is_refused(monkeypatch: pytest.MonkeyPatch, site: str) -> None:
    assert held(monkeypatch, BANNERS["house-made"], site=site)[0].exit_code == 2
