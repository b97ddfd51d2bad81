"""JUnit's XML, for CI servers: a test for each capture, which says whether anything was proven, and one for each finding."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from addon.findings.report import Report
from addon.findings.rows import SUPPRESSED, Finding
from addon.findings.rules import Verdict, rule_of
from addon.findings.visibility import shortfalls
from addon.findings.visibility.text import hosts, ratio
from addon.report.format import Format
from addon.report.sentences import sentence, subject

_NO_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document may hold, not even escaped."""
_MAX_TEXT = 4000


def render(report: Report) -> str:
    """A suite of captures, and a suite of findings. What the gate lets pass passes, and says in its output what was found."""
    listed = [finding for finding in report.findings if finding.verdict is not Verdict.CLEARED]
    root = Element("testsuites", name="consentwire")
    _close(_captures(root, report))
    _close(_findings(root, report, listed))
    _sum(root)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _captures(root: Element, report: Report) -> Element:
    suite = SubElement(root, "testsuite", name="captures")
    missing = shortfalls(report.visibility)
    for capture in report.visibility.captures:
        case = SubElement(
            suite,
            "testcase",
            classname="captures",
            name=_text(f"{capture.id} {capture.name} was seen and judged"),
            time="0",
        )
        for shortfall in missing:
            if shortfall.capture == capture.id:
                _outcome(case, "error", shortfall.reason, shortfall.remedy, shortfall.kind)
                break  # a test has one outcome
    for shortfall in missing:
        if shortfall.capture is None:
            case = SubElement(suite, "testcase", classname="captures", name="there is a capture", time="0")
            _outcome(case, "error", shortfall.reason, shortfall.remedy, shortfall.kind)
    SubElement(suite, "system-out").text = _text(f"{ratio(report.visibility)}\n{hosts(report.visibility.hosts)}")
    return suite


def _findings(root: Element, report: Report, listed: Iterable[Finding]) -> Element:
    suite = SubElement(root, "testsuite", name="findings")
    for finding in listed:
        name = _text(f"{subject(finding, report.names)} [{finding.fingerprint}]")
        case = SubElement(suite, "testcase", classname=_text(finding.rule), name=name, time="0")
        what = f"{finding.verdict} {finding.severity}, {finding.violations:,} times: {sentence(finding, report.names)}"
        rule = rule_of(finding.rule)
        more = finding.explanation if rule is None else f"{finding.explanation}\n\nHow to fix it: {rule.fix}"
        if finding.triage == SUPPRESSED:
            SubElement(case, "skipped", message=_text(finding.suppressed or "suppressed by the policy"))
        elif finding.fingerprint in report.gate.known:
            SubElement(case, "skipped", message=_text(f"known from the baseline: {what}"))
        elif report.gate.fails(finding):
            _outcome(case, "failure", what, more, finding.rule)
        else:
            SubElement(case, "system-out").text = _text(f"Below the gate. {what}\n{more}")
    return suite


def _outcome(case: Element, kind: str, message: str, more: str, of_type: str) -> None:
    SubElement(case, kind, message=_text(message), type=_text(of_type)).text = _text(more)


def _close(suite: Element) -> None:
    """The suite's numbers."""
    suite.set("tests", str(len(suite.findall("testcase"))))
    for attribute, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(len(suite.findall(f"testcase/{element}"))))
    suite.set("time", "0")


def _sum(root: Element) -> None:
    for attribute in ("tests", "failures", "errors"):
        root.set(attribute, str(sum(int(suite.get(attribute, "0")) for suite in root)))
    root.set("time", "0")


def _text(text: str) -> str:
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)[:_MAX_TEXT]


FORMAT = Format(name="junit", help="for CI servers, as JUnit's XML", extension="xml", render=render)
