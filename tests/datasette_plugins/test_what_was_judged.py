"""What pages show, against what the engine judged: they read it, and never judge again."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from html import unescape
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import pytest
from datasette.app import Datasette

from addon.consent.timeline import Certainty, Need
from addon.findings import sentences
from addon.findings.consent import CATEGORIES, Consent, read_consent
from addon.findings.query import seconds
from addon.findings.rows import session
from addon.judge.acts.act import Act
from addon.judge.acts.calls import CallAct
from addon.judge.acts.cookies import CookieAct
from addon.judge.acts.messages import EventAct
from addon.judge.rule import OPTED_OUT, ConsentView
from addon.pipeline.session_state import SessionState
from addon.policy import catalogue_with
from tests.addon.building import onetrust_choice, policy_of
from tests.addon.catalogue_folders import own_folder
from tests.addon.pipeline.played import POLICIES, Played, played_capture, write
from tests.addon.readers.samples import CAPTURES
from vendor_catalog import Category

from .building import Capture, analysed, dated_cookie, undated_cookie

type Shown = dict[str, Any]


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("capture", sorted(CAPTURES.glob("*.mitm")), ids=lambda path: path.stem)
async def test_pages_show_what_the_engine_judged(
    capture: Path, policy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    played = played_capture(capture, policy, tmp_path / "mine", monkeypatch)
    write(tmp_path / "sample.db", played.records)
    datasette = Datasette([str(tmp_path / "sample.db")])
    sessions = {visit.id: visit for visit, _ in played.acts}
    acts = [act for number in sessions for act in await acts_of(datasette, number)]
    assert compare_acts(played, acts)
    for act in acts:
        if act["lane"] == "events":
            await compare_event(datasette, act["id"], played)
    for visit in sessions.values():
        await compare_ribbon(datasette, tmp_path / "sample.db", visit)
    await compare_names(datasette, played)


async def acts_of(datasette: Datasette, number: str) -> list[Shown]:
    """Every act of a session, over all pages of its list."""
    address, found = f"/sample/-/sessions/{number}.json", []
    while address:
        document = (await datasette.client.get(address)).json()
        found += document["acts"]
        address = document["next"]
    return found


def in_force(consent_view: ConsentView, need: Need, act: Act, *, direct_only: bool = False) -> tuple[str, str | None]:
    """What the engine answers when rules query it."""
    lack = consent_view.lack(need, act, direct_only=direct_only)
    if lack is not None and lack.opted_out:
        return OPTED_OUT, None
    state = consent_view.state(need, act, direct_only=direct_only)
    return state.standing, state.alternative


def compare_acts(played: Played, shown: list[Shown]) -> int:
    """Compares the consent beside each act of a session's page. Returns how many there were."""
    by_row = {(act["lane"], act["exchange_id"], act["name"] or ""): act for act in shown if act["lane"] != "events"}
    by_row |= {("events", act["id"], ""): act for act in shown if act["lane"] == "events"}
    compared = 0
    for visit, act in played.acts:
        match act:
            case EventAct():
                row = by_row["events", act.event, ""]
            case CallAct() if act.kind in ("library", "collect"):
                lane = "SDK loads" if act.kind == "library" else "direct calls"
                row = by_row[lane, act.place.exchange, ""]
            case CookieAct() if ("cookies", act.place.exchange, act.name) in by_row:
                row = by_row["cookies", act.place.exchange, act.name]
            case _:
                continue
        if act.need.category is not Category.NECESSARY and row["certainty"]:
            expected = sentences.standing(*in_force(visit.consent_view, act.need, act))
            assert row["consent"].partition(";")[0] == f"{act.need.category}: {expected}", row
            compared += 1
        else:
            assert act.need.category is Category.NECESSARY or row["title"].endswith("(still there)")
    return compared


async def compare_event(datasette: Datasette, number: str, played: Played) -> None:
    """Compares the table of a message's stamp."""
    visit, act = next(each for each in played.acts if isinstance(each[1], EventAct) and each[1].event == number)
    assert isinstance(act, EventAct)
    document = (await datasette.client.get(f"/sample/-/events/{number}.json")).json()
    assert {line["key"] for line in document["stamp"]} == set(act.stamp.preferences)
    for line in document["stamp"]:
        need = act.stamp_needs[line["key"]]
        assert line["category"] == need.category
        if need.category is not Category.NECESSARY:
            assert line["chosen"] == sentences.standing(*in_force(visit.consent_view, need, act, direct_only=True))


async def compare_ribbon(datasette: Datasette, path: Path, visit: SessionState) -> None:
    """Compares each category's row of a session's picture, from left to right."""
    page = (await datasette.client.get(f"/sample/-/sessions/{visit.id}")).text
    with closing(sqlite3.connect(path)) as connection:
        row = session(connection, visit.id)
        assert row is not None
        consent = read_consent(connection, row)
    start, end = seconds(row.started_at), seconds(row.ended_at)
    assert start is not None
    assert end is not None
    for category in CATEGORIES:
        drawn = re.findall(rf"<title>{category}: ([^<]+?), [0-9:.]+ to [0-9:.]+ ", unescape(page))
        assert drawn == judged_over_time(visit, consent, category, start, end), category


