"""Sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.consent.timeline import Standing
from addon.findings import sentences
from addon.judge.rule import OPTED_OUT
from addon.judge.rules import all_rules
from addon.judge.verdict import Phase, Verdict


@pytest.mark.parametrize(
    ("outcome", "predicted", "seen", "told"),
    [
        ("flows", "flows", "call", ""),
        ("flows", "flows", None, ""),
        ("filtered", "filtered", None, ""),
        ("flows", "unknown", "call", "predicted unknown, and its vendor was called by the page"),
        ("flows", "ambiguous", "metric", "predicted ambiguous, and the library counted it"),
        ("filtered", "filtered", "call", "predicted filtered, but its vendor was called by the page"),
        ("flows", "flows", "not-seen", "predicted flows, but no call was seen"),
        ("unknown", "flows", "ping", "predicted flows, but its vendor got no more than a ping without identifiers"),
        ("flows", None, "call", ""),
    ],
)
def test_a_prediction_is_told_beside_what_was_seen(
    outcome: str, predicted: str | None, seen: str | None, told: str
) -> None:
    assert sentences.compared(outcome, predicted, seen) == told


@pytest.mark.parametrize("consent", [*Standing, OPTED_OUT])
@pytest.mark.parametrize("mapped", [True, False])
def test_a_stamp_contradicts_only_what_was_surely_not_granted(consent: str, mapped: bool) -> None:
    refused = consent in (Standing.DENIED, Standing.UNANSWERED, OPTED_OUT)
    kind, text = sentences.agreement(True, consent, None, mapped=mapped)
    assert kind == ("agrees" if consent == Standing.GRANTED else "contradicts" if refused else "open")
    assert text
    assert sentences.agreement(True, consent, "granted", mapped=mapped)[0] == "open"
    assert sentences.agreement(None, consent, None, mapped=mapped)[0] == "open"
    assert sentences.agreement(False, consent, None, mapped=mapped)[0] != "contradicts"
    assert sentences.STANDINGS[consent]


def test_a_confirmed_verdict_says_what_confirms_it() -> None:
    rules = all_rules()
    assert "signal of consent in force" in sentences.verdict_meaning("confirmed", rules["fanout-without-consent"])
    assert sentences.verdict_meaning("confirmed", rules["unmapped-destination"]) == sentences.ACT_ALONE
    assert sentences.verdict_meaning("confirmed", rules["warehouse-ungated"]).endswith("show it by themselves.")


@pytest.mark.parametrize(
    ("explanation", "lead"),
    [
        (
            "The message track 'A' was sent to Segment. Consent was refused.",
            "The message track 'A' was sent to Segment",
        ),
        ("The message track 'Mr. X. Y' was sent. Consent was refused.", "The message track 'Mr. X. Y' was sent"),
        ('The message track "It\'s. Done" was sent. More.', 'The message track "It\'s. Done" was sent'),
        (
            "Meta's cookie _fbp was sent to www.shop.example. Consent was refused.",
            "Meta's cookie _fbp was sent to www.shop.example",
        ),
        ("One sentence only.", "One sentence only"),
        ("An open quote 'without end. Next sentence.", "An open quote 'without end"),
        ("", ""),
    ],
)
def test_the_lead_is_the_first_sentence_whatever_names_hold(explanation: str, lead: str) -> None:
    assert sentences.lead(explanation) == lead


@given(st.text(max_size=3000))
def test_a_lead_is_never_long(explanation: str) -> None:
    assert len(sentences.lead(explanation)) <= 400


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_has_a_meaning(verdict: Verdict) -> None:
    assert sentences.VERDICT_MEANINGS[verdict]


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_has_a_name_and_an_expectation(phase: Phase) -> None:
    assert sentences.PHASE_NAMES[phase]
    for rule in (None, *all_rules().values()):
        assert sentences.expected(phase, "marketing", rule)
        assert sentences.expected(phase, None, rule)


@pytest.mark.parametrize(
    ("values", "told", "brief"),
    [
        ((True, True, True), "granted everything", "✓ everything"),
        ((False, False, False), "refused everything", "✕ everything"),
        (
            (False, True, False),
            "granted analytics, refused functional and marketing",
            "✓ analytics ✕ functional, marketing",
        ),
        ((None, True, None), "granted analytics", "✓ analytics"),
        ((None, None, None), "answered, in terms that name no category", "answered"),
    ],
)
def test_a_choice_is_told_in_few_words(
    values: tuple[bool | None, bool | None, bool | None], told: str, brief: str
) -> None:
    assert sentences.choice(*values) == told
    assert sentences.choice_in_brief(*values) == brief
