"""What of a capture was seen and judged, and when a silence about violations proves something."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from addon.findings.visibility import Visibility, read_visibility, shortfalls
from addon.findings.visibility.model import MAX_NAMED
from addon.findings.visibility.text import hosts, ratio
from addon.policy import Policy
from addon.policy.general import Scope
from addon.runner import analyse_files, open_captures, opened
from addon.store import Database, RunningCapture, lost_records
from addon.store.losses import leave_note
from addon.store.schema.gaps import KINDS, Consequence
from tests.addon.readers.samples import CHROME, WRITE_KEY, entry, har, track, write_har
from tests.addon.store.rows_made import capture, gap, row_maker, small

from .traffic import BLOCKED, PIXEL, asset, granted, page, segment


def seen(folder: Path, *captures: list[dict[str, Any]], policy: Policy | None = None) -> Visibility:
    paths = [write_har(folder / f"{number}.har", entries) for number, entries in enumerate(captures, start=1)]
    with opened(folder / "seen.db") as database:
        list(analyse_files(open_captures(paths), database, policy or Policy()))
    return read(folder / "seen.db")


def read(path: Path) -> Visibility:
    with closing(sqlite3.connect(path)) as connection:
        return read_visibility(connection)


def kinds_of(visibility: Visibility, **allowed: bool) -> list[str]:
    return [shortfall.kind for shortfall in shortfalls(visibility, **allowed)]


# --- what proves nothing


EMPTY = {
    "a page alone": [page()],
    "a page that leads elsewhere, and one alone": [
        page("http://shop.example/", status=301, response={"redirectURL": "https://shop.example/"}),
        page(),
    ],
    "a page that did not come": [page(status=500), asset()],
    "a WebSocket": [page(), asset(), asset("wss://rt.vendor.example/ws", method="GET")],
    "everything blocked": [page(), asset(), asset(PIXEL, **BLOCKED)],
    "a library from the cache": [
        page(),
        asset(),
        asset("https://connect.facebook.net/a/fbevents.js", _fromCache="disk"),
    ],
    "calls that name no page": [entry(PIXEL, headers={"cookie": "a=b"})],
    "a message that nobody can read": [granted(page()), granted(asset()), segment("{nothing")],
    "cookies stripped": [
        page(url, request={"headers": [{"name": "sec-fetch-dest", "value": "document"}]})
        for url in ["https://shop.example/"]
    ]
    + [asset(headers={"user-agent": CHROME, "referer": "https://shop.example/"})],
    "somebody else's settings alone": [
        page(),
        asset(f"https://cdn.segment.com/v1/projects/{WRITE_KEY}/settings", status=0),
    ],
}


@pytest.mark.parametrize("entries", EMPTY.values(), ids=EMPTY)
def test_what_could_not_be_judged_proves_nothing(tmp_path: Path, entries: list[dict[str, Any]]) -> None:
    visibility = seen(tmp_path, entries)
    assert kinds_of(visibility) == ["empty"]
    (shortfall,) = shortfalls(visibility)
    assert shortfall.reason.startswith("1.har: ")
    assert shortfall.remedy.endswith(".")
    assert kinds_of(visibility, allow_empty=True) == []


def test_what_lies_outside_the_scope_proves_nothing_and_is_counted(tmp_path: Path) -> None:
    policy = Policy(scope=Scope(include=["nowhere.example"]))
    visibility = seen(tmp_path, [page(), asset(), asset(PIXEL)], policy=policy)
    assert kinds_of(visibility) == ["empty"]
    assert (visibility.seen, visibility.judged, visibility.unjudged) == (3, 0, 3)
    assert "3 out-of-scope" in shortfalls(visibility)[0].reason


def test_a_database_without_a_capture_proves_nothing(tmp_path: Path) -> None:
    Database(tmp_path / "a.db").close()
    (shortfall,) = shortfalls(read(tmp_path / "a.db"))
    assert (shortfall.kind, shortfall.capture) == ("empty", None)


def test_one_capture_does_not_speak_for_another(tmp_path: Path) -> None:
    visibility = seen(tmp_path, [granted(page()), granted(asset()), asset(PIXEL)], [page("https://other.example/")])
    assert [(each.kind, each.capture) for each in shortfalls(visibility)] == [("empty", 2)]
    assert shortfalls(visibility)[0].reason.startswith("2.har: ")


# --- what proves something


PROVES = {
    "a page whose own requests call nobody": [page(), asset()],
    "a page that was not changed since": [page(status=304), asset()],
    "a call": [granted(page()), asset(PIXEL)],
    "a message": [granted(page()), segment(json.dumps(track()))],
    "a message beside one that nobody can read": [granted(page()), segment(json.dumps(track())), segment("{nothing")],
    "a call beside one that was blocked": [granted(page()), asset(PIXEL), asset(PIXEL, **BLOCKED)],
}


@pytest.mark.parametrize("entries", PROVES.values(), ids=PROVES)
def test_what_was_judged_proves_something(tmp_path: Path, entries: list[dict[str, Any]]) -> None:
    assert shortfalls(seen(tmp_path, entries)) == []


# --- what was lost


@pytest.mark.parametrize("kind", [kind for kind, each in KINDS.items() if each.consequence is Consequence.LOST])
def test_whatever_was_lost_is_no_pass_and_nothing_allows_it(tmp_path: Path, kind: str) -> None:
    visibility = with_gap(tmp_path, kind)
    assert kinds_of(visibility) == kinds_of(visibility, allow_empty=True) == ["lost"]
    assert kind in shortfalls(visibility)[0].reason
    assert KINDS[kind].remedy == shortfalls(visibility)[0].remedy


@pytest.mark.parametrize("kind", [kind for kind, each in KINDS.items() if each.consequence is not Consequence.LOST])
def test_a_gap_beside_what_was_judged_is_no_loss(tmp_path: Path, kind: str) -> None:
    assert shortfalls(with_gap(tmp_path, kind)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_gap_that_hinders_a_pass_says_what_to_do(kind: str) -> None:
    assert bool(KINDS[kind].remedy) is (KINDS[kind].consequence is not Consequence.NOTE)
    assert not KINDS[kind].remedy or KINDS[kind].remedy.endswith(".")


def with_gap(folder: Path, kind: str) -> Visibility:
    database = Database(folder / "a.db")
    made = gap(1)
    made.kind, made.exchange_id = kind, None
    database.write([*small(1), made], row_maker())
    database.close()
    return read(folder / "a.db")


def test_records_that_the_disk_refused_are_counted(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.db")
    database.write([*small(1), lost_records(1, 12, "disk full")], row_maker())
    database.close()
    visibility = read(tmp_path / "a.db")
    assert (visibility.lost, visibility.lost_uncounted) == (12, ())
    assert "Lost: 12 (12 records-lost)." in ratio(visibility)


def test_entries_that_are_damaged_are_counted_and_the_end_of_a_file_is_not_guessed(tmp_path: Path) -> None:
    entries = [granted(page()), granted(asset()), asset(PIXEL)]
    damaged = json.dumps(har([*entries, None, None]))
    (tmp_path / "damaged.har").write_text(damaged)
    (tmp_path / "cut.har").write_text(json.dumps(har(entries))[:-60])
    with opened(tmp_path / "a.db") as database:
        list(analyse_files(open_captures([tmp_path / "damaged.har", tmp_path / "cut.har"]), database, Policy()))
    visibility = read(tmp_path / "a.db")
    assert kinds_of(visibility) == ["lost", "lost"]
    assert (visibility.captures[0].lost, visibility.captures[0].lost_uncounted) == (2, ())
    assert visibility.captures[1].lost_uncounted == ("truncated-capture",)
    assert "nobody knows how much (truncated-capture)" in ratio(visibility)


def test_a_capture_that_has_not_ended_is_no_pass_yet(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.db")
    running = capture(1)
    running.kind, running.path, running.ended_at = "live", None, None
    database.write([*small(1), running], row_maker())
    database.close()
    held = RunningCapture(tmp_path / "a.db", 1)
    (shortfall,) = shortfalls(read(tmp_path / "a.db"), allow_empty=True)
    assert shortfall.kind == "running"
    assert shortfall.reason.startswith("capture 1 (live): ")
    held.close()
    (shortfall,) = shortfalls(read(tmp_path / "a.db"), allow_empty=True)
    assert shortfall.kind == "lost", "nobody holds it: it broke off"
    assert "nobody knows how much (capture-cut-short)" in ratio(read(tmp_path / "a.db"))
    Database(tmp_path / "a.db").close()
    assert shortfalls(read(tmp_path / "a.db"), allow_empty=True) == [shortfall], "its end is written, and says the same"


def test_what_is_noted_beside_a_database_is_lost_too_and_counted_once(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.db")
    database.write([*small(1), lost_records(1, 3, "the disk is full")], row_maker())
    database.close()
    assert read(tmp_path / "a.db").lost == 3
    leave_note(tmp_path / "a.db", [lost_records(1, 5, "the disk is full"), lost_records(2, 7, "of no capture here")])
    assert read(tmp_path / "a.db").lost == 5
    Database(tmp_path / "a.db").close()
    assert read(tmp_path / "a.db").lost == 5


# --- the numbers


def test_the_ratio_counts_exchanges(tmp_path: Path) -> None:
    entries = [
        granted(page()),
        granted(asset()),
        asset(PIXEL),
        asset(PIXEL, **BLOCKED),
        asset("wss://shop.example/chat"),
        asset("wss://shop.example/chat"),
        segment(json.dumps(track())),
        segment("{nothing"),
        entry(PIXEL, headers={"cookie": "a=b", "origin": "chrome-extension://abc", "user-agent": "other"}),
    ]
    visibility = seen(tmp_path, entries)
    assert (visibility.seen, visibility.judged, visibility.unread, visibility.unjudged) == (9, 3, 3, 2)
    assert ratio(visibility) == (
        "Seen: 9 exchanges. Judged: 3. Unread: 3 (2 websocket, 1 undecodable-body)."
        " Not judged: 2 (1 not-attributed, 1 not-sent). Lost: none."
    )


def test_hosts_are_the_sites_own_or_known_or_unknown(tmp_path: Path) -> None:
    strangers = [asset(f"https://cdn{number}.stranger.example/a.js") for number in range(3)]
    entries = [
        granted(page()),
        asset("https://static.shop.example/a.png"),
        asset(PIXEL),
        *strangers,
        asset("https://cdn1.stranger.example/b.js"),
        asset("https://connect.facebook.net/a/fbevents.js", **BLOCKED),
    ]
    visibility = seen(tmp_path, entries)
    assert (visibility.hosts.contacted, visibility.hosts.named, visibility.hosts.unknown_count) == (6, 3, 3)
    assert hosts(visibility.hosts) == (
        "Hosts: 6 contacted, 3 named, 3 unknown: cdn1.stranger.example (2), cdn0.stranger.example (1),"
        " cdn2.stranger.example (1)."
    )


def test_unknown_hosts_are_named_up_to_a_bound_and_counted_beyond_it(tmp_path: Path) -> None:
    strangers = [asset(f"https://s{number}.example/") for number in range(MAX_NAMED + 5)]
    visibility = seen(tmp_path, [page(), *strangers])
    assert len(visibility.hosts.unknown) == MAX_NAMED
    assert visibility.hosts.unknown_count == MAX_NAMED + 5
    assert hosts(visibility.hosts).endswith(f"and {MAX_NAMED - 5} more.")