def judged_over_time(visit: SessionState, consent: Consent, category: Category, start: float, end: float) -> list[str]:
    """What the engine answers between each two moments at which its answer can change."""
    moments = {*visit.timeline.moments(), *(page.at for page in consent.pages if page.opened), start, max(end, start)}
    edges = sorted(moment for moment in moments if start - 0.0005 < moment < end + 0.0005 or moment in (start, end))
    found = []
    for since, until in pairwise(edges) if len(edges) > 1 else [(start, start)]:
        if until - since < 0.002 and len(edges) > 2:
            continue  # less than the database's times can tell apart
        at = (since + until) / 2
        state = visit.timeline.state(Need((category,)), at, consent.page_host(at))
        undecided = state.alternative is not None or state.certainty is Certainty.OPEN_WINDOW
        found.append((sentences.standing(state.standing, state.alternative), undecided))
    return [text for (text, _), _ in groupby(found)]


async def compare_names(datasette: Datasette, played: Played) -> None:
    """A vendor of the user's own folder has its name wherever vendors have theirs."""
    vendors = (await datasette.client.get("/sample/-/vendors.json")).json()["vendors"]
    called = {act.vendor for _, act in played.acts if isinstance(act, CallAct)}
    names = {each["vendor"]: each["name"] for each in vendors}
    assert called <= set(names)
    assert names.get("stranger", "Stranger Analytics") == "Stranger Analytics"


# --- where pages once answered otherwise than the engine


async def test_a_choice_within_the_margin_of_another_machines_clock_is_shown_as_undecided(tmp_path: Path) -> None:
    """A HAR that no browser exported was recorded on another machine than the page's."""
    for exporter, expected in (
        ("Charles Proxy", "analytics: not answered or granted"),
        ("WebInspector", "analytics: not answered"),
    ):
        visit = Capture(exporter=exporter)
        visit.page(0)
        visit.banner(1)
        visit.track(10, "Near")
        visit.cookies.update(dated_cookie(["necessary", "analytics"], 11))
        visit.page(20, "two")
        folder = tmp_path / exporter.partition(" ")[0]
        folder.mkdir()
        datasette = Datasette([str(analysed(folder, visit))])
        (event,) = [act for act in await acts_of(datasette, "1.s1") if act["lane"] == "events"]
        assert event["consent"] == expected
        page = (await datasette.client.get(f"/sample/-/events/{event['id']}")).text
        assert expected in page
        picture = (await datasette.client.get("/sample/-/sessions/1.s1")).text
        assert ("analytics: not answered or granted" in picture) is (exporter == "Charles Proxy")


@pytest.mark.parametrize(
    ("policy", "means", "chosen"),
    [("", "analytics", "refused"), ('[categories]\nC0002 = "marketing"\n', "marketing", "answered, unclear")],
)
async def test_a_workspaces_category_is_shown_as_the_policy_maps_it(
    tmp_path: Path, policy: str, means: str, chosen: str
) -> None:
    visit = Capture()
    visit.cookies.update(onetrust_choice("C0001:1,C0002:0,C0004:1", closed_at=-60))
    visit.page(0)
    visit.track(5, "Stamped", {"C0002": True})
    visit.pixel(6)
    visit.page(30, "two")
    datasette = Datasette([str(analysed(tmp_path, visit, policy=policy_of(policy)))])
    acts = {act["lane"]: act for act in await acts_of(datasette, "1.s1")}
    assert acts["direct calls"]["consent"] == ("marketing: granted" if not policy else f"marketing: {chosen}")
    number = acts["events"]["id"]
    (line,) = (await datasette.client.get(f"/sample/-/events/{number}.json")).json()["stamp"]
    assert (line["category"], line["chosen"]) == (means, "refused")
    page = (await datasette.client.get(f"/sample/-/events/{number}")).text
    assert f'data-label="means">{means}</td>' in page


