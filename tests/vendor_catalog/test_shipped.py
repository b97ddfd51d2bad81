"""The catalogue that ships: every file holds, is picked up, and names formats that exist."""

from __future__ import annotations

import re
import time
from importlib import resources
from urllib.parse import urlsplit

import pytest

from addon.consent.formats import call_format
from addon.consent.reader import cookie_reader
from vendor_catalog import CallKind, Category, shipped_catalogue
from vendor_catalog.lint import example, problems


def stems(folder: str) -> set[str]:
    return {
        file.name.removesuffix(".toml")
        for file in resources.files("vendor_catalog").joinpath(folder).iterdir()
        if file.name.endswith(".toml")
    }


def test_every_example_of_every_file_holds() -> None:
    assert problems(shipped_catalogue()) == []


def test_every_address_that_an_entry_claims_is_answered_by_it_and_by_nobody_else() -> None:
    known = shipped_catalogue()
    tried = 0
    for entry in (*known.vendors.values(), *known.consent_managers.values()):
        for endpoint in entry.endpoints:
            for text in endpoint.matches:
                tried += 1
                match = known.match(*example(text))
                assert match is not None, f"{entry.id}: {text}"
                assert match.endpoint is endpoint, f"{entry.id}: {text}"
                assert {each.vendor for each in known.match_all(*example(text))} == {entry.id}, text
    assert tried > 1000


@pytest.mark.parametrize("path", ["/", "/login", "/docs/", "/pricing", "/blog/consent", "/favicon.ico", "/robots.txt"])
def test_nobodys_own_site_is_taken_for_a_call_to_it(path: str) -> None:
    known = shipped_catalogue()
    for vendor in known.vendors.values():
        site = urlsplit(vendor.website)
        for host in {site.hostname or "", (site.hostname or "").removeprefix("www.")}:
            assert known.match("GET", host, path) is None, vendor.id
        assert known.match("GET", site.hostname or "", site.path or "/") is None, vendor.id


def test_every_website_is_an_address() -> None:
    for vendor in shipped_catalogue().vendors.values():
        site = urlsplit(vendor.website)
        assert site.scheme == "https", vendor.id
        assert "." in (site.hostname or ""), vendor.id
        assert not site.query, vendor.id


@pytest.mark.parametrize(
    ("method", "url", "vendor"),
    [
        ("GET", "http://connectivitycheck.gstatic.com/generate_204", "android-system"),
        ("GET", "http://captive.apple.com/hotspot-detect.html", "apple-system"),
        ("GET", "http://www.msftconnecttest.com/connecttest.txt", "windows-system"),
        ("GET", "http://detectportal.firefox.com/canonical.html", "firefox-browser"),
        ("POST", "https://update.googleapis.com/service/update2/json", "chrome-browser"),
        ("POST", "https://safebrowsing.googleapis.com/v4/threatListUpdates:fetch", "chrome-browser"),
        ("GET", "http://ocsp.digicert.com/abc", "certificate-authorities"),
    ],
)
def test_what_browsers_and_systems_do_by_themselves_is_only_recorded(method: str, url: str, vendor: str) -> None:
    known = shipped_catalogue()
    match = known.match(*example(f"{method} {url}"))
    assert match is not None
    assert (match.vendor, match.kind) == (vendor, CallKind.CONFIG)
    assert known.vendors[vendor].category is Category.NECESSARY


