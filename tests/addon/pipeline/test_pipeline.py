"""One exchange in, records out: any story gives the same live, in files, in any order, and twice."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from addon.exchange import Exchange
from addon.records import ViolationRecord
from tests.addon.building import (
    BANNER,
    KLARO,
    SHOP,
    App,
    Browser,
    Run,
    Server,
    dated_choice,
    message,
    run,
    settings_of,
    undated_choice,
)

MAPPED = {"Amplitude": ["analytics"], "Facebook Pixel": ["marketing"]}


COOKIES = st.sampled_from(
    [
        {},
        dated_choice("analytics", at=5),
        dated_choice("analytics", "marketing", at=20),
        dated_choice(at=40),
        undated_choice(analytics=True, marketing=True),
        undated_choice(analytics=False, marketing=False),
        dated_choice("analytics", at=5) | undated_choice(analytics=False),
    ]
)
STAMPS = st.sampled_from([None, {"analytics": True}, {"analytics": True, "marketing": True}, {"analytics": False}])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("open"), COOKIES, st.sampled_from([SHOP, "blog.shop.example"])),
        st.tuples(st.just("send"), STAMPS, st.sampled_from([None, {"Facebook Pixel": True}, {"All": False}])),
        st.tuples(st.just("banner"), st.sampled_from([BANNER, KLARO])),
        st.tuples(st.just("pixel")),
        st.tuples(st.just("settings"), st.booleans()),
        st.tuples(st.just("stay"), st.sampled_from([5.0, 45.0])),
    ),
    min_size=2,
    max_size=14,
)


def exchanges_of(steps: list[tuple[Any, ...]], *, gpc: bool) -> list[Exchange]:
    """The exchanges of a story, a second or more apart; messages have ids of their place in it."""
    browser = Browser(gpc=gpc, cookies={})
    story: list[Exchange] = []
    at = 0.0
    for number, step in enumerate(steps):
        at += 1
        match step:
            case ("open", cookies, host):
                browser.host, browser.cookies = host, dict(cookies)
                story.append(browser.open(at, f"/{number}"))
            case ("send", stamp, integrations):
                one = message(stamp=stamp, integrations=integrations, message_id=f"ajs-next-{number}")
                story.append(browser.send(at, one))
            case ("banner", script):
                story.append(browser.fetch(at, script.replace(SHOP, browser.host)))
            case ("pixel",):
                story.append(browser.pixel(at))
            case ("settings", on_device):
                device = ["Facebook Pixel"] if on_device else []
                story.append(browser.settings(at, settings_of(MAPPED, device=device, unmapped=True)))
            case ("stay", seconds):
                at += seconds
    return story


def counted(found: Run) -> list[tuple[object, ...]]:
    """What counts in the end, told without ids."""
    rows = [
        (one.rule, str(one.verdict), str(one.phase), one.vendor, one.destination, one.event_name, one.occurred_at,
         one.explanation)
        for one in found.violations
    ]  # fmt: skip
    return sorted(rows, key=str)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(STEPS, st.booleans(), st.sampled_from(["", "[policy]\nregime = 'opt-out'\n"]), st.randoms(use_true_random=False))
def test_a_live_capture_ends_exactly_as_its_file_does_in_whatever_order_exchanges_arrive(
    steps: list[tuple[Any, ...]], gpc: bool, policy: str, shuffler: random.Random
) -> None:
    story = exchanges_of(steps, gpc=gpc)
    if story and shuffler.random() < 0.5:  # a slow exchange arrives after quicker ones that began later
        late = story.pop(shuffler.randrange(len(story)))
        story.insert(shuffler.randrange(len(story) + 1), late)
    live, file = run(*story, live=True, policy=policy), run(*story, live=False, policy=policy)
    assert counted(live) == counted(file)
    assert sorted(live.gaps, key=str) == sorted(file.gaps, key=str)
    assert "cleared" not in {str(one.verdict) for one in file.of(ViolationRecord)}
    first: dict[str, str] = {}
    for one in live.of(ViolationRecord):
        assert first.setdefault(one.id, str(one.verdict)) != "cleared", "what is cleared was raised before"
    assert not live.gap("internal-error")


@settings(max_examples=80, deadline=None, derandomize=True)
@given(STEPS, st.booleans(), st.randoms(use_true_random=False))
def test_an_exchange_that_ends_late_changes_nothing_that_is_found(
    steps: list[tuple[Any, ...]], gpc: bool, shuffler: random.Random
) -> None:
    """Exchanges come when they end, and count from when they began. (What is told once is told of whichever came first.)"""
    story = exchanges_of([("settings", True) if step[0] == "settings" else step for step in steps], gpc=gpc)
    place = shuffler.randrange(len(story)) if story else 0
    late = story[:place] + story[place + 1 : place + 3] + story[place : place + 1] + story[place + 3 :]
    once = ("cookie-without-consent", "unmapped-destination")
    in_order, out_of_order = (
        [row for row in counted(run(*exchanges)) if row[0] not in once] for exchanges in (story, late)
    )
    assert in_order == out_of_order


def test_the_same_exchanges_give_the_same_records_twice() -> None:
    browser = Browser(cookies=undated_choice(analytics=False, marketing=False))
    story = [
        browser.open(0),
        browser.settings(1, settings_of(MAPPED, unmapped=True)),
        browser.send(2, message(), message("b")),
        browser.pixel(3),
        App().send(4, message()),
        Server().send(5, message()),
        browser.open(6),
    ]
    for live in (True, False):
        assert repr(run(*story, live=live).records) == repr(run(*story, live=live).records)
