"""Recorded captures -> a database: what ships, twice, in parallel, damaged."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from mitmproxy.addons.savehar import SaveHar
from mitmproxy.io import FlowReader

from addon.policy import Policy, Storage, Suppression
from addon.readers import CaptureError, open_capture
from addon.runner import Analysis, Failure, analyse_files, open_captures, opened
from addon.runner import files as module
from addon.store import Database, DatabaseError, is_running
from tests.addon.readers.samples import CAPTURES, entry, flow, shop, write_flows, write_har
from tests.addon.store.rows_made import query, rows
from vendor_catalog import shipped_catalogue

SHIPPED = sorted(CAPTURES.glob("*.mitm"))


def run(database: Path, captures: Sequence[Path], **options: Any) -> list[Analysis | Failure]:
    with opened(database) as store:
        return list(analyse_files(open_captures(captures), store, options.pop("policy", Policy()), **options))


@pytest.fixture
def in_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small files are not worth a process; here they are."""
    monkeypatch.setattr(module, "WORTH_PROCESSES", 0)


def done(result: Analysis | Failure) -> Analysis:
    assert isinstance(result, Analysis), result
    return result


# --- what ships


@pytest.mark.parametrize("capture", SHIPPED, ids=lambda path: path.stem)
def test_a_capture_that_ships_shows_exactly_what_is_expected_of_it(capture: Path, tmp_path: Path) -> None:
    expected = json.loads(capture.with_suffix(".expected.json").read_text())
    done(run(tmp_path / "a.db", [capture])[0])
    found = Counter(
        query(tmp_path / "a.db", f"SELECT {', '.join(expected['columns'])} FROM violations WHERE verdict <> 'cleared'")
    )
    kinds = [tuple(kind) for kind in expected["kinds"]]
    assert found == Counter(dict(zip(kinds, expected["counts"], strict=True)))
    assert expected["clean"] is (not found)


WIRE_ALONE = [path for path in SHIPPED if not path.stem.startswith("probe-")]
"""A HAR does not say who answered a request, so reports of the probe in one prove nothing."""


@pytest.mark.parametrize("capture", WIRE_ALONE, ids=lambda path: path.stem)
def test_a_browsers_har_of_the_same_traffic_shows_the_same(capture: Path, tmp_path: Path) -> None:
    with capture.open("rb") as file:
        document = SaveHar().make_har([*FlowReader(file).stream()])
    document["log"]["creator"]["name"] = "WebInspector"  # whose clock is the page's own, as on one machine
    (tmp_path / "a.har").write_text(json.dumps(document))
    names = "rule, severity, verdict, phase, vendor, destination, category, site, event_name, fingerprint"
    sql = f"SELECT {names} FROM violations ORDER BY occurred_at, {names}"
    for name, path in (("flows.db", capture), ("har.db", tmp_path / "a.har")):
        done(run(tmp_path / name, [path])[0])
    assert query(tmp_path / "har.db", sql) == query(tmp_path / "flows.db", sql)


def test_every_capture_that_ships_says_what_it_shows() -> None:
    assert len(SHIPPED) > 5
    assert {path.name.removesuffix(".expected.json") for path in CAPTURES.glob("*.expected.json")} == {
        path.stem for path in SHIPPED
    }


@pytest.mark.parametrize("together", [False, True], ids=["one by one", "together"])
def test_analysing_twice_into_the_same_file_gives_the_same_rows(tmp_path: Path, together: bool) -> None:
    calls = [SHIPPED] if together else [[capture] for capture in SHIPPED]
    for captures in calls:
        run(tmp_path / "a.db", captures)
    first = rows(tmp_path / "a.db")
    for captures in reversed(calls):
        run(tmp_path / "a.db", captures)
    assert rows(tmp_path / "a.db") == first
    assert len(first["captures"]) == len(SHIPPED)
    assert query(tmp_path / "a.db", "PRAGMA foreign_key_check") == []


def test_the_same_file_under_another_name_replaces_it(tmp_path: Path) -> None:
    shutil.copy(SHIPPED[0], tmp_path / "copy.mitm")
    run(tmp_path / "a.db", [SHIPPED[0]])
    run(tmp_path / "a.db", [tmp_path / "copy.mitm"])
    assert query(tmp_path / "a.db", "SELECT id, path FROM captures") == [(1, str(tmp_path / "copy.mitm"))]


def decide(database: Path) -> dict[str, str]:
    """Sets triage in every finding, as people do."""
    with opened(database) as store:
        store._connection.execute("UPDATE findings SET triage = 'accepted: ' || fingerprint")
        store._connection.commit()
    return dict(query(database, "SELECT fingerprint, triage FROM findings"))


def test_triage_that_people_set_survives_another_analysis(tmp_path: Path) -> None:
    leak = CAPTURES / "leak-before-choice.mitm"
    run(tmp_path / "a.db", [leak])
    decided = decide(tmp_path / "a.db")
    run(tmp_path / "a.db", [leak, SHIPPED[0]])
    after = dict(query(tmp_path / "a.db", "SELECT fingerprint, triage FROM findings"))
    assert len(decided) > 5
    assert {fingerprint: after[fingerprint] for fingerprint in decided} == decided


