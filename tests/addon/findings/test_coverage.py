"""What was exercised, and what silence proves."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from addon.cli import main
from addon.findings.coverage import Outcome, State, is_requirement, read_coverage
from addon.findings.coverage.model import Coverage, Place, Subject
from addon.findings.names import read_names
from addon.findings.query import opened as opened_for_reading
from tests.datasette_plugins.building import AGENT, Capture, analysed, dated_cookie, shop, write_har


def coverage_of(folder: Path, *captures: Capture) -> Coverage:
    with opened_for_reading(analysed(folder, *captures)) as connection:
        return read_coverage(connection)


def only(coverage: Coverage) -> Place:
    (place,) = coverage.places
    return place


def subject(place: Place, vendor: str) -> Subject:
    return next(each for each in place.subjects if (each.vendor, each.destination) == (vendor, None))


def outcomes(found: Subject) -> dict[State, Outcome]:
    return {state: cell.outcome for state, cell in found.cells.items()}


def visit(*, accepts: bool, pixel_before: bool = False, pixel_after: bool = False) -> Capture:
    """A page, an answer at second 8, and another page; with Meta's pixel on either."""
    session = Capture(agent="Mozilla/5.0 Firefox/145.0" if not accepts else AGENT)
    session.page(0)
    session.banner(0.5)
    if pixel_before:
        session.pixel(2)
    session.asset(3)
    session.cookies.update(
        dated_cookie(["necessary", *(["functional", "analytics", "marketing"] if accepts else [])], 8)
    )
    session.page(12, "two")
    if pixel_after:
        session.pixel(13)
    session.asset(15)
    return session


def test_a_site_that_does_not_care_is_violated_in_every_state_that_was_exercised(tmp_path: Path) -> None:
    place = only(coverage_of(tmp_path, shop()))
    pixel = outcomes(subject(place, "meta-pixel"))
    assert pixel[State.UNANSWERED] is pixel[State.REFUSED] is Outcome.VIOLATED
    assert pixel[State.ACCEPTED] is Outcome.NOT_EXERCISED
    assert set(place.states()) >= {State.UNANSWERED, State.REFUSED}


def test_silence_is_clean_only_where_the_vendor_was_seen_in_another_state(tmp_path: Path) -> None:
    accepted = visit(accepts=True, pixel_after=True)
    place = only(coverage_of(tmp_path, accepted))
    pixel = outcomes(subject(place, "meta-pixel"))
    assert pixel[State.UNANSWERED] is Outcome.CLEAN
    assert pixel[State.ACCEPTED] is Outcome.CLEAN
    assert pixel[State.REFUSED] is Outcome.NOT_EXERCISED
    assert subject(place, "meta-pixel").cells[State.UNANSWERED].acts == 0


def test_a_second_visit_that_refuses_puts_the_refusal_to_the_test(tmp_path: Path) -> None:
    place = only(coverage_of(tmp_path, visit(accepts=True, pixel_after=True), visit(accepts=False)))
    pixel = outcomes(subject(place, "meta-pixel"))
    assert pixel[State.REFUSED] is Outcome.CLEAN
    assert pixel[State.WITHDRAWN] is Outcome.NOT_EXERCISED


def test_a_withdrawal_is_told_from_a_refusal(tmp_path: Path) -> None:
    session = visit(accepts=True, pixel_after=True)
    session.cookies.update(dated_cookie(["necessary"], 18))
    session.page(20, "three")
    session.pixel(21)
    session.asset(22)
    place = only(coverage_of(tmp_path, session))
    pixel = subject(place, "meta-pixel").cells
    assert pixel[State.WITHDRAWN].outcome is Outcome.VIOLATED
    assert pixel[State.REFUSED].outcome is Outcome.NOT_EXERCISED
    assert pixel[State.WITHDRAWN].acts >= 1


def test_a_vendor_that_was_never_seen_has_no_row(tmp_path: Path) -> None:
    place = only(coverage_of(tmp_path, visit(accepts=True, pixel_after=True)))
    assert not [each for each in place.subjects if each.vendor == "hotjar"]


def test_a_place_says_what_was_exercised_and_what_was_not(tmp_path: Path) -> None:
    (sentence,) = coverage_of(tmp_path, visit(accepts=True, pixel_after=True)).sentences()
    assert sentence.startswith("shop.example: exercised before an answer and accepted; not exercised: refused")


@pytest.mark.parametrize(
    ("required", "reason"),
    [
        ("unanswered", ""),
        ("accepted", ""),
        ("refused", "refused: nothing was requested on shop.example in that state (refused)"),
        ("withdrawn", "nothing was requested on shop.example"),
        ("vendor:meta-pixel", ""),
        ("vendor:hotjar", "vendor:hotjar: Hotjar was not seen"),
        ("destination:Braze", "destination:Braze: no message was routed"),
    ],
)
def test_what_is_required_and_not_there_is_said(required: str, reason: str, tmp_path: Path) -> None:
    with opened_for_reading(analysed(tmp_path, visit(accepts=True, pixel_after=True))) as connection:
        missing = read_coverage(connection).missing([required], read_names(connection))
    assert bool(missing) is bool(reason)
    assert not reason or reason in missing[0]


@pytest.mark.parametrize("text", ["", "vendor", "vendor:", "refuse", "site:x", ":x"])
def test_another_requirement_is_none(text: str) -> None:
    assert not is_requirement(text)


def test_the_gate_passes_only_what_was_exercised(tmp_path: Path) -> None:
    clean = str(write_har(tmp_path / "clean.har", visit(accepts=True, pixel_after=True)))

    def check(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(main, ["check", clean, *arguments])
        return result.exit_code, " ".join(result.stderr.split())

    assert check("--require", "unanswered,accepted,vendor:meta-pixel") == (0, "")
    code, text = check("--require", "unanswered,refused")
    assert code == 3
    assert "Not exercised: refused: nothing was requested on shop.example in that state" in text
    code, text = check("--require", "refuse")
    assert code == 2
    assert "--require refuse: give a state of consent (unanswered, accepted" in text
