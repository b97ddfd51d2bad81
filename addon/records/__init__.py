"""What the pipeline hands to the store: one dataclass a table, its fields the table's columns, each with what it means; and what
becomes known of rows later.

Times are Unix time in seconds here and ISO 8601 UTC in the database. JSON is text already. Nothing is redacted yet: that is the
store's last step before writing, by the policy.
"""

from __future__ import annotations

from typing import get_args

from .captures import CaptureRecord, ExchangeRecord, SessionRecord
from .consent import BannerEventRecord, ConsentStateRecord, MarkRecord, NameRecord, SignalRecord
from .gaps import GapRecord
from .judged import JudgedRecord, StaleStatesRecord
from .messages import DeliveryRecord, DestinationRecord, DuplicateRecord, EventRecord, SourceRecord
from .people import IdentityRecord, RegulationRecord
from .table import Column, Table, plain_type, table_of
from .vendors import CallRecord, CookieRecord, HitRecord
from .violations import FindingRecord, ViolationCountRecord, ViolationRecord

type RowRecord = (
    CaptureRecord
    | SessionRecord
    | ExchangeRecord
    | SignalRecord
    | ConsentStateRecord
    | EventRecord
    | DuplicateRecord
    | SourceRecord
    | DestinationRecord
    | DeliveryRecord
    | CallRecord
    | HitRecord
    | CookieRecord
    | IdentityRecord
    | RegulationRecord
    | BannerEventRecord
    | MarkRecord
    | FindingRecord
    | ViolationRecord
    | ViolationCountRecord
    | GapRecord
    | NameRecord
)
"""Every record that is a row; a table comes before the tables that refer to it."""

type Record = RowRecord | JudgedRecord | StaleStatesRecord

TABLES: tuple[Table, ...] = tuple(table_of(record) for record in get_args(RowRecord.__value__))

__all__ = [
    "TABLES",
    "BannerEventRecord",
    "CallRecord",
    "CaptureRecord",
    "Column",
    "ConsentStateRecord",
    "CookieRecord",
    "DeliveryRecord",
    "DestinationRecord",
    "DuplicateRecord",
    "EventRecord",
    "ExchangeRecord",
    "FindingRecord",
    "GapRecord",
    "HitRecord",
    "IdentityRecord",
    "JudgedRecord",
    "MarkRecord",
    "NameRecord",
    "Record",
    "RegulationRecord",
    "RowRecord",
    "SessionRecord",
    "SignalRecord",
    "SourceRecord",
    "StaleStatesRecord",
    "Table",
    "ViolationCountRecord",
    "ViolationRecord",
    "plain_type",
    "table_of",
]