def test_a_suppression_counts_nothing_and_is_lifted_with_the_policy(tmp_path: Path) -> None:
    leak = CAPTURES / "leak-before-choice.mitm"
    entry_of = {"rule": "consent-not-stamped", "reason": "known", "owner": "privacy", "expires": "2999-01-01"}
    policy = Policy(suppress=[Suppression.model_validate(entry_of)])
    run(tmp_path / "a.db", [leak], policy=policy)
    sql = "SELECT DISTINCT triage FROM findings WHERE rule = 'consent-not-stamped'"
    assert query(tmp_path / "a.db", sql) == [("suppressed",)]
    run(tmp_path / "a.db", [leak])
    assert query(tmp_path / "a.db", sql) == [("open",)]


# --- several at once


def test_several_processes_give_the_rows_of_one(tmp_path: Path, in_processes: None) -> None:
    (tmp_path / "text.txt").write_text("no capture")
    connects = tmp_path / "connects.mitm"
    write_flows(connects, [flow("https://shop.example/", method="CONNECT")])
    copy = tmp_path / "copy.mitm"
    shutil.copy(SHIPPED[2], copy)
    captures = [
        tmp_path / "text.txt",
        SHIPPED[0],
        connects,
        SHIPPED[1],
        SHIPPED[2],
        copy,
        SHIPPED[0],
        tmp_path / "none",
    ]
    places: dict[int, dict[Path, tuple[int, int]]] = {1: {}, 2: {}}
    results = {
        jobs: run(
            tmp_path / f"{jobs}.db",
            captures,
            jobs=jobs,
            progress=lambda p, *at, jobs=jobs: places[jobs].update({p: at}),
        )
        for jobs in (1, 2)
    }
    assert results[1] == results[2]
    assert [type(result) for result in results[1]].count(Failure) == 3
    assert rows(tmp_path / "1.db") == rows(tmp_path / "2.db")
    assert places[1] == places[2] == {path: (path.stat().st_size,) * 2 for path in (*SHIPPED[:3], copy)}
    decided = decide(tmp_path / "2.db")
    assert len(run(tmp_path / "2.db", list(reversed(captures)), jobs=2)) == len(captures)
    assert dict(query(tmp_path / "2.db", "SELECT fingerprint, triage FROM findings")) == decided
    for name in ("1.db", "2.db"):  # which of two equal files was read last, and what was decided, may differ
        with opened(tmp_path / name) as store:
            store._connection.executescript("UPDATE captures SET path = NULL; UPDATE findings SET triage = NULL")
    assert rows(tmp_path / "1.db") == rows(tmp_path / "2.db")


def test_small_files_start_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ProcessPoolExecutor", None)
    assert all(isinstance(result, Analysis) for result in run(tmp_path / "a.db", SHIPPED[:2], jobs=4))


# --- damaged and odd


def test_a_damaged_capture_is_analysed_in_part_and_the_rest_is_a_gap(tmp_path: Path) -> None:
    flows = shop()
    places = write_flows(tmp_path / "a.mitm", flows)
    content = bytearray((tmp_path / "a.mitm").read_bytes())
    content[places[1] : places[1] + 40] = b"x" * 40
    (tmp_path / "a.mitm").write_bytes(content[: places[3] + 20])
    result = done(run(tmp_path / "a.db", [tmp_path / "a.mitm"])[0])
    assert result.exchanges == 2
    assert len(result.unreadable) == 2
    assert query(tmp_path / "a.db", "SELECT count(*) FROM events") == [(1,)]
    gaps = query(
        tmp_path / "a.db", "SELECT kind FROM gaps WHERE kind IN ('broken-flow', 'truncated-capture') ORDER BY 1"
    )
    assert gaps == [("broken-flow",), ("truncated-capture",)]


def test_a_file_that_cannot_be_read_does_not_keep_others_from_it(tmp_path: Path) -> None:
    results = run(tmp_path / "a.db", [tmp_path / "nothing.har", SHIPPED[0]])
    assert isinstance(results[0], Failure)
    assert "nothing.har: cannot be read" in results[0].reason
    assert done(results[1]).capture == 1


def test_a_file_without_an_exchange_is_a_failure_that_writes_nothing(tmp_path: Path) -> None:
    write_flows(tmp_path / "a.mitm", [flow("https://shop.example/", method="CONNECT")])
    write_har(tmp_path / "a.har", [])
    write_har(tmp_path / "b.har", [None])
    results = run(tmp_path / "a.db", [tmp_path / "a.mitm", tmp_path / "a.har", tmp_path / "b.har"])
    assert [result.reason.partition(": ")[2] for result in results if isinstance(result, Failure)] == [
        "holds no HTTP exchange",
        "holds no HTTP exchange",
        "entry 0 (byte 110) is damaged (no object); it was left out",
    ]
    assert not any(rows(tmp_path / "a.db").values())


