"""Piwik PRO's tracking requests, and what other software sends to addresses like its own."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from addon.decode.facts import StampShape, Surface
from addon.jsontext import Json
from tests.addon.decode.segment.wire import event, events, found, problems, read, request
from vendor_catalog import CallKind

ACCOUNT = "https://acme.piwik.pro/ppms.php"
OWN = "https://stats.shop.example/ppms.php"
BROWSER = {"user-agent": "Mozilla/5.0 (X11)"}


def hit(**changes: str | None) -> str:
    """A page view as the JavaScript tracking client sends it; ``None`` takes a parameter away."""
    fields = {
        "idsite": "892d04bd-6e2b-4914-bfb4-bac721b37235",
        "rec": "1",
        "url": "https://www.shop.example/a",
        "action_name": "A",
        "_id": "257cc22df0ec483a",
        "r": "123456",
        "ts_n": "jstc",
        "ts_v": "2.17.0",
        **changes,
    }
    return urlencode({key: value for key, value in fields.items() if value is not None})


@pytest.mark.parametrize("address", [ACCOUNT, OWN])
def test_a_request_is_one_event(address: str) -> None:
    only = event(request(f"{address}?{hit(uid='u-1')}", headers=BROWSER))
    assert (only.cdp, only.type, only.name) == ("piwik-pro", "page_view", "A")
    assert (only.write_key, only.anonymous_id, only.user_id) == (
        "892d04bd-6e2b-4914-bfb4-bac721b37235",
        "257cc22df0ec483a",
        "u-1",
    )
    assert (only.message_id, only.stamp.shape, only.anonymous) == (None, StampShape.MISSING, False)
    assert (only.surface, only.library, only.library_version) == (Surface.WEB, "jstc", "2.17.0")
    assert only.page_url == "https://www.shop.example/a"


def test_several_requests_may_travel_in_one() -> None:
    first, second = events(request(OWN, {"requests": [f"?{hit()}", hit(e_c="cart", e_a="add")]}))
    assert (first.type, first.position) == ("page_view", 0)
    assert (second.type, second.name, second.position) == ("custom", "cart: add", 1)


def test_a_request_may_be_a_form() -> None:
    assert event(request(OWN, hit().encode())).type == "page_view"
    assert event(request(f"{OWN}?{hit()}", b"", method="POST")).type == "page_view"


@pytest.mark.parametrize(
    ("changes", "kind", "name"),
    [
        ({"idgoal": "5", "e_c": "a", "e_a": "b"}, "goal_conversion", "5"),
        ({"ping": "1"}, "heartbeat", None),
        ({"ping": "4"}, "deanonymization", None),
        ({"ping": "9"}, "ping", None),
        ({"download": "https://shop.example/a.pdf"}, "download", None),
        ({"link": "https://other.example"}, "outlink", None),
        ({"e_c": "a", "e_a": "b"}, "custom", "a: b"),
        ({"e_c": "a"}, "page_view", "A"),
        ({"c_n": "ad", "c_i": "click"}, "content_interaction", "ad"),
        ({"c_n": "ad"}, "content_impression", "ad"),
        ({"idgoal": "0", "ec_id": "1"}, "order_completed", None),
        ({"idgoal": "0"}, "cart_updated", None),
        ({"search": "secret"}, "search", None),
        ({"action_name": None}, "page_view", None),
    ],
)
def test_the_kind_of_event_follows_from_its_parameters_in_order(
    changes: dict[str, str | None], kind: str, name: str | None
) -> None:
    only = event(request(f"{OWN}?{hit(**changes)}"))
    assert (only.type, only.name) == (kind, name)


def test_the_decision_alone_reports_a_choice() -> None:
    kinds = ("consent_form_impression", "consent_form_click", "consent_decision")
    found = [event(request(f"{OWN}?{hit(e_c=kind, e_a='x')}")) for kind in kinds]
    assert [each.type for each in found] == list(kinds)
    assert [each.reports_choice for each in found] == [False, False, True]


@pytest.mark.parametrize(
    ("changes", "anonymous"), [({"uia": "1"}, True), ({"uia": "0"}, False), ({"uia": "1", "uid": "u"}, False)]
)
def test_the_anonymous_mode_is_noticed(changes: dict[str, str | None], anonymous: bool) -> None:
    assert event(request(f"{OWN}?{hit(**changes)}")).anonymous is anonymous


@pytest.mark.parametrize(
    ("tracker", "headers", "surface"),
    [
        ("ios", BROWSER, Surface.MOBILE),
        ("android", {}, Surface.MOBILE),
        ("jstc", {}, Surface.UNKNOWN),
        ("jstc", {"origin": "https://shop.example"}, Surface.WEB),
    ],
)
def test_the_tracker_and_the_browser_tell_the_surface(tracker: str, headers: dict[str, str], surface: Surface) -> None:
    assert event(request(f"{OWN}?{hit(ts_n=tracker)}", headers=headers)).surface is surface


@pytest.mark.parametrize("changes", [{"rec": None}, {"rec": "0"}, {"idsite": None}, {"idsite": ""}])
def test_what_asks_not_to_be_recorded_is_no_event(changes: dict[str, str | None]) -> None:
    decoded = found(request(f"{OWN}?{hit(**changes)}"))
    assert (decoded.kind, decoded.events, decoded.problems) == (CallKind.COLLECT, (), ())


# --- what cannot be read


def test_a_bad_request_costs_only_itself() -> None:
    many = "&".join(f"a{number}=1" for number in range(2100))
    exchange = request(OWN, {"requests": [hit(), 5, many, hit(action_name="B")]})
    assert [each.name for each in found(exchange).events] == ["A", "B"]
    assert [kind for kind, _ in problems(exchange)] == ["bad-event", "bad-event"]


def test_requests_beyond_what_is_read_are_told() -> None:
    exchange = request(OWN, {"requests": ["x=1"] * 5001})
    assert problems(exchange) == [("bad-event", "1 requests beyond 5000 were not read")]


@pytest.mark.parametrize("body", [b'{"requests":', {"requests": {}}, {}, b"{" * 3000])
def test_what_cannot_be_read_is_a_problem(body: Json | bytes) -> None:
    assert [kind for kind, _ in problems(request(OWN, body))] == ["undecodable-body"]


def test_a_query_of_too_many_fields_is_a_problem() -> None:
    many = "&".join(f"a{number}=1" for number in range(2100))
    assert [kind for kind, _ in problems(request(f"{OWN}?{many}"))] == ["undecodable-body"]


@pytest.mark.parametrize(
    "url", ["https://shop.example/matomo.php", "https://shop.example/piwik.php", "https://acme.piwik.pro/ppms.js"]
)
def test_matomo_and_the_library_are_left_alone(url: str) -> None:
    assert read(request(f"{url}?{hit()}")) is None
