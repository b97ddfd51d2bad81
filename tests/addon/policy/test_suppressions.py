"""What a suppression covers, and until when."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from addon.policy import Suppression

from .texts import WHOLE, parsed


def suppressed(at: datetime, **about: str | None) -> Suppression | None:
    found: dict[str, str | None] = {
        "rule": "unmapped-destination",
        "vendor": None,
        "destination": "Snowflake",
        "site": "shop.example",
        "event": None,
    }
    policy = parsed(WHOLE)
    return policy.suppression_of(**(found | about), at=at.timestamp())  # type: ignore[arg-type]


BEFORE = datetime(2027, 6, 30, 23, 59, 59, tzinfo=UTC)


def test_a_suppression_covers_its_last_day_and_not_the_next_by_the_captures_time() -> None:
    assert suppressed(BEFORE) is not None
    assert suppressed(datetime(2027, 7, 1, tzinfo=UTC)) is None
    assert suppressed(datetime(2020, 1, 1, tzinfo=UTC)) is not None


def test_a_suppression_covers_only_what_it_names() -> None:
    assert suppressed(BEFORE, site="other.example") is not None
    assert suppressed(BEFORE, destination="BigQuery") is None
    assert suppressed(BEFORE, destination=None) is None
    assert suppressed(BEFORE, rule="fanout-without-consent") is None


@pytest.mark.parametrize("key", ["vendor", "site", "event", "destination"])
def test_every_narrowing_of_a_suppression_counts(key: str) -> None:
    value = "amplitude" if key == "vendor" else "x"
    text = f"[[suppress]]\nrule='event-without-consent'\nreason='r'\nowner='o'\nexpires=2027-01-01\n{key}='{value}'\n"
    policy = parsed(text)
    nothing = dict.fromkeys(("vendor", "destination", "site", "event"))
    at = BEFORE.replace(year=2026).timestamp()
    assert policy.suppression_of(rule="event-without-consent", **(nothing | {key: value}), at=at) is not None
    assert policy.suppression_of(rule="event-without-consent", **(nothing | {key: "other"}), at=at) is None
    assert policy.suppression_of(rule="event-without-consent", **nothing, at=at) is None
