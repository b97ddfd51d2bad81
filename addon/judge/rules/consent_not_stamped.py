"""consent-not-stamped"""

from addon.decode.facts import StampShape, Surface
from addon.judge.acts.messages import EventAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity
from addon.judge.verdict import Phase, Regime, Verdict
from addon.judge.wording import UNLESS_OPTED_OUT


def check(act: EventAct, consent_view: ConsentView) -> Breach | None:
    if act.stamping is None or act.stamp.shape is not StampShape.MISSING or act.surface is Surface.SERVER:
        return None
    # {"All": false} restricts the message to what is switched on, so that it is not routed everywhere
    if act.integrations.get("All") is False:
        return None
    knows = (
        ""
        if act.enforced is not False
        else " The workspace's settings show no consent categories, so nothing would be enforced."
    )
    opt_in = consent_view.regime is Regime.OPT_IN
    return Breach(
        verdict=Verdict.CONFIRMED if opt_in else Verdict.UNPROVEN,
        phase=Phase.NO_SIGNAL,
        category=None,
        vendor=act.need.vendor,
        event_name=act.title,
        explanation=(
            f"The {act.label} carries no {act.stamping.place}, on itself or on its envelope;"
            f" {act.stamping.unstamped}.{knows}{'' if opt_in else f' {UNLESS_OPTED_OUT}'}"
        ),
    )


RULE = Rule(
    slug="consent-not-stamped",
    severity=Severity.WARNING,
    summary="A CDP message carries no consent, so that the CDP routes it to every destination.",
    needs="the message",
    why=(
        "A CDP enforces consent by what the message carries. A message without a consent object is not checked at all, even"
        " in a workspace with consent categories, and profiles record no consent for it. CDPs whose messages have no place"
        " for consent are not judged by this."
    ),
    fix=(
        "Use the CDP's own consent integration (Segment's consent wrapper or the consent plugin of its mobile SDKs,"
        " RudderStack's consentManagement option), or add the consent object to every message: for Segment"
        " context.consent.categoryPreferences. Segment's legacy iOS and Android libraries cannot carry consent."
    ),
    references=(
        "Segment documentation, Consent in Segment Connections; Configure Consent Management",
        "RudderStack documentation, Consent Management; Pass Consent Data in Events",
    ),
    acts=(EventAct,),
    awaits_evidence=False,
    check=check,
)
