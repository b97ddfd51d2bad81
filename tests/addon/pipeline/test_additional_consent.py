"""Additional Consent strings beside TC strings, as consent by vendor: for who is on Google's list of providers and not on IAB's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from addon.exchange import Exchange
from addon.pipeline import CaptureTraits, Pipeline
from addon.policy import Policy
from tests.addon.building import Browser, Run
from tests.addon.consent.strings.tc_samples import ACCEPTED, REFUSED
from vendor_catalog import shipped_catalogue

RULE = "destination-without-consent"
SHIPPED = shipped_catalogue()
HOTJAR = SHIPPED.vendors["hotjar"].model_copy(update={"google_provider_id": 2222})
KNOWN = replace(SHIPPED, vendors={**SHIPPED.vendors, "hotjar": HOTJAR})
"""Hotjar under a number of Google's list that is not its own."""
CALL = "https://in.hotjar.com/api/v2/client/sites/1/visit-data?sv=7"


def run(*exchanges: Exchange) -> Run:
    pipeline = Pipeline(1, KNOWN, Policy(), CaptureTraits())
    records = [record for exchange in exchanges for record in pipeline.process(exchange)]
    return Run([*records, *pipeline.close()])


def session(**cookies: str) -> Run:
    browser = Browser(cookies=cookies)
    return run(browser.open(0), browser.fetch(5, CALL, method="POST", dest="empty"), browser.open(30))


@pytest.fixture(autouse=True)
def the_call_is_hotjars() -> None:
    found = KNOWN.match("POST", "in.hotjar.com", "/api/v2/client/sites/1/visit-data", "sv=7")
    assert found is not None and found.vendor == "hotjar"


def test_who_is_consented_to_is_not_accused() -> None:
    assert session(**{"euconsent-v2": ACCEPTED, "addtl_consent": "2~1.2222~dv.9"}).verdicts(RULE) == []
    assert session(**{"euconsent-v2": ACCEPTED, "addtl_consent": "1~2222"}).verdicts(RULE) == []


def test_who_was_shown_and_not_consented_to_was_refused() -> None:
    found = session(**{"euconsent-v2": ACCEPTED, "addtl_consent": "2~1~dv.2222"})
    assert found.verdicts(RULE) == [("confirmed", "after-denial")]


def test_who_was_never_asked_about_is_unproven() -> None:
    for string in ("2~1~dv.9", "1~1", "1~"):
        ((verdict, _),) = session(**{"euconsent-v2": ACCEPTED, "addtl_consent": string}).verdicts(RULE)
        assert verdict == "unproven"


def test_without_such_a_string_the_purposes_decide() -> None:
    assert session(**{"euconsent-v2": ACCEPTED}).verdicts(RULE) == []


def test_it_grants_nothing_that_the_tc_string_refuses() -> None:
    ((verdict, _),) = session(**{"euconsent-v2": REFUSED, "addtl_consent": "2~2222~dv."}).verdicts(RULE)
    assert verdict == "confirmed"


def test_it_says_nothing_without_a_tc_string() -> None:
    alone = session(addtl_consent="2~2222~dv.")
    assert alone.verdicts(RULE) == session().verdicts(RULE)
    assert alone.found(RULE)


@pytest.mark.parametrize("string", ["2~2222", "3~2222", "2222", "1~2222.", "%%%", "x" * 50_000])
def test_a_broken_one_grants_nothing_and_leaves_a_gap(string: str) -> None:
    found = session(**{"euconsent-v2": ACCEPTED, "addtl_consent": string})
    ((verdict, _),) = found.verdicts(RULE)
    assert verdict == "unproven"
    (reason,) = found.gap("bad-consent")
    assert "Additional Consent string beside it is broken" in reason


def test_it_does_not_speak_for_who_is_on_iabs_list() -> None:
    number = SHIPPED.vendors["criteo"].tcf_vendor_id
    assert number is not None
    criteo = SHIPPED.vendors["criteo"].model_copy(update={"google_provider_id": 7777})
    listed = replace(SHIPPED, vendors={**SHIPPED.vendors, "criteo": criteo})
    assert criteo in listed.iab_vendors[number]
    assert criteo not in listed.google_vendors


def test_in_the_parameters_of_a_call_it_speaks_beside_the_tc_string() -> None:
    browser = Browser()
    string = f"{CALL}&gdpr=1&gdpr_consent={ACCEPTED}&addtl_consent=2~1~dv.2222"
    done = run(browser.open(0), browser.fetch(5, string, method="POST", dest="empty"), browser.open(30))
    assert ("confirmed", "after-denial") in done.verdicts(RULE)
    unfilled = f"{CALL}&gdpr=1&gdpr_consent={ACCEPTED}&addtl_consent=${{ADDTL_CONSENT}}"
    done = run(browser.open(0), browser.fetch(5, unfilled, method="POST", dest="empty"), browser.open(30))
    assert not done.gap("bad-consent")
    assert not done.found(RULE)
