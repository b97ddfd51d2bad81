"""The report for people: never more than was seen, and nothing from the wire that reaches the terminal."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from addon.findings.names import Names
from addon.findings.report import Report
from addon.judge.rule import Severity
from addon.judge.verdict import Verdict
from addon.report.formats.text import conclusion, render, show, subject
from addon.report.text import line, plain

from .reports import finding, gap, report, visibility

NOTHING = {"proofs": 0, "judged": 0, "pages": 0, "fetched": 0}
HOSTILE = "\x1b[2J\x1b]0;pwned\x07 \x9b1A\r\b\u202e [red]x[/] [/] \n next line"


def shown(made: Report, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    console.print(show(made))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    "made",
    [
        report(events=0, calls=0, sessions=0, exchanges=0, signals=0, visibility=visibility(**NOTHING, seen=0)),
        report(events=0, calls=0, visibility=visibility(**NOTHING)),
        report(events=0, calls=7, visibility=visibility(**NOTHING)),
        report(events=0, calls=0, visibility=visibility(**NOTHING), gaps=(gap(), gap("other"))),
    ],
    ids=["empty", "no vendor", "only what needs no consent", "gaps"],
)
def test_a_capture_that_shows_nothing_to_judge_does_not_pass(made: Report) -> None:
    text = conclusion(made)
    assert text.startswith("Nothing to judge: ")
    assert "No violation" not in text
    assert ("could not be seen" in text) is bool(made.gaps)


def test_a_call_whose_body_nobody_could_read_is_no_pass() -> None:
    text = conclusion(report(visibility=visibility(proofs=0, unread=5, kinds={"undecodable-body": 5})))
    assert text.startswith("Nothing that could be read was judged: ")


def test_no_violation_is_said_with_what_was_looked_at_and_what_was_not() -> None:
    text = conclusion(report(gaps=(gap(), gap("other"))))
    assert text == (
        "No violation among 2 CDP messages and 3 vendor calls in 1 session (9 exchanges, 1 consent signal)."
        " What could not be seen is listed above (2)."
    )


def test_a_capture_that_proves_nothing_says_why_and_what_to_do_whatever_it_is_called() -> None:
    empty = replace(visibility(**NOTHING).captures[0], name=HOSTILE)
    lost = replace(visibility(lost=3, kinds={"records-lost": 3}).captures[0], name="b.har")
    made = report(visibility=replace(visibility(unknown=((HOSTILE, 4),)), captures=(empty, lost)))
    text = " ".join(shown(made, 400).split())
    assert "Nothing was proven: " in text
    assert "This is no pass: b.har: a part of it was lost (3 records-lost)" in text
    assert text.count("What to do: ") == 2
    assert controls(shown(made)) == set()


def test_a_hundred_empty_captures_do_not_fill_the_terminal() -> None:
    made = replace(visibility(), captures=visibility(**NOTHING).captures * 100)
    assert "… and 40 more reasons; --format json has them all." in shown(report(visibility=made))


def test_what_is_suppressed_is_never_left_unsaid() -> None:
    made = report(finding(triage="suppressed"), finding(2, triage="suppressed"))
    assert conclusion(made).startswith("No violation besides 2 suppressed findings, among ")
    assert "2 more suppressed by the policy." in shown(made)
    assert "Order Completed" not in shown(made)


def test_what_was_cleared_is_no_violation() -> None:
    assert conclusion(report(finding(verdict=Verdict.CLEARED))).startswith("No violation among ")


def test_findings_are_counted_by_verdict() -> None:
    made = report(finding(), finding(2, verdict=Verdict.UNPROVEN), finding(3, verdict=Verdict.CLEARED))
    assert conclusion(made).startswith("2 findings (1 confirmed, 1 unproven) among ")
    assert conclusion(report(finding())).startswith("1 finding (1 confirmed) among ")


@pytest.mark.parametrize("width", [60, 80, 200])
def test_nothing_of_a_finding_is_cut_off(width: int) -> None:
    made = report(finding(rule="integrations-override", site="a-very-long-name." * 6 + "example"))
    text = "".join(shown(made, width).split())
    assert "…" not in text
    assert "integrations-override" in text
    assert "before-choice" in text
    text = shown(made, width).split()
    assert any("confirmed" in part for part in text)


def test_a_subject_names_receiver_message_and_site() -> None:
    names = Names({"meta-pixel": "Our pixel"}, {}, {})
    assert subject(finding(destination="Braze"), names) == "Braze: track 'Order Completed' on shop.example"
    assert subject(finding(vendor="meta-pixel", event_name=None), names) == "Our pixel on shop.example"
    assert subject(finding(vendor=None, event_name=None, site=None), names) == "-"
    assert subject(finding(vendor="nobody-knows"), names).startswith("nobody-knows: ")


def test_long_lists_say_how_much_more_there_is() -> None:
    text = shown(report(*(finding(number) for number in range(75)), gaps=tuple(gap(f"r{n}") for n in range(63))))
    assert "… and 15 more" in text
    assert "… and 3 more in the table gaps." in text
    assert "75 findings" in text


def controls(text: str) -> set[str]:
    return {character for character in text if not (character.isprintable() or character in "\n ")}


def test_nothing_from_the_wire_reaches_the_terminal() -> None:
    made = report(finding(event_name=HOSTILE, site=HOSTILE, destination=HOSTILE), gaps=(gap(HOSTILE, HOSTILE),))
    text = shown(made)
    assert controls(text) == set()
    assert "[red]x[/]" in "".join(text.split("\n")).replace("  ", " "), "and it is told as it is"


def test_a_line_of_a_running_capture_is_one_line_without_controls() -> None:
    console = Console(file=io.StringIO(), width=300)
    console.print(line("confirmed", "event-without-consent", HOSTILE), soft_wrap=True)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert controls(text) == set()
    assert text.count("\n") == 1
    assert "[red]x[/]" in text


@given(text=st.text())
def test_plain_text_is_as_long_and_on_one_line(text: str) -> None:
    shown_text = plain(text)
    assert len(shown_text) == len(text)
    assert len(shown_text.splitlines()) <= 1
    assert "\x1b" not in shown_text


def test_a_file_gets_text_without_colour() -> None:
    text = render(report(finding(), gaps=(gap(),)))
    assert "\x1b" not in text
    assert "event-without-consent" in text
    assert text.endswith("consent signal).\n")


def test_the_gravest_stand_first_whatever_they_are_called() -> None:
    made = report(
        finding(rule="cookie-outlives-limit", severity=Severity.NOTE, violations=90),
        finding(2, rule="event-without-consent", verdict=Verdict.UNPROVEN),
        finding(3, rule="cookie-without-consent"),
        finding(4, rule="fanout-without-consent", violations=8),
    )
    text = shown(made)
    order = ("fanout-without-consent", "cookie-without-consent", "event-without-consent", "cookie-outlives-limit")
    assert [text.index(rule) for rule in order] == sorted(text.index(rule) for rule in order)


@pytest.mark.parametrize("width", [80, 160])
def test_a_rule_that_judges_no_moment_has_no_phase(width: int) -> None:
    made = report(finding(rule="personal-data-in-payload", severity=Severity.WARNING, phase="no-signal"))
    text = shown(made, width)
    assert "no-signal" not in text
    assert "warning" in text
    assert "no-signal" in shown(report(finding(rule="event-without-consent", phase="no-signal")), width)


def test_a_finding_has_one_line_where_there_is_room() -> None:
    lines = shown(report(finding()), 160).splitlines()
    assert any("confirmed" in line and "Order Completed" in line for line in lines)
