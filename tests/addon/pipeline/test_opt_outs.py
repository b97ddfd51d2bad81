"""Opt-outs from sale and sharing: the browser's own, and the strings in which sites keep one."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from addon.exchange import Exchange
from addon.records import SignalRecord
from tests.addon.building import KLARO, META_PIXEL, NOON, Browser, message, run, settings_of, undated_choice

OPT_OUT = "[policy]\nregime = 'opt-out'\n"
GPC, STRING = "gpc-ignored", "opt-out-ignored"


def verdicts_of(*story: Exchange, rule: str, policy: str = OPT_OUT) -> list[tuple[str, str]]:
    file, live = (run(*story, policy=policy, live=live).verdicts(rule) for live in (False, True))
    assert sorted(file) == sorted(live)
    return file


# --- Global Privacy Control


def test_gpc_is_a_signal_with_its_header_as_evidence() -> None:
    browser = Browser(gpc=True)
    (signal,) = run(browser.open(0), browser.open(5)).of(SignalRecord)
    assert (signal.source, signal.carrier, signal.marketing, signal.answered) == (
        "global-privacy-control",
        "header sec-gpc",
        False,
        None,
    )


def test_do_not_track_is_recorded_and_decides_nothing() -> None:
    browser = Browser()
    story = [browser.open(0, headers={"dnt": "1"}), browser.pixel(2), browser.open(5)]
    found = run(*story, policy=OPT_OUT)
    assert [signal.source for signal in found.of(SignalRecord)] == ["do-not-track"]
    assert not found.violations


def test_marketing_that_goes_on_under_gpc_is_one() -> None:
    browser = Browser(gpc=True)
    assert verdicts_of(browser.open(0), browser.pixel(2), browser.open(5), rule=GPC) == [("confirmed", "after-denial")]


def test_gpc_means_nothing_where_people_have_to_be_asked_anyway() -> None:
    browser = Browser(gpc=True)
    assert verdicts_of(browser.open(0), browser.pixel(2), browser.open(5), rule=GPC, policy="") == []


def test_analytics_is_neither_sale_nor_sharing() -> None:
    browser = Browser(gpc=True)
    call = browser.fetch(2, "https://api2.amplitude.com/2/httpapi", mode="cors", method="POST")
    assert verdicts_of(browser.open(0), call, browser.open(5), rule=GPC) == []


def test_consent_that_is_given_all_the_same_stands_against_gpc() -> None:
    browser = Browser(gpc=True, cookies=undated_choice(analytics=True, marketing=True))
    story = [browser.open(0), browser.fetch(1, KLARO), browser.pixel(2), browser.open(5)]
    assert verdicts_of(*story, rule=GPC) == []


def test_a_delivery_to_a_marketing_destination_ignores_gpc_too() -> None:
    browser = Browser(gpc=True)
    settings = settings_of({"Facebook Pixel": ["C0004"]}, consent=False)
    story = [browser.open(0), browser.settings(1, settings), browser.send(2, message()), browser.open(5)]
    (found,) = run(*story, policy=OPT_OUT).found(GPC)
    assert (found.destination, found.verdict) == ("Facebook Pixel", "confirmed")


# --- strings


def cookie(value: str) -> list[Exchange]:
    browser = Browser(cookies={"usprivacy": value})
    return [browser.open(0), browser.pixel(2), browser.open(5)]


@pytest.mark.parametrize(("value", "verdicts"), [("1YYN", ["confirmed"]), ("1YNN", []), ("1---", []), ("1YYX", [])])
def test_the_us_privacy_cookie_decides(value: str, verdicts: list[str]) -> None:
    assert [verdict for verdict, _ in verdicts_of(*cookie(value), rule=STRING)] == verdicts


def test_a_string_of_another_law_does_not_count() -> None:
    assert verdicts_of(*cookie("1YYN"), rule=STRING, policy="") == []


def test_a_broken_string_is_a_finding_of_its_own_kind_and_a_gap() -> None:
    found = run(*cookie("1YYX"), policy=OPT_OUT)
    assert found.gap("bad-consent")


def bid(at: float, browser: Browser, **parameters: Any) -> Exchange:
    query = "&".join(f"{name}={quote(str(value))}" for name, value in parameters.items())
    return browser.pixel(at, f"{META_PIXEL}&{query}")


def test_a_call_that_tells_of_an_opt_out_shows_that_the_site_knows_it() -> None:
    browser = Browser()
    story = [browser.open(0), bid(1, browser, us_privacy="1YYN"), browser.pixel(2), bid(3, browser, us_privacy="1YYN")]
    assert sorted(verdicts_of(*story, browser.open(5), rule=STRING)) == [
        ("confirmed", "after-denial"),
        ("unproven", "after-denial"),
        ("unproven", "after-denial"),
    ]


CALL = "destination-without-consent"


@pytest.mark.parametrize(
    "tells", [{"us_privacy": "1YYN"}, {"dpo": "LDU", "dpoco": "0", "dpost": "0"}], ids=["string", "Meta's"]
)
def test_a_call_that_passes_the_browsers_opt_out_on_is_unproven_by_whatever_rule(tells: dict[str, str]) -> None:
    browser = Browser(gpc=True)
    story = [browser.open(0), bid(1, browser, **tells), browser.open(5)]
    for rule in (GPC, CALL):
        assert verdicts_of(*story, rule=rule) == [("unproven", "after-denial")]
        (found,) = run(*story, policy=OPT_OUT).found(rule)
        assert found.explanation.endswith(
            "The call itself tells the vendor of an opt-out; whether it is honoured does not show."
        )


def test_where_consent_is_asked_for_a_call_that_tells_of_an_opt_out_has_none_all_the_same() -> None:
    browser = Browser(cookies=undated_choice(analytics=False, marketing=False))
    story = [browser.open(0), bid(1, browser, dpo="LDU"), browser.open(5)]
    assert verdicts_of(*story, rule=CALL, policy="") == [("confirmed", "after-denial")]


def test_the_string_is_found_in_a_json_body() -> None:
    browser = Browser()
    body = json.dumps({"regs": {"us_privacy": "1YYN"}}).encode()
    first = browser.fetch(1, META_PIXEL, mode="cors", dest="empty", method="POST", body=body)
    found = run(browser.open(0), first, browser.pixel(2), browser.open(5), policy=OPT_OUT)
    (signal,) = found.of(SignalRecord)
    assert (signal.source, signal.carrier, signal.observed_at) == ("us-privacy", "parameter us_privacy", NOON + 1)


@pytest.mark.parametrize("value", ["${US_PRIVACY}", "%%US_PRIVACY%%", "", "undefined", "[us_privacy]", "{us_privacy}"])
def test_a_macro_that_nobody_filled_in_says_nothing(value: str) -> None:
    browser = Browser()
    found = run(browser.open(0), bid(1, browser, us_privacy=value), browser.open(5), policy=OPT_OUT)
    assert not found.of(SignalRecord)
    assert not found.gap("bad-consent")


# --- GPP

GPP = "DBABLA~CEAVAAAAAABA.YA"


@pytest.mark.parametrize(("apply", "verdicts"), [("7", ["confirmed"]), ("8", []), ("", []), ("-1", [])])
def test_a_gpp_cookie_decides_by_the_sections_that_apply(apply: str, verdicts: list[str]) -> None:
    browser = Browser(cookies={"__gpp": GPP, "__gpp_sid": apply})
    found = verdicts_of(browser.open(0), browser.pixel(2), browser.open(5), rule=STRING)
    assert [verdict for verdict, _ in found] == verdicts


def test_a_gpp_string_in_a_call_is_one_too_and_a_broken_one_is_a_finding() -> None:
    browser = Browser()
    story = [browser.open(0), bid(1, browser, gpp=GPP, gpp_sid=7), browser.pixel(2), browser.open(5)]
    assert sorted(verdicts_of(*story, rule=STRING)) == [("confirmed", "after-denial"), ("unproven", "after-denial")]
    broken = run(browser.open(0), bid(1, browser, gpp=GPP[:14], gpp_sid=7), browser.open(5), policy=OPT_OUT)
    assert broken.found("invalid-consent-string")
