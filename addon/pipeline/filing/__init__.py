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
from addon.pipeline.judged import JudgedStates
from addon.pipeline.ledger import Ledger
from addon.pipeline.routing import Routing
from addon.pipeline.scene import Scene
from addon.pipeline.sessions import SessionKey
from addon.pipeline.sources import SourceBook
from addon.pipeline.visit import Visit
from addon.policy import Policy
from vendor_catalog import Catalogue

from .calls import CallFiling
from .consent import ConsentFiling
from .cookies import CookieFiling
from .handovers import HandoverFiling
from .mappings import MappingFiling
from .messages import MessageFiling
from .personal_data import PersonalDataFiling
from .regions import RegionFiling
from .regulations import RegulationFiling
from .rulings import Rulings


class FilingStep:
    """Records what happened, and brings it before the rules."""

    def __init__(
        self,
        catalogue: Catalogue,
        policy: Policy,
        ledger: Ledger,
        sources: SourceBook,
        routing: Routing,
        witnesses: tuple[Callable[[Visit, Act], None], ...] = (),
        *,
        live: bool,
    ) -> None:
        self._judged = JudgedStates(ledger, live)
        self._rulings = Rulings(ledger, policy, witnesses)
        self._consent = ConsentFiling(catalogue, ledger, self._rulings)
        self._mappings = MappingFiling(ledger, sources, self._rulings)
        self._messages = MessageFiling(ledger, sources, routing, self._mappings, self._rulings, self._judged)
        self._calls = CallFiling(catalogue, ledger, sources, self._rulings, self._judged)
        self._regulations = RegulationFiling(ledger, self._rulings)
        self._handovers = HandoverFiling(catalogue, policy, sources, self._rulings)
        self._cookies = CookieFiling(catalogue, policy, ledger, sources, self._handovers, self._rulings, self._judged)
        self._personal_data = PersonalDataFiling(catalogue, policy, ledger, sources, self._rulings)
        self._regions = RegionFiling(catalogue, policy, ledger, sources, self._rulings)

    def file(self, scene: Scene, parameters: Parameters) -> None:
        """Everything in an exchange that rules may judge."""
        for event in scene.events:
            act = self._messages.event(scene, event)
            if act is not None:
                self._personal_data.message(scene, event, act)
            self._handovers.learn_event(scene, event)
        self._calls.call(scene, parameters)
        self._personal_data.call(scene)
        self._regions.call(scene)
        self._cookies.cookies(scene)
        self._handovers.request(scene)

    def consent_strings(self, scene: Scene, invalid: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        """Consent strings that are broken: what carried them, and their problems."""
        self._consent.strings(scene, invalid)

    def records(self, scene: Scene, signals: Iterable[Signal], at: float | None = None) -> None:
        """Consent that a consent manager, or a string beside it, was seen to hold; ``at`` if that was not the exchange's time."""
        self._consent.records(scene, signals, at)

    def settings(self, settings: Settings, number: str, at: float, scene: Scene | None) -> None:
        """Takes in what a settings response says, and delivers what waited for it."""
        self._messages.settled(self._mappings.settings(settings, number, at, scene))

    def probed_cookie(self, scene: Scene, name: str, at: float) -> None:
        """A cookie that a script was seen to write."""
        if scene.visit.key.site is not None:
            self._cookies.cookie(replace(scene, place=replace(scene.place, at=at)), name, scene.exchange.host, "probe")

    def review(self, visit: Visit, at: float, reach: float) -> None:
        """Judges again what new evidence sheds light on; the arguments are those of ``Docket.review``."""
        self._rulings.rule(visit, visit.docket.review(visit.court, at, reach=reach))
        self._judged.review(visit, at, reach)

    def reopen(self, visit: Visit, since: float) -> None:
        """Judges again what was done since a moment, which another window may have done."""
        self._rulings.rule(visit, visit.docket.reopen(visit.court, since))
        self._judged.reopen(visit, since)

    def close(self, visit: Visit) -> None:
        """The last word on everything that was filed in a session."""
        self._messages.unseen(visit)
        self._rulings.rule(visit, visit.docket.close(visit.court))
        self._judged.close(visit)

    def regulation(self, exchange: Exchange, number: str, decoded: Decoded, visit: Visit | None) -> None:
        """A call to a CDP's management interface; ``visit`` if it names its page."""
        self._regulations.file(exchange, number, decoded, visit)

    def act(self, visit: Visit, act: Act) -> None:
        """An act that only the end of the capture shows."""
        self._rulings.act(visit, act)

    def finish(self, visits: Collection[Visit], visit_of: Callable[[SessionKey, float], Visit]) -> None:
        """Files what waited for the end of the capture: messages for settings, calls for the app that made them.

        Args:
            visits: all of them.
            visit_of: the visit of a key that something happened in at a moment.
        """
        self._messages.finish()
        self._regulations.finish(visits, visit_of)
