"""How much of the traffic is stored."""

from __future__ import annotations

from typing import Literal

from .section import Section


class Storage(Section):
    """``[storage]``: how much of the traffic is stored."""

    payloads: Literal["full", "shape", "none"] = "full"
    """Bodies, queries and event payloads: as sent, with values replaced by their types, or not at all."""
    identifiers: Literal["plain", "hashed"] = "plain"
    """anonymousId and userId: as sent, or as keyed hashes that still join within one database."""
