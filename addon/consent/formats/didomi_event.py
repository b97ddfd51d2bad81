"""Didomi: the event ``consent.given`` at the moment of choice. What was chosen is in the cookie and the TC string.

Source: requests of live sites in public code.
"""

from __future__ import annotations

import re

from addon.body import BodyError
from addon.consent.signal import Answer, NotThisFormat
from addon.exchange import Exchange

_GIVEN = re.compile(rb'"type"\s*:\s*"consent\.given"')
_MAX_BODY = 256 * 1024


def call(exchange: Exchange) -> Answer:
    try:
        body = b"" if exchange.request_body is None else exchange.request_body.content()
    except BodyError as error:
        raise NotThisFormat(error.reason) from None
    if exchange.method != "POST" or _GIVEN.search(body[:_MAX_BODY]) is None:
        raise NotThisFormat("another event than consent.given")
    return Answer(True, "consent.given", complete=False, effective_at=exchange.started_at)
