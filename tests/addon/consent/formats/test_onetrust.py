"""``OptanonConsent`` beside ``OptanonAlertBoxClosed``."""

from __future__ import annotations

from datetime import datetime

import pytest

from addon.consent.formats.onetrust import cookie
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat

GRANT = "isGpcEnabled=0&consentId=5a1b&landingPath=NotLandingPage&groups=C0001:1,C0002:1,C0004:1&intType=1"
REFUSAL = "isGpcEnabled=0&consentId=5a1b&landingPath=NotLandingPage&groups=C0002:0,C0004:0&intType=2"
EXEMPT = {"encoding", "arbitrary text"}  # it is encoded piece by piece, and ":1" is a grant

CONSENT_ID = "5a1b9f2e-77aa-4c7e-9f0e-2b7d1c3e4f50"
CLOSED = "2026-05-01T12:00:00.123Z"
CLOSED_AT = datetime.fromisoformat(CLOSED).timestamp()
ALL = "C0001:1,C0002:1,C0003:1,C0004:1"
NECESSARY = "C0001:1,C0002:0,C0003:0,C0004:0"
ANSWERED = (
    "isGpcEnabled=0&datestamp=Fri+May+01+2026+14%3A00%3A00+GMT%2B0200&version=202405.1.0&browserGpcFlag=0"
    "&isIABGlobal=false&hosts=&consentId={id}&interactionCount=1&isAnonUser=1&landingPath=NotLandingPage"
    "&groups={groups}&intType={interaction}&crTime=1777636800456&geolocation=PT%3B03&AwaitingReconsent=false"
)
UNANSWERED = (
    "isGpcEnabled=0&datestamp=Fri+May+01+2026+14%3A00%3A00+GMT%2B0200&version=202405.1.0&isIABGlobal=false"
    "&hosts=&consentId={id}&interactionCount=1&isAnonUser=1"
    "&landingPath=https%3A%2F%2Fwww.shop.example%2F%3Fuser%3Djane&groups={groups}"
)


def answered(groups: str, interaction: str = "1") -> str:
    return ANSWERED.format(id=CONSENT_ID, groups=groups, interaction=interaction)


def unanswered(groups: str) -> str:
    return UNANSWERED.format(id=CONSENT_ID, groups=groups)


def read(value: str, closed: str | None = None) -> Answer:
    companions = {} if closed is None else {"OptanonAlertBoxClosed": closed}
    return cookie("OptanonConsent", {"OptanonConsent": value, "other": "1", **companions})


@pytest.mark.parametrize("separators", [(":", ","), ("%3A", "%2C")], ids=["raw", "encoded"])
def test_groups_are_read_encoded_or_raw(separators: tuple[str, str]) -> None:
    groups = "C0001:1,C0002:0".replace(":", separators[0]).replace(",", separators[1])
    assert read(answered(groups), CLOSED).keys == {"C0001": True, "C0002": False}


@pytest.mark.parametrize("closed", [CLOSED, CLOSED.replace(":", "%3A")], ids=["raw", "encoded"])
def test_a_closed_box_is_an_answer_and_dates_it(closed: str) -> None:
    answer = read(answered(NECESSARY, "2"), closed)
    assert answer.answered is True
    assert answer.effective_at == CLOSED_AT


def test_a_refusal_and_an_acceptance_are_told_apart_by_their_groups() -> None:
    assert set(read(answered(ALL), CLOSED).keys.values()) == {True}
    assert read(answered(NECESSARY, "2"), CLOSED).keys == {
        "C0001": True,
        "C0002": False,
        "C0003": False,
        "C0004": False,
    }


def test_a_banner_that_was_granted_by_default_is_unanswered_all_the_same() -> None:
    answer = read(unanswered(ALL))
    assert answer.answered is False
    assert set(answer.keys.values()) == {True}
    assert answer.effective_at is None


def test_a_closed_box_outweighs_a_landing_path() -> None:
    assert read(unanswered(ALL), CLOSED).answered is True


def test_a_landing_path_outweighs_an_interaction() -> None:
    assert read(unanswered(ALL) + "&intType=1").answered is False


@pytest.mark.parametrize("interaction", ["1", "2", "4", "5", "6"])
def test_an_interaction_is_an_answer_and_its_receipt_dates_it(interaction: str) -> None:
    answer = read(answered(ALL, interaction))
    assert answer.answered is True
    assert answer.effective_at == 1_777_636_800.456


@pytest.mark.parametrize("interaction", ["", "3", "11", "0", "01", "1 ", "true"])
def test_an_interaction_of_unknown_meaning_leaves_open_whether_there_was_an_answer(interaction: str) -> None:
    answer = read(answered(ALL, interaction.replace(" ", "+")))
    assert answer.answered is None
    assert answer.effective_at is None


