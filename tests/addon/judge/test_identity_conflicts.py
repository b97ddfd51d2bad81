"""Which ids are one person's, and above all which are not."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.judge.identity_conflicts import People, Sighting, is_common, usable

ANN, BOB = "user-ann-1", "user-bob-2"
LAPTOP, PHONE = "7b3a1c52-0d7e-4a0c-9a55-000000000001", "7b3a1c52-0d7e-4a0c-9a55-000000000002"


def seen(
    at: float = 0,
    user: str | None = None,
    anonymous: str | None = None,
    *,
    until: float | None = None,
    device: str | None = None,
    previous: str | None = None,
    key: str | None = "web",
    places: tuple[str, ...] = ("shop.example",),
) -> Sighting:
    return Sighting(user, anonymous, device, previous, key, places, at, at if until is None else until)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "   ",
        "0",
        "12",
        "abc",
        "null",
        "NULL",
        "undefined",
        "anonymous",
        "Guest",
        "anon",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "xxxx",
        "{{user.id}}",
        "${userId}",
        "[object Object]",
        "%%USER%%",
        "x1" * 300,
    ],
)
def test_what_everybody_shares_is_nobodys_id(value: str | None) -> None:
    assert usable(value) is None


@pytest.mark.parametrize("value", [ANN, LAPTOP, "test-account-7", "184467", "a@b.example", " user-ann-1 "])
def test_what_may_be_one_persons_is_kept(value: str) -> None:
    assert usable(value) == value.strip()


@pytest.mark.parametrize(
    "value", ["ann@shop.example", "+49 170 1234567", "184467", "u-42", "d" * 8 + "1" * 24, "0af1" * 16]
)
def test_an_id_that_others_may_give_out_too_is_common(value: str) -> None:
    assert is_common(value)


@pytest.mark.parametrize("value", [ANN, LAPTOP, "auth0|5f7c8ec7", "user_42"])
def test_an_id_that_is_hardly_given_out_twice_is_not(value: str) -> None:
    assert not is_common(value)


def test_an_anonymous_id_belongs_to_its_only_user_before_and_after_the_login() -> None:
    before, login, after = seen(0, None, LAPTOP), seen(10, ANN, LAPTOP), seen(20, None, LAPTOP)
    elsewhere = seen(5, ANN, PHONE, key="app", places=("com.example.shop",))
    people = People([before, login, after, elsewhere])
    assert len({people.person(one, one.first_at) for one in (before, login, after, elsewhere)}) == 1


def test_two_people_on_one_browser_are_two() -> None:
    """Somebody logs out, somebody else logs in, and the site leaves the anonymousId as it was."""
    story = [
        seen(0, None, LAPTOP),
        seen(10, ANN, LAPTOP),
        seen(20, None, LAPTOP),
        seen(30, BOB, LAPTOP),
        seen(40, None, LAPTOP),
    ]
    people = People(story)
    nobody, ann, still_ann, bob, still_bob = (people.person(one, one.first_at) for one in story)
    assert nobody is None, "before the first of several logins it may have been either"
    assert ann == still_ann
    assert bob == still_bob
    assert ann != bob


def test_who_comes_back_is_known_again() -> None:
    story = [seen(10, ANN, LAPTOP), seen(30, BOB, LAPTOP), seen(50, ANN, LAPTOP), seen(60, None, LAPTOP)]
    people = People(story)
    assert people.person(story[3], 60) == people.person(story[0], 10)


def test_an_alias_makes_two_user_ids_one() -> None:
    old, new = seen(0, "old-user-1", LAPTOP), seen(50, ANN, PHONE)
    people = People([old, new, seen(20, ANN, LAPTOP, previous="old-user-1")])
    assert people.person(old, 0) == people.person(new, 50)


def test_an_alias_from_an_anonymous_id_is_a_login() -> None:
    visitor = seen(0, None, LAPTOP)
    people = People([visitor, seen(10, ANN, None, previous=LAPTOP), seen(20, ANN, PHONE)])
    assert people.person(visitor, 0) == people.person(seen(20, ANN, PHONE), 20)


def test_two_logins_by_alias_on_one_browser_do_not_make_two_people_one() -> None:
    visitor = seen(0, None, LAPTOP)
    people = People([visitor, seen(10, ANN, None, previous=LAPTOP), seen(20, BOB, None, previous=LAPTOP)])
    assert people.person(seen(10, ANN), 10) != people.person(seen(20, BOB), 20)
    assert people.person(visitor, 0) is None


def test_visitors_without_a_login_stay_apart() -> None:
    one, other = seen(0, None, LAPTOP), seen(0, None, PHONE)
    people = People([one, other])
    assert people.person(one, 0) != people.person(other, 0)


def test_a_device_tells_whose_message_it_is_only_where_nothing_else_does() -> None:
    known = seen(0, ANN, LAPTOP, device="device-id-1")
    bare, fresh = seen(5, None, None, device="device-id-1"), seen(5, None, PHONE, device="device-id-1")
    people = People([known, bare, fresh])
    assert people.person(bare, 5) == people.person(known, 0)
    assert people.person(fresh, 5) != people.person(known, 0), "after a logout somebody else may hold it"


@pytest.mark.parametrize("common", ["ann@shop.example", "184467", "u-42"])
def test_a_common_id_links_within_a_source_or_a_place_and_nowhere_else(common: str) -> None:
    web = seen(0, common, LAPTOP, key="web", places=("shop.example",))
    same_site = seen(0, common, None, key="other", places=("shop.example",))
    same_source = seen(0, common, None, key="web", places=())
    stranger = seen(0, common, None, key="theirs", places=("com.stranger.app",))
    people = People([web, same_site, same_source, stranger])
    whose = [people.person(one, 0) for one in (web, same_site, same_source, stranger)]
    assert whose[0] == whose[1] == whose[2] != whose[3]
    loosely = People([web, stranger], loosely=True)
    assert loosely.person(web, 0) == loosely.person(stranger, 0)


def test_an_id_under_which_a_crowd_browses_is_nobodys() -> None:
    crowd = [seen(number, "kiosk-user", f"visitor-{number:04}") for number in range(150)]
    people = People(crowd)
    assert people.person(crowd[0], 0) is None
    assert people.person(crowd[149], 149) is None


def test_an_anonymous_id_that_a_crowd_shares_is_nobodys() -> None:
    crowd = [seen(number, f"user-no-{number:04}", "constant-id") for number in range(50)]
    people = People(crowd)
    assert people.person(seen(60, None, "constant-id"), 60) is None
    assert len({people.person(one, one.first_at) for one in crowd}) == 50


def test_the_order_in_which_ids_are_seen_decides_nothing() -> None:
    story = [
        seen(0, None, LAPTOP),
        seen(10, ANN, LAPTOP),
        seen(20, ANN, None, previous="old-user-1"),
        seen(30, "old-user-1", PHONE),
    ]
    whose = {tuple(People(order).person(one, one.first_at) for one in story) for order in permutations(story)}
    assert len(whose) == 1


IDS = st.sampled_from([None, ANN, BOB, LAPTOP, PHONE, "184467", "a@b.example"])


@given(st.lists(st.builds(seen, st.floats(0, 100), IDS, IDS, device=IDS, previous=IDS), max_size=30))
def test_no_sightings_make_it_fail_or_run_for_ever(story: list[Sighting]) -> None:
    for loosely in (False, True):
        people = People(story, loosely=loosely)
        for one in story:
            people.person(one, one.first_at)


def test_a_long_chain_of_aliases_is_followed_to_its_end() -> None:
    chain = [seen(number, f"user-no-{number + 1}", None, previous=f"user-no-{number}") for number in range(20_000)]
    people = People(chain)
    assert people.person(chain[0], 0) == people.person(chain[-1], 20_000)
