"""Piwik PRO: tracking requests to ``ppms.php``, one in the query or in a form, or several in ``{"requests": ["?idsite=..."]}``.

What kind of event a request is follows from its parameters, in the documented order. ``uia=1`` is the anonymous mode. Requests
carry no consent and no id of their own, so an event and its copy look the same. Sources: PiwikPRO/PPMS-PublicDocs
``data_collection/api/tracking_api.yaml`` and ``data_collection/processing/event_type_detection.rst``.
"""

from __future__ import annotations

from collections.abc import Mapping

from addon.body import BodyError
from addon.decode.body import content_of, fields_of
from addon.decode.collection import takes, unreadable
from addon.decode.facts import NO_STAMP, Decoded, Event, Problem, Surface
from addon.exchange import Exchange
from addon.jsontext import JsonError, mapping
from vendor_catalog import CallKind, Match

_PINGS = {
    "1": "heartbeat",
    "2": "heartbeat",
    "3": "heartbeat",
    "4": "deanonymization",
    "5": "page_performance",
    "6": "custom_ping",
}
_CONSENT_EVENTS = ("consent_form_impression", "consent_form_click", "consent_decision")
MAX_EVENTS = 5000


class PiwikProDecoder:
    """Reads tracking requests by their address, on any host."""

    cdp = "piwik-pro"
    name = "Piwik PRO"
    stamping = None
    decodes = (
        "GET and POST `/ppms.php` on any host, if it names a site (`idsite`) and asks to be recorded (`rec=1`)",
        "the kind of event by its parameters, in Piwik PRO's own order; the report of a decision (`e_c=consent_decision`)",
        "`uia=1`: an event without user id is called anonymous; its visitor id may last for one page, for half an hour, or longer",
        "its consent manager's cookie `ppms_privacy_*` is read beside it, as that of any consent manager",
        "not told apart: an event and its copy, because requests have no id",
    )
    sources = ("PiwikPRO/PPMS-PublicDocs data_collection, consent_manager",)

    def decode(self, exchange: Exchange, match: Match | None, learned: bool) -> Decoded | None:
        if not takes(exchange, match, self.cdp):
            return None
        try:
            requests, problems = _requests(exchange)
        except (BodyError, JsonError) as error:
            return unreadable(self.cdp, error)
        events = [
            _event(fields, position, exchange)
            for position, fields in enumerate(requests)
            if fields.get("idsite") and fields.get("rec") == "1"
        ]
        return Decoded(self.cdp, CallKind.COLLECT, tuple(events), problems=tuple(problems))


DECODER = PiwikProDecoder()


def _requests(exchange: Exchange) -> tuple[list[Mapping[str, str]], list[Problem]]:
    """The parameters of each tracking request in an exchange, and what could not be read.

    Raises:
        BodyError: if the body cannot be decoded.
        JsonError: if it, or the query, cannot be read.
    """
    body = exchange.request_body
    if exchange.method == "GET" or body is None or not body.raw:
        return [fields_of(exchange.query)], []
    content = content_of(exchange)
    if content.lstrip()[:1] != b"{":
        return [fields_of(exchange.query) | fields_of(content.decode("utf-8", "replace").strip())], []
    listed = mapping(body.document()[0]).get("requests")
    if not isinstance(listed, list):
        raise JsonError("no list of requests in the body")
    found: list[Mapping[str, str]] = []
    problems: list[Problem] = []
    for number, request in enumerate(listed[:MAX_EVENTS]):
        if isinstance(request, str):
            try:
                found.append(fields_of(request))
                continue
            except JsonError as error:
                problems.append(Problem("bad-event", f"requests[{number}]: {error}"))
        else:
            problems.append(Problem("bad-event", f"requests[{number}] is {type(request).__name__}, not text"))
    if len(listed) > MAX_EVENTS:
        problems.append(Problem("bad-event", f"{len(listed) - MAX_EVENTS} requests beyond {MAX_EVENTS} were not read"))
    return found, problems


def _event(fields: Mapping[str, str], position: int, exchange: Exchange) -> Event:
    kind = _kind(fields)
    visitor, user = fields.get("cid") or fields.get("_id") or None, fields.get("uid") or None
    return Event(
        cdp="piwik-pro",
        position=position,
        type=kind,
        name=_name(kind, fields),
        write_key=fields["idsite"],
        message_id=None,
        anonymous_id=visitor,
        user_id=user,
        timestamp=fields.get("cdt") or None,
        sent_at=None,
        waited=None,
        surface=_surface(fields, exchange),
        library=fields.get("ts_n") or None,
        library_version=fields.get("ts_v") or None,
        stamp=NO_STAMP,
        advertising_id=None,
        integrations={},
        bundled=None,
        unbundled=None,
        page_url=fields.get("url") or None,
        app=None,
        reports_choice=kind == "consent_decision",
        retry=False,
        payload=dict(fields),
        anonymous=fields.get("uia") == "1" and user is None,
    )


def _kind(fields: Mapping[str, str]) -> str:
    """The kind of event, by the first parameter that matches in the documented order."""
    goal, category = fields.get("idgoal"), fields.get("e_c")
    if goal and goal != "0":
        return "goal_conversion"
    if fields.get("ping"):
        return _PINGS.get(fields["ping"], "ping")
    for sign, kind in (("download", "download"), ("link", "outlink")):
        if fields.get(sign):
            return kind
    if category in _CONSENT_EVENTS:
        return category
    if category and fields.get("e_a"):
        return "custom"
    if fields.get("c_n"):
        return "content_interaction" if fields.get("c_i") else "content_impression"
    if goal == "0":
        return "order_completed" if fields.get("ec_id") else "cart_updated"
    return "search" if fields.get("search") else "page_view"


def _name(kind: str, fields: Mapping[str, str]) -> str | None:
    if kind == "custom":
        return f"{fields['e_c']}: {fields['e_a']}"
    key = {
        "goal_conversion": "idgoal",
        "page_view": "action_name",
        "content_impression": "c_n",
        "content_interaction": "c_n",
    }
    return fields.get(key.get(kind, "")) or None


def _surface(fields: Mapping[str, str], exchange: Exchange) -> Surface:
    if fields.get("ts_n") in ("ios", "android"):
        return Surface.MOBILE
    browser = exchange.from_browser
    return Surface.WEB if browser else Surface.UNKNOWN
