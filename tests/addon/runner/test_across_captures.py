"""Captures of one database, compared: the same person in several, whatever the order in which they are analysed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from addon import __version__
from addon.exchange import Exchange
from addon.policy import Policy, Storage
from addon.records import CaptureRecord
from addon.runner import LiveAnalysis, Verdicts, analyse_files, open_captures, opened
from addon.runner import files as module
from addon.store import Database
from tests.addon.building import BANNER, NOON, App, Browser, dated_choice, message
from tests.addon.readers.samples import CAPTURES, flow, write_flows
from tests.addon.store.rows_made import query, rows
from vendor_catalog import shipped_catalogue

ANN, BOB = "user-ann-1", "user-bob-2"
WEB, PHONE, SECOND = (f"0d7e4a0c-aaaa-4aaa-8aaa-00000000000{number}" for number in (1, 2, 3))
GRANTS, REFUSES = {"analytics": True}, {"analytics": False}
CONFLICTS = "SELECT id, verdict, session_id FROM violations WHERE rule = 'identity-consent-conflict' ORDER BY id"


def written(path: Path, exchanges: Iterable[Exchange]) -> Path:
    """Exchanges as a flow file."""
    flows = []
    for each in sorted(exchanges, key=lambda one: one.started_at):
        made = flow(
            each.url,
            at=each.started_at,
            method=each.method,
            headers=each.request_headers.raw,
            body=b"" if each.request_body is None else each.request_body.raw,
            response_headers=each.response_headers.raw,
        )
        made.client_conn.peername = (each.client, 50_000)
        flows.append(made)
    write_flows(path, flows)
    return path


def chosen(at: float, *categories: str, user: str = ANN, anonymous: str = WEB, until: float = 0) -> list[Exchange]:
    """A browser in which somebody makes a choice; the site is still asked at the end."""
    browser = Browser(client="10.0.0.20")
    begun = [browser.open(at - 3), browser.fetch(at - 2, BANNER)]
    browser.cookies = dated_choice(*categories, at=at)
    stamp = GRANTS if categories else REFUSES
    sent = browser.send(at + 2, message(anonymousId=anonymous, userId=user, stamp=stamp))
    return [*begun, browser.open(at + 1), sent, browser.open(max(until, at + 3))]


def app(*at: float, user: str = ANN) -> list[Exchange]:
    return [App().send(each, message(anonymousId=PHONE, userId=user, stamp=GRANTS), key="app-key") for each in at]


def analysed(database: Path, captures: Sequence[Path], *, policy: Policy | None = None, jobs: int = 1) -> None:
    with opened(database) as store:
        list(analyse_files(open_captures(captures), store, policy or Policy(), jobs=jobs))


@pytest.fixture
def refusal(tmp_path: Path) -> Path:
    return written(tmp_path / "refusal.mitm", chosen(100))


@pytest.fixture
def acting(tmp_path: Path) -> Path:
    return written(tmp_path / "acting.mitm", app(1, 900))


def test_what_is_done_in_one_capture_is_held_against_the_refusal_in_another(
    tmp_path: Path, refusal: Path, acting: Path
) -> None:
    analysed(tmp_path / "a.db", [refusal, acting])
    assert query(tmp_path / "a.db", CONFLICTS) == [("2.x1", "likely", "2.s1")]
    ((explanation, signal, finding),) = query(
        tmp_path / "a.db",
        "SELECT v.explanation, s.session_id, f.violations FROM violations v JOIN signals s ON s.id = v.signal_id"
        " JOIN findings f ON f.fingerprint = v.fingerprint WHERE v.id = '2.x1'",
    )
    assert "the web session 1.s1 on shop.example" in explanation
    assert "the app session 2.s1 of com.example.shop" in explanation
    assert "What was chosen there after that capture is not known" in explanation
    assert (signal, finding) == ("1.s1", 1)


def test_a_refusal_that_was_still_seen_later_is_certain(tmp_path: Path, acting: Path) -> None:
    refusal = written(tmp_path / "refusal.mitm", chosen(100, until=2000))
    analysed(tmp_path / "a.db", [refusal, acting])
    assert [verdict for _, verdict, _ in query(tmp_path / "a.db", CONFLICTS)] == ["confirmed"]


def test_the_order_of_captures_decides_nothing_but_their_numbers(tmp_path: Path, refusal: Path, acting: Path) -> None:
    analysed(tmp_path / "one.db", [refusal, acting])
    analysed(tmp_path / "other.db", [acting])
    analysed(tmp_path / "other.db", [refusal])
    one, other = (query(tmp_path / name, CONFLICTS) for name in ("one.db", "other.db"))
    assert one == [("2.x1", "likely", "2.s1")]
    assert other == [("1.x1", "likely", "1.s1")]


def test_analysing_again_leaves_the_same_rows(tmp_path: Path, refusal: Path, acting: Path) -> None:
    database = tmp_path / "a.db"
    analysed(database, [refusal, acting])
    before = rows(database)
    for captures in ([refusal, acting], [refusal], [acting]):
        analysed(database, captures)
        assert rows(database) == before


def test_several_processes_give_the_rows_of_one(
    tmp_path: Path, refusal: Path, acting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WORTH_PROCESSES", 0)
    for jobs in (1, 2):
        analysed(tmp_path / f"{jobs}.db", [refusal, acting], jobs=jobs)
    assert rows(tmp_path / "1.db") == rows(tmp_path / "2.db")
    assert query(tmp_path / "2.db", CONFLICTS)


@pytest.mark.parametrize("again", ["refusal", "acting"])
def test_triage_that_people_set_survives_another_analysis(
    tmp_path: Path, refusal: Path, acting: Path, again: str
) -> None:
    database = tmp_path / "a.db"
    analysed(database, [refusal, acting])
    sql = "SELECT triage FROM findings WHERE rule = 'identity-consent-conflict'"
    with opened(database) as store:
        store._connection.execute("UPDATE findings SET triage = 'accepted'")
        store._connection.commit()
    analysed(database, [refusal if again == "refusal" else acting])
    assert query(database, sql) == [("accepted",)]


def test_a_conflict_goes_with_the_capture_that_showed_it(tmp_path: Path, refusal: Path, acting: Path) -> None:
    database = tmp_path / "a.db"
    analysed(database, [refusal, acting])
    with opened(database) as store:
        store.remove_capture(1)
    assert not query(database, CONFLICTS)
    assert not query(database, "SELECT * FROM findings WHERE rule = 'identity-consent-conflict'")


def test_ids_that_are_stored_hashed_are_compared_within_a_capture_only_and_that_is_said(
    tmp_path: Path, refusal: Path, acting: Path
) -> None:
    policy = Policy(storage=Storage(identifiers="hashed"))
    analysed(tmp_path / "a.db", [refusal, acting], policy=policy)
    assert not query(tmp_path / "a.db", CONFLICTS)
    ((kind, reason),) = query(tmp_path / "a.db", "SELECT kind, reason FROM gaps WHERE id GLOB '*.x*'")
    assert kind == "identities-not-compared"
    assert "hashed" in reason
    assert not query(tmp_path / "a.db", f"SELECT id FROM identities WHERE user_id = '{ANN}' OR anonymous_id = '{WEB}'")
    both = written(tmp_path / "both.mitm", [*chosen(100), *app(1, 900)])
    analysed(tmp_path / "b.db", [both], policy=policy)
    assert [verdict for _, verdict, _ in query(tmp_path / "b.db", CONFLICTS)] == ["confirmed"]
    analysed(tmp_path / "a.db", [refusal, acting])
    assert query(tmp_path / "a.db", CONFLICTS)
    assert not query(tmp_path / "a.db", "SELECT kind, reason FROM gaps WHERE id GLOB '*.x*'")


# --- what must not be accused


def conflicts_of(tmp_path: Path, *captures: list[Exchange]) -> list[tuple[Any, ...]]:
    files = [written(tmp_path / f"{number}.mitm", exchanges) for number, exchanges in enumerate(captures)]
    analysed(tmp_path / "a.db", files)
    return query(tmp_path / "a.db", CONFLICTS)


def test_a_journey_that_rejects_and_one_that_accepts_with_one_test_account_are_clean(tmp_path: Path) -> None:
    accepting = chosen(1000, "analytics", anonymous=SECOND)
    assert not conflicts_of(tmp_path, chosen(100), accepting)
    assert not conflicts_of(tmp_path, accepting, chosen(100))


def test_a_browser_that_comes_back_and_changed_its_mind_is_clean(tmp_path: Path) -> None:
    assert not conflicts_of(tmp_path, chosen(100), chosen(1000, "analytics"))


def test_two_people_on_one_browser_in_two_captures_are_two(tmp_path: Path) -> None:
    """The same anonymousId under two users: what the first refused is not the second's."""
    refused_by_ann, used_by_bob = chosen(100), chosen(2000, user=BOB)
    assert not conflicts_of(tmp_path, refused_by_ann, used_by_bob, app(1, 900, user=BOB))


