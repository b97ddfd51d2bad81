"""The protocol of collectors: what each takes in, and what all have at hand."""

from __future__ import annotations

from typing import ClassVar, Protocol

from addon.decode.facts import Event
from addon.judge.acts.act import Act
from addon.judge.acts.messages import EventAct
from addon.pipeline.capture import CaptureParts
from addon.pipeline.context import ExchangeContext, Observed, ReadExchange
from addon.pipeline.session_state import SessionState


class Collector:
    """Adds one kind of fact: its records, its gaps, and the acts that rules judge. There is one of each for a capture; what it has
    to remember it keeps itself, by the session's id where that is the session's.

    A module in this folder that holds one names it ``COLLECTOR``. It overrides what it takes in; the rest costs nothing.
    """

    AFTER: ClassVar[tuple[str, ...]] = ()
    """Modules of the collectors that it comes after, whatever is taken in. Where nothing else is said they go by name."""

    def __init__(self, capture: CaptureParts, others: Others) -> None:
        self.capture = capture
        self.others = others
        self.catalogue = capture.catalogue
        self.policy = capture.policy
        self.emitter = capture.emitter
        self.sources = capture.sources
        self.judgements = capture.judgements

    def facts(self, read: ReadExchange) -> None:
        """What an exchange with somebody known (a vendor, a CDP) adds whoever made it: also if it names no page or app, and if
        it never left the browser."""

    def evidence(self, context: ExchangeContext) -> None:
        """What an exchange of a session tells of consent, before what came earlier is judged again by it."""

    def exchange(self, context: ExchangeContext) -> None:
        """What an exchange of a session adds."""

    def message(self, context: ExchangeContext, event: Event, act: EventAct | None) -> None:
        """What one message to a CDP adds; ``act`` is ``None`` if it was sent before."""

    def act(self, session: SessionState, act: Act) -> None:
        """Takes note of an act that comes before the rules, whoever filed it."""

    def observation(self, context: ExchangeContext, observed: Observed) -> None:
        """What the in-page probe, an extension or the tester reported adds."""

    def remainder(self) -> None:
        """What waited for the end of the capture, before any session is closed."""

    def close(self, session: SessionState) -> None:
        """What the end of a session adds, after the last word on everything that was filed in it."""

    def finish(self) -> None:
        """What the capture as a whole adds, after every session is closed."""


class Others(Protocol):
    """The collectors of the same capture."""

    def of[C: Collector](self, kind: type[C]) -> C:
        """The one of a kind."""

    def message(self, context: ExchangeContext, event: Event, act: EventAct | None) -> None:
        """Hands a message to all that take messages in."""
