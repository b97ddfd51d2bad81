"""TC strings and Google's consent mode in the parameters of calls to vendors, and what a TC string says of one vendor."""

from __future__ import annotations

import json

import pytest

from addon.exchange import Exchange
from addon.records import SignalRecord
from tests.addon.building import META_PIXEL, Browser, Run, dated_choice, message, onetrust_choice, run, undated_choice
from tests.addon.consent.strings.tc_samples import ACCEPTED, REFUSED

GA = "https://region1.google-analytics.com/g/collect?v=2&tid=G-1"
MODE = "consent-mode-contradicts-choice"
BEFORE = "consent-before-choice"


def analytics(at: float, browser: Browser, parameters: str) -> Exchange:
    return browser.fetch(at, f"{GA}&{parameters}", mode="cors", dest="empty")


def session(browser: Browser, *calls: Exchange, policy: str = "") -> Run:
    return run(browser.open(0), *calls, browser.open(9), policy=policy)


# --- TC strings


@pytest.mark.parametrize(("string", "marketing"), [(ACCEPTED, True), (REFUSED, False)])
def test_a_tc_string_in_a_call_is_a_signal(string: str, marketing: bool) -> None:
    browser = Browser()
    found = session(browser, browser.pixel(2, f"{META_PIXEL}&gdpr=1&gdpr_consent={string}"))
    (signal,) = found.of(SignalRecord)
    assert (signal.source, signal.carrier, signal.marketing) == ("iab-tcf", "parameter gdpr_consent", marketing)


def test_it_is_none_where_the_call_says_that_the_law_does_not_apply() -> None:
    browser = Browser()
    assert not session(browser, browser.pixel(2, f"{META_PIXEL}&gdpr=0&gdpr_consent={ACCEPTED}")).of(SignalRecord)


def test_a_broken_one_is_a_gap_and_a_finding() -> None:
    browser = Browser()
    found = session(browser, browser.pixel(2, f"{META_PIXEL}&gdpr=1&gdpr_consent={ACCEPTED[:30]}"))
    assert found.gap("bad-consent")
    assert found.found("invalid-consent-string")
    assert not found.of(SignalRecord)


def test_it_is_found_in_the_body_of_an_apps_sdk() -> None:
    browser = Browser()
    body = json.dumps({"user": {"gdpr_consent": ACCEPTED}, "regs": {"gdpr": 1}}).encode()
    call = browser.fetch(2, META_PIXEL, mode="cors", dest="empty", method="POST", body=body)
    (signal,) = session(browser, call).of(SignalRecord)
    assert signal.carrier == "parameter gdpr_consent"


@pytest.mark.parametrize(
    "body", [b"{", b'{"gdpr_consent":[[[[[[]]]]]]}', b"\xff\xfegdpr_consent", b"gdpr_consent=" + b"&" * 9000]
)
def test_a_hostile_body_says_nothing(body: bytes) -> None:
    browser = Browser()
    call = browser.fetch(2, META_PIXEL, mode="cors", dest="empty", method="POST", body=body)
    assert not session(browser, call).of(SignalRecord)


@pytest.mark.parametrize("value", ["yes", "true", "${GDPR_CONSENT_755}", "0", "CPx", "BO" + "A" * 40, "%20"])
def test_what_only_has_the_name_is_no_string(value: str) -> None:
    browser = Browser()
    found = session(browser, browser.pixel(2, f"{META_PIXEL}&gdpr_consent={value}&gpp={value}&us_privacy={value}"))
    assert not found.of(SignalRecord)
    assert not found.found("invalid-consent-string")


def test_the_properties_of_a_message_are_the_sites_own() -> None:
    browser = Browser()
    said = message(properties={"gpp": "DBABLA~x", "gdpr_consent": ACCEPTED, "us_privacy": "1YYN"})
    found = session(browser, browser.send(2, said))
    assert not found.of(SignalRecord)
    assert not found.found("invalid-consent-string")


# --- consent mode


