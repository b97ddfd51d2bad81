"""A record of the choice that is posted at its moment, whose content is not documented: OneTrust's receipt, Axeptio's consents.

What was chosen is in the consent manager's cookie, which the next first-party request shows.
"""

from __future__ import annotations

from addon.consent.signal import Answer, NotThisFormat
from addon.exchange import Exchange


def call(exchange: Exchange) -> Answer:
    if exchange.method != "POST":
        raise NotThisFormat("no record is posted")
    return Answer(True, exchange.path, complete=False, effective_at=exchange.started_at)
