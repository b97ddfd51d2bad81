"""What is kept of what crossed the wire."""

from __future__ import annotations

from typing import Literal

from .section import Section


class Storage(Section):
    """``[storage]``: how much of what crossed the wire is kept."""

    payloads: Literal["full", "shape", "none"] = "full"
    """Bodies, queries and event payloads: as sent, with values replaced by their types, or not at all."""
    identifiers: Literal["plain", "hashed"] = "plain"
    """anonymousId and userId: as sent, or as keyed hashes that still join within one database."""
