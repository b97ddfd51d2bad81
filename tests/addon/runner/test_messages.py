"""What goes between the proxy and the analysis says by its first byte what follows, either way."""

from __future__ import annotations

from pathlib import Path

import pytest

from addon.runner.messages import (
    Answer,
    End,
    Ended,
    Gap,
    Judged,
    Message,
    Ready,
    Stored,
    answer_as_bytes,
    answer_from_bytes,
    as_bytes,
    from_bytes,
)
from addon.store import Loss
from tests.addon.building import Browser

ANSWERS: list[Answer] = [Ready(3), Judged(1, []), Stored(2, Path("c.db")), Ended([], Loss(Path("c.db"), 0, ()))]
ITEMS = [Gap("websocket", None, "why"), End(1.0, 2), [Browser().open(0), Browser().open(1)]]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: type(item).__name__)
def test_a_message_is_tagged_and_arrives_as_it_was(item: object) -> None:
    (packed,) = as_bytes(Message(7, 2, item))  # type: ignore[arg-type]
    assert packed[:1] == (b"e" if isinstance(item, list) else b"o")
    arrived = from_bytes(packed)
    assert (arrived.number, arrived.exchanges) == (7, 2)
    if isinstance(item, list):
        assert isinstance(arrived.item, list)
        assert [one.path for one in arrived.item] == [one.path for one in item]
    else:
        assert arrived.item == item


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: type(answer).__name__)
def test_an_answer_is_tagged_and_arrives_as_it_was(answer: Answer) -> None:
    packed = answer_as_bytes(answer)
    assert packed[:1] == b"o"
    assert answer_from_bytes(packed) == answer


def test_what_does_not_come_this_way_is_no_message() -> None:
    with pytest.raises(ValueError, match="nothing that comes this way"):
        from_bytes(answer_as_bytes(Ready(1)))
    with pytest.raises(ValueError, match="nothing that comes this way"):
        answer_from_bytes(b"x")
