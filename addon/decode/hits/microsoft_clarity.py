"""Microsoft Clarity: the envelope of a recording, which names project, user and session. The recording is opaque."""

from __future__ import annotations

from collections.abc import Iterator

from addon.decode.envelope import last_part
from addon.exchange import Exchange
from addon.jsontext import mapping

from .reader import Found, HitReader, NotDecoded
from .wire import document

_PROJECT, _USER, _SESSION, _URL = 4, 5, 6, 11


def _read(exchange: Exchange) -> Iterator[Found]:
    if last_part(exchange.path) != "collect":
        yield Found()  # synchronises a cookie, which is listed as such
        return
    envelope = mapping(document(exchange)).get("e")
    if not isinstance(envelope, list) or len(envelope) <= _SESSION:
        raise NotDecoded("no envelope of project, user and session")
    yield Found(
        account=envelope[_PROJECT],
        identifiers={"client_id": envelope[_USER], "session_id": envelope[_SESSION]},
        page_url=envelope[_URL] if len(envelope) > _URL else None,
    )


READER = HitReader(
    vendor="microsoft-clarity",
    decodes=("collect: project, user and session id, page; the recording is not read, and no event is named",),
    sources=("clarity-js (npm) src/data/envelope.ts and src/data/upload.ts",),
    read=_read,
)
