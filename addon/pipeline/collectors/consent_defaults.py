"""Calls to Google that were made before the page set the default of consent mode."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from addon.consent.consent_mode import ConsentMode
from addon.decode.facts import Hit
from addon.judge.acts.consent import ConsentDefaultAct
from addon.pipeline.capture import CaptureParts
from addon.pipeline.context import ExchangeContext
from vendor_catalog import CallKind

from .collector import Collector, Others

_MAX_UNSET = 200


@dataclass(slots=True)
class _OfSession:
    unset: dict[tuple[float, str], tuple[ExchangeContext, ConsentMode]] = field(default_factory=dict)
    """When the page was opened, and its address -> its first call that found nothing set."""


class ConsentDefaultCollector(Collector):
    """Compares what the calls of one page say of defaults, which all Google tags of a page share."""

    AFTER = ("signals",)

    def __init__(self, capture: CaptureParts, others: Others) -> None:
        super().__init__(capture, others)
        self._sessions: defaultdict[str, _OfSession] = defaultdict(_OfSession)

    def exchange(self, context: ExchangeContext) -> None:
        mode = context.reading.parameters.consent_mode
        if mode is None or mode.default is None or context.kind is not CallKind.COLLECT:
            return
        if mode.default is False and any(value is not None for value in mode.updated.values()):
            self._file(context, mode, None, None)
            return
        page = _page(context.hits.hits)
        if page is None:
            return
        unset = self._sessions[context.session.id].unset
        key = (context.session.opened_at, page)
        if mode.default is False and len(unset) < _MAX_UNSET:
            unset.setdefault(key, (context, mode))
        elif mode.default is True and key in unset:
            earlier, nothing_set = unset.pop(key)
            self._file(earlier, nothing_set, mode, context.at)

    def _file(
        self, context: ExchangeContext, mode: ConsentMode, stated: ConsentMode | None, stated_at: float | None
    ) -> None:
        """Files a call once for its page's host and vendor."""
        vendor, updated = str(context.vendor), stated is None
        if self.emitter.first_time("consent-default", context.session.id, context.page_host, vendor, updated):
            act = ConsentDefaultAct(
                place=context.place,
                vendor=vendor,
                vendor_name=self.catalogue.name_of(vendor),
                host=context.exchange.host,
                shown=mode.shown,
                stated=None if stated is None else stated.shown,
                stated_at=stated_at,
            )
            self.judgements.act(context.session, act)


def _page(hits: Iterable[Hit]) -> str | None:
    """The address of the page that a call names."""
    return next((hit.page_url for hit in hits if hit.page_url is not None), None)


COLLECTOR = ConsentDefaultCollector
