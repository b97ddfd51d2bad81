"""The questions of an audit: no where something was wrong, yes only where it was put to the test, else not shown."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from addon.cli import main
from addon.findings.audit import Answer
from addon.findings.report import read_report
from tests.addon.findings.test_coverage import visit
from tests.addon.readers.samples import CAPTURES
from tests.datasette_plugins.building import Capture, analysed, dated_cookie, shop

QUESTIONS = [
    "destinations-mapped",
    "sdk-waits",
    "messages-stamped",
    "destinations-honour",
    "servers-stamped",
    "withdrawal-propagates",
]


def answers(path: Path) -> dict[str, Answer]:
    return {question.id: question.answer for question in read_report(path).audit}


def test_a_site_that_does_not_care_gets_no_for_an_answer(tmp_path: Path) -> None:
    found = answers(analysed(tmp_path, shop()))
    assert list(found) == QUESTIONS
    assert {found[key] for key in ("sdk-waits", "messages-stamped", "destinations-honour")} == {Answer.NO}
    assert found["withdrawal-propagates"] is Answer.NO
    assert found["servers-stamped"] is Answer.NOT_SHOWN


def test_nothing_is_answered_by_silence(tmp_path: Path) -> None:
    empty = Capture()
    empty.page(0)
    empty.asset(1)
    assert set(answers(analysed(tmp_path, empty)).values()) == {Answer.NOT_SHOWN}


def test_a_pixel_alone_says_nothing_of_a_cdp(tmp_path: Path) -> None:
    found = answers(analysed(tmp_path, visit(accepts=True, pixel_after=True)))
    assert found["sdk-waits"] is Answer.NOT_SHOWN


def test_a_gate_that_works_is_a_yes_for_what_it_put_to_the_test(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["audit", str(CAPTURES / "gate-that-works.mitm"), "--format", "json"])
    assert result.exit_code == 0
    found = {each["id"]: each for each in json.loads(result.stdout)["audit"]}
    assert list(found) == QUESTIONS
    assert found["sdk-waits"]["answer"] == "yes"
    assert found["sdk-waits"]["remedy"] == ""
    assert all(each["evidence"].endswith(".") for each in found.values())
    assert all(each["remedy"] for each in found.values() if each["answer"] != "yes")


def test_a_tag_beside_the_cdp_answers_no_question_about_it(tmp_path: Path) -> None:
    """Meta's pixel goes on after a withdrawal; the CDP is silent."""
    session = visit(accepts=True, pixel_before=True, pixel_after=True)
    session.track(13.5, "Order Completed", {"analytics": True, "marketing": True})
    session.cookies.update(dated_cookie(["necessary"], 18))
    session.page(20, "three")
    session.pixel(21)
    session.asset(22)
    found = answers(analysed(tmp_path, session))
    assert Answer.NO not in (found["sdk-waits"], found["withdrawal-propagates"])
