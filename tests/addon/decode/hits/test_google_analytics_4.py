"""Google Analytics 4: the query's event, the body's batch, and servers' events."""

from __future__ import annotations

from .calls import call, get, hits, only, post

COLLECT = "https://region1.google-analytics.com/g/collect"


def test_an_event_in_the_query() -> None:
    hit = only(
        get(COLLECT, v="2", tid="G-ABC123", cid="111.222", en="purchase", dl="https://shop.example/thanks", uid="u1")
    )
    assert (hit.vendor, hit.position, hit.name, hit.account) == ("google-analytics-4", 0, "purchase", "G-ABC123")
    assert hit.identifiers == {"client_id": "111.222", "user_id": "u1"}
    assert hit.page_url == "https://shop.example/thanks"


def test_a_batch_has_an_event_in_each_line() -> None:
    url = f"{COLLECT}?v=2&tid=G-ABC123&cid=111.222&dl=https%3A%2F%2Fshop.example%2F"
    found = hits(
        post(url, "en=page_view&_et=1\r\nen=scroll&epn.percent_scrolled=90&dl=https%3A%2F%2Fshop.example%2Fb\r\n")
    )
    assert [(hit.position, hit.name, hit.page_url) for hit in found] == [
        (0, "page_view", "https://shop.example/"),
        (1, "scroll", "https://shop.example/b"),
    ]
    assert all(hit.account == "G-ABC123" and hit.identifiers == {"client_id": "111.222"} for hit in found)


def test_an_empty_body_leaves_the_event_of_the_query() -> None:
    assert only(call(f"{COLLECT}?tid=G-1&en=page_view", method="POST", body=b"")).name == "page_view"


def test_user_provided_data_is_hashed_by_the_tag() -> None:
    hit = only(get(COLLECT, tid="G-1", en="sign_up", em="tv.1~em.4x8WFpkYUiISo~pn.Zm9v"))
    assert hit.identifiers == {"email_hash": "4x8WFpkYUiISo", "phone_hash": "Zm9v"}


def test_empty_user_provided_data_is_no_identifier() -> None:
    assert only(get(COLLECT, tid="G-1", en="page_view", em="tv.1~em.")).identifiers == {}


def test_a_call_that_names_no_event_is_still_somebodys() -> None:
    hit = only(get("https://td.doubleclick.net/td/ga/rul", tid="G-ABC123", gacid="1.2"))
    assert (hit.name, hit.account, hit.identifiers) == (None, "G-ABC123", {"client_id": "1.2"})


def test_the_measurement_protocol_carries_a_list() -> None:
    url = "https://www.google-analytics.com/mp/collect?measurement_id=G-ABC123&api_secret=s"
    body = {
        "client_id": "1.2",
        "user_id": "u1",
        "events": [{"name": "purchase", "params": {"page_location": "https://shop.example/"}}, {"name": "refund"}],
    }
    first, second = hits(post(url, body))
    assert (first.name, first.page_url, second.name) == ("purchase", "https://shop.example/", "refund")
    assert first.account == "G-ABC123"
    assert first.identifiers == {"client_id": "1.2", "user_id": "u1"}


def test_an_app_is_known_by_its_instance() -> None:
    url = "https://www.google-analytics.com/mp/collect?firebase_app_id=1:2:android:3&api_secret=s"
    hit = only(post(url, {"app_instance_id": "f00", "events": [{"name": "login"}]}))
    assert (hit.account, hit.identifiers) == ("1:2:android:3", {"client_id": "f00"})
