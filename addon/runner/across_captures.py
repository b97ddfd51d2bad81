"""Compares the captures of one database: who refused in one, and whose data was sent in another all the same.

It runs when a capture is complete, over all of them, so that it does not depend on the order in which they came.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from addon.consent.timeline import Timeline
from addon.decode.facts import Surface
from addon.judge.acts.messages import ConflictAct
from addon.judge.identity_conflicts import Sighting
from addon.judge.identity_evidence import (
    MAX_CONFLICTS,
    Choice,
    Conduct,
    Conflict,
    SentUnderGrant,
    SessionRef,
    conflicts,
)
from addon.judge.pending import Judgement
from addon.judge.rule import ConsentView, Rule
from addon.judge.rules import all_rules
from addon.pipeline.collectors.identity_graph import conflict_act, places
from addon.pipeline.record_conversion import violation_record
from addon.policy import Policy
from addon.records import GapRecord, ViolationRecord
from addon.store import Database, Redactor, RowMaker
from addon.timestamps import from_iso
from vendor_catalog import Category

_MAX_IDENTITIES = 50_000
_HASHED = re.compile(r"#[0-9a-f]{16}")


def compare_captures(database: Database, policy: Policy) -> list[ViolationRecord]:
    """Finds conflicts between captures, and replaces the conflicts found before. Returns all of them."""
    rows = database.identities(_MAX_IDENTITIES)
    conducts = [conduct for row in rows if not _is_hashed(row) and (conduct := _conduct(row)) is not None]
    numbers: Counter[int] = Counter()
    found: list[ViolationRecord] = []
    between = [
        conflict
        for conflict in conflicts(conducts)
        if conflict.refused.session_ref.capture != conflict.acted.session_ref.capture
    ]
    rules = [rule for rule in all_rules().values() if ConflictAct in rule.acts]
    for conflict in between[:MAX_CONFLICTS]:
        capture = conflict.acted.session_ref.capture
        numbers[capture] += 1
        found += _violations(conflict, f"{capture}.x{numbers[capture]}", rules, policy)
    database.write_comparison([*found, *_gaps(rows, len(between))], RowMaker(Redactor(policy.storage, b"")))
    return found


def _violations(conflict: Conflict, number: str, rules: Iterable[Rule], policy: Policy) -> list[ViolationRecord]:
    here = conflict.acted.session_ref
    act = conflict_act(conflict)
    consent_view = ConsentView(Timeline(), policy.regime_of(here.place))
    judgements = [(rule, rule.check(act, consent_view)) for rule in rules]
    return [
        violation_record(Judgement(act, rule, breach, breach), number, here.capture, here.session, policy)
        for rule, breach in judgements
        if breach is not None
    ]


def _conduct(row: dict[str, Any]) -> Conduct | None:
    """A row of ``identities`` as it was before it was written; ``None`` for one that cannot be read."""
    first_at, last_at = from_iso(row["first_at"]), from_iso(row["last_at"])
    if first_at is None or last_at is None:
        return None
    return Conduct(
        session_ref=SessionRef(
            session=row["session_id"],
            capture=row["capture_id"],
            surface=Surface(row["surface"]),
            place=row["site"] or row["app"],
        ),
        sighting=Sighting(
            user=row["user_id"],
            anonymous=row["anonymous_id"],
            device=row["device_id"],
            previous=row["previous_id"],
            write_key=row["write_key"],
            places=places(row["site"], row["app"]),
            first_at=first_at,
            last_at=last_at,
        ),
        choices=tuple(map(_choice, json.loads(row["choices"]))),
        sent_under_grant=tuple(map(_sent_under_grant, json.loads(row["sent_under_grant"]))),
    )


def _choice(fields: dict[str, Any]) -> Choice:
    return Choice(**{**fields, "category": Category(fields["category"])})


def _sent_under_grant(fields: dict[str, Any]) -> SentUnderGrant:
    grant = fields["grant"]
    return SentUnderGrant(
        **{**fields, "category": Category(fields["category"]), "grant": None if grant is None else _choice(grant)}
    )


def _is_hashed(row: dict[str, Any]) -> bool:
    ids = (row["user_id"], row["anonymous_id"], row["device_id"])
    return any(value is not None and _HASHED.fullmatch(value) for value in ids)


def _gaps(rows: list[dict[str, Any]], conflicts_found: int) -> list[GapRecord]:
    """Gaps of the latest capture: the reasons why identities could not be compared."""
    reasons = []
    if any(map(_is_hashed, rows)):
        reasons.append(
            "ids are stored hashed, with a key of each capture's own, so that identities could be compared within captures only;"
            ' analyse the captures with identifiers = "plain" under [storage] to compare them with each other'
        )
    if len(rows) == _MAX_IDENTITIES:
        reasons.append(
            f"there are more than {_MAX_IDENTITIES} sets of ids; those of the latest captures were not compared"
        )
    if conflicts_found > MAX_CONFLICTS:
        reasons.append(
            f"{conflicts_found} conflicts between captures were found; only the first {MAX_CONFLICTS} are recorded"
        )
    latest = max((row["capture_id"] for row in rows), default=0)
    return [
        GapRecord(
            id=f"{latest}.x{number}",
            capture_id=latest,
            exchange_id=None,
            kind="identities-not-compared",
            host=None,
            reason=reason,
        )
        for number, reason in enumerate(reasons, start=1)
    ]
