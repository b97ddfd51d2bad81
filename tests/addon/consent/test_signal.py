"""A consent manager's own words, and what they mean in ours."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from addon.consent.signal import Answer, Rank, Resolver, Signal, all_of, unanimous
from vendor_catalog import Catalogue, Category, ConsentManager, shipped_catalogue

from .managers import (
    ANALYTICS,
    FUNCTIONAL,
    LISTS,
    LITERAL,
    MARKETING,
    NECESSARY,
    PREFERENCES,
    SERVICES,
    TCF,
    manager,
    resolver,
    vendor,
)

OURS = (FUNCTIONAL, ANALYTICS, MARKETING)


def signal_of(answer: Answer, owner: ConsentManager = SERVICES, **overrides: Category) -> Signal:
    return resolver(**overrides).signal(answer, owner, carrier="cookie services", host="www.shop.example")


def keys(*, complete: bool = False, **values: bool | None) -> Answer:
    return Answer(True, "{}", values, complete=complete)


# --- what a key means


def test_the_policy_says_first_what_a_key_means() -> None:
    signal = signal_of(keys(stats=True), stats=MARKETING)
    assert signal.values == {NECESSARY: True, FUNCTIONAL: None, ANALYTICS: None, MARKETING: True}


def test_the_managers_own_map_comes_second() -> None:
    assert resolver().category_of("x", SERVICES) is FUNCTIONAL
    assert resolver().category_of("x", LISTS) is MARKETING
    assert resolver(x=ANALYTICS).category_of("x", LISTS) is ANALYTICS


def test_what_all_managers_agree_on_comes_last() -> None:
    stranger = manager("stranger")
    assert resolver().category_of("stats", stranger) is ANALYTICS
    assert resolver().category_of("ads", stranger) is MARKETING
    assert resolver().category_of("stats") is ANALYTICS


def test_what_managers_disagree_about_means_nothing_by_itself() -> None:
    assert resolver().category_of("x") is None
    assert resolver().category_of("x", manager("stranger")) is None


def test_keys_are_looked_up_without_case() -> None:
    assert resolver().category_of("STATS", SERVICES) is ANALYTICS
    assert resolver(c0002=FUNCTIONAL).category_of("C0002") is FUNCTIONAL


def test_a_key_that_names_a_vendor_speaks_for_it_and_for_its_category() -> None:
    signal = signal_of(keys(**{"Heat-Map": True, "pixel": False}))
    assert signal.vendors == {"heatmap": True, "pixel": False}
    assert signal.values[ANALYTICS] is True
    assert signal.values[MARKETING] is False
    assert signal.unmapped == ()


def test_a_key_that_nothing_maps_is_named() -> None:
    signal = signal_of(keys(stats=True, TAB01=True, session=False))
    assert signal.unmapped == ("TAB01", "session")


# --- values


def test_a_category_that_is_half_granted_cannot_be_told() -> None:
    signal = signal_of(keys(stats=True, heatmap=False))
    assert signal.values[ANALYTICS] is None


def test_a_vendor_that_is_half_granted_cannot_be_told() -> None:
    # two destinations of one vendor, in either order: neither speaks for the other
    for names in (("Pixel", "Pixel Conversions API"), ("Pixel Conversions API", "Pixel")):
        answer = Answer(True, "{}", destinations=dict(zip(names, (False, True), strict=True)))
        assert signal_of(answer, PREFERENCES).vendors == {"pixel": None}
    assert signal_of(keys(Heatmap=True, heat_map=False)).vendors == {"heatmap": None}


def test_a_listed_company_is_heard_for_every_product_of_it() -> None:
    products = {
        name: vendor(name, category).model_copy(update={"tcf_vendor_id": 755})
        for name, category in (("ads", MARKETING), ("tags", MARKETING), ("counts", ANALYTICS), ("captcha", NECESSARY))
    }
    resolver = Resolver(Catalogue(products, {}), {})
    values = {MARKETING: True, ANALYTICS: None, FUNCTIONAL: True}
    for consented, disclosed, said in (
        ({755}, {755}, {"ads": True, "tags": True, "counts": None}),
        ({91}, {755}, {"ads": False, "tags": False, "counts": False}),
        ({91}, {91}, {"ads": None, "tags": None, "counts": None}),
    ):
        answer = Answer(True, "C", values=values, iab_vendors=frozenset(consented), iab_disclosed=frozenset(disclosed))
        assert resolver.signal(answer, TCF, carrier="cookie euconsent-v2", host="www.shop.example").vendors == said


def test_destinations_that_agree_speak_for_their_vendor() -> None:
    answer = Answer(True, "{}", destinations={"Pixel": True, "Pixel Conversions API": True, "Chat": False, "New": True})
    assert signal_of(answer, PREFERENCES).vendors == {"pixel": True, "chat": False}


def test_what_is_necessary_needs_no_answer() -> None:
    for answer in (Answer(None, ""), Answer(False, ""), keys(necessary=False)):
        assert signal_of(answer, LITERAL).values[NECESSARY] is True


def test_where_only_grants_are_listed_the_rest_is_refused_but_what_is_functional_may_not_have_been_asked_about() -> (
    None
):
    signal = signal_of(keys(complete=True, stats=True), LISTS)
    assert signal.values == {NECESSARY: True, FUNCTIONAL: None, ANALYTICS: True, MARKETING: False}


def test_where_refusals_are_listed_too_the_rest_was_never_asked_about() -> None:
    signal = signal_of(keys(stats=True))
    assert signal.values == {NECESSARY: True, FUNCTIONAL: None, ANALYTICS: True, MARKETING: None}


def test_an_unmapped_grant_may_stand_for_whatever_is_not_listed() -> None:
    signal = signal_of(keys(complete=True, stats=True, werbung=True), LISTS)
    assert signal.values == {NECESSARY: True, FUNCTIONAL: None, ANALYTICS: True, MARKETING: None}
    refused = signal_of(keys(complete=True, stats=True, werbung=False), LISTS)
    assert refused.values == {NECESSARY: True, FUNCTIONAL: None, ANALYTICS: True, MARKETING: False}


def test_a_category_that_the_consent_manager_never_asked_about_is_not_refused() -> None:
    # a site with its own categories: nobody was asked about analytics
    signal = signal_of(keys(advertising=False), PREFERENCES)
    assert signal.values[MARKETING] is False
    assert signal.values[ANALYTICS] is None


def test_values_in_our_own_categories_are_taken_as_they_are() -> None:
    answer = Answer(True, "C", values={FUNCTIONAL: True, ANALYTICS: None, MARKETING: False})
    assert signal_of(answer, TCF).values == {NECESSARY: True, FUNCTIONAL: True, ANALYTICS: None, MARKETING: False}


def test_the_answer_does_not_depend_on_the_values_nor_they_on_it() -> None:
    for answered, value in product((True, False, None), (True, False, None)):
        signal = signal_of(Answer(answered, "", {"stats": value}, complete=False))
        assert (signal.answered, signal.values[ANALYTICS]) == (answered, value)


def test_long_evidence_is_cut() -> None:
    signal = signal_of(Answer(True, "x" * 10_000))
    assert signal.raw is not None
    assert len(signal.raw) == 4000


# --- what a signal says about one need

SIGNAL = Signal(
    origin="box",
    carrier="cookie OptanonConsent",
    rank=Rank.MANAGER,
    host="www.shop.example",
    raw="groups",
    answered=True,
    values={NECESSARY: True, FUNCTIONAL: True, ANALYTICS: True, MARKETING: False},
    keys={"C0002": False, "C0004": True, "C0009": None},
    vendors={"pixel": True, "heatmap": None},
)


def test_workspace_keys_are_the_most_precise() -> None:
    assert SIGNAL.value((ANALYTICS,), "pixel", ("C0002",)) is False
    assert SIGNAL.value((MARKETING,), None, ("C0004",)) is True
    assert SIGNAL.value((MARKETING,), None, ("C0002", "C0004")) is False
    assert SIGNAL.value((MARKETING,), None, ("C0004", "C0009")) is None


def test_workspace_keys_of_which_one_is_unknown_are_left_out() -> None:
    assert SIGNAL.value((MARKETING,), "pixel", ("C0004", "elsewhere")) is True
    assert SIGNAL.value((MARKETING,), None, ("C0004", "elsewhere")) is False


def test_workspace_keys_are_case_sensitive() -> None:
    assert SIGNAL.value((FUNCTIONAL,), None, ("c0002",)) is True


def test_a_vendor_comes_before_its_category() -> None:
    assert SIGNAL.value((MARKETING,), "pixel", ()) is True
    assert SIGNAL.value((ANALYTICS,), "heatmap", ()) is None
    assert SIGNAL.value((ANALYTICS,), "nobody", ()) is True


def test_every_category_is_needed() -> None:
    assert SIGNAL.value((ANALYTICS,), None, ()) is True
    assert SIGNAL.value((MARKETING, ANALYTICS), None, ()) is False
    assert replace(SIGNAL, values={ANALYTICS: True}).value((MARKETING, ANALYTICS), None, ()) is None


def test_no_category_cannot_be_told() -> None:
    assert SIGNAL.value((), None, ()) is None
    assert SIGNAL.value((), None, ("elsewhere",)) is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], None),
        ([True, True], True),
        ([True, None], None),
        ([None, False], False),
        ([True, False], False),
        ([None], None),
    ],
)
def test_all_of_is_no_as_soon_as_one_is_no(values: list[bool | None], expected: bool | None) -> None:
    assert all_of(values) is expected
    assert all_of(reversed(values)) is expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], None),
        ([True, True], True),
        ([False, False], False),
        ([True, False], None),
        ([True, None], None),
        ([None], None),
    ],
)
def test_unanimous_is_what_all_say(values: list[bool | None], expected: bool | None) -> None:
    assert unanimous(values) is expected


# --- whether one row can stand for two observations


def test_the_same_cookie_on_another_host_says_the_same() -> None:
    assert SIGNAL.same_content(replace(SIGNAL, host="blog.shop.example", carrier="set-cookie OptanonConsent", id="c7"))


@pytest.mark.parametrize(
    "other",
    [
        replace(SIGNAL, origin="literal"),
        replace(SIGNAL, raw="other"),
        replace(SIGNAL, answered=None),
        replace(SIGNAL, effective_at=1.0),
        replace(SIGNAL, not_before=1.0),
        replace(SIGNAL, absent=True),
        replace(SIGNAL, values={NECESSARY: True}),
        replace(SIGNAL, keys={"C0002": True}),
        replace(SIGNAL, vendors={}),
    ],
)
def test_whatever_decides_makes_another_signal(other: Signal) -> None:
    assert not SIGNAL.same_content(other)
    assert not other.same_content(SIGNAL)


def test_a_change_beyond_the_end_of_the_evidence_is_still_a_change() -> None:
    # evidence is cut, and the withdrawal may stand behind the cut
    many = {f"service {number:040}": True for number in range(200)}
    text = str(many)
    before = signal_of(Answer(True, text, {**many, "stats": True}, complete=False))
    after = signal_of(Answer(True, text + "!", {**many, "stats": False}, complete=False))
    assert before.raw == after.raw
    assert not before.same_content(after)


def test_a_missing_cookie_is_missing_on_its_host_only() -> None:
    missing = replace(SIGNAL, absent=True, raw=None)
    assert missing.same_content(replace(missing))
    assert not missing.same_content(replace(missing, host="blog.shop.example"))


@pytest.mark.parametrize("key", ["facebook", "didomi:facebook", "c:facebook"])
def test_the_id_that_a_consent_manager_gives_a_vendor_reaches_it(key: str) -> None:
    catalogue = shipped_catalogue()
    answer = Answer(True, "", {key: False, "other:thing": True}, complete=False)
    signal = Resolver(catalogue, {}).signal(
        answer, catalogue.consent_managers["didomi"], carrier="cookie x", host="www.shop.example"
    )
    assert signal.vendors == {"meta-pixel": False}
    assert signal.unmapped == ("other:thing",)
