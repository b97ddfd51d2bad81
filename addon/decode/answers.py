"""What a server answered, as JSON; for settings that a page or app asks for, and for answers that say where a message goes."""

from __future__ import annotations

from addon.body import BodyError
from addon.exchange import Exchange
from addon.jsontext import Json, JsonError


class NotSeen(Exception):
    """The capture holds no usable answer to a request; the message says why."""


def answered(exchange: Exchange) -> Json:
    """The JSON with which a request for settings was answered.

    Raises:
        NotSeen: if the capture holds no answer, or none that is JSON.
    """
    if exchange.status is None:
        failure = exchange.failure or "no reason given"
        raise NotSeen(f"the settings were asked for, but no response was captured ({failure})")
    if exchange.status == 304:
        raise NotSeen("the settings of the source came from the browser's cache, so this capture does not hold them")
    if not 200 <= exchange.status < 300:
        raise NotSeen(f"the settings request was answered with status {exchange.status}")
    if exchange.response_body is None:
        raise NotSeen("the capture holds no body of the response to the settings request")
    try:
        return exchange.response_body.document()[0]
    except (BodyError, JsonError) as error:
        raise NotSeen(f"unreadable settings: {error}") from error
