"""What vendors keep in the browser's storage is judged as their cookies are."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from addon.body import Body
from addon.exchange import Exchange
from addon.pipeline.observations import REPORTS
from addon.records import CookieRecord
from tests.addon.building import BANNER, NOON, SHOP, Browser, Run, dated_choice, run

RULE = "cookie-without-consent"


def reported(browser: Browser, at: float, *names: str, cookies: tuple[str, ...] = (), **more: Any) -> Exchange:
    seen = {"kind": "names", "cookies": list(cookies), "storage": list(names), "at": (NOON + at) * 1000}
    report = {"key": "k", "sent_at": (NOON + at) * 1000, "observations": [seen], **more}
    sent = browser.fetch(at, f"https://{SHOP}{REPORTS}", mode="cors", dest="empty", method="POST")
    return replace(sent, own=True, status=200, request_body=Body(json.dumps(report).encode()))


def visit(*names: str, accepted: tuple[str, ...] = (), **more: Any) -> Run:
    browser = Browser(cookies=dated_choice(*accepted, at=-5))
    return run(browser.open(0), browser.fetch(0.2, BANNER), reported(browser, 2, *names, **more), browser.open(60))


@pytest.mark.parametrize(
    ("name", "vendor"),
    [
        ("ajs_anonymous_id", "segment"),
        ("mp_0123abcd_mixpanel", "mixpanel"),
        ("ph_phc_xyz_posthog", "posthog"),
        ("rl_anonymous_id", "rudderstack"),
        ("htjs_anonymous_id", "hightouch"),
        ("_gcl_ls", "google-ads"),
    ],
)
def test_a_vendors_key_needs_the_vendors_consent(name: str, vendor: str) -> None:
    found = visit(name)
    assert [(each.vendor, each.verdict, each.event_name) for each in found.found(RULE)] == [
        (vendor, "confirmed", f"{name} (storage)")
    ]
    said = found.found(RULE)[0].explanation
    assert f"key {name} was written to the browser's storage by a script on {SHOP}" in said
    assert "cookie " + name not in said
    kept = [each for each in found.of(CookieRecord) if each.name == name]
    assert [(each.vendor, each.seen_by) for each in kept] == [(vendor, "storage")]
    assert visit(name, accepted=("functional", "analytics", "marketing")).found(RULE) == []


@pytest.mark.parametrize(
    "name", ["theme", "mp_volume", "ph_of_water", "AMP_TEST", "ajs_", "rl_anonymous_identity", "ajs_user_id", "user_id"]
)
def test_a_key_of_nobodys_is_neither_kept_nor_judged(name: str) -> None:
    found = visit(name)
    assert found.found(RULE) == []
    assert all(each.name != name for each in found.of(CookieRecord))


def test_a_cookie_and_a_key_of_one_name_are_two() -> None:
    found = visit("ajs_anonymous_id", cookies=("ajs_anonymous_id",))
    assert sorted(str(each.event_name) for each in found.found(RULE)) == [
        "ajs_anonymous_id",
        "ajs_anonymous_id (storage)",
    ]


def test_a_key_in_a_frame_is_not_held_against_the_page() -> None:
    assert visit("ajs_anonymous_id", framed=True).found(RULE) == []


def test_a_key_that_is_reported_again_is_judged_once_for_each_choice() -> None:
    browser = Browser(cookies=dated_choice(at=-5))
    reports = [reported(browser, at, "ajs_anonymous_id") for at in (2, 3, 4)]
    found = run(browser.open(0), browser.fetch(0.2, BANNER), *reports, browser.open(60))
    assert len(found.found(RULE)) == 1
