"""What an app calls for tracking, beside what its privacy manifests declare."""

from __future__ import annotations

from addon.judge.acts import TrackingDomainAct
from addon.pipeline.context import ExchangeContext
from vendor_catalog import CallKind, Category

from .collector import Collector

_NOT_APPLES = ("android", "dalvik", "okhttp")
"""What agents of apps on other systems have: the manifest of an app does not speak for them, though its id may be the same."""


class PrivacyManifestCollector(Collector):
    """Files, if the policy names an app's privacy manifests, each host of an advertising vendor that the app calls, once a session."""

    AFTER = ("regions",)

    def exchange(self, context: ExchangeContext) -> None:
        app, vendor, host = context.session.key.app, context.vendor, context.exchange.host
        if app is None or vendor is None or context.kind not in (CallKind.COLLECT, CallKind.LIBRARY):
            return
        declared = self.policy.declared_tracking(app)
        agent = context.exchange.user_agent.lower()
        if declared is None or any(word in agent for word in _NOT_APPLES):
            return
        if self.sources.need_of_vendor(vendor).category is not Category.MARKETING:
            return
        if self.emitter.first_time("tracking-domain", context.session.id, vendor, host):
            act = TrackingDomainAct(
                place=context.place,
                vendor=vendor,
                vendor_name=self.catalogue.name_of(vendor),
                host=host,
                app=app,
                manifests=declared.manifests,
                tracks=declared.tracks,
                declared=declared.covers(host),
            )
            self.judgements.act(context.session, act)


COLLECTOR = PrivacyManifestCollector
