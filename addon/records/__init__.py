"""What the pipeline hands to the store: one dataclass a table, its fields the table's columns, each with what it means.

Times are Unix time in seconds here and ISO 8601 UTC in the database. JSON is text already. Nothing is redacted yet: that is the
store's last step before writing, by the policy.
"""

from __future__ import annotations

from typing import get_args

from .captures import CaptureRecord, ExchangeRecord, SessionRecord
from .consent import BannerEventRecord, MarkRecord, SignalRecord
from .gaps import GapRecord
from .messages import DeliveryRecord, DestinationRecord, DuplicateRecord, EventRecord, SourceRecord
from .people import IdentityRecord, RegulationRecord
from .table import Column, Table, plain_type, table_of
from .vendors import CallRecord, CookieRecord, HitRecord
from .violations import FindingRecord, ViolationRecord

type Record = (
    CaptureRecord
    | SessionRecord
    | ExchangeRecord
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
    | SignalRecord
    | BannerEventRecord
    | MarkRecord
    | FindingRecord
    | ViolationRecord
    | GapRecord
)
"""Every record. What is referred to stands before what refers to it."""

TABLES: tuple[Table, ...] = tuple(table_of(record) for record in get_args(Record.__value__))

__all__ = [
    "TABLES",
    "BannerEventRecord",
    "CallRecord",
    "CaptureRecord",
    "Column",
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
    "MarkRecord",
    "Record",
    "RegulationRecord",
    "SessionRecord",
    "SignalRecord",
    "SourceRecord",
    "Table",
    "ViolationRecord",
    "plain_type",
    "table_of",
]
