"""What a capture could not see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from .table import Column, own_id, reference, table


@table("gaps", indexes=(("capture_id", "kind"), ("exchange_id",)))
@dataclass(slots=True, kw_only=True)
class GapRecord:
    """What the capture could not see."""

    id: Annotated[str, own_id("Number of the gap.")]
    capture_id: Annotated[int, reference("captures", "The capture.", required=True)]
    exchange_id: Annotated[str | None, reference("exchanges", "The exchange that shows it, where one does.")]
    kind: Annotated[str, Column("What kind of blindness; docs/gaps.md names them.", required=True)]
    host: Annotated[str | None, Column("Host, site or app concerned.")]
    reason: Annotated[str, Column("What could not be seen, and what to do.")]
    count: Annotated[
        int | None,
        Column(
            "How many exchanges, or records that the disk refused, the gap stands for and that have no row of their own; empty if"
            " unknown, or if exchange_id or the column gaps of exchanges shows it."
        ),
    ] = None
