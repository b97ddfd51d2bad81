"""SARIF: valid, within what code hosts take, and saying what was found."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import Any

import pytest

from addon.findings.rules import Verdict, all_rules
from addon.report.formats import sarif
from tests.addon.report.reports import finding, gap, report, visibility

_MOST_BYTES = 10_000_000
"""That GitHub takes, compressed."""


def run_of(*found: Any, **changes: Any) -> dict[str, Any]:
    document = json.loads(sarif.render(report(*found, **changes)))
    (run,) = document["runs"]
    return dict(run)


def test_every_rule_is_declared_and_results_point_to_theirs() -> None:
    run = run_of(finding())
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(all_rules())
    (result,) = run["results"]
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"]


def test_a_rule_of_another_version_is_a_result_all_the_same() -> None:
    (result,) = run_of(finding(rule="no-such-rule"))["results"]
    assert result["ruleId"] == "no-such-rule"
    assert "ruleIndex" not in result


def test_a_finding_keeps_its_fingerprint_and_stands_at_the_anchor() -> None:
    first, second = (
        run_of(replace(finding(), violations=count), anchor="site/a.toml")["results"][0] for count in (1, 9)
    )
    assert first["partialFingerprints"] == second["partialFingerprints"]
    assert first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "site/a.toml"


def test_the_flow_goes_from_the_choice_over_the_message_to_the_receiver() -> None:
    (result,) = run_of(finding(vendor="segment", destination="Braze"))["results"]
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    texts = [step["location"]["message"]["text"] for step in steps]
    assert texts[0].startswith("Consent: this happened before the person had chosen")
    assert texts[1].startswith("Sent: ")
    assert texts[2] == "Receiver: Braze"


def test_what_the_policy_covers_is_suppressed_and_what_was_taken_back_is_no_result() -> None:
    covered = finding(1, triage="suppressed", suppressed="agreed (me, until 2027-01-01)")
    results = run_of(covered, finding(2, verdict=Verdict.CLEARED))["results"]
    assert [result["suppressions"][0]["justification"] for result in results] == ["agreed (me, until 2027-01-01)"]


def test_a_run_that_proved_nothing_is_no_successful_one() -> None:
    invocation = run_of(visibility=visibility(judged=0, proofs=0, pages=0, fetched=0))["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["level"] == "error"
    assert run_of(finding())["invocations"][0]["executionSuccessful"] is True


def test_thirty_thousand_findings_stay_within_what_code_hosts_take() -> None:
    many = [
        finding(number, explanation=f"It was sent to {number}. " * 20, site=f"s{number}.example")
        for number in range(30_000)
    ]
    text = sarif.render(report(*many, gaps=tuple(gap() for _ in range(500))))
    (run,) = json.loads(text)["runs"]
    assert len(run["results"]) == sarif.MAX_RESULTS
    notes = [note["message"]["text"] for note in run["invocations"][0]["toolExecutionNotifications"]]
    assert "5,000 results of 30,000 left out" in notes[0]
    assert len(gzip.compress(text.encode(), 6)) < _MOST_BYTES


@pytest.mark.parametrize("count", [0, 1, 30])
def test_gaps_are_notifications(count: int) -> None:
    gaps = tuple(replace(gap(), reason=f"reason {number}") for number in range(count))
    notes = run_of(finding(), gaps=gaps)["invocations"][0]["toolExecutionNotifications"]
    assert len(notes) == count
