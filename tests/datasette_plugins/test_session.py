"""The page of a session."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest
from datasette.app import Datasette

from . import building
from .building import Asked, Capture, iso, shop


def timeline(html: str) -> str:
    found = re.search(r'<svg class="cw-timeline".*?</svg>', html, re.DOTALL)
    assert found is not None
    return found[0]


async def test_a_session_says_who_what_and_when(datasette: Datasette) -> None:
    page = await datasette.client.get("/sample/-/sessions/1.s1")
    assert page.status_code == 200
    assert "<h1>shop.example</h1>" in page.text
    assert "2026-11-23 12:00:00" in page.text
    assert "CookieConsent" in page.text


async def test_dated_choices_stand_as_lines_that_say_what_was_chosen(datasette: Datasette) -> None:
    picture = timeline((await datasette.client.get("/sample/-/sessions/1.s1")).text)
    assert picture.count('class="tl-choice"') == 2
    assert "✓ analytics ✕ functional, marketing · 12:00:08.0" in picture
    assert "✕ everything · 12:00:40.0" in picture


async def test_the_ribbon_follows_the_choice_and_not_its_sighting(datasette: Datasette) -> None:
    picture = timeline((await datasette.client.get("/sample/-/sessions/1.s1")).text)
    assert re.search(r"marketing: not answered, 12:00:00\.00 to 12:00:08\.00 ", picture)
    assert re.search(r"analytics: granted, 12:00:08\.00 to 12:00:40\.00 ", picture)
    assert re.search(r"analytics: refused, 12:00:40\.00 to ", picture)


async def test_an_undated_change_is_hatched_between_its_two_sightings(datasette: Datasette) -> None:
    picture = timeline((await datasette.client.get("/sample/-/sessions/1.s2")).text)
    assert 'fill="url(#cw-hatch-granted)"' in picture
    # the last request without the cookie came at second 2, though the table of signals only knows of the first one
    assert "analytics: not answered or granted, 12:00:02.00 to 12:00:20.00 (undecided" in picture
    assert 'class="tl-choice"' not in picture


async def test_a_dated_session_has_no_hatching(datasette: Datasette) -> None:
    assert "cw-hatch-granted" not in timeline((await datasette.client.get("/sample/-/sessions/1.s1")).text)


async def test_every_mark_is_a_link_with_a_title(datasette: Datasette) -> None:
    picture = timeline((await datasette.client.get("/sample/-/sessions/1.s1")).text)
    links = re.findall(r"<a href=.*?</a>", picture, re.DOTALL)
    assert len(links) > 15
    assert all("<title>" in link for link in links)
    assert picture.count('class="tl-m ') == sum('class="tl-m ' in link for link in links)


async def test_violations_stand_on_their_acts(datasette: Datasette) -> None:
    picture = timeline((await datasette.client.get("/sample/-/sessions/1.s1")).text)
    assert re.search(
        r"tl-m-confirmed.*?<title>GET www.facebook.com/tr/, 12:00:09.20: 1 violation, at the surest confirmed", picture
    )


async def test_acts_stand_in_order_with_the_consent_in_force_and_their_violations(datasette: Datasette) -> None:
    document = (await datasette.client.get("/sample/-/sessions/1.s1.json")).json()
    acts = document["acts"]
    assert [act["at"] for act in acts] == sorted(act["at"] for act in acts)
    called = {act["at"]: act for act in acts if act["title"].startswith("GET www.facebook.com")}
    assert called[iso(1.4)]["consent"] == "marketing: not answered"
    assert called[iso(9.2)]["consent"] == "marketing: refused"
    assert {each["rule"] for each in called[iso(9.2)]["violations"]} == {"destination-without-consent"}


async def test_a_message_stands_with_the_consent_that_its_destinations_were_judged_under(datasette: Datasette) -> None:
    document = (await datasette.client.get("/sample/-/sessions/1.s1.json")).json()
    checked = 0
    for act in document["acts"]:
        states = [act["consent"], *(each["consent"] for each in act["destinations"])]
        for broken in act["violations"]:
            if broken["rule"] == "fanout-without-consent" and broken["verdict"] == "confirmed":
                checked += 1
                state = next(state for state in states if state.startswith(f"{broken['category']}: "))
                assert state.endswith(("refused", "not answered")), "a grant beside the violation would contradict it"
    assert checked


async def test_every_violation_of_a_session_is_found_in_its_list_of_acts(datasette: Datasette, rows: Asked) -> None:
    for (session,) in rows("SELECT id FROM sessions"):
        document = (await datasette.client.get(f"/sample/-/sessions/{session}.json")).json()
        assert document["next"] is None
        listed = [each["id"] for act in document["acts"] for each in act["violations"]]
        kept = [number for (number,) in rows("SELECT id FROM violations WHERE session_id = ?", session)]
        assert sorted(listed) == sorted(kept)


async def test_pages_of_acts_have_each_act_once_even_where_many_share_a_moment(built: Callable[..., Datasette]) -> None:
    session = Capture()
    session.page(0)
    session.segment(0.5)
    session.send(2, *(session.message(f"Event {number}", 2) for number in range(230)))
    session.pixel(2)
    session.track(3, "Last")
    datasette = built(session)
    address, seen = "/sample/-/sessions/1.s1.json", []
    while address:
        document = (await datasette.client.get(address)).json()
        seen += [(act["lane"], act["id"]) for act in document["acts"]]
        address = document["next"]
    assert len(seen) == len(set(seen))
    assert sum(lane == "events" for lane, _ in seen) == 231
    assert seen[-1] == ("events", seen[-1][1])


async def test_a_window_narrows_the_acts(datasette: Datasette) -> None:
    page = await datasette.client.get(f"/sample/-/sessions/1.s1?from={iso(9)}&to={iso(9.5)}")
    acts = page.text.partition('id="acts"')[2].partition('id="signals"')[0]
    assert "Order Completed" in acts
    assert "Product Viewed" not in acts
    assert "all of them" in acts


@pytest.mark.parametrize(
    "query",
    [
        "from=x&to=%00&after=1~2~3~4",
        "after=2026-11-23T12:00:00.000Z~1~99999999999999999999999999",
        f"after={'9' * 6000}",
        "from=9999-12-31T23:59:59.999Z&to=0001-01-01T00:00:00.000Z",
        "from=%ff%fe&after=2026-11-23T12:00:00.000Z~-1~2",
    ],
)
async def test_a_nonsense_window_is_no_error(datasette: Datasette, query: str) -> None:
    page = await datasette.client.get(f"/sample/-/sessions/1.s1?{query}")
    assert page.status_code == 200


@pytest.mark.parametrize("years", [7972, -56])
async def test_a_capture_from_a_strange_time_has_pages(
    built: Callable[..., Datasette], monkeypatch: pytest.MonkeyPatch, years: int
) -> None:
    monkeypatch.setattr(building, "NOON", datetime(2026 + years, 12, 31, 23, 59, 10, tzinfo=UTC))
    datasette = built(shop())
    for address in ("/", "/sample/-/sessions/1.s1", "/sample/-/violations/1.v1", "/sample/-/events/1.8.0"):
        page = await datasette.client.get(address)
        assert page.status_code in (200, 404), address
        assert "Invalid" not in page.text


async def test_signals_stand_with_their_raw_evidence(datasette: Datasette) -> None:
    page = (await datasette.client.get("/sample/-/sessions/1.s1")).text
    assert "the cookie is missing" in page
    assert "&#34;categories&#34;:[&#34;necessary&#34;,&#34;analytics&#34;]" in page
    assert 'id="signal-1.c1"' in page


async def test_a_long_session_stays_a_small_picture_that_counts_every_act(built: Callable[..., Datasette]) -> None:
    session = shop()
    for second in range(60, 660, 10):
        session.send(second, *(session.message(f"Event {number}", second) for number in range(50)))
        session.pixel(second + 0.5)
    datasette = built(session)
    page = (await datasette.client.get("/sample/-/sessions/1.s1")).text
    picture = timeline(page)
    assert len(picture) < 150_000
    assert 'events <tspan class="tl-count">3,006</tspan>' in picture
    window = re.search(r'href="(/sample/-/sessions/1\.s1\?[^"]+)#acts"', picture)
    assert window is not None
    assert (await datasette.client.get(unescape(window[1]))).status_code == 200


async def test_a_session_without_any_signal_says_so(built: Callable[..., Datasette]) -> None:
    session = Capture()
    session.page(0)
    session.pixel(1)
    page = (await built(session).client.get("/sample/-/sessions/1.s1")).text
    assert "No signal of consent was seen in this session" in page


async def test_a_server_has_no_steps_and_no_banner(built: Callable[..., Datasette]) -> None:
    server = Capture(agent="analytics-python/2.3")
    message = server.message("Invoice Paid", 1)
    message["context"] = {"library": {"name": "analytics-python", "version": "2.3"}}
    server.add(1, "POST", "https://api.segment.io/v1/batch", {}, {"batch": [message], "writeKey": "WKS"})
    datasette = built(server)
    assert "a server" in (await datasette.client.get("/sample/-/sessions/1.s1")).text
    violation = (await datasette.client.get("/sample/-/violations/1.v1")).text
    assert "no steps are known" in violation


async def test_marks_and_banner_events_have_lanes_where_there_are_any(
    tmp_path: Path, built: Callable[..., Datasette]
) -> None:
    datasette = built(shop())
    before = timeline((await datasette.client.get("/sample/-/sessions/1.s1")).text)
    assert ">marks" not in before
    assert ">banner" not in before
    with sqlite3.connect(tmp_path / "sample.db") as connection:
        connection.execute(
            "INSERT INTO marks (id, capture_id, session_id, exchange_id, kind, text, marked_at)"
            " VALUES ('1.m1', 1, '1.s1', '1.1', 'rejected', 'I pressed <b>Reject</b>', ?)",
            (iso(8),),
        )
        connection.execute(
            "INSERT INTO banner_events VALUES ('1.b1', '1.s1', '1.1', 'clicked', NULL, 'Reject', ?)", (iso(7.9),)
        )
    page = (await datasette.client.get("/sample/-/sessions/1.s1")).text
    assert ">marks" in timeline(page)
    assert ">banner" in timeline(page)
    assert "I pressed &lt;b&gt;Reject&lt;/b&gt;" in page
