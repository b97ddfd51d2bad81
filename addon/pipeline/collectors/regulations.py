"""Calls to a CDP's management interface: whom they regulate, and whether a page or an app holds the workspace's token."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from addon.addresses import is_this_machine, site_of
from addon.decode import decoder_of
from addon.decode.facts import Surface
from addon.exchange import Exchange
from addon.judge.acts.act import Place
from addon.judge.acts.calls import WorkspaceTokenAct
from addon.pipeline.capture import CaptureParts
from addon.pipeline.context import ReadExchange
from addon.pipeline.session_state import SessionState
from addon.pipeline.sessions import SessionKey
from addon.records import RegulationRecord

from .collector import Collector, Others

_OWN_SITES = frozenset({"segment.com", "segment.io", "segmentapis.com", "twilio.com"})
"""The CDP's own pages, which administer a workspace for whoever is logged in."""
_MAX_KEPT = 1000


@dataclass(frozen=True, slots=True)
class _Call:
    """A call with a token that names no page."""

    exchange: Exchange
    number: str
    cdp: str


class RegulationCollector(Collector):
    """Records regulations, and files tokens that a client holds. Servers are meant to hold them."""

    AFTER = ("messages",)
    """Messages that waited are judged before calls that name no page are laid to an app."""

    def __init__(self, capture: CaptureParts, others: Others) -> None:
        super().__init__(capture, others)
        self._unplaced: deque[_Call] = deque(maxlen=_MAX_KEPT)

    def facts(self, read: ReadExchange) -> None:
        """A call to a CDP's management interface, which mostly names no page."""
        exchange, number, decoded, session = read.exchange, read.number, read.decoded, read.session
        if decoded is None:
            return
        regulation = decoded.regulation
        if regulation is not None:
            record = RegulationRecord(
                id=number,
                exchange_id=number,
                session_id=None if session is None else session.id,
                action=regulation.action,
                type=regulation.type,
                subject_type=regulation.subject_type,
                subjects=regulation.subject_count,
                source=regulation.source,
                status=regulation.status,
            )
            self.emitter.add(record)
        if not decoded.workspace_token:
            return
        if session is None:
            # their bodies have been read, and would only take up memory
            kept = replace(exchange, request_body=None, response_body=None)
            self._unplaced.append(_Call(kept, number, decoded.vendor))
        elif session.key.site not in _OWN_SITES and _is_a_pages(exchange):
            self._token(session, exchange, number, decoded.vendor)

    def remainder(self) -> None:
        """Files the tokens of calls that name no page, but are an app's: on a device where an app with the CDP's SDK runs."""
        sessions = list(self.capture.sessions)
        apps = [
            session for session in sessions if session.key.surface is Surface.MOBILE and session.key.app is not None
        ]
        servers = {session.key.client for session in sessions if session.key.surface is Surface.SERVER}
        for call in self._unplaced:
            client, agent = call.exchange.client, call.exchange.user_agent
            here = [session for session in apps if session.key.client == client]
            if here and _is_an_apps(agent, client, beside_server=client in servers):
                # which of several apps it was cannot be told
                whose = here[0] if len({session.key.app for session in here}) == 1 else None
                key = SessionKey(client, agent, None, None, Surface.MOBILE)
                self._token(
                    whose or self.capture.sessions.of(key, call.exchange.started_at),
                    call.exchange,
                    call.number,
                    call.cdp,
                )
        self._unplaced.clear()

    def _token(self, session: SessionState, exchange: Exchange, number: str, cdp: str) -> None:
        if self.emitter.first_time("workspace-token", session.id, exchange.host):
            place = Place(at=exchange.started_at, exchange=number, site=session.site)
            self.judgements.act(
                session,
                WorkspaceTokenAct(
                    place=place,
                    cdp=cdp,
                    cdp_name=decoder_of(cdp).name,
                    host=exchange.host,
                    surface=session.key.surface,
                ),
            )


def _is_a_pages(exchange: Exchange) -> bool:
    """Whether a page's script sent it: browsers say where a request comes from."""
    headers = exchange.request_headers
    initiator, origin = headers.get("sec-fetch-site"), headers.get("origin") or ""
    named = origin.startswith(("http://", "https://")) and site_of(exchange.host) not in origin
    return exchange.user_agent.startswith("Mozilla/") and (initiator in ("cross-site", "same-site") or named)


def _is_an_apps(agent: str, client: str, *, beside_server: bool) -> bool:
    """Whether a phone's system sent it. Libraries that servers and desktop tools use too decide only on a device of its own."""
    if agent.startswith("Dalvik/"):
        return True
    if is_this_machine(client):
        return False
    return ("CFNetwork/" in agent and "Darwin/" in agent) or (agent.startswith("okhttp/") and not beside_server)


COLLECTOR = RegulationCollector
