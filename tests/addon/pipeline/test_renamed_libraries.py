"""Segment's library behind a path of the site's choice is found by what comes with it, and nothing else is taken for it."""

from __future__ import annotations

import json

import pytest

from addon.exchange import Exchange, Unsent
from addon.records import CallRecord, ExchangeRecord
from tests.addon.building import BANNER, KEY, SHOP, Browser, Run, dated_choice, message, run, settings_of

RULE = "sdk-load-without-consent"
OWN = "m.shop.example"
STANDALONE = b'!function(){var be=document.querySelector("script[data-global-segment-analytics-key]")}()'
BUNDLED = b'try{window.analyticsWriteKey="__WRITE_KEY__"}catch(t){}'


def script(browser: Browser, at: float, url: str, body: bytes | None = None) -> Exchange:
    return browser.fetch(at, url, answer=body, content_type="text/javascript")


def settings(browser: Browser, at: float, host: str = OWN, key: str = KEY) -> Exchange:
    url = f"https://{host}/v1/projects/{key}/settings"
    return browser.fetch(at, url, mode="cors", dest="empty", answer=json.dumps(settings_of({}, key=key)).encode())


def story(*calls: Exchange, browser: Browser | None = None) -> Run:
    visitor = browser or refuser()
    return run(visitor.open(0), visitor.fetch(0.2, BANNER), *calls, visitor.open(60))


def refuser() -> Browser:
    return Browser(cookies=dated_choice("functional", at=-5))


def loads(found: Run) -> list[tuple[str | None, str, float]]:
    paths = {record.id: record for record in found.of(ExchangeRecord)}
    return [
        (each.vendor, f"{paths[each.exchange_id].host}{paths[each.exchange_id].path}", each.occurred_at)
        for each in found.found(RULE)
    ]


def test_the_only_script_of_a_host_that_serves_segment_alone_is_its_library() -> None:
    browser = refuser()
    library = script(browser, 1, f"https://{OWN}/k3x/p9.min.js")
    found = story(library, settings(browser, 2))
    assert loads(found) == [("segment", f"{OWN}/k3x/p9.min.js", library.started_at)]
    assert [(each.vendor, each.kind) for each in found.of(CallRecord) if each.kind == "library"] == [
        ("segment", "library")
    ]
    row = {record.id: record for record in found.of(ExchangeRecord)}[found.found(RULE)[0].exchange_id]
    assert (row.vendor, row.kind) == ("segment", "library")
    assert (
        f"Its address does not tell; it was the only script from {OWN}, which was then"
        in found.found(RULE)[0].explanation
    )


def test_a_library_with_the_write_key_in_its_path_is_found_among_others() -> None:
    browser = refuser()
    scripts = [
        script(browser, 1 + n / 10, f"https://{SHOP}/js/{name}")
        for n, name in enumerate(("app.js", f"{KEY}/a.js", "b.js"))
    ]
    assert [path for _, path, _ in loads(story(*scripts, settings(browser, 2, SHOP)))] == [f"{SHOP}/js/{KEY}/a.js"]


def test_the_only_script_of_a_folder_that_serves_segment_alone_is_its_library() -> None:
    browser = refuser()
    url = f"https://{SHOP}/seg/v1/projects/{KEY}/settings"
    fetched = browser.fetch(2, url, mode="cors", dest="empty", answer=json.dumps(settings_of({})).encode())
    others = [script(browser, 0.5, f"https://{SHOP}/app.js"), script(browser, 0.6, f"https://{SHOP}/js/b.js")]
    library = script(browser, 1, f"https://{SHOP}/seg/ajs/7b1c")
    assert [path for _, path, _ in loads(story(*others, library, fetched))] == [f"{SHOP}/seg/ajs/7b1c"]
    picture = browser.fetch(1.5, f"https://{SHOP}/seg/logo.png", dest="image")
    assert loads(story(*others, library, picture, fetched)) == []
    second = script(browser, 1.5, f"https://{SHOP}/seg/more.js")
    assert loads(story(*others, library, second, fetched)) == []


@pytest.mark.parametrize("host", [SHOP, OWN, "static.other.example"])
@pytest.mark.parametrize("settings_host", ["cdn.segment.com", OWN])
def test_a_library_is_known_by_its_body_wherever_it_comes_from(host: str, settings_host: str) -> None:
    browser = refuser()
    others = [script(browser, 0.5 + n / 10, f"https://{host}/{n}.js", b"var a=1") for n in range(3)]
    library = script(browser, 1, f"https://{host}/x7.js", b"/*c*/" * 20_000 + STANDALONE)
    assert [path for _, path, _ in loads(story(*others, library, settings(browser, 2, settings_host)))] == [
        f"{host}/x7.js"
    ]


