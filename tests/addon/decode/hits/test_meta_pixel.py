"""Meta: the pixel in a query, a form and a multipart form, and the Conversions API."""

from __future__ import annotations

import json

import pytest

from .calls import EMAIL_HASH, get, hits, only, post, post_form, post_multipart

TR = "https://www.facebook.com/tr/"
FIELDS = {
    "id": "123456789",
    "ev": "Purchase",
    "dl": "https://shop.example/thanks",
    "fbp": "fb.1.1700000000000.1234",
    "fbc": "fb.1.1700000000000.click",
    "ud[em]": EMAIL_HASH,
    "ud[external_id]": "c7",
}


@pytest.mark.parametrize(
    "exchange",
    [get(TR, **FIELDS), post_form(TR, FIELDS), post_multipart(TR, FIELDS)],
    ids=["query", "form", "multipart"],
)
def test_the_pixel_is_read_however_it_is_sent(exchange) -> None:  # type: ignore[no-untyped-def]
    hit = only(exchange)
    assert (hit.name, hit.account, hit.page_url) == ("Purchase", "123456789", "https://shop.example/thanks")
    assert hit.identifiers == {
        "cookie_id": "fb.1.1700000000000.1234",
        "click_id": "fb.1.1700000000000.click",
        "external_id": "c7",
        "email_hash": EMAIL_HASH,
    }


def test_what_the_pixel_found_in_forms_counts_as_well() -> None:
    assert only(get(TR, id="1", ev="Lead", **{"udff[ph]": EMAIL_HASH})).identifiers == {"phone_hash": EMAIL_HASH}


def test_an_address_that_nobody_hashed_is_called_what_it_is() -> None:
    assert only(get(TR, id="1", ev="Lead", **{"ud[em]": "ann@shop.example"})).identifiers == {
        "email": "ann@shop.example"
    }


def test_the_conversions_api_takes_json_and_forms() -> None:
    events = [
        {
            "event_name": "Purchase",
            "event_source_url": "https://shop.example/",
            "user_data": {"em": [EMAIL_HASH], "fbp": "fb.1.2", "madid": "aaaa"},
        },
        {"event_name": "Lead", "user_data": {}},
    ]
    url = "https://graph.facebook.com/v20.0/123456789/events"
    for exchange in (post(url, {"data": events}), post_form(url, {"data": json.dumps(events)})):
        first, second = hits(exchange)
        assert (first.name, first.account, second.name) == ("Purchase", "123456789", "Lead")
        assert first.identifiers == {"email_hash": EMAIL_HASH, "cookie_id": "fb.1.2", "advertising_id": "aaaa"}


@pytest.mark.parametrize(
    ("parameters", "restricted"),
    [({"dpo": "LDU", "dpoco": "0"}, True), ({"dpo": ""}, False), ({"dpo": "x"}, False), ({}, False)],
)
def test_limited_data_use_is_read(parameters: dict[str, str], restricted: bool) -> None:
    assert only(get(TR, id="1", ev="Lead", **parameters)).restricted is restricted


def test_limited_data_use_of_the_conversions_api_is_read_of_each_event() -> None:
    events = [
        {"event_name": "A", "data_processing_options": ["LDU"]},
        {"event_name": "B", "data_processing_options": []},
    ]
    found = hits(post("https://graph.facebook.com/v20.0/1/events", {"data": events}))
    assert [hit.restricted for hit in found] == [True, False]
