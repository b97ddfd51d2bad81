"""integrations-override"""

from addon.judge.acts.act import Act
from addon.judge.acts.deliveries import DeliveryAct
from addon.judge.cause import CauseKind, Subject
from addon.judge.rule import Breach


def claims(rule: str, act: Act, breach: Breach) -> Subject | None:
    if rule == "integrations-override" and isinstance(act, DeliveryAct):
        return Subject(act.event.cdp, breach.destination)
    return None


CAUSE = CauseKind(
    slug="integrations-override",
    order=30,
    claims=claims,
    title="The integrations object of messages to {vendor} on {site} switches {destination} on by hand",
    fix="Remove the entry, or derive it from the person's choice at the moment of sending.",
)
