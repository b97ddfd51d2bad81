"""What a source's settings say: its destinations, and to which consent categories they are mapped."""

from __future__ import annotations

from addon.decode.facts import Settings
from addon.judge.acts.act import Place
from addon.judge.acts.deliveries import MappingAct
from addon.pipeline.capture import CaptureParts
from addon.pipeline.context import ExchangeContext, ReadExchange
from addon.pipeline.record_conversion import destination_record, source_id, source_record
from addon.pipeline.session_state import SessionState
from addon.routing import Source, SourceKey

from .collector import Collector, Others

_MAX_UNPLACED = 1000
_MAX_SENDERS = 10_000


class DestinationMappingCollector(Collector):
    """Records sources, and files the mapping of each destination in the session that asked for it."""

    def __init__(self, capture: CaptureParts, others: Others) -> None:
        super().__init__(capture, others)
        self._unplaced: dict[SourceKey, tuple[Settings, str, float]] = {}
        """Source -> settings of which nothing says who asked for them, with their exchange and moment: apps do not."""
        self._senders: dict[SourceKey, SessionState] = {}
        """Source -> who first sent its messages."""

    def facts(self, read: ReadExchange) -> None:
        """Takes in what a settings response says of a source."""
        settings = None if read.decoded is None else read.decoded.settings
        if settings is None:
            return
        number, at = read.number, read.at
        source = self.sources.learn(settings, at)
        known = source_id(self.emitter.capture, settings.cdp, settings.write_key)
        self.emitter.add(source_record(settings, known, self.emitter.capture, number))
        for destination in settings.destinations:
            need = self.sources.need_of_destination(destination)
            vendor = self.sources.vendor_of(destination.names)
            self.emitter.add(destination_record(destination, known, vendor, None if need is None else need.category))
        if settings.enforces_consent:
            if isinstance(read, ExchangeContext):
                self._mapping(read.session, read.place, settings)
            elif len(self._unplaced) < _MAX_UNPLACED:
                self._unplaced[source.key] = (settings, number, at)
                self._settle(source.key)

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
        source = (settings.cdp, settings.write_key)
        listed = [destination for destination in settings.destinations if destination.mapping_shown]
        for destination in listed:
            if self.emitter.first_time("mapping", *source, destination.name, destination.categories):
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
        if hidden and self.emitter.first_time("mapping", *source, None):
            act = MappingAct(place=place, write_key=settings.write_key, destination=None, vendor=None, keys=())
            self.judgements.act(session, act)


COLLECTOR = DestinationMappingCollector
