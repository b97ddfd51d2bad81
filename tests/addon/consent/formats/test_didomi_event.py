"""Didomi's event at the moment of choice."""

from __future__ import annotations

import pytest

from addon.consent.formats.didomi_event import call
from addon.consent.signal import NotThisFormat

from ..wire import exchange

EVENTS = "https://api.privacy-center.org/v1/events"
GIVEN = b'{"type":"consent.given","user":{"id":"x"}}'


def test_the_moment_is_told_and_not_what_was_chosen() -> None:
    answer = call(exchange(EVENTS, method="POST", body=GIVEN))
    assert (answer.answered, answer.keys, answer.values) == (True, {}, {})
    assert answer.effective_at is not None


@pytest.mark.parametrize("body", [None, b"", b'{"type":"notice.shown"}', b"\xff", b'{"types":"consent.given"}'])
def test_another_event_is_no_choice(body: bytes | None) -> None:
    with pytest.raises(NotThisFormat):
        call(exchange(EVENTS, method="POST", body=body))


def test_what_is_only_fetched_is_none() -> None:
    with pytest.raises(NotThisFormat):
        call(exchange(EVENTS, body=GIVEN))
