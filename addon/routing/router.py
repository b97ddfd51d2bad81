"""What a module of this folder holds: the rules by which one CDP sends messages on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence

from addon.consent.timeline import Need
from addon.decode.facts import DestinationSetting, Settings, Stamp

from .delivery import Delivery
from .message import Message
from .plan import Declaration, Plan


class Router(ABC):
    """Predicts where one CDP's messages go on. It keeps nothing from one message to the next."""

    cdp: str
    """The catalogue's id of the CDP."""
    predicts: str
    """By what it predicts where messages go on, for people: the end of a sentence that begins with "by"."""
    has_settings: bool = True
    """Whether a source's settings cross the wire, so that it is worth waiting for them."""
    call_counter: tuple[str, str] = ("the library", "its own counter")
    """Which library counts the calls that it hands to destinations in the page, and what its counter is called."""

    def named(self, message: Message) -> list[DestinationSetting]:
        """The destinations that a message names itself, in its metadata or its integrations object."""
        return []

    def mapped_for(self, destination: DestinationSetting, stamp: Stamp) -> DestinationSetting:
        """The destination with the categories that it needs from the consent manager whose ids a stamp has."""
        return destination

    def unlisted(
        self, settings: Sequence[Settings], found: Iterable[DestinationSetting], needs: Mapping[str, Need | None]
    ) -> list[DestinationSetting]:
        """Destinations that must exist beside those that were found, as the settings show without listing them.

        Args:
            needs: what is known of those that were found, by name.
        """
        return []

    def declared(self, declarations: Iterable[Declaration]) -> list[DestinationSetting]:
        """Destinations that only the user knows, for a CDP whose settings are known to leave some out."""
        return []

    @abstractmethod
    def deliveries(self, message: Message, plan: Plan) -> list[Delivery]:
        """What becomes of one message at each destination of its plan, in the plan's order."""