async def test_a_consent_manager_and_a_vendor_of_the_users_own_are_shown_by_their_names(tmp_path: Path) -> None:
    policy = policy_of('[consent_managers.house-banner]\nname = "House banner"\ncookie = "house"\nformat = "klaro"\n')
    visit = Capture()
    visit.cookies["house"] = undated_cookie(**{"google-analytics": False})["klaro"]
    visit.page(0)
    visit.get(1, "https://collect.stranger.example/t")
    visit.page(30, "two")
    path = analysed(tmp_path, visit, policy=policy, catalogue=catalogue_with([own_folder(tmp_path / "mine")]))
    datasette = Datasette([str(path)])
    document = (await datasette.client.get("/sample/-/sessions/1.s1.json")).json()
    assert document["session"]["consent_source"] == "house-banner"
    page = (await datasette.client.get("/sample/-/sessions/1.s1")).text
    assert "<dt>Consent known from</dt><dd>House banner</dd>" in page
    assert "House banner seen at" in page
    assert '<td title="house-banner">House banner<br>' in page
    assert "Stranger Analytics</a>" in page
    vendor = await datasette.client.get("/sample/-/vendors/stranger")
    assert re.search(r"<h1[^>]*>Stranger Analytics", vendor.text)
    with closing(sqlite3.connect(path)) as connection:
        ((violation, fingerprint),) = connection.execute("SELECT id, fingerprint FROM violations").fetchall()
    for address in ("/", f"/sample/-/violations/{violation}", f"/sample/-/findings/{fingerprint}", "/sample/-/vendors"):
        assert "Stranger Analytics" in (await datasette.client.get(address)).text, address
    assert 'title="Stranger Analytics"' in (await datasette.client.get("/sample/calls")).text
    ticket = (await datasette.client.get(f"/sample/-/violations/{violation}")).text
    assert "Receiver: `Stranger Analytics`" in unescape(ticket)


async def test_a_category_that_needs_no_consent_contradicts_no_choice(tmp_path: Path) -> None:
    visit = Capture()
    visit.cookies["basket"] = "empty"
    visit.page(0)
    visit.banner(0.5)
    visit.track(2, "Stamped", {"necessary": True, "marketing": True})
    visit.page(9, "two")
    datasette = Datasette([str(analysed(tmp_path, visit))])
    (event,) = [act for act in await acts_of(datasette, "1.s1") if act["lane"] == "events"]
    document = (await datasette.client.get(f"/sample/-/events/{event['id']}.json")).json()
    lines = {line["key"]: (line["chosen"], line["agreement"]) for line in document["stamp"]}
    assert lines == {"necessary": ("not needed", "agrees"), "marketing": ("not answered", "contradicts")}


async def test_an_opt_out_preference_is_shown_with_who_keeps_it(tmp_path: Path) -> None:
    visit = Capture(gpc=True)
    visit.page(0)
    visit.pixel(2)
    visit.page(9, "two")
    path = analysed(tmp_path, visit, policy=policy_of('[policy]\nregime = "opt-out"\n'))
    datasette = Datasette([str(path)])
    (call,) = [act for act in await acts_of(datasette, "1.s1") if act["lane"] == "direct calls"]
    assert call["consent"] == "marketing: refused by an opt-out preference; opted out: Global Privacy Control"
    page = (await datasette.client.get("/sample/-/sessions/1.s1")).text
    assert "An opt-out from sale and sharing was seen (Global Privacy Control)." in page
    assert "cw-s-denied" in page


async def test_an_act_that_only_its_violation_shows_stands_beside_what_was_in_force_of_its_category(
    tmp_path: Path,
) -> None:
    visit = Capture()
    visit.page(0)
    visit.banner(0.5)
    visit.cookies["_fbp"] = "fb.1"
    visit.asset(3)
    visit.cookies.update(dated_cookie(["necessary"], 8))
    visit.page(12, "two")
    visit.asset(15)
    datasette = Datasette([str(analysed(tmp_path, visit))])
    later = [act for act in await acts_of(datasette, "1.s1") if act["title"] == "cookie _fbp (still there)"]
    assert [act["consent"] for act in later] == ["marketing: refused"]


async def test_a_record_that_cannot_be_read_is_not_called_missing(tmp_path: Path) -> None:
    visit = Capture()
    visit.cookies["cc_cookie"] = "%7Bbroken"
    visit.page(0)
    visit.banner(0.5)
    visit.track(2, "Stamped", {"marketing": True})
    visit.page(9, "two")
    datasette = Datasette([str(analysed(tmp_path, visit))])
    page = (await datasette.client.get("/sample/-/sessions/1.s1")).text
    assert "a record that cannot be read" in page
    assert "the cookie is missing" not in page
    (event,) = [act for act in await acts_of(datasette, "1.s1") if act["lane"] == "events"]
    (line,) = (await datasette.client.get(f"/sample/-/events/{event['id']}.json")).json()["stamp"]
    assert (line["chosen"], line["comparison"]) == ("not readable", "the consent manager's record cannot be read")


async def test_pages_never_ask_the_engine(tmp_path: Path) -> None:
    """What is in the rows is shown, even where a second look at the signals would say otherwise."""
    visit = Capture()
    visit.page(0)
    visit.banner(0.5)
    visit.pixel(2)
    visit.page(9, "two")
    path = analysed(tmp_path, visit)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE calls SET consent = 'granted', alternative = NULL, certainty = 'dated'")
        connection.execute("UPDATE consent_states SET state = 'granted', alternative = NULL, certainty = 'dated'")
    datasette = Datasette([str(path)])
    acts = {act["lane"]: act for act in await acts_of(datasette, "1.s1")}
    assert acts["direct calls"]["consent"] == "marketing: granted"
    page = (await datasette.client.get("/sample/-/sessions/1.s1")).text
    assert "marketing: granted" in page
    assert "marketing: not answered" not in page
