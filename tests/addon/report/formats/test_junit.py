"""JUnit's XML: what CI servers count."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from addon.findings.report import Gate, Report
from addon.findings.rules import Severity, Verdict
from addon.report.formats import junit
from tests.addon.report.reports import finding, report, visibility


def read(made: Report) -> Element:
    return ElementTree.fromstring(junit.render(made))


def outcomes(root: Element) -> list[str]:
    """Of the findings, in their order."""
    suite = root.findall("testsuite")[1]
    known = ("failure", "error", "skipped", "system-out")
    return [child.tag for case in suite.findall("testcase") for child in case if child.tag in known]


def test_what_fails_the_gate_fails_and_nothing_else_does() -> None:
    findings = [finding(number, severity=severity) for number, severity in enumerate(Severity)]
    assert outcomes(read(report(*findings))) == ["failure", "system-out", "system-out"]
    strict = report(*findings, gate=Gate(Severity.NOTE))
    assert outcomes(read(strict)) == ["failure"] * 3


def test_what_is_unproven_fails_unless_that_is_allowed() -> None:
    unproven = finding(verdict=Verdict.UNPROVEN)
    assert outcomes(read(report(unproven))) == ["failure"]
    assert outcomes(read(report(unproven, gate=Gate(allow_unproven=True)))) == ["system-out"]


def test_what_the_policy_covers_is_skipped_with_its_reason_and_what_was_taken_back_is_no_test() -> None:
    covered = finding(1, triage="suppressed", suppressed="agreed (me)")
    root = read(report(covered, finding(2, verdict=Verdict.CLEARED)))
    assert outcomes(root) == ["skipped"]
    skipped = root.find(".//skipped")
    assert skipped is not None
    assert skipped.get("message") == "agreed (me)"


def test_a_capture_that_proves_nothing_is_an_error() -> None:
    root = read(report(visibility=visibility(judged=0, proofs=0, pages=0, fetched=0)))
    error = root.find("testsuite/testcase/error")
    assert error is not None
    assert error.get("type") == "empty"
    assert root.get("errors") == "1"


@pytest.mark.parametrize("count", [0, 1, 5])
def test_suites_add_up_as_the_common_schema_wants_them(count: int) -> None:
    """Attributes and order as in Jenkins' junit-10.xsd (jenkinsci/xunit-plugin): numbers of every suite, output behind the tests."""
    root = read(report(*(finding(number) for number in range(count))))
    for suite in root.findall("testsuite"):
        assert {"name", "tests", "failures", "errors", "skipped", "time"} <= suite.attrib.keys()
        cases = suite.findall("testcase")
        assert int(suite.attrib["tests"]) == len(cases)
        assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
        tags = [child.tag for child in suite]
        assert tags == ["testcase"] * len(cases) + ["system-out"] * (len(tags) - len(cases))
        for case in cases:
            assert {"name", "classname", "time"} <= case.attrib.keys()
            assert len(case) <= 1
        names = [case.attrib["name"] for case in cases]
        assert len(set(names)) == len(names)
    assert int(root.attrib["tests"]) == sum(int(suite.attrib["tests"]) for suite in root)


def test_a_finding_keeps_its_name_from_run_to_run() -> None:
    first, second = (read(report(replace(finding(), violations=count))) for count in (1, 7))
    names = [[case.get("name") for case in root.iter("testcase")] for root in (first, second)]
    assert names[0] == names[1]
