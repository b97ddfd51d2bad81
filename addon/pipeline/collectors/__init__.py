"""One exchange's facts -> acts before the rules, a module for each kind of fact: messages and where they go on, what settings map,
calls, cookies, the personal data and the regions of what is sent, and the consent that was seen to be held."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from addon.consent.reader import Parameters
from addon.consent.signal import Signal
from addon.decode.facts import Decoded, Settings
from addon.exchange import Exchange
from addon.judge.acts import Act
from addon.pipeline.context import ExchangeContext
from addon.pipeline.deliveries import Routing
from addon.pipeline.emitter import Emitter
from addon.pipeline.judged import JudgedStates
from addon.pipeline.session_state import SessionState
from addon.pipeline.sessions import SessionKey
from addon.pipeline.sources import SourceRegistry
from addon.policy import Policy
from vendor_catalog import Catalogue

from .calls import CallCollector
from .consent import ConsentCollector
from .cookies import CookieCollector
from .destination_mappings import DestinationMappingCollector
from .identifier_sharing import IdentifierSharingCollector
from .judgements import JudgementRecorder
from .messages import MessageCollector
from .personal_data import PersonalDataCollector
from .regions import RegionCollector
from .regulations import RegulationCollector


class Collectors:
    """Records what happened, and brings it before the rules."""

    def __init__(
        self,
        catalogue: Catalogue,
        policy: Policy,
        emitter: Emitter,
        sources: SourceRegistry,
        routing: Routing,
        witnesses: tuple[Callable[[SessionState, Act], None], ...] = (),
        *,
        live: bool,
    ) -> None:
        self._judged = JudgedStates(emitter, live)
        self._judgements = JudgementRecorder(emitter, policy, witnesses)
        self._consent = ConsentCollector(catalogue, emitter, self._judgements)
        self._mappings = DestinationMappingCollector(emitter, sources, self._judgements)
        self._messages = MessageCollector(emitter, sources, routing, self._mappings, self._judgements, self._judged)
        self._calls = CallCollector(catalogue, emitter, sources, self._judgements, self._judged)
        self._regulations = RegulationCollector(emitter, self._judgements)
        self._identifier_sharing = IdentifierSharingCollector(catalogue, policy, sources, self._judgements)
        self._cookies = CookieCollector(
            catalogue, policy, emitter, sources, self._identifier_sharing, self._judgements, self._judged
        )
        self._personal_data = PersonalDataCollector(catalogue, policy, emitter, sources, self._judgements)
        self._regions = RegionCollector(catalogue, policy, emitter, sources, self._judgements)

    def file(self, context: ExchangeContext, parameters: Parameters) -> None:
        """Everything in an exchange that rules may judge."""
        for event in context.events:
            act = self._messages.event(context, event)
            if act is not None:
                self._personal_data.message(context, event, act)
            self._identifier_sharing.learn_event(context, event)
        self._calls.call(context, parameters)
        self._personal_data.call(context)
        self._regions.call(context)
        self._cookies.cookies(context)
        self._identifier_sharing.request(context)

    def consent_strings(self, context: ExchangeContext, invalid: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        """Consent strings that are broken: what carried them, and their problems."""
        self._consent.strings(context, invalid)

    def records(self, context: ExchangeContext, signals: Iterable[Signal], at: float | None = None) -> None:
        """Consent that a consent manager, or a string beside it, was seen to hold; ``at`` if that was not the exchange's time."""
        self._consent.records(context, signals, at)

    def settings(self, settings: Settings, number: str, at: float, context: ExchangeContext | None) -> None:
        """Takes in what a settings response says, and delivers what waited for it."""
        self._messages.settled(self._mappings.settings(settings, number, at, context))

    def probed_cookie(self, context: ExchangeContext, name: str, at: float) -> None:
        """A cookie that a script was seen to write."""
        if context.session.key.site is not None:
            self._cookies.cookie(
                replace(context, place=replace(context.place, at=at)), name, context.exchange.host, "probe"
            )

    def review(self, session: SessionState, at: float, reach: float) -> None:
        """Judges again what new evidence sheds light on; the arguments are those of ``PendingJudgements.review``."""
        self._judgements.rule(session, session.pending.review(session.consent_view, at, reach=reach))
        self._judged.review(session, at, reach)

    def reopen(self, session: SessionState, since: float) -> None:
        """Judges again what was done since a moment, which another window may have done."""
        self._judgements.rule(session, session.pending.reopen(session.consent_view, since))
        self._judged.reopen(session, since)

    def close(self, session: SessionState) -> None:
        """The last word on everything that was filed in a session."""
        self._messages.unseen(session)
        self._judgements.rule(session, session.pending.close(session.consent_view))
        self._judged.close(session)

    def regulation(self, exchange: Exchange, number: str, decoded: Decoded, session: SessionState | None) -> None:
        """A call to a CDP's management interface; ``session`` if it names its page."""
        self._regulations.file(exchange, number, decoded, session)

    def act(self, session: SessionState, act: Act) -> None:
        """An act that only the end of the capture shows."""
        self._judgements.act(session, act)

    def finish(
        self, sessions: Collection[SessionState], session_of: Callable[[SessionKey, float], SessionState]
    ) -> None:
        """Files what waited for the end of the capture: messages for settings, calls for the app that made them.

        Args:
            sessions: all of them.
            visit_of: the session of a key that something happened in at a moment.
        """
        self._messages.finish()
        self._regulations.finish(sessions, session_of)
