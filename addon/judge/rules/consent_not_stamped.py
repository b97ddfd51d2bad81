"""consent-not-stamped"""

from addon.decode.facts import StampShape, Surface
from addon.judge.acts import EventAct
from addon.judge.rule import Breach, Court, Rule, Severity
from addon.judge.verdict import Phase, Verdict


def check(act: EventAct, court: Court) -> Breach | None:
    if act.stamp.shape is not StampShape.MISSING or act.surface is Surface.SERVER:
        return None
    # {"All": false} restricts the message to what is switched on, so that it is not routed everywhere
    if act.integrations.get("All") is False:
        return None
    knows = (
        ""
        if act.enforced is not False
        else " The workspace's settings show no consent categories, so nothing would be enforced."
    )
    return Breach(
        verdict=Verdict.CONFIRMED,
        phase=Phase.NO_SIGNAL,
        category=None,
        vendor=act.need.vendor,
        event_name=act.title,
        explanation=(
            f"The message {act.title} carries no context.consent, on itself or on its envelope; Segment routes such a"
            f" message to every destination.{knows}"
        ),
    )


RULE = Rule(
    slug="consent-not-stamped",
    severity=Severity.WARNING,
    summary="A CDP message carries no consent, so that Segment routes it to every destination.",
    needs="the message",
    why=(
        "Segment enforces consent by what the message carries. A message without a consent object is not checked at all,"
        " even in a workspace with consent categories, and profiles record no consent for it."
    ),
    fix=(
        "Use Segment's consent wrapper (or the consent plugin of the mobile SDKs), or add"
        " context.consent.categoryPreferences to every message. Legacy iOS and Android libraries cannot carry consent."
    ),
    references=("Segment documentation, Consent in Segment Connections; Configure Consent Management",),
    acts=(EventAct,),
    awaits_evidence=False,
    check=check,
)
