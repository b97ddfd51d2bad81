"""Captures played through the pipeline, with what was judged on the way and what was stored of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from addon.exchange import Exchange, Headers
from addon.judge.acts.act import Act
from addon.pipeline import CaptureTraits, Pipeline
from addon.pipeline.judgements import JudgementRecorder
from addon.pipeline.session_state import SessionState
from addon.policy import catalogue_with
from addon.readers import open_capture
from addon.records import CaptureRecord, ConsentStateRecord, JudgedRecord, Record, StaleStatesRecord
from addon.store import Database
from tests.addon.building import SHOP, policy_of
from tests.addon.catalogue_folders import own_folder
from tests.addon.store.rows_made import row_maker

POLICIES = {
    "none": "",
    "own categories": '[categories]\nanalytics = "marketing"\n[vendors.meta-pixel]\ncategory = "functional"\n',
    "opt-out": '[policy]\nregime = "opt-out"\n',
}


def with_a_stranger(exchanges: list[Exchange]) -> list[Exchange]:
    """The same, with calls of its pages to a vendor that only the user's own folder knows."""
    story = []
    for exchange in exchanges:
        story.append(exchange)
        if exchange.method == "GET" and exchange.host == SHOP:
            headers = [("referer", f"https://{SHOP}/"), ("user-agent", exchange.user_agent)]
            fields = Headers.from_text(headers)
            call = replace(exchange, host="collect.stranger.example", path="/t", query="", request_headers=fields)
            story.append(replace(call, response_headers=Headers(), response_body=None))
    return story


@dataclass
class Played:
    """A capture, the acts that came before the rules, and what was stored of them."""

    records: list[Record]
    acts: list[tuple[SessionState, Act]] = field(default_factory=list)

    @property
    def judged(self) -> dict[tuple[str, ...], tuple[Any, ...]]:
        return judged(self.records)

    @property
    def states(self) -> list[ConsentStateRecord]:
        return states(self.records)


def judged(records: list[Record]) -> dict[tuple[str, ...], tuple[Any, ...]]:
    """The last state of each act's row: consent, alternative, certainty and signal."""
    return {
        (record.table, *record.key): (record.consent, record.alternative, record.certainty, record.signal_id)
        for record in records
        if isinstance(record, JudgedRecord)
    }


def stamp_choices(records: list[Record]) -> dict[str, dict[str, Any]]:
    """What was stored last of the categories of each message's stamp."""
    return {
        record.key[0]: json.loads(record.stamp_choices or "{}")
        for record in records
        if isinstance(record, JudgedRecord) and record.table == "events"
    }


def states(records: list[Record]) -> list[ConsentStateRecord]:
    """What stands in ``consent_states`` in the end."""
    standing: dict[str, ConsentStateRecord] = {}
    for record in records:
        if isinstance(record, ConsentStateRecord):
            standing[record.id] = record
        elif isinstance(record, StaleStatesRecord):
            for number in record.ids:
                del standing[number]
    return list(standing.values())


def play(exchanges: list[Exchange], pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> Played:
    played = Played([])
    taken = JudgementRecorder.act

    def noted(judgements: JudgementRecorder, session: SessionState, act: Act) -> None:
        played.acts.append((session, act))
        taken(judgements, session, act)

    monkeypatch.setattr(JudgementRecorder, "act", noted)
    for exchange in exchanges:
        played.records += pipeline.process(exchange)
    played.records += pipeline.close()
    return played


def played_capture(
    capture: Path, policy: str, folder: Path, monkeypatch: pytest.MonkeyPatch, *, live: bool = False
) -> Played:
    """A capture that ships, under one of ``POLICIES``, with a vendor of a folder of the user's own in it."""
    file = open_capture(capture)
    traits = CaptureTraits(live=live, cookies_visible=file.cookies_visible, one_clock=file.one_clock)
    pipeline = Pipeline(1, catalogue_with([own_folder(folder)]), policy_of(POLICIES[policy]), traits)
    return play(with_a_stranger(list(file.exchanges(None))), pipeline, monkeypatch)  # type: ignore[arg-type]


def write(path: Path, records: list[Record]) -> None:
    """A database with them, as a live capture writes it."""
    database = Database(path)
    capture = CaptureRecord(
        id=1, kind="flows", path=None, digest=None, started_at=None, ended_at=None, policy=None, tool_version="0"
    )
    for part in ([capture], records):
        database.write(part, row_maker(), beside_proxy=True)
    database.close()
