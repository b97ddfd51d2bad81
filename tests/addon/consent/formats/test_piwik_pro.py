"""``ppms_privacy_<app id>``: a status for each consent type, there before any decision."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from addon.consent.formats.piwik_pro import cookie
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat


def value(**statuses: Any) -> str:
    """As live sites have it."""
    return json.dumps(
        {
            "visitorId": "secret-visitor",
            "domain": {"normalized": "shop.example", "isWildcard": False, "pattern": "shop.example"},
            "consents": {kind: {"status": status} for kind, status in statuses.items()},
            "staleCheckpoint": "2026-05-01T12:00:00.000Z",
        },
        separators=(",", ":"),
    )


GRANT = value(analytics=1, remarketing=1)
REFUSAL = value(analytics=0, remarketing=0)


def read(text: str) -> Answer:
    return cookie("ppms_privacy_1", {"ppms_privacy_1": text})


def test_a_decision_is_read_type_by_type() -> None:
    answer = read(quote(value(analytics=1, remarketing=0, user_feedback=-1)))
    assert answer.answered is True
    assert answer.keys == {"analytics": True, "remarketing": False, "user_feedback": None}
    assert answer.complete is False


def test_it_may_stand_there_unencoded() -> None:
    assert read(value(analytics=1)).keys == {"analytics": True}


def test_without_a_decision_nobody_answered() -> None:
    answer = read(value(analytics=-1, remarketing=-1))
    assert (answer.answered, answer.keys) == (False, {"analytics": None, "remarketing": None})


def test_without_any_type_nothing_can_be_told() -> None:
    assert read(value()).answered is None


def test_the_evidence_does_not_name_the_visitor() -> None:
    assert "secret" not in read(value(analytics=1)).evidence


def dated(**times: str) -> str:
    return json.dumps({"consents": {kind: {"status": 1, "updatedAt": time} for kind, time in times.items()}})


def test_one_time_dates_the_decision_and_several_bound_it() -> None:
    noon, later = "2026-05-01T12:00:00.000Z", "2026-05-02T12:00:00.000Z"
    once = read(dated(analytics=noon, remarketing=noon))
    twice = read(dated(analytics=noon, remarketing=later))
    assert once.effective_at is not None
    assert once.not_before is None
    assert (twice.effective_at, twice.not_before) == (None, once.effective_at)


def test_a_time_that_only_some_types_have_dates_nothing() -> None:
    text = '{"consents":{"analytics":{"status":1,"updatedAt":"2026-05-01T12:00:00Z"},"remarketing":{"status":1}}}'
    answer = read(text)
    assert (answer.effective_at, answer.not_before) == (None, None)


@pytest.mark.parametrize("text", ["", "1", "accepted", "{}", '{"consents":[]}', '{"consents":null}', "[1]"])
def test_a_value_that_is_of_other_software_is_told_apart(text: str) -> None:
    with pytest.raises(NotThisFormat):
        read(text)


@pytest.mark.parametrize("status", [2, "1", True, None, 1.0, {}, -2])
def test_a_status_that_does_not_exist_is_no_grant(status: Any) -> None:
    with pytest.raises(MalformedSignal):
        read(value(analytics=status))


def test_more_types_than_any_form_has_are_refused() -> None:
    with pytest.raises(MalformedSignal):
        read(value(**{f"type{number}": 1 for number in range(101)}))
