"""Advertising vendors: one call of each kind, and what is read of it."""

from __future__ import annotations

import gzip
import json

import pytest

from addon.exchange import Exchange

from .calls import EMAIL_HASH, call, get, hits, only, post, post_form

SHOP = "https://shop.example/"

CALLS: dict[str, tuple[Exchange, tuple[str | None, str | None, dict[str, str], str | None]]] = {
    "a conversion is known by its label": (
        get(
            "https://www.googleadservices.com/pagead/conversion/123456789/",
            label="AbC",
            auid="1.2",
            gclaw="Cj0",
            url=SHOP,
        ),
        ("conversion", "AW-123456789", {"cookie_id": "1.2", "click_id": "Cj0"}, SHOP),
    ),
    "remarketing carries its event among its data": (
        get("https://googleads.g.doubleclick.net/pagead/viewthroughconversion/123456789/", data="event=view_item;id=1"),
        ("view_item", "AW-123456789", {}, None),
    ),
    "a call of the tag names its event and account": (
        get("https://www.google.com/ccm/collect", en="page_view", tid="AW-123456789", auid="1.2", dl=SHOP),
        ("page_view", "AW-123456789", {"cookie_id": "1.2"}, SHOP),
    ),
    "a redacted click is no identifier": (
        get("https://pagead2.googlesyndication.com/pagead/conversion/123456789/", en="purchase", gclaw="0", gcs="G100"),
        ("purchase", "AW-123456789", {}, None),
    ),
    "enhanced conversions are hashed data of the person": (
        post("https://google.com/ccm/form-data/123456789?em=tv.1~em.abc~pn.def", ""),
        (None, "AW-123456789", {"email_hash": "abc", "phone_hash": "def"}, None),
    ),
    "an activity stands between semicolons": (
        call(
            "https://1234567.fls.doubleclick.net/activityi;src=1234567;type=sales;cat=purch0;auiddc=1.2;~oref=https%3A%2F%2Fshop.example%2F"
        ),
        ("sales/purch0", "DC-1234567", {"cookie_id": "1.2"}, SHOP),
    ),
    "tiktok's pixel": (
        post(
            "https://analytics.tiktok.com/api/v2/pixel",
            {
                "event": "CompletePayment",
                "context": {
                    "pixel": {"code": "C97F14"},
                    "user": {"anonymous_id": "an1", "email": EMAIL_HASH, "phone_number": "undefined"},
                    "page": {"url": SHOP},
                },
            },
        ),
        ("CompletePayment", "C97F14", {"cookie_id": "an1", "email_hash": EMAIL_HASH}, SHOP),
    ),
    "what tiktok's pixel does of itself is an action": (
        post(
            "https://analytics.tiktok.com/api/v2/pixel/act",
            {"action": "Metadata", "context": {"pixel": {"code": "C9"}}},
        ),
        ("Metadata", "C9", {}, None),
    ),
    "tiktok's events API": (
        post(
            "https://business-api.tiktok.com/open_api/v1.3/event/track/",
            {
                "event_source": "web",
                "event_source_id": "C97F14",
                "data": [{"event": "Lead", "user": {"ttp": "p1", "ttclid": "c1"}, "page": {"url": SHOP}}],
            },
        ),
        ("Lead", "C97F14", {"cookie_id": "p1", "click_id": "c1"}, SHOP),
    ),
    "linkedin's image is a page view": (
        get("https://px.ads.linkedin.com/collect", pid="12345", url=SHOP, fmt="js"),
        ("page view", "12345", {}, SHOP),
    ),
    "or a conversion": (
        get("https://px.ads.linkedin.com/collect/", pid="12345", conversionId="77", fmt="gif"),
        ("conversion", "12345", {}, None),
    ),
    "linkedin compresses what was done on the page": (
        post(
            "https://px.ads.linkedin.com/wa/",
            gzip.compress(
                json.dumps(
                    {"pids": [5143044], "url": SHOP, "signalType": "CLICK", "liFatId": "f1", "hem": None}
                ).encode()
            ),
        ),
        ("CLICK", "5143044", {"click_id": "f1"}, SHOP),
    ),
    "linkedin matches cookies without an event": (
        get("https://px.ads.linkedin.com/setuid", pid="12345"),
        (None, "12345", {}, None),
    ),
    "linkedin's conversions API": (
        post(
            "https://api.linkedin.com/rest/conversionEvents",
            {
                "conversion": "urn:lla:llaPartnerConversion:1",
                "user": {
                    "userIds": [{"idType": "SHA256_EMAIL", "idValue": EMAIL_HASH}, {"idType": "OTHER", "idValue": "x"}]
                },
            },
        ),
        ("conversion", "urn:lla:llaPartnerConversion:1", {"email_hash": EMAIL_HASH}, None),
    ),
    "pinterest keeps the person and the page in JSON": (
        get(
            "https://ct.pinterest.com/v3/",
            event="addtocart",
            tid="2612",
            pd=json.dumps({"np": "gtm", "em": EMAIL_HASH}),
            ad=json.dumps({"loc": SHOP}),
        ),
        ("addtocart", "2612", {"email_hash": EMAIL_HASH}, SHOP),
    ),
    "pinterest without scripts": (
        get("https://ct.pinterest.com/v3/", event="init", tid="2612", noscript="1", **{"pd[em]": EMAIL_HASH}),
        ("init", "2612", {"email_hash": EMAIL_HASH}, None),
    ),
    "pinterest's conversions API": (
        post(
            "https://api.pinterest.com/v5/ad_accounts/549/events",
            {
                "data": [
                    {
                        "event_name": "checkout",
                        "user_data": {"em": [EMAIL_HASH], "click_id": "e1"},
                        "event_source_url": SHOP,
                    }
                ]
            },
        ),
        ("checkout", "549", {"email_hash": EMAIL_HASH, "click_id": "e1"}, SHOP),
    ),
    "snap's pixel as a form": (
        post_form(
            "https://tr.snapchat.com/p",
            {"pid": "6e80", "ev": "PURCHASE", "pl": SHOP, "u_hem": EMAIL_HASH, "u_c1": "c1"},
        ),
        ("PURCHASE", "6e80", {"email_hash": EMAIL_HASH, "cookie_id": "c1"}, SHOP),
    ),
    "snap's pixel as JSON": (
        post("https://tr.snapchat.com/gateway/p", {"ev": "PAGE_VIEW", "pid": "6e80", "u_sclid": "l1", "u_scsid": "s1"}),
        ("PAGE_VIEW", "6e80", {"client_id": "l1", "session_id": "s1"}, None),
    ),
    "snap's pixel in a list": (
        post("https://tr.snapchat.com/p", {"req": [{"t": {"pid": "6e80", "ev": "VIEW_CONTENT"}}, {"log": {}}]}),
        ("VIEW_CONTENT", "6e80", {}, None),
    ),
    "snap's start names pixels and no event": (
        post("https://tr.snapchat.com/p", {"req": [{"i": {"pids": ["6e80"]}}]}),
        (None, "6e80", {}, None),
    ),
    "snap's conversions API": (
        post(
            "https://tr.snapchat.com/v3/6e80/events",
            {"data": [{"event_name": "SIGN_UP", "user_data": {"sc_cookie1": "c1"}}]},
        ),
        ("SIGN_UP", "6e80", {"cookie_id": "c1"}, None),
    ),
    "a page load of UET": (
        get("https://bat.bing.com/action/0", ti="97065788", evt="pageLoad", vid="v1", sid="s1", msclkid="N", p=SHOP),
        ("pageLoad", "97065788", {"cookie_id": "v1", "session_id": "s1"}, SHOP),
    ),
    "a custom event of UET is named by its action": (
        get("https://bat.bing.com/action/0", ti="97065788", evt="custom", ea="purchase", msclkid="c1"),
        ("purchase", "97065788", {"click_id": "c1"}, None),
    ),
    "microsoft's conversions API": (
        post(
            "https://capi.uet.microsoft.com/v1/123/events",
            {"data": [{"eventType": "custom", "eventName": "purchase", "userData": {"em": EMAIL_HASH}}]},
        ),
        ("purchase", "123", {"email_hash": EMAIL_HASH}, None),
    ),
    "hubspot's page view": (
        get("https://track-eu1.hubspot.com/__ptq.gif", k="1", a="147292866", vi="1380", bfp="00e6", pu=SHOP),
        ("page view", "147292866", {"cookie_id": "1380", "device_id": "00e6"}, SHOP),
    ),
    "hubspot's event says whom the page identified": (
        get(
            "https://track-eu1.hubspot.com/__ptbe.gif", n="signed_up", a="1", i="email=ann%40shop.example&firstname=Ann"
        ),
        ("signed_up", "1", {"email": "ann@shop.example"}, None),
    ),
    "hubspot copies forms": (
        post(
            "https://forms.hscollectedforms.net/collected-forms/submit/form",
            {"portalId": 1, "utk": "u1", "contactFields": {"email": "ann@shop.example"}, "pageUrl": SHOP},
        ),
        ("collected form", "1", {"cookie_id": "u1", "email": "ann@shop.example"}, SHOP),
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call(name: str) -> None:
    exchange, expected = CALLS[name]
    hit = only(exchange)
    assert (hit.name, hit.account, dict(hit.identifiers), hit.page_url) == expected


def test_a_batch_of_tiktok_is_several_events() -> None:
    batch = [{"event": "Pageview", "context": {"pixel": {"code": "A"}}}, {"event": "Search"}]
    found = hits(post("https://analytics.tiktok.com/api/v2/pixel", {"pixel_code": "B", "batch": batch}))
    assert [(hit.name, hit.account) for hit in found] == [("Pageview", "A"), ("Search", "B")]


def test_the_signals_of_snap_itself_are_no_events() -> None:
    assert hits(post("https://tr.snapchat.com/p", {"req": [{"log": {"m": "late"}}]})) == ()
