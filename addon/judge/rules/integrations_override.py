"""integrations-override"""

from addon.judge.acts import DeliveryAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity, delivery_breach
from addon.judge.wording import reason
from addon.routing.delivery import NOT_DELIVERED, Outcome


def check(act: DeliveryAct, consent_view: ConsentView) -> Breach | None:
    delivery = act.delivery
    # a refused category wins over the integrations object, so nothing was switched on
    refused = any(act.event.stamp.preferences.get(key) is False for key in delivery.keys)
    if not delivery.switched_on or delivery.outcome in NOT_DELIVERED:
        return None
    if refused and delivery.outcome is Outcome.UNKNOWN:
        return None
    lack = None if act.need is None else consent_view.lack(act.need, act)
    if act.need is None or lack is None:
        return None
    unsure = delivery.outcome in (Outcome.AMBIGUOUS, Outcome.UNKNOWN)
    explanation = (
        f"The integrations object of {act.event.title} switches on {delivery.destination}: {delivery.reason}."
        f" {reason(lack, act.at)}"
    )
    return delivery_breach(act, lack, explanation, unsure=unsure, event_name=act.event.title)


RULE = Rule(
    slug="integrations-override",
    severity=Severity.ERROR,
    summary="The integrations object switches on a destination whose category is not granted.",
    needs="the message, and some sign of the person's choice",
    why="A hand-made integrations object decides per message, past the consent manager, where no consent object stands against it.",
    fix="Remove the entry, or derive it from the person's choice at the moment of sending.",
    references=("Segment documentation, Consent in Segment Connections; Filtering data with the integrations object",),
    acts=(DeliveryAct,),
    check=check,
)
