"""The sessions of a capture, each with its state."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from addon.addresses import is_this_machine
from addon.consent.timeline import Timeline
from addon.judge.pending import PendingJudgements, rules_by_act
from addon.judge.rule import ConsentView
from addon.judge.rules import all_rules
from addon.policy import Policy
from vendor_catalog import Catalogue

from .emitter import Emitter
from .record_conversion import session_record
from .session_state import SessionState
from .sessions import SessionKey, SessionRegistry
from .traits import CaptureTraits

_DEVICE_MARGIN = 2.0
"""Seconds by which another machine's clock is allowed to differ before its timestamps stop deciding."""


class SessionStates:
    """Makes the state of each session when something first happens in it."""

    def __init__(
        self,
        catalogue: Catalogue,
        policy: Policy,
        traits: CaptureTraits,
        emitter: Emitter,
        attribution: SessionRegistry,
    ) -> None:
        self._catalogue = catalogue
        self._policy = policy
        self._traits = traits
        self._emitter = emitter
        self._attribution = attribution
        self._rules = rules_by_act(all_rules().values())
        self._states: dict[SessionKey, SessionState] = {}

    def __iter__(self) -> Iterator[SessionState]:
        return iter(self._states.values())

    def of(self, key: SessionKey, at: float) -> SessionState:
        """The session of a key, in which something happened at a moment."""
        session = self._states.get(key)
        if session is None:
            session = self._states[key] = self._begun(key, at)
        session.started_at = min(session.started_at, at)
        session.ended_at = max(session.ended_at, at)
        return session

    def others(self, session: SessionState) -> Iterator[SessionState]:
        """The sessions of the other cookie jars of a session's client on the same site."""
        for key in self._attribution.others(session.key):
            if key in self._states:
                yield self._states[key]

    def _begun(self, key: SessionKey, at: float) -> SessionState:
        site = key.site or key.app
        margin = 0.0 if self._traits.one_clock or is_this_machine(key.client) else _DEVICE_MARGIN
        view = ConsentView(Timeline(clock_margin=margin), self._policy.regime_of(site), partial(self._beside, key))
        pending = PendingJudgements(self._rules, self._traits.live)
        session = SessionState(self._emitter.number("s"), key, view, pending, at, at)
        named = self._policy.site(site).consent_manager
        if named is not None:
            session.use(self._catalogue.consent_managers[named])
            session.timeline.rivals.named = named
        self._emitter.add(session_record(session, self._emitter.capture))
        return session

    def _beside(self, key: SessionKey, at: float) -> list[ConsentView]:
        beside = self._attribution.beside(key, at)
        return [self._states[other].consent_view for other in beside if other in self._states]
