"""What holds for every grammar, whatever somebody wrote under its name. Each test module of a grammar states a value that
grants (``GRANT``) and one that refuses (``REFUSAL``), or, where no one value does, why (``NO_VALUE_OF_ITS_OWN``)."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from addon.consent import formats
from addon.consent.formats import call_format, cookie_format
from addon.consent.reader import cookie_reader
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from vendor_catalog import shipped_catalogue

from ..wire import exchange

steady = settings(deadline=None, derandomize=True)


def samples(attribute: str) -> dict[str, Any]:
    """Format -> what its own test module states."""
    names = [module.name for module in pkgutil.iter_modules(formats.__path__) if not module.name.startswith("_")]
    tested = {name: importlib.import_module(f"{__package__}.test_{name}") for name in names}
    return {name: value for name, module in tested.items() if (value := getattr(module, attribute, None)) is not None}


GRANTS, REFUSALS = samples("GRANT"), samples("REFUSAL")
EXEMPT = samples("EXEMPT")
FORMATS = sorted(GRANTS)
TEXT = st.text(max_size=200) | st.text(alphabet="{}[]\"':,=&%.-_0123456789truefalsnCAgroups ", max_size=120)


def read(name: str, value: str, **companions: str) -> Answer | None:
    """The answer, or ``None`` if it is refused in one of the two ways in which it may be."""
    try:
        return cookie_format(name)("consent", {"consent": value} | companions)
    except (NotThisFormat, MalformedSignal):
        return None


def held_to(claim: str) -> list[str]:
    """The formats that keep to a claim by their nature: a test module may say in ``EXEMPT`` that its own does not."""
    return [name for name in FORMATS if claim not in EXEMPT.get(name, ())]


def grants(answer: Answer) -> set[str]:
    said: list[tuple[str, bool | None]] = [*answer.keys.items(), *answer.destinations.items(), *answer.values.items()]
    return {str(key) for key, value in said if value is True}


def test_every_format_of_the_catalogue_is_there() -> None:
    for manager in shipped_catalogue().consent_managers.values():
        for cookie in manager.cookies:
            assert callable(cookie_reader(manager, cookie)), manager.id
        for call in manager.recording:
            assert callable(call_format(call.format)), manager.id


def test_every_format_of_cookies_in_the_catalogue_is_tested_here() -> None:
    managers = shipped_catalogue().consent_managers.values()
    excused = samples("NO_VALUE_OF_ITS_OWN")
    assert {
        cookie.format for manager in managers for cookie in manager.cookies if cookie.format
    } == GRANTS.keys() | excused.keys()
    assert not GRANTS.keys() & excused.keys()


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


@pytest.mark.parametrize("name", held_to("encoding"))
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


@pytest.mark.parametrize("name", held_to("arbitrary text"))
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


@pytest.mark.parametrize("name", held_to("damage"))
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