@pytest.mark.parametrize("parameters", ["gcs=G111", "gcs=G101", "gcd=13t3t3t3t5l1", "gcd=11r1r1r1r5", "gcs=G1-1"])
def test_consent_mode_that_grants_what_was_refused_contradicts_it(parameters: str) -> None:
    browser = Browser(cookies=dated_choice(at=-60))
    assert session(browser, analytics(2, browser, parameters)).verdicts(MODE) == [("confirmed", "after-denial")]


@pytest.mark.parametrize(
    "parameters",
    [
        "gcs=G100",
        "gcs=G1--",
        "gcd=13p3p3p3p5",
        "gcd=l1l1l1l1",
        "gcs=G1",
        "gcd=zz",
        "gcs=G110&npa=1",
        "gcs=G110&dma=1&dma_cps=-",
        "",
    ],
)
def test_consent_mode_that_grants_nothing_contradicts_nothing(parameters: str) -> None:
    browser = Browser(cookies=dated_choice(at=-60))
    assert session(browser, analytics(2, browser, parameters)).verdicts(MODE) == []


def test_consent_mode_that_grants_what_was_granted_is_fine() -> None:
    browser = Browser(cookies=dated_choice("analytics", "marketing", at=-60))
    assert session(browser, analytics(2, browser, "gcs=G111&gcd=11v1v1v1v5")).violations == []


def test_only_an_update_is_taken_for_a_sign_of_the_choice_and_only_where_nothing_else_speaks() -> None:
    for parameters, known in (("gcd=11t1t1t1t5", []), ("gcd=11p1p1p1p5", []), ("gcd=11r1r1r1r5", [True])):
        browser = Browser()
        found = session(browser, analytics(2, browser, parameters))
        assert [signal.analytics for signal in found.of(SignalRecord)] == known
    browser = Browser()
    found = session(browser, analytics(2, browser, "gcd=11r1r1r1r5"), analytics(3, browser, "gcd=11r1r1r1r5"))
    assert found.gap("consent-by-stamp-alone")
    refusing = Browser(cookies=dated_choice(at=-60))
    found = session(refusing, analytics(2, refusing, "gcd=11r1r1r1r5"))
    assert found.verdicts("destination-without-consent") == [("confirmed", "after-denial")]


def test_advertising_is_not_granted_where_user_data_is_withheld() -> None:
    browser = Browser()
    (signal,) = session(browser, analytics(2, browser, "gcd=11r1r1q1q5")).of(SignalRecord)
    assert (signal.analytics, signal.marketing) == (True, None)


# --- consent before the choice


def test_boxes_ticked_beforehand_are_consent_before_the_choice() -> None:
    browser = Browser(cookies=onetrust_choice("C0001:1,C0002:1,C0004:0"))
    found = session(browser)
    assert found.verdicts(BEFORE) == [("confirmed", "before-choice")]
    assert found.found(BEFORE)[0].category == "analytics"


@pytest.mark.parametrize("policy", ["", "[policy]\nregime = 'opt-out'\n"])
def test_boxes_that_are_not_ticked_are_none_nor_are_they_where_nobody_has_to_be_asked(policy: str) -> None:
    groups = "C0001:1,C0002:1" if policy else "C0001:1,C0002:0,C0004:0"
    assert session(Browser(cookies=onetrust_choice(groups)), policy=policy).verdicts(BEFORE) == []


def test_an_answered_banner_holds_what_was_answered() -> None:
    assert session(Browser(cookies=onetrust_choice("C0001:1,C0002:1", closed_at=-5))).verdicts(BEFORE) == []


def test_a_tc_string_that_consents_while_the_banner_is_open_is_one_too() -> None:
    cookies = onetrust_choice("C0001:1,C0002:0,C0004:0") | {"eupubconsent-v2": ACCEPTED}
    (found,) = session(Browser(cookies=cookies)).found(BEFORE)
    assert found.event_name == "cookie eupubconsent-v2"


def test_a_leftover_string_beside_a_missing_cookie_accuses_nobody() -> None:
    browser = Browser(cookies={"euconsent-v2": ACCEPTED})
    klaro = browser.fetch(1, "https://www.shop.example/klaro.js")
    assert session(browser, klaro).verdicts(BEFORE) == []
    assert undated_choice(analytics=True)
