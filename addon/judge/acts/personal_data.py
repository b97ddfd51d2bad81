"""Personal data in what was sent."""

from __future__ import annotations

from dataclasses import dataclass

from .act import Act
from .messages import EventAct


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalDataAct(Act):
    """What looks like personal data was sent."""

    kind: str
    label: str
    """The kind as sentences name it: ``an e-mail address``."""
    where: str
    """``traits.email``, ``query.em``. Never the data itself."""
    vendor: str
    vendor_name: str
    host: str
    event: EventAct | None
    """The message that carries it; ``None`` for a call."""
    doubt: str | None = None
    """What else it may well be, as a sentence."""

    @property
    def event_id(self) -> str | None:
        return None if self.event is None else self.event.event