def test_a_region_without_a_banner_leaves_open_whether_there_was_an_answer() -> None:
    answer = read("landingPath=NotLandingPage&groups=1:1,3:1,2:1,4:1&AwaitingReconsent=false")
    assert answer.answered is None
    assert answer.keys == {"1": True, "3": True, "2": True, "4": True}


@pytest.mark.parametrize("marker", ["isAnonUser=1", "interactionCount=7", "AwaitingReconsent=false"])
def test_what_does_not_discriminate_is_not_believed(marker: str) -> None:
    assert read(f"{marker}&groups={ALL}").answered is None


@pytest.mark.parametrize(
    "closed", ["true", "2026-05-01T12:00:00", "1970-01-01T00:00:00.000Z", "2226-05-01T12:00:00Z", "9" * 400]
)
def test_a_box_closed_at_no_plausible_time_is_an_undated_answer(closed: str) -> None:
    answer = read(answered(ALL), closed)
    assert answer.answered is True
    assert answer.effective_at is None


def test_an_empty_companion_is_none() -> None:
    assert read(unanswered(ALL), "").answered is False


def test_keys_of_the_site_and_of_vendors_are_kept_as_they_are() -> None:
    answer = read(answered("TAB01:1,BG71:0,V2STACK42:1,C0002:1"), CLOSED)
    assert answer.keys == {"TAB01": True, "BG71": False, "V2STACK42": True, "C0002": True}


def test_what_is_not_listed_was_never_asked_about() -> None:
    assert read(answered(NECESSARY), CLOSED).complete is False


@pytest.mark.parametrize("state", ["", "2", "true", "-1", "01", "1 1", "١"])
def test_a_state_that_is_no_bit_is_neither_grant_nor_refusal(state: str) -> None:
    assert read(f"groups=C0002:{state}").keys == {"C0002": None}


@pytest.mark.parametrize("groups", ["C0001", "C0001:1,C0002", ":1", "C0001;1"])
def test_groups_that_are_no_pairs_are_broken(groups: str) -> None:
    with pytest.raises(MalformedSignal):
        read(answered(groups))


def test_empty_groups_say_nothing() -> None:
    assert read("landingPath=NotLandingPage&groups=").keys == {}
    assert read("groups=,,C0001:1,").keys == {"C0001": True}


def test_a_cookie_from_before_the_groups_were_known_says_nothing() -> None:
    answer = read(f"landingPath=NotLandingPage&consentId={CONSENT_ID}")
    assert answer.answered is None
    assert answer.keys == {}
    assert answer.complete is False


@pytest.mark.parametrize("value", ["", "1", "true", '{"groups":"C0001:1"}', "groups%3DC0001%3A1", "a=b"])
def test_another_grammar_under_the_same_name_is_refused(value: str) -> None:
    with pytest.raises(NotThisFormat):
        read(value)


def test_a_cookie_of_hundreds_of_fields_is_broken_and_nothing_worse() -> None:
    with pytest.raises(MalformedSignal, match="more than 200 fields"):
        read("&".join(f"a{number}=1" for number in range(300)) + "&groups=C0002:1")


def test_a_huge_list_is_read_within_bounds() -> None:
    answer = read("groups=" + ",".join(f"C{number}:1" for number in range(100_000)), CLOSED)
    assert len(answer.keys) == 300
    assert len(answer.evidence) < 2000


def test_unicode_is_read() -> None:
    assert read("groups=%C3%9Cber%3A1,統計:0").keys == {"Über": True, "統計": False}


@pytest.mark.parametrize(
    "value",
    [
        answered(ALL),
        unanswered(ALL),
        f"consentId={CONSENT_ID}&landingPath={CONSENT_ID}&groups={ALL}",
        f"consentId={CONSENT_ID}&landingPath=www.shop.example/{CONSENT_ID}&groups={ALL}",
        f"consentId={CONSENT_ID}&landingPath=x",
    ],
)
def test_the_evidence_does_not_say_who_it_was(value: str) -> None:
    for closed in (None, CLOSED, CONSENT_ID):
        evidence = read(value, closed).evidence
        assert CONSENT_ID not in evidence
        assert "jane" not in evidence


def test_the_evidence_says_by_what_an_answer_was_told() -> None:
    evidence = read(answered(NECESSARY, "2"), CLOSED).evidence
    assert f"groups={NECESSARY}" in evidence
    assert "intType=2" in evidence
    assert f"OptanonAlertBoxClosed={CLOSED}" in evidence
    assert "landingPath=an address" in read(unanswered(ALL)).evidence
