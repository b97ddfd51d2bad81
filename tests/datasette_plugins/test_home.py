"""The first page."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from html import unescape
from pathlib import Path

from datasette.app import Datasette

from addon.policy import Policy, Suppression
from addon.runner import analyse_files, open_captures, opened
from addon.store import Database, RunningCapture

from .building import Asked, Capture, analysed, shop, undated, write_har


async def test_home_says_in_one_sentence_how_many_violations_there_are(datasette: Datasette, rows: Asked) -> None:
    page = await datasette.client.get("/")
    assert page.status_code == 200
    count = rows("SELECT count(*) FROM violations WHERE verdict <> 'cleared' AND suppressed IS NULL")[0][0]
    findings = rows("SELECT count(*) FROM findings WHERE verdict <> 'cleared' AND triage <> 'suppressed'")[0][0]
    assert f"<h1>{count} violations in {findings} findings on 2 sites</h1>" in page.text


async def test_home_counts_receivers_by_phase_as_the_filtered_table_does(datasette: Datasette) -> None:
    page = await datasette.client.get("/")
    cells = re.findall(r'<a class="cw-cell cw-(\w+)" href="([^"]+)"[^>]*><span[^>]*></span>([\d,]+)', page.text)
    assert len(cells) > 4
    for surest, href, count in cells:
        table = (await datasette.client.get(unescape(href).replace("?", ".json?", 1) + "&_shape=objects")).json()
        assert table["filtered_table_rows_count"] == int(count.replace(",", "")), href
        assert surest in {row["verdict"] for row in table["rows"]}


async def test_home_names_receivers_as_the_catalogue_does_and_tells_routed_from_called(datasette: Datasette) -> None:
    page = (await datasette.client.get("/")).text
    assert ">Meta Pixel</a></th>" in page
    assert '>Braze</a> <span class="cw-soft">via Segment</span>' in page


async def test_home_says_what_to_fix_in_sentences(datasette: Datasette) -> None:
    page = (await datasette.client.get("/")).text
    assert "Meta Pixel runs on shop.example without matching consent" in page
    gravest = re.findall(r'<li><a href="(/sample/-/causes/[^"]+)">', page)
    assert gravest
    for href in gravest:
        assert (await datasette.client.get(href)).status_code == 200


async def test_home_links_sessions_with_a_ribbon_in_words(datasette: Datasette) -> None:
    page = (await datasette.client.get("/")).text
    assert 'href="/sample/-/sessions/1.s1"' in page
    assert 'aria-label="marketing: not answered, then refused"' in page


async def test_home_says_what_could_not_be_seen_beside_findings(datasette: Datasette, rows: Asked) -> None:
    page = (await datasette.client.get("/")).text
    assert "What could not be seen" in page
    for (kind,) in rows("SELECT DISTINCT kind FROM gaps"):
        assert kind.replace("-", " ") in page
    assert "it is predicted" in page


async def test_a_capture_that_saw_nothing_to_judge_is_no_pass(built: Callable[..., Datasette]) -> None:
    session = Capture()
    session.page(0)
    page = (await built(session).client.get("/")).text
    assert "Nothing to judge was seen" in page
    assert "This is no pass" in page
    assert "What could not be seen" in page
    assert "Seen: 1 exchange. Judged: 0." in page
    assert "1 exchange was seen, and nothing in it could be read and judged" in page


async def test_a_capture_of_which_a_part_was_lost_is_no_pass(tmp_path: Path) -> None:
    session = Capture()
    session.cookies["theme"] = "dark"
    session.page(0)
    session.asset(1)
    path = analysed(tmp_path, session)
    datasette = Datasette([str(path)])
    assert "No violation in what could be seen" in (await datasette.client.get("/")).text
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO gaps (id, capture_id, kind, reason, count) VALUES ('1.g-lost', 1, 'records-lost', 'full', 7)"
        )
    page = (await datasette.client.get("/")).text
    assert "A part of the capture was lost" in page
    assert "Lost: 7 (7 records-lost)." in page
    assert "cw-tone-blind" in page


async def test_a_capture_without_violations_says_so_only_of_what_could_be_seen(built: Callable[..., Datasette]) -> None:
    session = Capture()
    session.cookies["theme"] = "dark"
    session.page(0)
    session.banner(0.5)
    session.asset(1)
    session.get(2, "https://cdn.segment.com/v1/projects/WK/settings", "{}")
    page = (await built(session).client.get("/")).text
    assert "No violation in what could be seen" in page
    assert "cw-tone-quiet" in page


async def test_an_empty_database_shows_an_empty_page(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    Database(path).close()
    page = await Datasette([str(path)]).client.get("/")
    assert page.status_code == 200
    assert "Nothing to judge was seen" in page.text
    assert "No exchange was captured at all." in page.text


async def test_a_running_capture_says_so_and_refreshes_itself(tmp_path: Path) -> None:
    path = analysed(tmp_path, shop())
    datasette = Datasette([str(path)])
    assert "data-refresh" not in (await datasette.client.get("/")).text
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE captures SET ended_at = NULL")
    held = RunningCapture(path, 1)
    page = (await datasette.client.get("/")).text
    assert "Capture 1 is running, last exchange at" in page
    assert '<body class="cw" data-refresh="4">' in page
    assert '<noscript><meta http-equiv="refresh"' in page
    session = (await datasette.client.get(f"/{path.stem}/-/sessions/1.s1")).text
    assert "still running" in session
    held.say(3.4, 1000)
    page = (await datasette.client.get("/")).text
    assert "The analysis is 3 seconds behind; what passed since is not here yet." in page
    held.say(0.0, 0)
    assert "seconds behind" not in (await datasette.client.get("/")).text
    held.say(0.0, 0, stopped=True)
    assert "nothing is recorded any more" in (await datasette.client.get("/")).text
    held.close(remove=True)


async def test_a_capture_that_nobody_records_broke_off_and_does_not_run(tmp_path: Path) -> None:
    path = analysed(tmp_path, shop())
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE captures SET ended_at = NULL")
    path.chmod(0o400)  # nothing has to be written for it to be said
    datasette = Datasette([str(path)])
    page = (await datasette.client.get("/")).text
    assert "is running" not in page and "data-refresh" not in page
    assert (
        "Capture 1 broke off: it has no end, and nothing is recorded into it any more; its last exchange was at" in page
    )
    assert "still running" not in (await datasette.client.get(f"/{path.stem}/-/sessions/1.s1")).text
    found = (await datasette.client.get("/.json")).json()["databases"][0]
    assert (found["running"], found["broken_off"]) == ([], [1])


async def test_pages_follow_a_database_that_grows(tmp_path: Path) -> None:
    path = tmp_path / "growing.db"
    Database(path).close()
    datasette = Datasette([str(path)])
    assert (await datasette.client.get("/.json")).json()["databases"][0]["seen"]["events"] == 0
    with opened(path) as database:
        list(analyse_files(open_captures([write_har(tmp_path / "one.har", shop())]), database, Policy()))
    assert (await datasette.client.get("/.json")).json()["databases"][0]["seen"]["events"] == 6
    assert (await datasette.client.get("/growing/-/sessions/1.s1")).status_code == 200
    with opened(path) as database:
        list(analyse_files(open_captures([write_har(tmp_path / "two.har", undated())]), database, Policy()))
    assert (await datasette.client.get("/.json")).json()["databases"][0]["seen"]["events"] == 8


async def test_suppressed_and_cleared_violations_are_shown_apart_and_not_counted(tmp_path: Path) -> None:
    rule = {"rule": "destination-without-consent", "reason": "reviewed", "owner": "privacy", "expires": "2027-01-01"}
    policy = Policy(suppress=[Suppression.model_validate(rule)])
    path = analysed(tmp_path, shop(), policy=policy)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE violations SET verdict = 'cleared' WHERE rule = 'cookie-without-consent'")
        suppressed = connection.execute("SELECT count(*) FROM violations WHERE suppressed IS NOT NULL").fetchone()[0]
        cleared = connection.execute("SELECT count(*) FROM violations WHERE verdict = 'cleared'").fetchone()[0]
        counted = connection.execute(
            "SELECT count(*) FROM violations WHERE suppressed IS NULL AND verdict <> 'cleared'"
        ).fetchone()[0]
    datasette = Datasette([str(path)])
    page = (await datasette.client.get("/")).text
    assert f"{suppressed} suppressed</a>" in page
    assert f"{cleared} cleared</a>" in page
    assert f"<h1>{counted} violations" in page
    assert sum((await datasette.client.get("/.json")).json()["databases"][0]["violations"].values()) == counted


async def test_several_databases_are_summed_up_each_and_strange_ones_only_linked(sample: Path, tmp_path: Path) -> None:
    second = analysed(tmp_path, undated(), name="second")
    strange = tmp_path / "strange.db"
    with sqlite3.connect(strange) as connection:
        connection.execute("CREATE TABLE t (a)")
    other_version = analysed(tmp_path, undated(), name="old")
    with sqlite3.connect(other_version) as connection:
        connection.execute("PRAGMA user_version = 999")
    datasette = Datasette([str(sample), str(second), str(strange), str(other_version)])
    page = (await datasette.client.get("/")).text
    assert page.count('class="cw-headline') == 2
    assert '<a href="/strange">strange</a>' in page
    assert "written by another version of consentwire (schema 999)" in page
    document = (await datasette.client.get("/.json")).json()
    assert [each["database"] for each in document["databases"]] == ["sample", "second"]
    assert [each["name"] for each in document["others"]] == ["strange", "old"]


async def test_an_instance_without_a_database_of_ours_keeps_its_own_first_page(tmp_path: Path) -> None:
    strange = tmp_path / "strange.db"
    with sqlite3.connect(strange) as connection:
        connection.execute("CREATE TABLE t (a)")
    datasette = Datasette([str(strange)])
    page = await datasette.client.get("/")
    assert "consentwire" not in page.text
    assert "strange" in (await datasette.client.get("/.json")).json()


async def test_home_as_json_has_what_the_page_has(datasette: Datasette) -> None:
    document = (await datasette.client.get("/.json")).json()
    only = document["databases"][0]
    assert only["headline"].endswith("on 2 sites")
    assert {"receivers", "causes", "sessions", "gaps", "limits", "captures", "seen", "violations"} <= only.keys()
    braze = next(each for each in only["receivers"] if each["destination"] == "Braze")
    assert "after-denial" in braze["phases"]


async def test_home_names_the_cdp_that_sends_on_and_none_for_a_stranger(built: Callable[..., Datasette]) -> None:
    session = shop()
    session.cookies["ajs_anonymous_id"] = "6f8a1c52-94be-4d1f-a7c3-1d2e3f4a5b6c"
    session.page(50, "again")
    session.get(51, "https://collect.stranger.example/t?id=6f8a1c52-94be-4d1f-a7c3-1d2e3f4a5b6c")
    session.asset(55)
    page = (await built(session).client.get("/")).text
    assert '>Amplitude</a> <span class="cw-soft">via Segment</span>' in page
    assert re.search(r">collect.stranger.example</a>\s*</th>", page)
