"""The cookie ``CookieConsent`` and the log call at the moment of choice."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

import pytest

from addon.consent.formats.cookiebot import call, cookie
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat

from ..wire import exchange

GRANT = "{stamp:'q8Yw0tI==',necessary:true,preferences:true,statistics:true,marketing:true,method:'explicit',utc:1777636800123}"
REFUSAL = "{stamp:'q8Yw0tI==',necessary:false,preferences:false,statistics:false,marketing:false,method:'explicit',utc:1777636800123}"

STAMP = "q8Yw0tI+5uFJ0HZ2YcV7zrkXrS2yqQ=="
NAMES = ("necessary", "preferences", "statistics", "marketing")


@dataclass(frozen=True)
class Literal:
    preferences: str = "false"
    statistics: str = "false"
    marketing: str = "false"
    tail: str = "method:'explicit',ver:1,utc:1777636800123,region:'de'"
    stamp: str = STAMP

    def __str__(self) -> str:
        return (
            f"{{stamp:'{self.stamp}',necessary:true,preferences:{self.preferences},statistics:{self.statistics}"
            f",marketing:{self.marketing}{',' if self.tail else ''}{self.tail}}}"
        )


ACCEPTED = Literal("true", "true", "true")


def read(value: object) -> Answer:
    return cookie("CookieConsent", {"CookieConsent": str(value)})


def record(query: str) -> Answer:
    return call(exchange(f"https://consent.cookiebot.com/logconsent.ashx?{query}"))


# --- the cookie


def test_an_acceptance_is_read() -> None:
    answer = read(ACCEPTED)
    assert answer.answered is True
    assert answer.keys == dict.fromkeys(NAMES, True)
    assert answer.effective_at == 1_777_636_800.123


def test_a_refusal_is_an_answer_too() -> None:
    answer = read(Literal())
    assert answer.answered is True
    assert answer.keys == dict.fromkeys(NAMES, False) | {"necessary": True}


def test_a_choice_in_between_is_read_per_category() -> None:
    assert read(Literal(statistics="true")).keys == {
        "necessary": True,
        "preferences": False,
        "statistics": True,
        "marketing": False,
    }


def test_the_cookie_is_read_encoded_whole_in_part_or_not_at_all() -> None:
    raw = str(ACCEPTED)
    in_part = raw.replace("'", "%27").replace(",", "%2C")
    assert read(raw) == read(quote(raw)) == read(in_part) == read(f" {raw} ")


@pytest.mark.parametrize(
    "literal",
    [
        Literal("true", "true", "true", stamp="-1", tail="method:'implied',ver:1,utc:1777636800123,region:'us'"),
        Literal("true", "true", "true", tail="method:'implied',ver:1,utc:1777636800123,region:'us'"),
        Literal("true", "true", "true", stamp="-1"),
        Literal("true", "true", "true", tail="method:'something new'"),
    ],
)
def test_where_nobody_is_asked_there_are_values_but_no_answer(literal: Literal) -> None:
    answer = read(literal)
    assert answer.answered is False
    assert set(answer.keys.values()) == {True}


@pytest.mark.parametrize(
    ("value", "answered", "unasked", "granted"),
    [("-1", False, True, set()), ("0", True, False, {"necessary"})],
)
def test_a_short_value_stands_for_a_whole_answer(value: str, answered: bool, unasked: bool, granted: set[str]) -> None:
    answer = cookie("CookieConsent", {"CookieConsent": value})
    assert (answer.answered, answer.unasked) == (answered, unasked)
    assert {key for key, flag in answer.keys.items() if flag} == granted


def test_an_older_cookie_without_a_method_is_an_undated_answer() -> None:
    answer = read(Literal(tail=""))
    assert answer.answered is True
    assert answer.effective_at is None


@pytest.mark.parametrize(
    "utc", ["0", "-1", "1777636800", "99999999999999999999", "'1777636800123'", "253402300800000", "true"]
)
def test_an_implausible_time_is_no_time(utc: str) -> None:
    assert read(Literal(tail=f"utc:{utc}")).effective_at is None


@pytest.mark.parametrize(
    "value",
    [
        "",
        "true",
        "1",
        "accepted",
        "{}",
        "{stamp}",
        "{necessary:true}",
        "stamp:'1',necessary:true",
        "[stamp:1]",
        '{"necessary":true,"marketing":true}',
        "%257Bstamp%253A%2527%2527%257D",
        "deny",
        "{stamp:'a'",
    ],
)
def test_a_hand_made_cookie_of_the_same_name_is_refused(value: str) -> None:
    with pytest.raises(NotThisFormat):
        read(value)


@pytest.mark.parametrize(
    "value",
    [
        "{stamp:'a'}",
        "{stamp:'a',necessary:true,preferences:true,statistics:true}",
        str(Literal(statistics="1")),
        str(Literal(statistics="'true'")),
        str(Literal(statistics="null")),
        str(Literal(statistics="TRUE")),
        str(Literal(tail="x")),
        str(Literal(tail="x:y")),
        str(Literal(tail="x:{a:1}")),
        str(ACCEPTED).replace("stamp:'", "stamp:"),
        str(ACCEPTED).replace(",marketing", ";marketing"),
    ],
)
def test_a_broken_cookie_is_refused(value: str) -> None:
    with pytest.raises(MalformedSignal):
        read(value)


def test_quotes_and_commas_within_a_string_do_not_end_it() -> None:
    answer = read(Literal(tail=r"method:'explicit',iab2:'C,statistics:true,\'}',region:'de'"))
    assert answer.keys["statistics"] is False


def test_what_is_said_twice_counts_as_said_last() -> None:
    # as it does in the literal that the script evaluates
    assert read(Literal(statistics="true", tail="statistics:false")).keys["statistics"] is False


def test_unicode_and_length_do_no_harm() -> None:
    assert read(Literal(tail="region:'日本'")).answered is True
    assert read(Literal(tail=",".join(f"key{number}:{number}" for number in range(5000)))).answered is True
    assert len(read(Literal(tail="region:'de',gacm:'" + "1." * 50_000 + "'")).evidence) < 200


def test_the_evidence_does_not_say_who_it_was() -> None:
    evidence = read(Literal(tail="method:'explicit',ver:1,utc:1777636800123,iab2:'CQgcD4AQgcD4A',region:'de'")).evidence
    assert STAMP not in evidence
    assert "stamp" not in evidence
    assert "marketing:false" in evidence
    assert "method:'explicit'" in evidence


def test_nor_does_the_reason_why_it_is_broken() -> None:
    broken = str(ACCEPTED).replace("stamp:'", "stamp:")
    with pytest.raises(MalformedSignal) as refused:
        read(broken)
    assert STAMP[:8] not in str(refused.value)


def test_a_category_that_the_policy_takes_out_was_never_asked_about() -> None:
    assert read(ACCEPTED).complete is False
    assert record("action=decline").complete is False


# --- the call

FLAGS = "method=strict&clp={}&cls={}&clm={}&cbid=5a1b&cbt=leveloptin&usercountry=DE"


@pytest.mark.parametrize(("yes", "no"), [("1", "0"), ("true", "false"), ("True", "False")])
def test_the_call_says_what_was_accepted(yes: str, no: str) -> None:
    answer = record("action=accept&" + FLAGS.format(yes, no, yes))
    assert answer.answered is True
    assert answer.keys == {"necessary": True, "preferences": True, "statistics": False, "marketing": True}


def test_the_call_dates_the_choice_by_its_own_moment() -> None:
    assert record("action=accept").effective_at == 1_780_000_000.0


def test_a_refusal_refuses_everything_whatever_the_flags_say() -> None:
    answer = record("action=decline&" + FLAGS.format("true", "true", "true"))
    assert answer.keys == dict.fromkeys(NAMES, False) | {"necessary": True}


@pytest.mark.parametrize("flag", ["", "2", "yes", "null", "undefined", "%00"])
def test_an_acceptance_of_unknown_extent_grants_nothing(flag: str) -> None:
    keys = record("action=accept&" + FLAGS.format(flag, flag, flag)).keys
    assert keys == {"necessary": True, "preferences": None, "statistics": None, "marketing": None}
    assert record("action=accept").keys == keys


@pytest.mark.parametrize("query", ["", "action=", "action=show", "action=ACCEPT", "clp=1&cls=1&clm=1", "%00", "&&&"])
def test_a_call_without_a_choice_is_refused(query: str) -> None:
    with pytest.raises(MalformedSignal):
        record(query)


def test_a_call_of_hundreds_of_parameters_is_broken_and_nothing_worse() -> None:
    with pytest.raises(MalformedSignal, match="more than 100 parameters"):
        record("action=accept&" + "&".join(f"a{number}=1" for number in range(200)))


def test_the_evidence_of_a_call_does_not_say_who_it_was() -> None:
    query = f"action=accept&{FLAGS.format(1, 0, 0)}&stamp={STAMP}&referer=https%3A%2F%2Fshop.example%2F%3Fu%3Djane"
    evidence = record(query).evidence
    assert evidence == "action=accept&method=strict&clp=1&cls=0&clm=0"
