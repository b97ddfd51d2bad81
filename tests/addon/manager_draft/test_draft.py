"""What follows the answers becomes an entry that reads them; what does not is refused with the reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from addon.consent.declared import declared_format
from addon.consent.signal import Resolver
from addon.manager_draft import AnswerKind, Draft, NoDraft, Place, drafted
from addon.manager_draft.observed import Stored
from vendor_catalog import Category, shipped_catalogue

from .banners import BANNERS, BEGIN, UNLEARNABLE, VISITOR, Banner, answers_to

SITE = "shop.example"
each_banner = pytest.mark.parametrize("banner", BANNERS.values(), ids=BANNERS)


def learned(banner: Banner, **more: Any) -> Draft:
    in_parts = more.pop("in_parts", True)
    return drafted(SITE, answers_to(banner, **more), shipped_catalogue(), in_parts=in_parts)


def read(draft: Draft, value: str) -> dict[str, bool | None]:
    """What an entry makes of a stored value, by category."""
    (cookie,) = draft.manager.cookies
    assert cookie.declared is not None and cookie.name is not None
    answer = declared_format(cookie.declared, frozenset(draft.manager.categories))(cookie.name, {cookie.name: value})
    assert answer.answered is True
    signal = Resolver(shipped_catalogue(), {}).signal(answer, draft.manager, carrier="", host="")
    return {str(category): value for category, value in signal.values.items() if category is not Category.NECESSARY}


@each_banner
def test_every_answer_is_read_by_what_was_learned(banner: Banner) -> None:
    draft = learned(banner)
    for statistics, advertising in ((True, True), (False, False), (True, False)):
        said = read(draft, banner.value(statistics, advertising, BEGIN + 9999))
        assert (said["analytics"], said["marketing"]) == (statistics, advertising)


@each_banner
def test_without_an_answer_in_part_all_or_nothing_is_known_and_a_mixture_is_not(banner: Banner) -> None:
    draft = learned(banner, partly=False, in_parts=False)
    for chosen in (True, False):
        said = read(draft, banner.value(chosen, chosen, BEGIN + 9999))
        assert said == {"functional": chosen, "analytics": chosen, "marketing": chosen}
    (cookie,) = draft.manager.cookies
    assert cookie.declared is not None
    if cookie.declared.shape != "word":
        assert set(read(draft, banner.value(True, False, BEGIN + 9999)).values()) == {None}
        assert any("Not told apart by the answers" in line for line in draft.evidence)
    assert not set(draft.manager.categories) & {"stats", "ads", "p1", "p2", "measure", "target", "s", "a"}


@each_banner
def test_what_it_rests_on_is_shown_and_names_nobody(banner: Banner) -> None:
    draft = learned(banner)
    said = " ".join(draft.evidence)
    assert banner.name in said
    for kind in AnswerKind:
        assert f"{kind}" in said
    assert "POST log.example/accepted" in said
    assert VISITOR not in said and VISITOR not in str(draft.document)


def test_the_place_of_the_record_is_that_of_the_entry() -> None:
    assert {name: learned(banner).manager.storage for name, banner in BANNERS.items() if "storage" in name} == {
        "flowconsent storage": "local-storage",
        "consentstack storage": "local-storage",
    }
    assert learned(BANNERS["house-made"]).manager.storage == "cookie"


def test_absence_means_something_only_where_the_record_would_have_been_seen() -> None:
    assert learned(BANNERS["house-made"]).manager.absence == "unanswered"
    assert learned(BANNERS["house-made"], sent=False).manager.absence == "unknown"
    assert learned(BANNERS["consentstack json"]).manager.absence == "unknown", "it is there before any answer"


def test_a_record_that_is_there_before_any_answer_is_read_as_unanswered_until_somebody_answers() -> None:
    banner = BANNERS["consentstack json"]
    (cookie,) = learned(banner).manager.cookies
    assert cookie.declared is not None and cookie.name is not None and banner.pending is not None
    reader = declared_format(cookie.declared, frozenset({"measure", "target"}))
    assert reader(cookie.name, {cookie.name: banner.pending}).answered is False


@pytest.mark.parametrize("name", ["flowconsent json", "consentstack json"])
def test_the_moment_of_the_answer_is_found(name: str) -> None:
    banner = BANNERS[name]
    (cookie,) = learned(banner).manager.cookies
    assert cookie.declared is not None and cookie.name is not None
    answer = declared_format(cookie.declared, frozenset())(
        cookie.name, {cookie.name: banner.value(True, True, BEGIN + 777)}
    )
    assert answer.effective_at == BEGIN + 777


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nothing", "nothing that the pages stored changed with the answers"),
        ("seen alone", "says the same after accepting and after rejecting"),
        ("an id", "its value is long and random"),
        ("a random word", "counts once it came twice"),
        ("in several cookies", "stands in several records at once"),
    ],
)
def test_what_does_not_follow_the_answers_is_refused_with_the_reason(name: str, reason: str) -> None:
    with pytest.raises(NoDraft, match=reason):
        learned(UNLEARNABLE[name])


def test_a_word_that_is_no_plain_one_counts_once_it_came_twice() -> None:
    answers = answers_to(UNLEARNABLE["a random word"], partly=False)
    again = [*answers, *(replace(answer, since=answer.since + 500, until=answer.until + 500) for answer in answers)]
    assert read(drafted(SITE, again, shipped_catalogue(), in_parts=False), "x9f2")["marketing"] is True


@pytest.mark.parametrize("kept", [AnswerKind.ACCEPTED, AnswerKind.REJECTED, AnswerKind.PARTLY])
def test_the_banner_has_to_be_answered_both_ways(kept: AnswerKind) -> None:
    answers = [answer for answer in answers_to(BANNERS["house-made"]) if answer.kind is kept]
    with pytest.raises(NoDraft, match="has to be answered both ways, and was never"):
        drafted(SITE, answers, shipped_catalogue())


def test_a_record_that_is_gone_after_a_refusal_cannot_be_told_from_no_answer() -> None:
    answers = answers_to(BANNERS["house-made"], partly=False)
    gone = replace(answers[1], after=answers[1].before)
    with pytest.raises(NoDraft, match="nothing stands there after an answer"):
        drafted(SITE, [answers[0], gone], shipped_catalogue())


def test_a_record_that_says_before_any_answer_what_a_refusal_says_is_refused() -> None:
    banner = replace(BANNERS["house-made"], pending="no")
    with pytest.raises(NoDraft, match="the same before anybody has answered"):
        learned(banner)


def test_what_an_earlier_answer_left_in_the_same_window_is_no_record_before_an_answer() -> None:
    accepted, rejected = answers_to(BANNERS["house-made"], partly=False)
    same_window = replace(rejected, before=accepted.after)
    draft = drafted(SITE, [accepted, same_window], shipped_catalogue(), in_parts=False)
    assert draft.manager.absence == "unanswered"


def test_a_consent_managers_own_record_and_a_vendors_cookie_are_not_learned_anew() -> None:
    for name, reason in (("klaro", "which the catalogue reads already"), ("_fbp", "nothing that the pages stored")):
        with pytest.raises(NoDraft, match=reason):
            learned(replace(BANNERS["house-made"], name=name))


def test_a_manager_of_which_the_catalogue_knows_no_record_gets_one() -> None:
    draft = drafted(SITE, answers_to(BANNERS["flowconsent json"]), shipped_catalogue(), ["klaro", "flowconsent"])
    assert (draft.adds_to, draft.document["id"], draft.manager.id) == ("FlowConsent", "flowconsent", "flowconsent")
    assert "name" not in draft.document
    assert draft.manager.endpoints, "what it had it keeps"
    other = drafted(SITE, answers_to(BANNERS["flowconsent json"]), shipped_catalogue(), ["klaro"])
    assert (other.adds_to, other.manager.id) == (None, "shop-example-banner")


@pytest.mark.parametrize("name", ["house-made", "consentstack cookie", "consentstack storage"])
def test_one_word_for_the_whole_answer_says_nothing_of_an_answer_in_part_that_nobody_gave(name: str) -> None:
    with pytest.raises(NoDraft, match="has one word for the whole answer"):
        learned(BANNERS[name], partly=False)


def test_several_records_are_told_apart_by_an_answer_in_part_or_not_at_all() -> None:
    apart = UNLEARNABLE["in several cookies"]
    mirrored = replace(BANNERS["house-made"], beside={Stored(Place.COOKIE, "mirror"): BANNERS["house-made"].value})
    for banner in (apart, mirrored):
        with pytest.raises(NoDraft, match="each may stand for a category of its own"):
            learned(banner, partly=False)
    whole = drafted(SITE, answers_to(mirrored, partly=False), shipped_catalogue(), in_parts=False)
    assert read(whole, "no") == {"functional": False, "analytics": False, "marketing": False}


def test_what_the_wire_shows_is_preferred_to_what_it_does_not() -> None:
    mirrored = replace(BANNERS["house-made"], beside={Stored(Place.STORAGE, "mirror"): BANNERS["house-made"].value})
    draft = learned(mirrored)
    assert draft.manager.cookies[0].name == "shop_ok"
    assert any("the storage key mirror" in line for line in draft.evidence)