@pytest.mark.parametrize(
    ("method", "url", "vendor", "kind"),
    [
        ("GET", "https://dt.adsafeprotected.com/dt?anId=1", "integral-ad-science", CallKind.COLLECT),
        ("GET", "https://jadserve.postrelease.com/suid/1017", "nativo", CallKind.COLLECT),
        ("POST", "https://fastlane.rubiconproject.com/a/api/fastlane.json", "magnite", CallKind.COLLECT),
        ("GET", "https://image6.pubmatic.com/AdServer/UCookieSetPug?oid=5", "pubmatic", CallKind.COLLECT),
        ("GET", "https://ssum.casalemedia.com/usermatchredir?s=1", "index-exchange", CallKind.COLLECT),
        ("GET", "https://us-u.openx.net/w/1.0/sd?id=1", "openx", CallKind.COLLECT),
        ("GET", "https://ssbsync-global.smartadserver.com/api/sync", "equativ", CallKind.COLLECT),
        ("GET", "https://b.scorecardresearch.com/p?c1=2", "comscore", CallKind.COLLECT),
        ("POST", "https://mobile-collector.newrelic.com/mobile/v4/data", "new-relic", CallKind.COLLECT),
        (
            "GET",
            "https://assets.adobedtm.com/1/2/3/RCce8829d1b0864836959f2942d3dd958c-source.min.js",
            "adobe-launch",
            CallKind.LIBRARY,
        ),
        ("GET", "https://shop.tt.omtrdc.net/m2/shop/sc/standard?mbox=x", "adobe-target", CallKind.COLLECT),
        ("GET", "https://mabping.chartbeat.net/ping/mab?h=1", "chartbeat", CallKind.COLLECT),
        ("GET", "https://log.outbrainimg.com/loggerServices/dwce_cheq_events", "outbrain", CallKind.COLLECT),
        ("GET", "https://stags.bluekai.com/site/1?phint=x", "bluekai", CallKind.COLLECT),
        ("GET", "https://px.moatads.com/pixel.gif?e=0", "moat", CallKind.COLLECT),
        ("GET", "https://7cbf2.v.fwmrm.net/ad/l/1?s=x", "freewheel", CallKind.COLLECT),
        ("POST", "https://live.chartboost.com/api/install", "chartboost", CallKind.COLLECT),
        ("POST", "https://report.appmetrica.yandex.net/report", "appmetrica", CallKind.COLLECT),
        ("GET", "https://de.ioam.de/tx.io?st=x", "infonline", CallKind.COLLECT),
        ("GET", "https://c.seznam.cz/conv?id=1", "sklik", CallKind.COLLECT),
        ("GET", "https://nexus.ensighten.com/shop/prod/Bootstrap.js", "ensighten", CallKind.LIBRARY),
        ("GET", "https://s0.2mdn.net/instream/html5/ima3.js", "google-ad-manager", CallKind.LIBRARY),
        ("GET", "https://s0.2mdn.net/4253429/banner.jpg", "google-ad-manager", CallKind.CONFIG),
    ],
)
def test_whom_pages_with_ads_and_apps_with_ads_call_has_a_name(
    method: str, url: str, vendor: str, kind: CallKind
) -> None:
    match = shipped_catalogue().match(*example(f"{method} {url}"))
    assert match is not None
    assert (match.vendor, match.kind) == (vendor, kind)


@pytest.mark.parametrize(
    "id",
    [
        "stripe",
        "paypal",
        "adyen",
        "braintree",
        "klarna",
        "hcaptcha",
        "recaptcha",
        "arkose-labs",
        "datadome",
        "perimeterx",
        "akamai",
    ],
)
def test_payment_and_defence_against_robots_are_necessary(id: str) -> None:
    assert shipped_catalogue().vendors[id].category is Category.NECESSARY


@pytest.mark.parametrize(
    "address",
    [
        "https://shop.example/i?e=pv",
        "https://shop.example/id?d_visid_ver=5.5.0",
        "https://shop.example/matomo.php?module=Login",
        "https://shop.example/matomo.js",
        "https://shop.example/g/collect?v=2",
        "POST https://shop.example/ee/v1/interact",
        "https://shop.example/b/ss/logo.png",
        "https://shop.example/events",
        "POST https://shop.example/track",
        "https://shop.example/pixel.gif",
        "https://www.googleapis.com/youtube/v3/videos",
        "https://storage.googleapis.com/shop/photo.jpg",
        "https://cdn.jsdelivr.net/npm/vue@3/dist/vue.global.js",
        "https://unpkg.com/react@18/umd/react.production.min.js",
        "https://d111111abcdef8.cloudfront.net/app.js",
        "https://www.gstatic.com/firebasejs/9.0.0/firebase-auth.js",
        "https://www.facebook.com/shop",
        "https://graph.facebook.com/v20.0/me",
        "https://www.linkedin.com/company/shop",
        "https://hooks.slack.com/services/T/B/x",
        "POST https://company.pipedrive.com/api/v1/persons",
        "https://vimeo.com/123456",
        "https://www.youtube.com/watch?v=abc",
        "https://fast.wistia.com/embed/medias/abc.m3u8",
        "https://a.disquscdn.com/uploads/avatar.jpg",
    ],
)
def test_what_is_nobodys_alone_is_nobodys(address: str) -> None:
    assert shipped_catalogue().match(*example(address)) is None


