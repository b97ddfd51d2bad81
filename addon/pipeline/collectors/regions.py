"""Where what is sent arrives."""

from __future__ import annotations

from addon.judge.acts.calls import RegionAct
from addon.pipeline.context import ExchangeContext
from addon.policy import in_region
from vendor_catalog import CallKind

from .collector import Collector


class RegionCollector(Collector):
    """Files, if the policy says where data has to stay, each address once for each source and session."""

    AFTER = ("personal_data",)
    """What is sent is said before where it arrives."""

    def exchange(self, context: ExchangeContext) -> None:
        wanted, exchange, vendor = self.policy.policy.keeps_data_in, context.exchange, context.vendor
        if wanted is None or vendor is None or context.kind is not CallKind.COLLECT or exchange.method == "OPTIONS":
            return
        match = context.match
        if match is None or match.vendor != vendor or not match.endpoint.regions:
            return
        write_key = next((event.write_key for event in context.events if event.write_key), None)
        if not self.emitter.first_time("region", context.session.id, vendor, exchange.host, write_key):
            return
        act = RegionAct(
            place=context.place,
            vendor=vendor,
            vendor_name=self.catalogue.name_of(vendor),
            host=exchange.host,
            regions=tuple(match.endpoint.regions),
            wanted=wanted,
            inside=any(in_region(wanted, region) for region in match.endpoint.regions),
            settings_host=self._settings_host(vendor, write_key, wanted, context.at),
        )
        self.judgements.act(context.session, act)

    def _settings_host(self, cdp: str, write_key: str | None, wanted: str, at: float) -> str | None:
        """An address in the wanted region that the source's settings name."""
        settings = None if write_key is None else self.sources.source(cdp, write_key).at(at, "settings")
        for host in settings.api_hosts if settings is not None else ():
            match = self.catalogue.match("POST", host, "/v1/b")
            if match is not None and any(in_region(wanted, region) for region in match.endpoint.regions):
                return host
        return None


COLLECTOR = RegionCollector
