"""What waits for the analysis: nothing is forgotten before it is stored, and nothing takes all memory."""

from __future__ import annotations

import threading

import pytest

from addon.exchange import Exchange
from addon.runner.backlog import Backlog
from addon.runner.messages import End, Gap, Message
from tests.addon.building import META_PIXEL, Browser


def pages(count: int) -> list[Exchange]:
    browser = Browser()
    return [browser.pixel(place, META_PIXEL) for place in range(count)]


def taken(backlog: Backlog, generation: int, count: int) -> list[Message]:
    found = [backlog.next(generation) for _ in range(count)]
    assert None not in found
    return found  # type: ignore[return-value]


def test_messages_come_in_order_and_stay_until_they_are_stored() -> None:
    backlog = Backlog()
    for item in (pages(2), Gap("websocket", None, "why"), pages(3), End(0.0, 5)):
        assert backlog.put(item)
    generation = backlog.rewind(0)
    messages = taken(backlog, generation, 4)
    assert [(each.number, each.exchanges) for each in messages] == [(1, 2), (2, 2), (3, 5), (4, 5)]
    assert backlog.waiting().exchanges == 5
    backlog.judged(4)
    assert backlog.waiting().exchanges == 5, "read is not stored"
    assert not backlog.waiting().unread
    backlog.stored(2)
    assert backlog.waiting().exchanges == 3
    backlog.stored(4)
    assert (backlog.waiting().exchanges, backlog.waiting().size, backlog.waiting().seconds) == (0, 0, 0.0)


def test_a_process_that_takes_over_gets_what_is_not_stored_and_no_more() -> None:
    backlog = Backlog()
    first, second = pages(3), pages(2)
    backlog.put(first)
    backlog.put(second)
    taken(backlog, backlog.rewind(0), 2)
    backlog.put(Gap("websocket", None, "why"))
    # its database holds two of the first three, although nobody said so any more
    again = taken(backlog, backlog.rewind(2), 3)
    assert [each.item for each in again] == [first[2:], second, Gap("websocket", None, "why")]
    assert [each.exchanges for each in again] == [3, 5, 5]
    assert backlog.waiting().exchanges == 3


def test_the_exchange_that_the_analysis_ends_on_costs_itself_alone() -> None:
    backlog = Backlog()
    poisoned, harmless = pages(3), pages(1)
    backlog.put(poisoned)
    backlog.put(harmless)
    taken(backlog, backlog.rewind(0), 2)
    again = taken(backlog, backlog.rewind(0), 4)
    assert [each.item for each in again] == [*([each] for each in poisoned), harmless], "one by one"
    assert [each.exchanges for each in again] == [1, 2, 3, 4]
    backlog.judged(again[0].number)  # it ends on the second
    last = taken(backlog, backlog.rewind(0), 4)
    assert [last[0].item, last[2].item, last[3].item] == [poisoned[:1], poisoned[2:], harmless]
    assert isinstance(last[1].item, Gap)
    assert last[1].item.reason.startswith("an exchange was left out: the analysis ended 2 times while it read it")
    assert (last[1].item.count, backlog.left_out, backlog.unnoted) == (1, 1, 1)
    numbers = [each.number for each in last]
    assert numbers == sorted(set(numbers))
    backlog.stored(numbers[-1])
    assert backlog.unnoted == 0


def test_what_finds_no_room_is_counted_and_told_as_soon_as_there_is_room() -> None:
    size = 3_000
    backlog = Backlog(size)
    kept = 0
    while backlog.put(pages(1)):
        kept += 1
    assert 0 < kept <= 3
    assert not backlog.put(pages(4))
    assert backlog.waiting().size <= size
    assert backlog.put(Gap("websocket", None, "why")), "a note finds room"
    taken(backlog, backlog.rewind(0), kept + 1)
    backlog.stored(kept + 1)
    assert backlog.put(pages(1))
    gap, after = taken(backlog, 1, 2)
    assert isinstance(gap.item, Gap)
    assert gap.item.reason.startswith("5 exchanges in 0 seconds were not analysed")
    assert gap.item.count == 5
    assert isinstance(after.item, list)
    assert (backlog.left_out, backlog.unnoted) == (5, 5)
    backlog.stored(gap.number)
    assert (backlog.left_out, backlog.unnoted) == (5, 0), "its gap says so"


def test_even_notes_do_not_take_all_memory() -> None:
    backlog = Backlog(1000)
    count = sum(backlog.put(Gap("websocket", None, "x" * 1000)) for _ in range(10_000))
    assert count < 5_000
    assert backlog.waiting().size < 5_000_000


@pytest.mark.parametrize("ends", ["give_up", "rewind"])
def test_whoever_waits_for_a_message_is_let_go_when_another_takes_over(ends: str) -> None:
    backlog = Backlog()
    generation = backlog.rewind(0)
    found: list[Message | None] = []
    waiting = threading.Thread(target=lambda: found.append(backlog.next(generation)))
    waiting.start()
    backlog.give_up() if ends == "give_up" else backlog.rewind(0)
    waiting.join(20)
    assert found == [None]


def test_after_it_is_given_up_everything_is_left_out_and_nothing_kept() -> None:
    backlog = Backlog()
    backlog.put(pages(2))
    taken(backlog, backlog.rewind(0), 1)
    backlog.put(pages(1))
    backlog.give_up()
    assert not backlog.put(pages(3))
    assert not backlog.put(Gap("websocket", None, "why"))
    assert (backlog.left_out, backlog.waiting().exchanges, backlog.waiting().size) == (6, 0, 0)
