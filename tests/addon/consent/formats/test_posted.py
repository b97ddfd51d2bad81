"""Calls that record that somebody chose, and do not say what: Didomi's event, OneTrust's receipt, Axeptio's consents."""

from __future__ import annotations

import pytest

from addon.consent.formats import call_format
from addon.consent.signal import NotThisFormat
from addon.records import BannerEventRecord
from tests.addon.building import Browser, run

from ..wire import exchange

EVENTS = "https://api.privacy-center.org/v1/events"
CALLS = {
    "didomi": (EVENTS, b'{"type":"consent.given","user":{"id":"x"}}'),
    "onetrust": ("https://privacyportal-eu.onetrust.com/request/v1/consentreceipts", b"{}"),
    "axeptio": ("https://api.axept.io/v1/app/consents/project/cookies", b"{}"),
    "shopify-privacy": (
        "https://shop.example/api/unstable/graphql.json",
        b'{"query":"query { consentManagement { customerPrivacy { ... } } }"}',
    ),
    "usercentrics": ("https://uct.service.usercentrics.eu/uct?v=1&t=4", b""),
}


@pytest.mark.parametrize("manager", CALLS)
def test_the_moment_is_recorded_and_nothing_is_granted_by_it(manager: str) -> None:
    url, body = CALLS[manager]
    browser = Browser()
    found = run(browser.open(0), browser.fetch(5, url, method="POST", body=body), browser.open(9))
    (event,) = found.of(BannerEventRecord)
    assert (event.kind, event.manager) == ("recorded", manager)
    assert not found.gap("bad-consent")


def test_what_is_only_fetched_is_no_record() -> None:
    with pytest.raises(NotThisFormat):
        call_format("posted")(exchange(CALLS["axeptio"][0]))


@pytest.mark.parametrize("body", [b'{"query":"query { cart { id } }"}', b"", b"\x1f\x8bconsentManagement"])
def test_a_shops_other_questions_record_no_choice(body: bytes) -> None:
    with pytest.raises(NotThisFormat):
        call_format("shopify")(exchange("https://shop.example/api/unstable/graphql.json", body=body, method="POST"))
