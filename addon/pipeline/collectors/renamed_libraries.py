"""Libraries of CDPs behind a path of the site's choice, which no address tells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from addon.decode import decoders_by_cdp, libraries_in
from addon.exchange import Exchange
from addon.pipeline.capture import CaptureParts
from addon.pipeline.context import ExchangeContext
from addon.records import ExchangeRecord
from vendor_catalog import CallKind

from .calls import CallCollector
from .collector import Collector, Others

_MAX_SCRIPTS = 50
_MAX_HOSTS = 200
_MAX_FOLDERS = 100


@dataclass(frozen=True, slots=True)
class _Script:
    """A script that nobody in the catalogue claims."""

    context: ExchangeContext
    """Without the answer's body."""
    record: ExchangeRecord
    certain: Mapping[str, bool | None]
    """CDP -> whether its body is that CDP's library; ``None`` if that cannot be told."""


@dataclass(slots=True)
class _OfSession:
    scripts: list[_Script] = field(default_factory=list)
    mixed: dict[str, set[str]] = field(default_factory=dict)
    """Host -> the folders in which it was asked for something else that nobody in the catalogue claims: they are not a CDP's alone."""
    loaded: set[str] = field(default_factory=set)
    """CDPs whose library was seen."""


class RenamedLibraryCollector(Collector):
    """Finds a CDP's library once the CDP's settings are fetched, and files the call that it was.

    It is the script whose body is the library's; or whose path has the source's write key; or the only script from a host, or from a
    folder of one, that serves nothing but a CDP (its settings, messages and bundles).
    """

    AFTER = ("calls",)

    def __init__(self, capture: CaptureParts, others: Others) -> None:
        super().__init__(capture, others)
        self._calls = others.of(CallCollector)
        self._sessions: defaultdict[str, _OfSession] = defaultdict(_OfSession)

    def exchange(self, context: ExchangeContext) -> None:
        seen = self._sessions[context.session.id]
        settings = None if context.decoded is None else context.decoded.settings
        if settings is not None and settings.origin == "settings":
            if settings.cdp not in seen.loaded:
                self._file(seen, context, settings.cdp, settings.write_key)
        elif context.vendor is None:
            self._note(seen, context)
        elif context.kind is CallKind.LIBRARY and context.vendor in decoders_by_cdp():
            seen.loaded.add(context.vendor)

    def _note(self, seen: _OfSession, context: ExchangeContext) -> None:
        exchange, record = context.exchange, self.emitter.exchange
        if exchange.fetches_script and record is not None:
            if len(seen.scripts) < _MAX_SCRIPTS:
                plain = replace(context, exchange=replace(exchange, response_body=None))
                seen.scripts.append(_Script(plain, record, libraries_in(exchange)))
        elif exchange.method != "OPTIONS" and (exchange.host in seen.mixed or len(seen.mixed) < _MAX_HOSTS):
            folders = seen.mixed.setdefault(exchange.host, set())
            if len(folders) < _MAX_FOLDERS:
                folders.add(_folder(exchange.path))

    def _file(self, seen: _OfSession, context: ExchangeContext, cdp: str, write_key: str) -> None:
        """Files the script that is the library, if one certainly is."""
        by_address = context.match is not None and context.match.vendor == cdp
        library = _library(seen, context.exchange, cdp, write_key, own_host=not by_address)
        if library is None:
            return
        found, known_by = library
        seen.loaded.add(cdp)
        seen.scripts.remove(found)
        found.record.vendor, found.record.kind = cdp, CallKind.LIBRARY
        self.emitter.again(found.record)
        self._calls.take(replace(found.context, vendor=cdp, kind=CallKind.LIBRARY), known_by)


def _library(
    seen: _OfSession, settings: Exchange, cdp: str, write_key: str, *, own_host: bool
) -> tuple[_Script, str] | None:
    """The script that is a CDP's library, and how that is known.

    Args:
        settings: the request for the source's settings.
        own_host: whether its host is not one of the CDP's own.
    """
    shown = next((each for each in reversed(seen.scripts) if each.certain.get(cdp)), None)
    if shown is not None:
        return shown, "Its address does not tell; its text is the library's."
    if not own_host:
        return None
    of_host = (each for each in seen.scripts if each.context.exchange.host == settings.host)
    here = [each for each in of_host if each.certain.get(cdp) is not False]
    named = [each for each in here if write_key in each.context.exchange.path.split("/")]
    if named:
        return named[-1], f"Its path has the write key of the source whose settings came from {settings.host}."
    others = seen.mixed.get(settings.host, set())
    folder = _folder(settings.path)
    inside = [each for each in here if _folder(each.context.exchange.path) == folder]
    if len(inside) == 1 and folder not in others and len(others) < _MAX_FOLDERS:
        return inside[
            0
        ], f"Its address does not tell; it was the only script from {settings.host}/{folder}, {_AS_WELL}."
    if len(here) == 1 and not others:
        return here[0], f"Its address does not tell; it was the only script from {settings.host}, {_AS_WELL}."
    return None


_AS_WELL = "which was then asked for the source's settings, and until then for nothing else that is not the CDP's"


def _folder(path: str) -> str:
    """The first part of a path between slashes; empty for what stands at the root."""
    first, slash, _ = path.lstrip("/").partition("/")
    return first if slash else ""


COLLECTOR = RenamedLibraryCollector