def test_no_pattern_takes_long_over_a_hostile_address() -> None:
    for entry in (*shipped_catalogue().vendors.values(), *shipped_catalogue().consent_managers.values()):
        for endpoint in entry.endpoints:
            _, _, path, query = example(endpoint.matches[0])
            started = time.process_time()
            endpoint.accepts(
                "GET", f"{path}/" * (16_000 // (len(path) + 1)) + "\n", f"{query}&a=" * (16_000 // (len(query) + 3))
            )
            endpoint.accepts("POST", path, f"{query}&a=" * (16_000 // (len(query) + 3)) + "\n")
            assert time.process_time() - started < 0.1, f"{entry.id}: {endpoint.path} {endpoint.query}"


def test_warehouses_say_so_and_no_browser_calls_them() -> None:
    warehouses = [vendor for vendor in shipped_catalogue().vendors.values() if vendor.warehouse]
    assert {"snowflake", "bigquery", "redshift", "postgres", "databricks", "aws-s3"} <= {
        vendor.id for vendor in warehouses
    }
    for vendor in warehouses:
        assert vendor.segment_keys, vendor.id
        assert not vendor.endpoints, vendor.id


def test_an_eu_address_is_not_said_to_process_elsewhere() -> None:
    for vendor in shipped_catalogue().vendors.values():
        for endpoint in vendor.endpoints:
            if re.search(r"(^|[.-])eu1?[.-]", endpoint.host):
                assert endpoint.regions in (["eu"], []), f"{vendor.id}: {endpoint.host}"


@pytest.mark.parametrize(
    "word",
    [
        "close",
        "button",
        "split",
        "batch",
        "convert",
        "session",
        "events",
        "status",
        "user",
        "consent",
        "ads",
        "cookies",
        "id",
    ],
)
def test_a_consent_managers_everyday_key_names_no_vendor(word: str) -> None:
    assert shipped_catalogue().vendor_by_alias(word) is None


def test_every_file_is_picked_up() -> None:
    known = shipped_catalogue()
    assert stems("vendors") == set(known.vendors)
    assert stems("cmps") == set(known.consent_managers)
    assert known.vendors
    assert known.consent_managers


def test_every_format_that_a_consent_manager_names_exists() -> None:
    for manager in shipped_catalogue().consent_managers.values():
        for cookie in manager.cookies:
            assert callable(cookie_reader(manager, cookie)), manager.id
        for call in manager.recording:
            assert callable(call_format(call.format)), f"{manager.id}: {call.format}"


def test_no_wildcard_reaches_its_apex() -> None:
    known = shipped_catalogue()
    listed = [vendor.endpoints for vendor in known.vendors.values()]
    listed += [manager.endpoints for manager in known.consent_managers.values()]
    for endpoints in listed:
        for endpoint in endpoints:
            if endpoint.host.startswith("*."):
                reached = known.match_all("GET", endpoint.host[2:], "/")
                assert endpoint not in [match.endpoint for match in reached]


def test_every_segment_key_leads_to_its_vendor() -> None:
    known = shipped_catalogue()
    for vendor in known.vendors.values():
        for key in vendor.segment_keys:
            assert known.vendor_of_segment_key(key) is vendor


@pytest.mark.parametrize("host", ["api.segment.io", "events.eu1.segmentapis.com"])
@pytest.mark.parametrize(
    "part", [*"tipsgabm", "batch", "import", "track", "identify", "page", "screen", "group", "alias"]
)
def test_every_ingestion_path_of_segment_is_known_in_both_regions(host: str, part: str) -> None:
    match = shipped_catalogue().match("POST", host, f"/v1/{part}")
    assert match is not None
    assert (match.vendor, match.kind) == ("segment", CallKind.COLLECT)


@pytest.mark.parametrize(
    ("method", "host", "path"),
    [
        ("OPTIONS", "api.segment.io", "/v1/t"),
        ("POST", "api.segmentapis.com", "/regulations"),
        ("POST", "oauth2.segment.io", "/token"),
        ("POST", "oauth2.eu1.segmentapis.com", "/token"),
        ("POST", "fn.segmentapis.com", "/v1/b"),
        ("GET", "profiles.segment.com", "/v1/spaces/x/collections/users/profiles/y/traits"),
    ],
)
def test_segments_other_services_take_no_messages(method: str, host: str, path: str) -> None:
    match = shipped_catalogue().match(method, host, path)
    assert match is None or match.kind is not CallKind.COLLECT
