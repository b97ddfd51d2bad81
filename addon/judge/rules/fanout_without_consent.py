"""fanout-without-consent"""

from addon.decode.facts import Surface
from addon.judge.acts.deliveries import DeliveryAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity, delivery_breach
from addon.judge.wording import reason
from addon.routing.delivery import Basis, Outcome


def check(act: DeliveryAct, consent_view: ConsentView) -> Breach | None:
    delivery = act.delivery
    if delivery.outcome not in (Outcome.FLOWS, Outcome.AMBIGUOUS) or act.event.surface is Surface.SERVER:
        return None
    lack = None if act.need is None else consent_view.lack(act.need, act)
    if act.need is None or lack is None:
        return None
    unsure = delivery.outcome is Outcome.AMBIGUOUS
    flow = (
        "appears to have reached"
        if delivery.basis is Basis.OBSERVED
        else "may flow on to"
        if unsure
        else "would flow on to"
    )
    explanation = (
        f"The {act.event.label} {flow} {delivery.receiver} ({delivery.mode} mode): {delivery.reason}."
        f" {reason(lack, act.at)}"
    )
    return delivery_breach(act, lack, explanation, unsure=unsure, event_name=act.event.title)


RULE = Rule(
    slug="fanout-without-consent",
    severity=Severity.ERROR,
    summary="A CDP message would flow on to a destination whose category is not granted.",
    needs="the message, the source's settings, and some sign of the person's choice",
    why=(
        "A CDP is a router: each destination receives the event for its own purpose, and consent for one is not consent"
        " for another. What reaches cloud-mode destinations never crosses the wire here, so it is predicted from the"
        " message's stamp, its integrations object and the workspace's mapping, plan and filters, by the CDP's own rules."
    ),
    fix=(
        "Map the destination to its category in the workspace and stamp every message with the person's choice"
        " (for Segment in context.consent.categoryPreferences); or switch it off in the message's integrations object."
    ),
    references=(
        "Segment documentation, Consent in Segment Connections (reconciliation of consent and integrations)",
        "rudderlabs/rudder-server processor/consent.go",
    ),
    acts=(DeliveryAct,),
    check=check,
)
