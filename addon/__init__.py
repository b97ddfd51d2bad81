"""consentwire: which Segment and destination calls had no matching consent, and how we know."""

from datetime import UTC, datetime

__version__ = "0.1.0"
MADE_AT = datetime(2026, 11, 23, tzinfo=UTC)
"""When this version was made, at the earliest: a clock that shows an earlier time is wrong."""