def test_strangers_are_clean(tmp_path: Path) -> None:
    assert not conflicts_of(tmp_path, chosen(100), app(1, 900, user=BOB))


def test_the_captures_that_ship_have_no_conflict_between_them(tmp_path: Path) -> None:
    analysed(tmp_path / "a.db", sorted(CAPTURES.glob("*.mitm")))
    assert query(tmp_path / "a.db", "SELECT count(*) > 1 FROM captures") == [(1,)]
    assert not query(tmp_path / "a.db", "SELECT * FROM violations WHERE id GLOB '*.x*'")


# --- live


def test_a_live_capture_is_compared_with_what_was_captured_before(tmp_path: Path, refusal: Path) -> None:
    database = tmp_path / "a.db"
    analysed(database, [refusal])
    store = Database(database)
    number = store.claim("live", None)
    store.close()
    capture = CaptureRecord(
        id=number, kind="live", path=None, digest=None, started_at=NOON, ended_at=None, policy=None, tool_version=__version__
    )  # fmt: skip
    verdicts: Verdicts = []
    made = LiveAnalysis(database, capture, Policy(), shipped_catalogue(), verdicts.extend)
    made.put(app(1, 900))
    assert made.close(NOON + 1000, 2)
    assert query(database, CONFLICTS) == [("2.x1", "likely", "2.s1")]
    assert "2.x1" in {violation.id for violation, _ in verdicts}
