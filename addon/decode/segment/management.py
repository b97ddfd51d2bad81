"""Segment's management interface: which people a workspace deletes or suppresses, and the token that allows it.

Sources: ``segmentio/public-api-sdk-typescript`` (``api/apis.ts``, ``api/deletionAndSuppressionApi.ts``); for the legacy Config
API, ``ethyca/fides`` ``data/saas/config/segment_config.yml``. A regulation is ordered by POST and never by DELETE, which
only took one back that had not begun.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from addon.body import BodyError
from addon.decode.facts import MAX_SUBJECTS, Decoded, Problem, Regulation
from addon.exchange import Exchange
from addon.jsontext import Json, JsonError, identifier, mapping, parse, text_of
from vendor_catalog import CallKind

_CURRENT_HOSTS = ("api.segmentapis.com", "eu1.api.segmentapis.com")
_LEGACY_HOST = "platform.segmentapis.com"
_CURRENT = re.compile(
    r"^/(?:(regulations)(?:/(?:(sources|cloudsources)/([^/]{1,128})|([^/]{1,128})))?|(suppressions))/?$"
)
_LEGACY = re.compile(r"^/v1beta/workspaces/[^/]{1,128}/regulations(?:/([^/]{1,128}))?/?$")
_LEGACY_SUBJECTS = {"userid": "USER_ID", "objectid": "OBJECT_ID"}


def read(exchange: Exchange) -> Decoded | None:
    """A call to one of Segment's management hosts; ``None`` if it goes elsewhere."""
    current = exchange.host in _CURRENT_HOSTS
    if not current and exchange.host != _LEGACY_HOST:
        return None
    if exchange.method == "OPTIONS" or exchange.unsent is not None:
        return Decoded("segment", CallKind.CONFIG)
    problems: list[Problem] = []
    regulation = _current(exchange, problems) if current else _legacy(exchange, problems)
    scheme, _, token = (exchange.request_headers.get("authorization") or "").strip().partition(" ")
    return Decoded(
        "segment",
        CallKind.CONFIG,
        problems=tuple(problems),
        regulation=regulation,
        workspace_token=scheme.lower() == "bearer" and bool(token.strip()),
    )


def _current(exchange: Exchange, problems: list[Problem]) -> Regulation | None:
    route = _CURRENT.match(exchange.path)
    if route is None:
        return None
    _, _, source, one, suppressions = route.groups()
    if exchange.method == "GET":
        action = "suppressions" if suppressions else "status" if one else "list"
        answer = _answer(exchange) if action == "status" else None
        return _looked_at(action, answer, source)
    if exchange.method != "POST" or one is not None or suppressions is not None:
        return None
    body = _request_body(exchange, problems)
    if body is None:
        return None
    subject_type = text_of(body.get("subjectType"))
    return _request(exchange, text_of(body.get("regulationType")), subject_type, body.get("subjectIds"), source)


def _legacy(exchange: Exchange, problems: list[Problem]) -> Regulation | None:
    route = _LEGACY.match(exchange.path)
    if route is None:
        return None
    one = route.group(1)
    if exchange.method == "GET":
        return _looked_at("status" if one else "list", _answer(exchange) if one else None, None)
    if exchange.method != "POST" or one is not None:
        return None
    body = _request_body(exchange, problems)
    if body is None:
        return None
    attributes = mapping(body.get("attributes"))
    named = (text_of(attributes.get("name")) or "").lower()
    subject_type = _LEGACY_SUBJECTS.get(named)
    return _request(exchange, text_of(body.get("regulation_type")), subject_type, attributes.get("values"), None)


def _request(
    exchange: Exchange, kind: str | None, subject_type: str | None, listed: Json, source: str | None
) -> Regulation:
    values = listed if isinstance(listed, list) else []
    subjects = tuple(name for value in values[:MAX_SUBJECTS] if (name := identifier(value)) is not None)
    answer = _answer(exchange)
    return Regulation(
        action="request",
        type=None if kind is None else kind.upper()[:40],
        subject_type=None if subject_type is None else subject_type[:40],
        subjects=subjects,
        subject_count=len(values),
        source=source,
        status=None if answer is None else _status(answer),
    )


def _looked_at(action: str, answer: Mapping[str, Json] | None, source: str | None) -> Regulation:
    return Regulation(
        action=action,
        type=None,
        subject_type=None,
        subjects=(),
        subject_count=0,
        source=source,
        status=None if answer is None else _status(answer),
    )


def _request_body(exchange: Exchange, problems: list[Problem]) -> Mapping[str, Json] | None:
    """The body of a request for a regulation; ``None`` if it cannot be read."""
    try:
        body = exchange.request_body
        return mapping(parse(b"")[0] if body is None else body.document()[0])
    except BodyError as error:
        problems.append(Problem(error.kind, error.reason))
    except JsonError as error:
        problems.append(Problem("undecodable-body", f"the body of a regulation request: {error}"))
    return None


def _answer(exchange: Exchange) -> Mapping[str, Json] | None:
    """The answer as an object; ``None`` if it is missing or cannot be read. An order counts without an answer."""
    if exchange.response_body is None:
        return None
    try:
        return mapping(exchange.response_body.document()[0])
    except (BodyError, JsonError):
        return None


def _status(answer: Mapping[str, Json]) -> str | None:
    """The status, from the place where the answer holds it: the top level, ``data``, or its ``regulation``."""
    holder = mapping(answer.get("data")) or answer
    for place in (mapping(holder.get("regulation")), holder):
        found = text_of(place.get("overallStatus")) or text_of(place.get("status"))
        if found is not None:
            return found.upper()[:40]
    return None