def test_a_record_that_cannot_be_stored_costs_itself_alone_and_is_said(tmp_path: Path) -> None:
    path = write_har(
        tmp_path / "a.har",
        [
            entry("https://shop.example/", headers={"cookie": "a=1", "sec-fetch-dest": "document"}),
            entry("https://shop.example/x", status=10**30),
            entry("https://shop.example/y\ud800?\ud800", headers={"x-odd": "\udfff"}),
        ],
    )
    result = done(run(tmp_path / "a.db", [path])[0])
    assert result.unreadable == ("1 record could not be stored: a number takes more than 64 bits",)
    assert query(tmp_path / "a.db", "SELECT count(*) FROM exchanges") == [(2,)]
    assert query(tmp_path / "a.db", "SELECT kind FROM gaps WHERE reason LIKE '%64 bits'") == [("records-lost",)]


def test_a_disk_that_is_full_is_one_clear_error(tmp_path: Path) -> None:
    with opened(tmp_path / "a.db") as store:
        pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
        store._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(DatabaseError, match="full"):
            list(analyse_files(open_captures([SHIPPED[0]]), store, Policy()))


def test_a_har_without_cookies_says_so_in_the_database(tmp_path: Path) -> None:
    page = {"sec-fetch-dest": "document", "content-type": "text/html"}
    run(tmp_path / "a.db", [write_har(tmp_path / "a.har", [entry("https://shop.example/", headers=page)])])
    assert query(tmp_path / "a.db", "SELECT kind, cookies_visible FROM captures") == [("har", 0)]
    assert ("cookies-stripped",) in query(tmp_path / "a.db", "SELECT kind FROM gaps")


def test_a_capture_row_covers_its_exchanges(tmp_path: Path) -> None:
    write_flows(tmp_path / "a.mitm", shop())
    run(tmp_path / "a.db", [tmp_path / "a.mitm"], policy_name="team.toml")
    ((started, ended, read, policy),) = query(
        tmp_path / "a.db", "SELECT started_at, ended_at, exchanges_read, policy FROM captures"
    )
    assert (started, ended) == ("2026-01-01T12:00:00.000Z", "2026-01-01T12:00:09.000Z")
    assert (read, policy) == (4, "team.toml")


def test_many_small_batches_give_the_rows_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path / "whole.db", SHIPPED[:4])
    monkeypatch.setattr(module, "_BATCH", 1)
    run(tmp_path / "small.db", SHIPPED[:4])
    assert rows(tmp_path / "small.db") == rows(tmp_path / "whole.db")


def test_masks_of_equal_cookies_are_equal_within_a_capture(tmp_path: Path) -> None:
    flows = shop([(b"cookie", b"sid=same")])
    write_flows(tmp_path / "a.mitm", flows)
    policy = Policy(storage=Storage(identifiers="hashed"))
    run(tmp_path / "a.db", [tmp_path / "a.mitm"], policy=policy)
    headers = [json.loads(text) for (text,) in query(tmp_path / "a.db", "SELECT request_headers FROM exchanges")]
    cookies = {value for fields in headers for name, value in fields if name == "cookie"}
    assert len(headers) == 4
    assert len(cookies) == 1


def test_analyse_file_refuses_what_holds_nothing(tmp_path: Path) -> None:
    write_flows(tmp_path / "a.mitm", [flow("https://shop.example/", method="CONNECT")])
    store = Database(tmp_path / "a.db")
    with pytest.raises(CaptureError, match="holds no HTTP exchange"):
        module.analyse_file(open_capture(tmp_path / "a.mitm"), store, 1, shipped_catalogue(), Policy(), None)
    store.close()


def test_a_database_that_cannot_be_opened_is_not_analysed_into(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError), opened(tmp_path / "nowhere" / "a.db"):
        pytest.fail("it was opened")


def test_the_rows_of_a_file_do_not_depend_on_what_was_analysed_before_but_for_its_number(tmp_path: Path) -> None:
    run(tmp_path / "alone.db", [SHIPPED[1]])
    run(tmp_path / "second.db", SHIPPED[:2])
    names = (
        "rule, severity, verdict, phase, vendor, destination, site, event_name, occurred_at, explanation, fingerprint"
    )
    alone = query(tmp_path / "alone.db", f"SELECT {names} FROM violations ORDER BY id")
    second = query(tmp_path / "second.db", f"SELECT {names} FROM violations WHERE capture_id = 2 ORDER BY id")
    assert alone == second


def test_a_file_whose_analysis_is_ended_by_force_is_not_taken_for_whole(tmp_path: Path) -> None:
    database = tmp_path / "a.db"
    run(database, SHIPPED[:1])

    def dies(*_: object) -> None:
        assert is_running(database, 1), "meanwhile nobody else gives it an end"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(database, SHIPPED[:1], progress=dies)
    Database(database).close()
    ((reason,),) = query(database, "SELECT reason FROM gaps WHERE kind = 'capture-cut-short'")
    assert reason.startswith("reading the file was ended by force")
    assert [path.name for path in tmp_path.iterdir()] == ["a.db"]
    run(database, SHIPPED[:1])
    assert not query(database, "SELECT * FROM gaps WHERE kind = 'capture-cut-short'"), "it is whole again"
