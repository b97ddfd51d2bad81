"""A request with messages in Segment's protocol, or in a CDP's dialect of it -> the events in it, or why they cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from addon.body import BodyError
from addon.exchange import WEBSOCKET, Exchange
from addon.jsontext import Json, JsonError, mapping
from vendor_catalog import CallKind, Match

from . import envelope, message
from .envelope import Envelope
from .facts import Decoded, Event, Problem
from .message import Dialect

BODY_METHODS = ("POST", "PUT", WEBSOCKET)
_BEFORE_JSON = b"\xef\xbb\xbf \t\r\n"


def takes(exchange: Exchange, match: Match | None, cdp: str) -> bool:
    """Whether a request was sent to an address at which a CDP takes messages."""
    is_address = match is not None and match.vendor == cdp and match.kind is CallKind.COLLECT
    return is_address and exchange.unsent is None


def found_at(exchange: Exchange, cdp: str) -> Envelope | Decoded:
    """The messages of a request to one of a CDP's own ingestion addresses, or the gap that it leaves."""
    try:
        return envelope.read(exchange)
    except (BodyError, JsonError) as error:
        return unreadable(cdp, error)


def collect(exchange: Exchange, dialect: Dialect) -> Decoded:
    """A request to one of a CDP's own ingestion addresses."""
    found = found_at(exchange, dialect.cdp)
    return found if isinstance(found, Decoded) else events(found, exchange, dialect)


def by_shape(
    exchange: Exchange,
    *,
    cdp: str,
    learned: bool,
    might_be: Callable[[bytes], bool],
    claimed: Callable[[Mapping[str, Json], Envelope], Decoded | None],
) -> Decoded | None:
    """A request to a host that the catalogue does not list.

    Args:
        learned: whether the host is known as one of the CDP's ingestion hosts. The site's own forms and uploads may go there
            as well.
        might_be: a quick test of the body before it is parsed.
        claimed: decodes the parsed body; ``None`` if it is not this CDP's.
    """
    if exchange.method not in BODY_METHODS or exchange.request_body is None or not exchange.request_body.raw:
        return None
    promised = learned and envelope.is_ingestion_path(exchange.path)
    try:
        if not (learned or might_be(exchange.request_body.content())):
            return None
        document, rest = exchange.request_body.document()
        found = envelope.from_document(document, exchange, rest)
    except (BodyError, JsonError) as error:
        return unreadable(cdp, error) if promised else None
    return claimed(mapping(document), found)


def is_object_with(body: bytes, *keys: bytes) -> bool:
    """Whether a body begins like a JSON object and holds one of these texts. A quick test without parsing."""
    return body[:16].lstrip(_BEFORE_JSON)[:1] == b"{" and any(key in body for key in keys)


def unreadable(cdp: str, error: BodyError | JsonError) -> Decoded:
    """A request to an ingestion address whose body cannot be read."""
    kind = error.kind if isinstance(error, BodyError) else "undecodable-body"
    return Decoded(cdp, CallKind.COLLECT, problems=(Problem(kind, str(error)),))


def events(
    found: Envelope,
    exchange: Exchange,
    dialect: Dialect,
    is_event: Callable[[Mapping[str, Json]], bool] = lambda content: True,
) -> Decoded:
    """The events among a request's messages. A message that cannot be read is skipped alone. A request without any event is
    treated as a call."""
    read: list[Event] = []
    problems = list(found.problems)
    for position, content in found.messages:
        if is_event(content):
            event, event_problems = message.read(content, position, found, exchange, dialect)
            problems += event_problems
            if event is not None:
                read.append(event)
    return Decoded(dialect.cdp, CallKind.COLLECT, tuple(read), problems=tuple(problems))


def sent(document: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    """What may be messages in a body: those of a batch, or the body itself."""
    batch = document.get("batch")
    return [content for content in batch if isinstance(content, dict)] if isinstance(batch, list) else [document]


def library_of(content: Mapping[str, Json]) -> str | None:
    """The name of the library that made a message."""
    name = mapping(mapping(content.get("context")).get("library")).get("name")
    return name if isinstance(name, str) and name else None


def could_be_message(document: Mapping[str, Json], path: str) -> bool:
    """Whether a body may hold messages, on a host that is known to take them."""
    if isinstance(document.get("batch"), list) and envelope.is_batch_path(path):
        return True
    stated = envelope.type_of_path(path)
    return any(
        (content.get("type") in envelope.TYPES or stated) and is_identified(content) for content in sent(document)
    )


def is_identified(content: Mapping[str, Json]) -> bool:
    """Whether a message names a visitor, which Segment's HTTP API requires of every message."""
    return bool(content.get("anonymousId") or content.get("userId"))
