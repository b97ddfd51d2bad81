"""No sentence is false of its evidence: over every scenario, and over every capture that ships."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from addon.exchange import Headers
from addon.records import ExchangeRecord, Record, SignalRecord, ViolationRecord
from tests.addon.pipeline.played import POLICIES, played_capture
from tests.addon.readers.samples import CAPTURES
from vendor_catalog import shipped_catalogue

from .doors import played
from .performance import performed
from .scenario import scenarios

ABSENT = "without the cookie of "
CALLED = "was called"


def _cookies(exchange: ExchangeRecord) -> set[str]:
    headers = [
        (name, value) for name, value in (exchange.request_headers or Headers()).fields if name.lower() == "cookie"
    ]
    pairs = (pair for _, value in headers for pair in value.split(";"))
    return {name.strip() for name, equals, value in (pair.partition("=") for pair in pairs) if equals and value.strip()}


def _kept_by(origin: str, names: Iterable[str]) -> list[str]:
    """Those of some cookies that are a consent manager's."""
    manager = shipped_catalogue().consent_managers.get(origin)
    kept = () if manager is None else manager.cookies
    return [
        name
        for name in names
        if any(name == each.name or (each.prefix is not None and name.startswith(each.prefix)) for each in kept)
    ]


def false_sentences(records: list[Record]) -> Iterator[str]:
    """Explanations that their own evidence contradicts."""
    exchanges = {each.id: each for each in records if isinstance(each, ExchangeRecord)}
    signals = {each.id: each for each in records if isinstance(each, SignalRecord)}
    latest = {each.id: each for each in records if isinstance(each, ViolationRecord)}
    for violation in latest.values():
        shown = [signals[key] for key in (violation.signal_id, violation.later_signal_id) if key in signals]
        for signal in shown:
            if signal.carrier == "no cookie" and f"{ABSENT}{signal.source}" in violation.explanation:
                there = _kept_by(signal.source, _cookies(exchanges[signal.exchange_id]))
                if there:
                    yield f"{violation.id}: {violation.explanation} But {signal.exchange_id} carries {', '.join(there)}."
        gaps = (exchanges[violation.exchange_id].gaps or "").split()
        if CALLED in violation.explanation.split(". ")[0] and "not-sent" in gaps:
            yield f"{violation.id}: {violation.explanation} But nothing went out."


def _spoken(records: list[Record]) -> set[str]:
    texts = [each.explanation for each in records if isinstance(each, ViolationRecord)]
    return {phrase for phrase in (ABSENT, CALLED) if any(phrase in text for text in texts)}


def test_no_explanation_of_a_scenario_is_false_of_its_evidence(tmp_path: Path) -> None:
    spoken: set[str] = set()
    for scenario in scenarios():
        for door in scenario.story.doors:
            records = played(performed(scenario, door), tmp_path).records
            assert list(false_sentences(records)) == [], (scenario, door)
            spoken |= _spoken(records)
    assert spoken == {ABSENT, CALLED}, "nothing says what is tested here"


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("capture", sorted(CAPTURES.glob("*.mitm")), ids=lambda path: path.stem)
def test_no_explanation_of_a_shipped_capture_is_false_of_its_evidence(
    capture: Path, policy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(false_sentences(played_capture(capture, policy, tmp_path / "mine", monkeypatch).records)) == []


def test_a_false_sentence_is_found() -> None:
    """Or the tests above could not fail."""
    fields: dict[str, Any] = dict.fromkeys(ExchangeRecord.__dataclass_fields__)
    sent = ExchangeRecord(
        **fields
        | {"id": "1.1", "request_headers": Headers.from_text([("Cookie", "OptanonConsent=x")]), "gaps": "not-sent"}
    )
    fields = dict.fromkeys(SignalRecord.__dataclass_fields__)
    absent = SignalRecord(**fields | {"id": "1.c1", "exchange_id": "1.1", "source": "onetrust", "carrier": "no cookie"})
    fields = dict.fromkeys(ViolationRecord.__dataclass_fields__)
    text = (
        "Meta was called. Consent was lacking: a first-party request without the cookie of onetrust came before this."
    )
    wrong = ViolationRecord(**fields | {"id": "1.v1", "exchange_id": "1.1", "signal_id": "1.c1", "explanation": text})
    assert len(list(false_sentences([sent, absent, wrong]))) == 2
