"""Vendors that are called through the site's own domain, and collectors that share a host with containers, are judged all the same."""

from __future__ import annotations

import pytest

from tests.addon.building import BANNER, Browser, dated_choice, run

DIRECT = "destination-without-consent"
STORY = {
    "https://amp.shop.example/2/httpapi": "amplitude",
    "https://www.shop.example/mp/track/?verbose=1&ip=1&_=1780000000000": "mixpanel",
    "https://collect.tealiumiq.com/acct/main/2/i.gif": "tealium-collect",
}


@pytest.mark.parametrize(("url", "vendor"), STORY.items())
@pytest.mark.parametrize("accepted", [(), ("functional",)], ids=["refused", "functional only"])
def test_a_proxy_of_the_site_hides_no_vendor(url: str, vendor: str, accepted: tuple[str, ...]) -> None:
    browser = Browser(cookies=dated_choice(*accepted, at=-5))
    call = browser.fetch(1, url, mode="cors", dest="empty", method="POST", body=b"{}")
    found = run(browser.open(0), browser.fetch(0.2, BANNER), call, browser.open(60))
    assert [(each.vendor, each.verdict) for each in found.found(DIRECT)] == [(vendor, "confirmed")]
