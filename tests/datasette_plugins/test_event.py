"""The page of a message."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from datasette.app import Datasette

from addon.policy import parse_policy
from vendor_catalog import shipped_catalogue

from .building import SETTINGS, Asked, Capture, dated_cookie, iso, undated_cookie


async def of(datasette: Datasette, rows: Asked, name: str) -> tuple[str, dict[str, Any]]:
    """The page and the document of the event with a name."""
    number = rows("SELECT id FROM events WHERE name = ?", name)[0][0]
    page = await datasette.client.get(f"/sample/-/events/{number}")
    assert page.status_code == 200
    return page.text, (await datasette.client.get(f"/sample/-/events/{number}.json")).json()


async def test_the_stamp_stands_beside_what_the_person_chose(datasette: Datasette, rows: Asked) -> None:
    page, document = await of(datasette, rows, "Order Completed")
    lines = {line["key"]: line for line in document["stamp"]}
    assert (lines["marketing"]["stamped"], lines["marketing"]["chosen"]) == (True, "refused")
    assert lines["marketing"]["agreement"] == "contradicts"
    assert lines["analytics"]["agreement"] == "agrees"
    assert "grants what the person refused" in page


async def test_a_stamp_that_refuses_what_was_granted_says_that_data_is_lost(datasette: Datasette, rows: Asked) -> None:
    page, document = await of(datasette, rows, "Data Lost")
    assert {line["key"]: line["agreement"] for line in document["stamp"]}["analytics"] == "denies"
    assert "refuses what the person granted: data lost" in page


async def test_a_stamp_in_unknown_terms_is_compared_with_nothing(datasette: Datasette, rows: Asked) -> None:
    page, document = await of(datasette, rows, "Wrong Keys")
    assert document["stamp"][0]["agreement"] == "open"
    assert "nothing maps it to a category of ours" in page


async def test_a_message_without_a_stamp_says_what_that_means(datasette: Datasette, rows: Asked) -> None:
    page, document = await of(datasette, rows, "Product Viewed")
    assert document["stamp"] == []
    assert "It carries no context.consent" in page


async def test_the_choice_is_undecided_within_an_undated_window(built: Callable[..., Datasette]) -> None:
    session = Capture()
    session.page(0)
    session.asset(0.5, "klaro.js")
    session.asset(1)
    session.track(5, "Between", {"analytics": True})
    session.cookies.update(undated_cookie(**{"google-analytics": True}))
    session.page(20, "two")
    datasette = built(session)
    number = (await datasette.client.get("/sample/events.json?name=Between&_shape=array")).json()[0]["id"]
    line = (await datasette.client.get(f"/sample/-/events/{number}.json")).json()["stamp"][0]
    assert line["chosen"] == "not answered or granted"
    assert line["agreement"] == "open"


async def test_each_destination_stands_with_its_outcome_and_violations(datasette: Datasette, rows: Asked) -> None:
    page, document = await of(datasette, rows, "Order Completed")
    braze = next(each for each in document["deliveries"] if each["destination"] == "Braze")
    assert (braze["outcome"], braze["basis"], braze["mode"]) == ("flows", "predicted", "cloud")
    assert braze["violations"]
    assert (braze["category"], braze["in_force"]) == ("marketing", "refused")
    assert 'data-label="in force"' in page
    assert f'href="/sample/-/violations/{braze["violations"][0]}"' in page
    assert "only “observed” was seen on the wire" in page


async def test_all_four_outcomes_can_be_told_apart(built: Callable[..., Datasette]) -> None:
    settings = {
        **SETTINGS,
        "integrations": {
            **SETTINGS["integrations"],
            "Segment.io": {"apiKey": "WK", "unbundledIntegrations": ["Braze", "Mystery"]},
        },
    }
    session = Capture()
    session.page(0)
    session.segment(0.5, settings)
    session.track(2, "One", {"analytics": True, "marketing": False})
    session.track(3, "Two", {"C0099": True})
    datasette = built(session)
    outcomes = set()
    for event in (await datasette.client.get("/sample/events.json?_shape=array")).json():
        page = (await datasette.client.get(f"/sample/-/events/{event['id']}")).text
        outcomes |= set(re.findall(r"cw-(flows|filtered|ambiguous|unknown)\"", page))
    assert outcomes == {"flows", "filtered", "ambiguous", "unknown"}


async def test_what_was_predicted_stands_beside_what_was_seen(built: Callable[..., Datasette]) -> None:
    rule = {
        "destinationName": "Facebook Pixel",
        "scope": "destinations",
        "matchers": [
            {"type": "fql", "ir": '["=", "event", {"value": "Private"}]', "config": {"expr": 'event = "Private"'}}
        ],
        "transformers": [[{"type": "drop"}]],
    }
    settings = {
        **SETTINGS,
        "integrations": {**SETTINGS["integrations"], "Facebook Pixel": {"type": "browser"}},
        "middlewareSettings": {"routingRules": [rule]},
    }
    session = Capture()
    session.page(0)
    session.segment(0.5, settings)
    session.track(2, "Private")
    session.pixel(3)
    policy = parse_policy(
        '[destinations."Facebook Pixel"]\ncategory = "marketing"\nowner = "growth <team>"\n', shipped_catalogue()
    )
    datasette = built(session, policy=policy)
    (event,) = (await datasette.client.get("/sample/events.json?_shape=array")).json()
    document = (await datasette.client.get(f"/sample/-/events/{event['id']}.json")).json()
    line = next(each for each in document["deliveries"] if each["destination"] == "Facebook Pixel")
    assert (line["outcome"], line["predicted"], line["seen"]) == ("filtered", "filtered", "call")
    page = (await datasette.client.get(f"/sample/-/events/{event['id']}")).text
    assert "predicted filtered, but its vendor was called by the page" in page
    assert "(owner: growth &lt;team&gt;)" in page


async def test_a_payload_is_shown_foldable_and_whole(built: Callable[..., Datasette]) -> None:
    session = Capture()
    session.page(0)
    session.track(1, "Deep", properties={"a": {"b": [{"c": None}, True, 1.5, "ü"]}})
    page = (await built(session).client.get("/sample/-/events/1.2.0")).text
    assert '<details open><summary><span class="cw-key">properties</span> {' in page
    assert '<span class="cw-literal">null</span>' in page
    assert '<span class="cw-string">&#34;ü&#34;</span>' in page


async def test_a_payload_too_deep_or_too_large_to_fold_is_still_shown(built: Callable[..., Datasette]) -> None:
    deep: Any = "bottom"
    for _ in range(60):
        deep = {"down": deep}
    session = Capture()
    session.page(0)
    session.track(1, "Deep", properties=deep)
    session.track(2, "Wide", properties={f"key {number}": number for number in range(6000)})
    datasette = built(session)
    assert "bottom" in (await datasette.client.get("/sample/-/events/1.2.0")).text
    wide = (await datasette.client.get("/sample/-/events/1.3.0")).text
    assert "key 5999" in wide
    assert wide.count("<details") < 20


async def test_resends_and_the_carrying_exchange_are_shown(built: Callable[..., Datasette]) -> None:
    session = Capture()
    session.page(0)
    message = session.message("Retried", 1)
    session.send(1, message)
    session.send(6, message)
    datasette = built(session)
    page = (await datasette.client.get("/sample/-/events/1.2.0")).text
    assert "https://api.segment.io/v1/t" in page
    assert '<a href="/sample/exchanges/1~2E3">POST api.segment.io/v1/t</a>' in page
    document = (await datasette.client.get("/sample/-/events/1.2.0.json")).json()
    assert [each["started_at"] for each in document["resends"]] == [iso(6)]


async def test_consent_for_a_message_that_follows_a_dated_grant_is_granted(built: Callable[..., Datasette]) -> None:
    session = Capture()
    session.page(0)
    session.banner(0.5)
    session.asset(1)
    session.track(5, "After")
    session.cookies.update(dated_cookie(["necessary", "analytics"], 4))
    session.page(9, "two")
    page = (await built(session).client.get("/sample/-/events/1.4.0")).text
    assert "analytics: granted" in page
    assert "dated by the signal itself" in page
