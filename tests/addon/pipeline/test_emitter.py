"""What one capture gives out, and how that goes on where another process began it."""

from __future__ import annotations

from addon.pipeline.emitter import Emitter
from addon.records import GapRecord


def test_a_ledger_that_goes_on_counts_from_what_is_stored() -> None:
    first = Emitter(1)
    first.gap("internal-error", "a.example", "why", count=2)
    first.gap("websocket", "a.example", "not read")
    stored = [record for record in first.take() if isinstance(record, GapRecord)]
    second = Emitter(1)
    second.resume({"g": 2}, stored)
    second.gap("internal-error", "a.example", "why", count=3)
    second.gap("websocket", "a.example", "not read")
    assert second.take() == [], "each is noted already"
    second.recount()
    (again,) = second.take()
    assert isinstance(again, GapRecord)
    assert (again.id, again.count) == ("1.g1", 5)
    assert second.number("g") == "1.g3"
