"""One capture: what a door knows of it, and what everything that works on it shares."""

from __future__ import annotations

from dataclasses import dataclass

from addon.consent.reader import ConsentReader
from addon.policy import Policy
from vendor_catalog import Catalogue

from .deliveries import Routing
from .emitter import Emitter
from .judgements import JudgementRecorder
from .session_states import SessionStates
from .sessions import SessionRegistry
from .sources import SourceRegistry
from .traits import CaptureTraits


@dataclass(frozen=True, slots=True)
class CaptureParts:
    """What the collectors of one capture share."""

    catalogue: Catalogue
    policy: Policy
    traits: CaptureTraits
    emitter: Emitter
    reader: ConsentReader
    attribution: SessionRegistry
    """Whose an exchange is."""
    sessions: SessionStates
    sources: SourceRegistry
    routing: Routing
    judgements: JudgementRecorder
