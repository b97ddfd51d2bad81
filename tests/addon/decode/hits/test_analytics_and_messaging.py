"""Analytics, recording, messaging and attribution vendors: one call of each kind, and what is read of it."""

from __future__ import annotations

import base64
import gzip
import json
import zlib

import pytest

from addon.exchange import Exchange

from .calls import call, get, hits, only, post, post_form, problem

SHOP = "https://shop.example/"
TRACK = "https://api-js.mixpanel.com/track/"
EVENT = {
    "event": "Viewed",
    "properties": {"token": "tk", "distinct_id": "d1", "$device_id": "v1", "$current_url": SHOP},
}
VIEWED = ("Viewed", "tk", {"client_id": "d1", "device_id": "v1"}, SHOP)


def _base64(value: object, *, urlsafe: bool = False) -> str:
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    return encode(json.dumps(value).encode()).decode()


CALLS: dict[str, tuple[Exchange, tuple[str | None, str | None, dict[str, str], str | None]]] = {
    "amplitude": (
        post(
            "https://api2.amplitude.com/2/httpapi",
            {"api_key": "k", "events": [{"event_type": "Viewed", "device_id": "d", "user_id": "u", "idfa": "A"}]},
        ),
        ("Viewed", "k", {"device_id": "d", "user_id": "u", "advertising_id": "A"}, None),
    ),
    "amplitude's older form": (
        post_form(
            "https://api.amplitude.com/", {"client": "k", "e": json.dumps([{"event_type": "Viewed", "device_id": "d"}])}
        ),
        ("Viewed", "k", {"device_id": "d"}, None),
    ),
    "amplitude's identify": (
        post_form(
            "https://api.amplitude.com/identify", {"api_key": "k", "identification": json.dumps([{"user_id": "u"}])}
        ),
        ("$identify", "k", {"user_id": "u"}, None),
    ),
    "amplitude's replay": (
        post("https://api-sr.amplitude.com/sessions/v2/track?device_id=d&session_id=1", b"\x00\x01"),
        (None, None, {"device_id": "d"}, None),
    ),
    "mixpanel as a field of JSON": (post_form(TRACK, {"data": json.dumps([EVENT])}), VIEWED),
    "mixpanel as a field of Base64": (post_form(TRACK, {"data": _base64(EVENT)}), VIEWED),
    "mixpanel as Base64 for addresses": (get(TRACK, data=_base64(EVENT, urlsafe=True).rstrip("=")), VIEWED),
    "mixpanel as a body of JSON": (post(TRACK, [EVENT]), VIEWED),
    "mixpanel compressed": (post(TRACK, gzip.compress(json.dumps([EVENT]).encode()), encoding="gzip"), VIEWED),
    "mixpanel's people": (
        post_form(
            "https://api-js.mixpanel.com/engage/",
            {"data": json.dumps([{"$token": "tk", "$distinct_id": "d1", "$set": {"$email": "ann@shop.example"}}])},
        ),
        ("$set", "tk", {"client_id": "d1", "email": "ann@shop.example"}, None),
    ),
    "mixpanel's recording": (
        post("https://api-js.mixpanel.com/record/?distinct_id=d1&%24device_id=v1", b"\x1f\x00"),
        (None, None, {"client_id": "d1", "device_id": "v1"}, None),
    ),
    "heap's image": (
        get("https://heapanalytics.com/h", a="2356724093", u="113", s="324", h="/cart"),
        (None, "2356724093", {"client_id": "113", "session_id": "324"}, None),
    ),
    "heap's binary capture": (
        post("https://c.us.heap-api.com/api/capture/v2/track?a=123", b"\x00\xff"),
        (None, "123", {}, None),
    ),
    "heap's server API": (
        post("https://heapanalytics.com/api/track", {"app_id": "11", "identity": "ann", "event": "Order"}),
        ("Order", "11", {"user_id": "ann"}, None),
    ),
    "hotjar": (
        post("https://in.hotjar.com/api/v2/client/sites/123/visit-data?sv=7", {"a": 1}),
        (None, "123", {}, None),
    ),
    "hotjar's content": (post("https://content.hotjar.io/?site_id=123&gzip=1", b"\x1f\x8b"), (None, "123", {}, None)),
    "clarity": (
        post(
            "https://q.clarity.ms/collect",
            gzip.compress(
                json.dumps({"e": ["0.8.70", 1, 0, 99, "proj", "usr", "ses", 1, 0, 0, 0, SHOP], "a": []}).encode()
            ),
        ),
        (None, "proj", {"client_id": "usr", "session_id": "ses"}, SHOP),
    ),
    "clarity's cookie matching": (get("https://c.clarity.ms/c.gif", ctsa="mr"), (None, None, {}, None)),
    "fullstory's page": (
        post("https://rs.fullstory.com/rec/page", {"OrgId": "Q8RZE", "UserId": "49", "Url": SHOP}),
        (None, "Q8RZE", {"client_id": "49"}, SHOP),
    ),
    "fullstory's bundle": (
        post("https://rs.fullstory.com/rec/bundle?OrgId=Q8RZE&UserId=49&SessionId=65", b"\xff\xfe"),
        (None, "Q8RZE", {"client_id": "49", "session_id": "65"}, None),
    ),
    "fullstory's server API": (
        post("https://api.fullstory.com/v2/events", {"name": "Order", "user": {"uid": "u1"}}),
        ("Order", None, {"user_id": "u1"}, None),
    ),
    "braze's SDK": (
        post(
            "https://sdk.iad-01.braze.com/api/v3/data/",
            {"api_key": "k", "device_id": "d", "events": [{"name": "ce", "data": {"n": "Viewed"}, "user_id": "u"}]},
        ),
        ("Viewed", "k", {"device_id": "d", "user_id": "u"}, None),
    ),
    "braze's attributes are what the app knows of the person": (
        post(
            "https://sdk.fra-01.braze.eu/api/v3/data/",
            {
                "api_key": "k",
                "device": {"google_ad_id": "A"},
                "attributes": [{"user_id": "u", "email": "ann@shop.example"}],
            },
        ),
        ("attributes", "k", {"advertising_id": "A", "user_id": "u", "email": "ann@shop.example"}, None),
    ),
    "braze's REST API": (
        post("https://rest.iad-01.braze.com/users/track", {"events": [{"name": "Order", "external_id": "u"}]}),
        ("Order", None, {"user_id": "u"}, None),
    ),
    "klaviyo's script": (
        post(
            "https://a.klaviyo.com/client/events/?company_id=XkHHQx",
            {
                "data": {
                    "type": "event",
                    "attributes": {
                        "metric": {"data": {"attributes": {"name": "Active on Site"}}},
                        "profile": {"data": {"attributes": {"email": "ann@shop.example", "_kx": "x1"}}},
                        "properties": {"page": SHOP},
                    },
                }
            },
        ),
        ("Active on Site", "XkHHQx", {"email": "ann@shop.example", "cookie_id": "x1"}, SHOP),
    ),
    "klaviyo's profile": (
        post(
            "https://a.klaviyo.com/client/profiles/?company_id=XkHHQx",
            {"data": {"type": "profile", "attributes": {"external_id": "u"}}},
        ),
        ("profile", "XkHHQx", {"external_id": "u"}, None),
    ),
    "klaviyo's older call": (
        get(
            "https://a.klaviyo.com/api/track",
            data=_base64({"token": "pk", "event": "Viewed", "customer_properties": {"$email": "ann@shop.example"}}),
        ),
        ("Viewed", "pk", {"email": "ann@shop.example"}, None),
    ),
    "klaviyo's own metrics": (
        post(
            "https://a.klaviyo.com/onsite/track-analytics?company_id=X",
            {"metric_group": "onsite", "events": [{"metric": "m"}]},
        ),
        ("m", "X", {}, None),
    ),
    "customer.io's event": (
        post("https://track.customer.io/api/v1/customers/ann%40shop.example/events", {"name": "Order"}),
        ("Order", None, {"user_id": "ann@shop.example"}, None),
    ),
    "customer.io's person": (
        call("https://track.customer.io/api/v1/customers/7", method="PUT", body=b'{"email": "ann@shop.example"}'),
        ("identify", None, {"user_id": "7", "email": "ann@shop.example"}, None),
    ),
    "customer.io's snippet": (
        get("https://track.customer.io/events/page.gif", name="/cart", s="abc"),
        ("/cart", "abc", {}, None),
    ),
    "customer.io's pipelines": (
        post(
            "https://cdp.customer.io/v1/track", {"type": "track", "event": "Order", "userId": "u", "anonymousId": "a"}
        ),
        ("Order", None, {"user_id": "u", "client_id": "a"}, None),
    ),
    "appsflyer in a browser": (
        post(
            "https://wa.appsflyer.com/events?site-id=9153",
            {"data": {"eventType": "LOAD", "afWebUserId": "w1", "webAppId": "9153"}, "meta": {"locationHref": SHOP}},
        ),
        ("LOAD", "9153", {"cookie_id": "w1"}, SHOP),
    ),
    "appsflyer's encrypted SDK": (
        post("https://t.appsflyer.com/api/v6.13/androidevent?app_id=com.shop&buildnumber=6.13.1", b"\x93\x10\xff"),
        (None, "com.shop", {}, None),
    ),
    "appsflyer's servers": (
        post(
            "https://api2.appsflyer.com/inappevent/com.shop",
            {"eventName": "af_purchase", "appsflyer_id": "1-2", "idfa": "A"},
        ),
        ("af_purchase", "com.shop", {"client_id": "1-2", "advertising_id": "A"}, None),
    ),
    "adjust's session": (
        post_form("https://app.adjust.com/session", {"app_token": "tk", "gps_adid": "A", "android_uuid": "d"}),
        ("session", "tk", {"advertising_id": "A", "device_id": "d"}, None),
    ),
    "adjust's event is known by its token": (
        post_form("https://app.eu.adjust.com/event", {"app_token": "tk", "event_token": "abc123", "idfv": "V"}),
        ("abc123", "tk", {"vendor_device_id": "V"}, None),
    ),
    "adjust's attribution": (
        get("https://app.adjust.com/attribution", app_token="tk", idfa="A"),
        ("attribution", "tk", {"advertising_id": "A"}, None),
    ),
    "branch's open": (
        post("https://api2.branch.io/v1/open", {"branch_key": "key", "google_advertising_id": "A", "hardware_id": "d"}),
        ("open", "key", {"advertising_id": "A", "device_id": "d"}, None),
    ),
    "branch's event": (
        post(
            "https://api2.branch.io/v2/event/standard",
            {"name": "PURCHASE", "branch_key": "key", "user_data": {"aaid": "A", "developer_identity": "u"}},
        ),
        ("PURCHASE", "key", {"advertising_id": "A", "user_id": "u"}, None),
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call(name: str) -> None:
    exchange, expected = CALLS[name]
    hit = only(exchange)
    assert (hit.name, hit.account, dict(hit.identifiers), hit.page_url) == expected


def test_a_batch_is_several_events() -> None:
    amplitude = {"api_key": "k", "events": [{"event_type": "a"}, {"event_type": "b"}, 7]}
    assert [hit.name for hit in hits(post("https://api2.amplitude.com/batch", amplitude))] == ["a", "b"]
    assert [hit.name for hit in hits(post(TRACK, [EVENT, {"event": "b"}]))] == ["Viewed", "b"]
    braze = {"api_key": "k", "events": [{"name": "ss"}, {"name": "p"}], "attributes": [{"email": "a@b.example"}]}
    found = hits(post("https://sdk.iad-01.braze.com/api/v3/data/", braze))
    assert [hit.name for hit in found] == ["ss", "purchase", "attributes"]


def test_a_field_may_be_compressed_within_its_base64() -> None:
    text = base64.b64encode(zlib.compress(json.dumps([EVENT]).encode())).decode()
    assert only(post_form(TRACK, {"data": text})).name == "Viewed"


def test_a_bomb_within_base64_leaves_a_problem() -> None:
    text = base64.b64encode(zlib.compress(b"[" + b" " * 9_000_000)).decode()
    assert "too large" in problem(post_form(TRACK, {"data": text}))


@pytest.mark.parametrize(
    "exchange",
    [
        post(TRACK, "nonsense"),
        post_form(TRACK, {"data": "!!"}),
        post("https://api2.amplitude.com/2/httpapi", b"\xff\xfe\x00"),
        post("https://q.clarity.ms/collect", {"e": [1]}),
        post("https://www.facebook.com/tr/", b"--b\r\n", kind="multipart/form-data; boundary=b"),
        post("https://a.klaviyo.com/api/track", "{}"),
    ],
    ids=["no data", "no Base64", "no text", "no envelope", "no parts", "no field"],
)
def test_what_should_be_readable_and_is_not_leaves_a_problem(exchange: Exchange) -> None:
    assert "was not read in full" in problem(exchange)
