"""Google's tags through the site's own domain (Google tag gateway, a tagging server, a WordPress plugin): what is held against the
site is what is held against it for the same call to Google."""

from __future__ import annotations

import pytest

from tests.addon.building import BANNER, SHOP, Browser, Run, dated_choice, run

OWN = f"https://{SHOP}/q4w8zt"
PLUGIN = f"https://{SHOP}/wp-content/plugins/google-site-kit/gtg/measurement.php"
MODE = "gcs=G111&gcd=13l3l3l2l1l1&gtm=45je5b1"
GA = f"v=2&tid=G-QW12ER34TY&cid=55.66&en=purchase&{MODE}"
ADS = f"en=page_view&tid=AW-987654321&auid=7.8&{MODE}"

CALLS = {
    "analytics, known path": (f"https://region1.google-analytics.com/g/collect?{GA}", f"{OWN}/g/collect?{GA}"),
    "analytics, renamed path": (f"https://region1.google-analytics.com/g/collect?{GA}", f"{OWN}/zz/t1?{GA}"),
    "analytics, plugin": (
        f"https://region1.google-analytics.com/g/collect?{GA}",
        f"{PLUGIN}?id=G-QW12ER34TY&geo=DE&s=g/collect?{GA}",
    ),
    "ads": (f"https://www.google.com/ccm/collect?{ADS}", f"{OWN}/ccm/collect?{ADS}"),
    "ads, plugin": (
        f"https://www.google.com/ccm/collect?{ADS}",
        f"{PLUGIN}?id=AW-987654321&s=ccm/collect?{ADS}",
    ),
    "conversion": (
        f"https://www.google.com/pagead/1p-conversion/987654321/?random=5&auid=7.8&{MODE}",
        f"{OWN}/pagead/1p-conversion/987654321/?random=5&auid=7.8&{MODE}",
    ),
}
LIBRARIES = {
    "tag": ("https://www.googletagmanager.com/gtag/js?id=G-QW12ER34TY", f"{OWN}/?id=G-QW12ER34TY"),
    "tag of ads": ("https://www.googletagmanager.com/gtag/js?id=AW-987654321", f"{OWN}/?id=AW-987654321&l=layer"),
    "container": ("https://www.googletagmanager.com/gtm.js?id=GTM-QWERTY", f"{OWN}/?id=GTM-QWERTY"),
    "tag, plugin": ("https://www.googletagmanager.com/gtag/js?id=G-QW12ER34TY", f"{PLUGIN}?id=G-QW12ER34TY&s=/gtag/js"),
}


def story(url: str, *, dest: str, method: str = "GET", **more: str) -> Run:
    browser = Browser(cookies=dated_choice("functional", at=-5))
    call = browser.fetch(1, url, mode="no-cors", dest=dest, method=method, headers=more)
    return run(browser.open(0), browser.fetch(0.2, BANNER), call, browser.open(60))


def held(found: Run) -> list[tuple[str, str, str | None, str | None]]:
    return sorted((each.rule, str(each.verdict), each.vendor, each.event_name) for each in found.violations)


@pytest.mark.parametrize("name", CALLS)
def test_a_call_under_the_sites_own_path_is_judged_as_the_call_to_google(name: str) -> None:
    direct, own = (held(story(url, dest="empty", method="POST")) for url in CALLS[name])
    assert own == direct
    assert {rule for rule, *_ in own} == {"destination-without-consent", "consent-mode-contradicts-choice"}


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_library_from_the_sites_own_path_is_judged_as_googles(name: str) -> None:
    direct, own = (held(story(url, dest="script")) for url in LIBRARIES[name])
    assert own == direct
    assert bool(own) == (name != "container")


def test_a_library_is_known_by_its_content_type_where_the_browser_says_nothing() -> None:
    browser = Browser(cookies=dated_choice(at=-5))
    bare = {"sec-fetch-dest": None, "sec-fetch-mode": None, "sec-fetch-site": None}
    for kind, rules in (("application/javascript; charset=UTF-8", {"sdk-load-without-consent"}), ("text/html", set())):
        call = browser.fetch(1, f"{OWN}/?id=G-QW12ER34TY", headers=bare, content_type=kind)
        assert run(browser.open(0), browser.fetch(0.2, BANNER), call, browser.open(60)).rules == rules


@pytest.mark.parametrize(
    ("url", "dest"),
    [
        (f"https://{SHOP}/articles/?id=G-QW12ER34TY", "document"),
        (f"https://{SHOP}/articles/?id=G-QW12ER34TY", "image"),
        (f"https://{SHOP}/loader.js?id=G-QW12ER34TY", "script"),
        (f"https://{SHOP}/sizes?id=G-small", "script"),
        (f"https://{SHOP}/api/stock?tid=G-QW12ER34TY&cid=1", "empty"),
        (f"https://{SHOP}/api/consent?gcs=G100&gcd=13l3l3l2l1l1", "empty"),
        (f"https://{SHOP}/ccm/collect?campaign=5", "empty"),
        (f"https://{SHOP}/pagead/conversion/987654321/", "empty"),
        (f"https://{SHOP}/media/collect?en=1", "empty"),
    ],
)
def test_what_only_looks_like_a_part_of_it_is_nobodys(url: str, dest: str) -> None:
    assert held(story(url, dest=dest)) == []
