"""consent-default-missing: calls to Google before a default of consent mode, or without any."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from addon.exchange import Exchange
from tests.addon.building import SHOP, Browser, run

RULE = "consent-default-missing"
UNSET, DENIED, UPDATED_ALONE, UPDATED = "13l3l3l3l1", "13p3p3p3p1", "13n3n3n3n1", "13r3r3r3r1"
each_way = pytest.mark.parametrize("live", [True, False], ids=["live", "file"])


def hit(browser: Browser, at: float, gcd: str | None, page: str | None = "/", gcs: str | None = None) -> Exchange:
    address = "" if page is None else f"&dl={quote(f'https://{SHOP}{page}', safe='')}"
    mode = ("" if gcd is None else f"&gcd={gcd}") + ("" if gcs is None else f"&gcs={gcs}")
    url = f"https://region1.google-analytics.com/g/collect?v=2&tid=G-ABCDE12345&en=page_view&cid=1.2{mode}{address}"
    return browser.pixel(at, url)


@each_way
@pytest.mark.parametrize("later", [DENIED, UPDATED, "13t3t3t3t1"])
def test_a_call_before_the_pages_default_is_shown_with_the_call_that_states_it(live: bool, later: str) -> None:
    browser = Browser()
    (violation,) = run(
        browser.open(0), hit(browser, 1, UNSET), hit(browser, 1.4, later, gcs="G100"), browser.open(5), live=live
    ).found(RULE)
    assert (violation.verdict, violation.severity, violation.vendor) == ("confirmed", "warning", "google-analytics-4")
    assert "(gcd=13l3l3l3l1) before any consent was set; 400 ms later" in violation.explanation
    assert f"(gcs=G100&gcd={later})" in violation.explanation


@pytest.mark.parametrize("gcd", [UPDATED_ALONE, "13m3m3m3m1"])
def test_an_update_alone_tells_that_no_default_was_set(gcd: str) -> None:
    browser = Browser()
    (violation,) = run(browser.open(0), hit(browser, 1, gcd), browser.open(5)).found(RULE)
    assert "no default had been set before the update" in violation.explanation


@pytest.mark.parametrize(
    "calls",
    [
        [(1, UNSET, "/"), (2, UNSET, "/")],
        [(1, DENIED, "/"), (2, UPDATED, "/")],
        [(1, DENIED, "/"), (2, UNSET, "/")],
        [(1, None, "/"), (2, DENIED, "/")],
        [(1, UNSET, "/"), (2, DENIED, "/other")],
        [(1, UNSET, None), (2, DENIED, None)],
        [(1, "rubbish", "/"), (2, DENIED, "/")],
    ],
    ids=["no consent mode", "default first", "default before", "no parameter", "another page", "no address", "unread"],
)
def test_what_is_no_late_default_is_none(calls: list[tuple[float, str | None, str | None]]) -> None:
    browser = Browser()
    assert run(browser.open(0), *(hit(browser, *call) for call in calls), browser.open(5)).found(RULE) == []


def test_a_page_that_was_opened_anew_is_another_one() -> None:
    browser = Browser(cookies={"basket": "1"})
    story = [browser.open(0), hit(browser, 1, UNSET), browser.open(3), hit(browser, 4, DENIED)]
    assert run(*story).found(RULE) == []


def test_it_is_said_once_of_a_host_and_a_vendor() -> None:
    browser = Browser(cookies={"basket": "1"})
    story = []
    for at in (0, 10, 20):
        story += [browser.open(at), hit(browser, at + 1, UNSET), hit(browser, at + 2, DENIED)]
    assert len(run(*story).found(RULE)) == 1


def test_where_nobody_has_to_be_asked_it_is_no_fault() -> None:
    browser = Browser()
    story = [browser.open(0), hit(browser, 1, UNSET), hit(browser, 2, DENIED)]
    assert run(*story, policy='[policy]\nregime = "opt-out"\n').found(RULE) == []
