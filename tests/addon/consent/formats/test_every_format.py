"""What holds for every grammar, whatever somebody wrote under its name."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from addon.consent.formats import call_format, cookie_format
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from vendor_catalog import shipped_catalogue

from ..test_tcf import ACCEPTED as TC_ACCEPTED
from ..test_tcf import REFUSED as TC_REFUSED
from ..wire import exchange

steady = settings(deadline=None, derandomize=True)

_VANILLA = '{{"categories":[{}],"consentTimestamp":"{}","consentId":"{}","lastConsentTimestamp":"{}"}}'
_TIME = "2026-05-01T12:00:00.123Z"
_ID = "0b3d5a5e-0c6f-4a52-8c09-5a4a3b1c2d3e"
_COOKIEBOT = "{{stamp:'q8Yw0tI==',necessary:true,preferences:{0},statistics:{0},marketing:{0},method:'explicit',utc:1777636800123}}"

GRANTS = {
    "onetrust": "isGpcEnabled=0&consentId=5a1b&landingPath=NotLandingPage&groups=C0001:1,C0002:1,C0004:1&intType=1",
    "cookiebot": _COOKIEBOT.format("true"),
    "vanilla_cookieconsent": _VANILLA.format('"necessary","analytics","marketing"', _TIME, _ID, _TIME),
    "klaro": '{"ga":true,"pixel":true}',
    "segment_consent_manager": '{"version":1,"destinations":{"Hotjar":true},"custom":{"advertising":true}}',
    "tcf": TC_ACCEPTED,
}
REFUSALS = {
    "onetrust": "isGpcEnabled=0&consentId=5a1b&landingPath=NotLandingPage&groups=C0002:0,C0004:0&intType=2",
    "cookiebot": _COOKIEBOT.format("false").replace("necessary:true", "necessary:false"),
    "vanilla_cookieconsent": _VANILLA.format("", _TIME, _ID, _TIME),
    "klaro": '{"ga":false,"pixel":false}',
    "segment_consent_manager": '{"version":1,"destinations":{"Hotjar":false},"custom":{"advertising":false}}',
    "tcf": TC_REFUSED,
}
FORMATS = sorted(GRANTS)
TEXT = st.text(max_size=200) | st.text(alphabet="{}[]\"':,=&%.-_0123456789truefalsnCAgroups ", max_size=120)


def read(name: str, value: str, **companions: str) -> Answer | None:
    """The answer, or ``None`` if it is refused in one of the two ways in which it may be."""
    try:
        return cookie_format(name)("consent", {"consent": value} | companions)
    except (NotThisFormat, MalformedSignal):
        return None


def grants(answer: Answer) -> set[str]:
    said: list[tuple[str, bool | None]] = [*answer.keys.items(), *answer.destinations.items(), *answer.values.items()]
    return {str(key) for key, value in said if value is True}


def test_every_format_of_the_catalogue_is_there() -> None:
    for manager in shipped_catalogue().consent_managers.values():
        for cookie in manager.cookies:
            assert callable(cookie_format(cookie.format)), manager.id
        for call in manager.recording:
            assert callable(call_format(call.format)), manager.id


def test_every_format_of_cookies_in_the_catalogue_is_tested_here() -> None:
    managers = shipped_catalogue().consent_managers.values()
    assert {cookie.format for manager in managers for cookie in manager.cookies} <= set(FORMATS)


def test_a_format_that_does_not_exist_is_an_error_of_the_catalogue() -> None:
    with pytest.raises(ModuleNotFoundError):
        cookie_format("nobody")
    with pytest.raises(AttributeError):
        call_format("klaro")
    with pytest.raises(AttributeError):
        cookie_format("_values")


@pytest.mark.parametrize("name", FORMATS)
def test_a_grant_and_a_refusal_are_told_apart(name: str) -> None:
    granted, refused = read(name, GRANTS[name]), read(name, REFUSALS[name])
    assert granted is not None and grants(granted)
    assert refused is not None and not grants(refused)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "onetrust"])  # which is encoded piece by piece
@pytest.mark.parametrize("encode", [quote, lambda text: quote(text, safe="")], ids=["in part", "whole"])
def test_a_cookie_means_the_same_however_much_of_it_is_encoded(name: str, encode: Callable[[str], str]) -> None:
    assert read(name, encode(GRANTS[name])) == read(name, GRANTS[name])


@pytest.mark.parametrize("name", FORMATS)
@steady
@given(TEXT, TEXT)
@example("", "")
@example("\x00", "\ud800")
@example("%", "%ff")
def test_arbitrary_text_gives_an_answer_or_is_refused(name: str, value: str, companion: str) -> None:
    answer = read(name, value, OptanonAlertBoxClosed=companion)
    assert answer is None or isinstance(answer, Answer)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "onetrust"])
@steady
@given(st.text(max_size=200))
def test_arbitrary_text_is_never_a_grant(name: str, value: str) -> None:
    answer = read(name, value)
    assert answer is None or not grants(answer)


@steady
@given(st.text(max_size=200))
def test_only_groups_that_are_on_are_grants_in_arbitrary_text(value: str) -> None:
    answer = read("onetrust", value)
    assert answer is None or not grants(answer) or ":1" in unquote(value)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "tcf"])  # where one bit is a grant
@steady
@given(st.data())
def test_a_damaged_refusal_is_never_a_grant(name: str, data: st.DataObject) -> None:
    """Damage takes away and repeats; what it never does is to write "true"."""
    value = REFUSALS[name]
    for _ in range(data.draw(st.integers(1, 4))):
        first, last = sorted((data.draw(st.integers(0, len(value))), data.draw(st.integers(0, len(value)))))
        value = value[:first] + data.draw(st.sampled_from(["", "%", "A", " ", "\x00", "é"])) + value[last:]
    answer = read(name, value)
    assert answer is None or not grants(answer)


@pytest.mark.parametrize("name", FORMATS)
def test_a_cookie_cut_short_never_grants_more_than_the_whole(name: str) -> None:
    whole = read(name, GRANTS[name])
    assert whole is not None
    for cut in range(len(GRANTS[name])):
        part = read(name, GRANTS[name][:cut])
        assert part is None or grants(part) <= grants(whole)


@pytest.mark.parametrize("name", FORMATS)
def test_a_huge_cookie_is_read_or_refused_within_bounds(name: str) -> None:
    for filler in ("A", "1", ",", "%", "{", "a=1&", "a:1,", "[", "'"):
        answer = read(name, GRANTS[name] + filler * 50_000)
        assert answer is None or len(answer.evidence) < 60_000


@steady
@given(st.text(max_size=200).map(lambda text: text.replace("?", "")))
@example("action=accept&action=decline&clp=1")
@example("&" * 5000)
def test_an_arbitrary_call_gives_an_answer_or_is_refused(query: str) -> None:
    try:
        answer = call_format("cookiebot")(exchange(f"https://consent.cookiebot.com/logconsent.ashx?{query}"))
    except MalformedSignal:
        return
    assert answer.answered is True
