"""Two runs: what is new, what is gone, and what nothing exercised."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from addon.findings.comparison import BaselineError, compared, known, known_from_json
from addon.findings.report import Gate
from addon.judge.verdict import Verdict
from addon.report.formats import json as json_format
from tests.addon.report.reports import finding, report

HERE = frozenset({"shop.example"})


def keys(findings: object) -> list[str]:
    return [each.fingerprint for each in findings]  # type: ignore[attr-defined]


def test_findings_are_new_unchanged_or_gone_by_their_fingerprint() -> None:
    before = report(finding(1), finding(2), places=HERE)
    after = report(finding(2, violations=9), finding(3), places=HERE)
    found = compared(before, after)
    assert keys(found.new) == keys([finding(3)])
    assert keys(found.unchanged) == keys([finding(2)])
    assert keys(found.gone) == keys([finding(1)])
    assert found.not_exercised == ()


def test_what_no_session_exercised_is_not_gone() -> None:
    found = compared(report(finding(1, site="shop.example")), report(places=frozenset({"other.example"})))
    assert (found.gone, keys(found.not_exercised)) == ((), keys([finding(1)]))


def test_what_does_not_count_is_in_no_comparison() -> None:
    suppressed, cleared = finding(1, triage="suppressed"), finding(2, verdict=Verdict.CLEARED)
    found = compared(report(suppressed, cleared, places=HERE), report(replace(suppressed, triage="open"), places=HERE))
    assert keys(found.new) == keys([suppressed])
    assert found.gone == ()


def test_a_report_in_json_is_a_baseline_like_the_run_itself(tmp_path: Path) -> None:
    made = report(finding(1), finding(2, triage="suppressed"), finding(3, verdict=Verdict.CLEARED))
    path = tmp_path / "base.json"
    path.write_text(json_format.render(made))
    assert known_from_json(path) == known(made) == {finding(1).fingerprint}
    assert report(finding(1), finding(4), gate=Gate(known=known(made))).failing == [finding(4)]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"findings": 3}', '{"findings": [1]}', "[" * 100_000])
def test_another_file_is_refused_in_a_sentence(text: str, tmp_path: Path) -> None:
    path = tmp_path / "odd.json"
    path.write_text(text)
    with pytest.raises(BaselineError, match=r"odd.json: no report of consentwire .* give a database"):
        known_from_json(path)


def test_keys_of_a_baseline_are_those_of_the_report() -> None:
    document = json.loads(json_format.render(report(finding(1))))
    assert {"fingerprint", "triage", "verdict"} <= document["findings"][0].keys()
