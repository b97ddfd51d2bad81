"""Each kind of personal data is found where it stands; what only looks like it never is."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from typing import Any

import pytest

from addon.personal_data import in_message, kinds
from addon.personal_data.detector import plain
from addon.personal_data.kinds import all_detectors

from .clean import ADDRESSES, CLEAN


def found(kind: str = "track", **parts: Any) -> list[tuple[str, str]]:
    """Kind and place of what is found in a message with these parts."""
    return [(each.kind, each.place) for each in in_message(parts, kind).found]


def test_every_module_in_the_folder_is_a_detector_and_is_found() -> None:
    modules = {module.name for module in pkgutil.iter_modules(kinds.__path__)}
    named = {importlib.import_module(f"{kinds.__name__}.{name}").DETECTOR for name in modules}
    assert named == set(all_detectors().values())
    assert len(modules) == len(all_detectors())


@pytest.mark.parametrize("detector", all_detectors().values(), ids=lambda each: each.kind)
def test_a_detector_says_what_it_finds_and_how_values_get_to_it(detector: Any) -> None:
    assert re.fullmatch(r"[a-z-]+", detector.kind)
    assert detector.label.startswith(("a ", "an "))
    assert detector.keys or detector.hint or detector.begins
    assert all(plain(key) == key for key in detector.keys)
    for expression in (detector.begins, detector.hint):
        assert expression is None or not re.compile(expression).groups


MAXMIND = {"city": "Berlin", "country": "DE", "latitude": 52.5244, "longitude": 13.4105}


@pytest.mark.parametrize(
    ("location", "doubted"),
    [
        (MAXMIND, True),
        ({"latitude": 37.751, "longitude": -97.822}, True),
        ({"latitude": "30.27130", "longitude": "-97.74260"}, True),
        (MAXMIND | {"latitude": 52.524371, "longitude": 13.410531}, True),
        (MAXMIND | {"accuracy_radius": 20}, True),
        (MAXMIND | {"latitude": 52.5243712, "longitude": 13.4105301}, False),
        (MAXMIND | {"accuracy": 12.5}, False),
        ({"latitude": 52.5244, "longitude": 13.4105, "speed": 0}, False),
        ({"latitude": 52.52437, "longitude": 13.41053}, False),
    ],
    ids=str,
)
def test_coordinates_that_a_lookup_of_the_network_address_may_have_given_are_in_doubt(
    location: dict[str, Any], doubted: bool
) -> None:
    (one,) = in_message({"context": {"location": location}}, "track").found
    assert (one.kind, one.doubt is not None) == ("location", doubted)


# --- what is found

FOUND: list[tuple[str, Any, str]] = [
    ("email", "ada.lovelace@gmail.com", "email"),
    ("contact", "  Ada+news@Mail.Shop.CO.UK ", "email"),
    ("anything", "o'brien@test.example", "email"),
    ("company_email", "ada.lovelace@acme.com", "email"),
    ("businessEmail", "ada.lovelace@acme.com", "email"),
    ("q", "is ada@web.de registered?", "email"),
    ("message", "Please call back. Ada <ada@web.de>", "email"),
    ("phone", "+49 170 1234567", "phone"),
    ("phoneNumber", "(030) 123-45678", "phone"),
    ("mobile_phone", 491701234567, "phone"),
    ("mobile", "0170 1234567", "phone"),
    ("phone", "+1 555 555 0100", "phone"),
    ("whatever", "  +491701234567 ", "phone"),
    ("whatever", "+1 (202) 555-0123", "phone"),
    ("first_name", "Ada", "name"),
    ("lastName", "O’Brien-Smith", "name"),
    ("fullName", "Łukasz Żółć", "name"),
    ("family_name", "山田", "name"),
    ("nameOnCard", "A. LOVELACE", "name"),
    ("card_number", "4111111111111111", "card"),
    ("cardNumber", 378282246310005, "card"),
    ("pan", "6011 1111 1111 1117", "card"),
    ("reference", "5555 5555 5555 4444", "card"),
    ("reference", "4111-1111-1111-1111", "card"),
    ("reference", "3782 822463 10005", "card"),
    ("search", "my card 4111111111111111 was charged", "card"),
    ("iban", "de89 3704 0044 0532 0130 00", "iban"),
    ("reference", "DE89 3704 0044 0532 0130 00", "iban"),
    ("reference", "GB29NWBK60161331926819", "iban"),
    ("account", "FR1420041010050500013M02606", "iban"),
    ("ssn", "123-45-6789", "national-id"),
    ("dni", "12345678Z", "national-id"),
    ("nie", "X1234567L", "national-id"),
    ("cpf", "52998224725", "national-id"),
    ("whatever", "529.982.247-25", "national-id"),
    ("whatever", "RSSMRA85T10A562S", "national-id"),
    ("pesel", "44051401359", "national-id"),
    ("bsn", "111222333", "national-id"),
    ("nino", "QQ 12 34 56 C".replace("QQ", "AB"), "national-id"),
    ("personnummer", "811218-9876", "national-id"),
    ("steuer_id", "86095742719", "national-id"),
    ("nir", "2 55 08 14 168 025 38", "national-id"),
]


@pytest.mark.parametrize(("key", "value", "kind"), FOUND, ids=[f"{kind} {key}" for key, _, kind in FOUND])
def test_each_kind_is_found_where_it_stands(key: str, value: Any, kind: str) -> None:
    assert found(properties={key: value}) == [(kind, f"properties.{key}")]


@pytest.mark.parametrize(
    ("parts", "place"),
    [
        ({"context": {"location": {"latitude": 52.52001, "longitude": 13.40495}}}, "context.location.latitude"),
        ({"context": {"geo": {"lat": "52.52001", "lon": "13.40495"}}}, "context.geo.lat"),
        ({"traits": {"address": {"lat": -33.8688, "lng": 151.2093}}}, "traits.address.lat"),
        ({"properties": {"user": {"location": {"lat": 52.52001, "long": 13.40495}}}}, "properties.user.location.lat"),
        ({"properties": {"gps": {"lat": 52.52001, "lng": 13.40495}}}, "properties.gps.lat"),
    ],
)
def test_a_precise_place_is_found_where_it_is_the_persons_own(parts: dict[str, Any], place: str) -> None:
    assert found(**parts) == [("location", place)]


def test_the_full_name_is_a_trait_and_of_a_group_it_is_the_accounts() -> None:
    traits = {"name": "Ada Lovelace", "email": "ada@gmail.com", "phone": "+49 170 1234567"}
    assert found("identify", traits=traits) == [
        ("name", "traits.name"),
        ("email", "traits.email"),
        ("phone", "traits.phone"),
    ]
    assert found("group", traits=traits) == []
    assert found("identify", traits={"name": "ada99"}) == []


def test_the_ids_of_a_message_and_the_name_of_an_event_are_looked_at() -> None:
    assert found(userId="ada@gmail.com", event="Signed up ada@gmail.com") == [
        ("email", "userId"),
        ("email", "event"),
    ]
    assert found(userId="1234", event="Order Completed", name="Ada Lovelace") == []


# --- where it stands


def test_the_place_is_told_by_its_keys_and_never_by_the_data() -> None:
    properties = {"products": [{"note": "x"}, {"note": "for ada@gmail.com"}], "to": ["ada@gmail.com", "bob@gmail.com"]}
    assert found(properties=properties) == [("email", "properties.products[].note"), ("email", "properties.to[]")]
    by_key = {
        "ada@gmail.com": "ada@gmail.com",
        "user-491701234567": {"email": "ada@gmail.com"},
        "x" * 90: "ada@gmail.com",
    }
    assert found(properties=by_key) == [("email", "properties.…"), ("email", "properties.….email")]


def test_pages_are_told_by_the_parameter_that_carries_it() -> None:
    page = {
        "url": "https://shop.example/welcome?email=ada%40gmail.com&x=1",
        "search": "?email=ada%40gmail.com&x=1",
        "referrer": "https://shop.example/u/ada%40gmail.com/reset",
        "title": "Inbox of ada@gmail.com",
        "path": "/welcome",
    }
    assert found(context={"page": page}) == [
        ("email", "context.page.url?email"),
        ("email", "context.page.referrer"),
        ("email", "context.page.title"),
    ]


def test_addresses_within_addresses_fragments_and_texts_of_json_are_opened() -> None:
    inner = "https%3A%2F%2Fb.example%2F%3Fto%3Dada%2540gmail.com"
    assert found(properties={"url": f"https://a.example/?next={inner}"}) == [("email", "properties.url?next?to")]
    assert found(properties={"url": "https://a.example/#/login?user=ada@gmail.com"}) == [
        ("email", "properties.url?user")
    ]
    assert found(properties={"blob": '{"user": {"mail": "ada@gmail.com"}}'}) == [("email", "properties.blob.user.mail")]
    assert found(properties={"url": "https://a.example/?first_name=Ada"}) == [("name", "properties.url?first_name")]


def test_every_part_of_a_message_is_looked_at_whatever_its_cdp_calls_it() -> None:
    assert found(user_attributes={"$email": "ada@gmail.com"}) == [("email", "user_attributes.$email")]
    assert found(**{"$set": {"email": "ada@gmail.com"}}) == [("email", "$set.email")]
    flat = {"url": "https://shop.example/?mail=ada@gmail.com", "uid": "ada@gmail.com"}
    assert found(**flat) == [("email", "url?mail"), ("email", "uid")]
    assert found(location={"latitude": 52.52001, "longitude": 13.40495}) == [("location", "location.latitude")]


# --- what is not


@pytest.mark.parametrize("about", CLEAN)
@pytest.mark.parametrize("part", ["properties", "traits"])
def test_what_only_looks_like_personal_data_is_not(about: str, part: str) -> None:
    meant = ("lat", "lng", "location", "position", "name") if part == "traits" else ()  # these are the person's there
    values = {key: value for key, value in CLEAN[about].items() if key not in meant}
    assert found("identify" if part == "traits" else "track", **{part: values}) == []


@pytest.mark.parametrize("about", CLEAN)
def test_nor_within_lists_and_texts_of_json(about: str) -> None:
    assert found(properties={"items": [CLEAN[about]], "text_of_json": json.dumps([CLEAN[about]])}) == []


@pytest.mark.parametrize("address", ADDRESSES)
def test_nor_in_addresses(address: str) -> None:
    page = {"url": address, "search": "?" + address.partition("?")[2], "referrer": address, "title": "Shoes @ Shop"}
    assert found(context={"page": page}, properties={"url": address, "href": address}) == []


def test_a_segment_message_as_the_library_makes_it_is_clean() -> None:
    context = {
        "page": {"path": "/a", "referrer": "", "search": "", "title": "Shop", "url": "https://shop.example/a"},
        "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36",
        "userAgentData": {"brands": [{"brand": "Chromium", "version": "150"}], "mobile": False, "platform": "Linux"},
        "locale": "en-US",
        "library": {"name": "analytics.js", "version": "npm:next-1.70.0"},
        "timezone": "Europe/Berlin",
        "ip": "198.51.100.7",
        "device": {"id": "B5372DB0-C21E-11E4-8DFC-AA07A5B093DB", "name": "maguro", "model": "iPhone7,2", "type": "ios"},
        "app": {"name": "InitechGlobal", "version": "545", "build": "3.0.1.545", "namespace": "com.production.segment"},
        "network": {"bluetooth": False, "carrier": "T-Mobile US", "cellular": True, "wifi": False},
        "screen": {"density": 2, "width": 320, "height": 568},
        "campaign": {"name": "Spring Sale", "source": "newsletter@shop", "medium": "email", "content": "image@2x"},
        "consent": {"categoryPreferences": {"Advertising": True}},
    }
    products = [
        {"product_id": "507f1f77bcf86cd799439011", "sku": "45790-32", "name": "Monopoly: 3rd Edition", "price": 19}
    ]
    message = {
        "properties": {"order_id": "50314b8e9bcf000000000000", "products": products, "coupon": "hasbros"},
        "context": context,
        "anonymousId": "507f191e810c19729de860ea",
        "userId": "97980cfea0067",
        "event": "Order Completed",
    }
    assert found("track", **message) == []
