"""A report in which everything that comes from a wire is hostile."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields, replace

from addon.findings.causes import Cause
from addon.findings.names import Names
from addon.findings.report import Report
from addon.findings.rows import Finding
from addon.findings.rules import Severity, Verdict
from tests.addon.report.reports import finding, gap, report

TEXTS = {
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "attribute": "\"'><svg onload=alert(1)>",
    "markdown": "`|**[a](javascript:alert(1))**\n# x\n::error::x",
    "commands": "\n::error title=x::y\r\n::set-output name=a::b%0A",
    "controls": "\x00\x1b[31m\x07\x9b\x7f\ufffe\uffff",
    "directions": "\u202eabc\u2066\u2028x",
    "surrogate": "a\ud800b",
    "cdata": "]]></testcase><!-- & &#0; &amp;",
    "formula": "=cmd|' /C calc'!A0",
    "long": "x" * 200_000,
    "format": "{vendor} {0} %s %(x)s $x",
}


def hostile(text: str) -> Report:
    """Every field that is free text holds the text."""
    wire = ("vendor", "destination", "site", "event_name", "explanation", "suppressed", "signal_source")
    free: dict[str, str] = {field.name: text for field in fields(Finding) if field.name in wire}
    one = finding(1, **free)
    others = [
        replace(one, fingerprint="f2", triage="suppressed"),
        replace(one, fingerprint="f3", verdict=Verdict.CLEARED),
        replace(one, fingerprint="f4", rule=text, severity=Severity.NOTE, verdict=Verdict.UNPROVEN),
    ]
    cause = Cause(
        id=text,
        kind="alone",
        rule=one.rule,
        title=text,
        fix="Do it otherwise.",
        vendor=text,
        destination=text,
        site=text,
        verdicts=Counter(confirmed=2),
        phases=Counter({"before-choice": 2}),
        by_finding=Counter({one.fingerprint: 2}),
        receivers=Counter({(text, text): 2}),
        first_at=text,
        last_at=text,
    )
    return report(
        one,
        *others,
        causes=(cause,),
        gaps=(replace(gap(), host=text, reason=text),),
        names=Names({text: text}, {text: text}, {}),
        captures=((1, "har", text),),
        anchor="consentwire.toml",
    )