def none_beside(name: str, browser: Browser) -> list[Exchange]:
    one = script(browser, 1, f"https://{OWN}/app.js")
    stories: dict[str, list[Exchange]] = {
        "a script of another host": [script(browser, 1, "https://static.other.example/a.js"), settings(browser, 2)],
        "two scripts": [one, script(browser, 1.1, f"https://{OWN}/chunk.js"), settings(browser, 2)],
        "a host with pictures": [
            one,
            browser.fetch(1.2, f"https://{OWN}/logo.png", dest="image"),
            settings(browser, 2),
        ],
        "the site's own host": [script(browser, 1, f"https://{SHOP}/app.js"), settings(browser, 2, SHOP)],
        "a script that has the package within it": [
            script(browser, 1, f"https://{OWN}/app.js", BUNDLED + b"x" * 900),
            script(browser, 1.1, f"https://{OWN}/b.js", b"var b=1"),
            browser.fetch(1.2, f"https://{OWN}/site.css", dest="style"),
            settings(browser, 2),
        ],
        "a script of other content": [script(browser, 1, f"https://{OWN}/app.js", b"var a=1"), settings(browser, 2)],
        "settings on Segment's host": [one, settings(browser, 2, "cdn.segment.com")],
        "a script that came later": [settings(browser, 2), script(browser, 3, f"https://{OWN}/app.js")],
    }
    return stories[name]


@pytest.mark.parametrize(
    "name",
    [
        "a script of another host",
        "two scripts",
        "a host with pictures",
        "the site's own host",
        "a script that has the package within it",
        "a script of other content",
        "settings on Segment's host",
        "a script that came later",
    ],
)
def test_no_other_script_is_taken_for_it(name: str) -> None:
    browser = refuser()
    assert loads(story(*none_beside(name, browser))) == []


def test_a_library_at_a_known_address_is_counted_once() -> None:
    browser = refuser()
    known = script(browser, 1, f"https://{OWN}/analytics.js/v1/{KEY}/analytics.min.js", STANDALONE)
    beside = script(browser, 1.1, f"https://{OWN}/other.js")
    assert "does not tell" not in story(known).found(RULE)[0].explanation
    assert [path for _, path, _ in loads(story(known, beside, settings(browser, 2)))] == [
        f"{OWN}/analytics.js/v1/{KEY}/analytics.min.js"
    ]


def test_bundles_of_the_sdk_are_known_on_any_host() -> None:
    browser = refuser()
    urls = (
        f"https://{SHOP}/seg/analytics-next/bundles/870.bundle.6e29.js",
        f"https://{OWN}/next-integrations/integrations/vendor/commons.59560acc69.js.gz",
        f"https://{OWN}/next-integrations/actions/google-analytics-4-web/0ae1.js",
    )
    found = story(*(script(browser, 1 + n, url) for n, url in enumerate(urls)))
    assert len(loads(found)) == len(urls)


# --- libraries that never send


def silence(*calls: Exchange, browser: Browser) -> dict[str, list[str]]:
    found = story(*calls, browser=browser)
    return {kind: reasons for kind in ("library-silent", "library-held-back") if (reasons := found.gap(kind))}


def consenting() -> Browser:
    return Browser(cookies=dated_choice("functional", "analytics", "marketing", at=-5))


LIBRARY = f"https://cdn.segment.com/analytics.js/v1/{KEY}/analytics.min.js"


def test_a_library_that_starts_and_never_sends_is_a_gap() -> None:
    for calls in (
        lambda browser: (script(browser, 1, LIBRARY),),
        lambda browser: (settings(browser, 1, "cdn.segment.com"),),
        lambda browser: (settings(browser, 1),),
        lambda browser: (browser.fetch(1, "https://cdn.rudderlabs.com/v3/modern/rsa.min.js"),),
    ):
        browser = consenting()
        found = silence(*calls(browser), browser=browser)
        assert list(found) == ["library-silent"] and len(found["library-silent"]) == 1


def test_a_library_that_was_refused_may_hold_everything_back() -> None:
    browser = refuser()
    assert list(silence(script(browser, 1, LIBRARY), browser=browser)) == ["library-held-back"]


@pytest.mark.parametrize(("regime", "kind"), [("opt-in", "library-held-back"), ("opt-out", "library-silent")])
def test_a_library_may_wait_for_an_answer_where_one_is_asked_for(regime: str, kind: str) -> None:
    browser = Browser()
    calls = [browser.open(0), browser.fetch(0.2, BANNER), script(browser, 1, LIBRARY), browser.open(60)]
    found = run(*calls, policy=f'[policy]\nregime = "{regime}"\n')
    assert [each for each, _ in found.gaps if each.startswith("library-")] == [kind]


def test_a_library_that_sends_is_none() -> None:
    browser = consenting()
    sent = browser.send(3, message("Viewed"))
    blocked = browser.send(3, message("Viewed"), status=None, unsent=Unsent.BLOCKED)
    for message_of in (sent, blocked):
        assert silence(script(browser, 1, LIBRARY), settings(browser, 2), message_of, browser=browser) == {}


def test_what_never_ran_is_no_silent_library() -> None:
    browser = consenting()
    listed = json.dumps([{"name": "Amplitude", "creationName": "Amplitude"}]).encode()
    address = f"https://cdn.segment.com/v1/projects/{KEY}/integrations"
    for call in (
        browser.fetch(1, LIBRARY, status=None, failure="no response"),
        browser.fetch(1, LIBRARY, status=404),
        browser.fetch(1, LIBRARY, status=None, unsent=Unsent.BLOCKED),
        browser.fetch(1, address, mode="cors", dest="empty", answer=listed),
        browser.pixel(1),
    ):
        assert silence(call, browser=browser) == {}
