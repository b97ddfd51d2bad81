"""What a source's settings say: its destinations, and to which consent categories they are mapped."""

from __future__ import annotations

from dataclasses import dataclass, field

from addon.decode.facts import Settings
from addon.judge.acts import MappingAct, Place
from addon.pipeline.context import ExchangeContext
from addon.pipeline.emitter import Emitter
from addon.pipeline.record_conversion import destination_record, source_id, source_record
from addon.pipeline.session_state import SessionState
from addon.pipeline.sources import SourceRegistry
from addon.routing import Source, SourceKey

from .judgements import JudgementRecorder

_MAX_UNPLACED = 1000
_MAX_SENDERS = 10_000


@dataclass(slots=True)
class DestinationMappingCollector:
    """Records sources, and files the mapping of each destination in the session that asked for it."""

    emitter: Emitter
    sources: SourceRegistry
    judgements: JudgementRecorder
    _unplaced: dict[SourceKey, tuple[Settings, str, float]] = field(default_factory=dict)
    """Source -> settings of which nothing says who asked for them, with their exchange and moment: apps do not."""
    _senders: dict[SourceKey, SessionState] = field(default_factory=dict)
    """Source -> who first sent its messages."""

    def settings(self, settings: Settings, number: str, at: float, context: ExchangeContext | None) -> Source:
        """Takes in what a settings response says of a source."""
        source = self.sources.learn(settings, at)
        known = source_id(self.emitter.capture, settings.cdp, settings.write_key)
        self.emitter.add(source_record(settings, known, self.emitter.capture, number))
        for destination in settings.destinations:
            need = self.sources.need_of_destination(destination)
            vendor = self.sources.vendor_of(destination.names)
            self.emitter.add(destination_record(destination, known, vendor, None if need is None else need.category))
        if settings.enforces_consent:
            if context is not None:
                self._mapping(context.session, context.place, settings)
            elif len(self._unplaced) < _MAX_UNPLACED:
                self._unplaced[source.key] = (settings, number, at)
                self._settle(source.key)
        return source

    def sent_by(self, source: Source, session: SessionState) -> None:
        """Notes who sends a source's messages: settings belong to the first, if nothing else told whose they are."""
        if len(self._senders) < _MAX_SENDERS:
            self._senders.setdefault(source.key, session)
        self._settle(source.key)

    def _settle(self, source: SourceKey) -> None:
        sender = self._senders.get(source)
        if sender is not None and source in self._unplaced:
            settings, number, at = self._unplaced.pop(source)
            self._mapping(sender, Place(at=at, exchange=number, site=sender.site), settings)

    def _mapping(self, session: SessionState, place: Place, settings: Settings) -> None:
        told = (settings.cdp, settings.write_key)
        listed = [destination for destination in settings.destinations if destination.mapping_shown]
        for destination in listed:
            if self.emitter.first_time("mapping", *told, destination.name, destination.categories):
                act = MappingAct(
                    place=place,
                    write_key=settings.write_key,
                    destination=destination.name,
                    vendor=self.sources.vendor_of(destination.names),
                    keys=destination.categories,
                    warehouse=self.sources.is_warehouse(destination.names),
                )
                self.judgements.act(session, act)
        hidden = settings.has_unmapped_destinations and all(destination.categories for destination in listed)
        if hidden and self.emitter.first_time("mapping", *told, None):
            act = MappingAct(place=place, write_key=settings.write_key, destination=None, vendor=None, keys=())
            self.judgements.act(session, act)
