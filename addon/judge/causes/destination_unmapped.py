"""destination-unmapped"""

from addon.judge.acts.act import Act
from addon.judge.acts.deliveries import DeliveryAct, MappingAct
from addon.judge.cause import CauseKind, Subject
from addon.judge.rule import Breach


def claims(rule: str, act: Act, breach: Breach) -> Subject | None:
    match act:
        case MappingAct() if rule == "unmapped-destination":
            return Subject(destination=breach.destination)
        case DeliveryAct() if rule == "fanout-without-consent":
            unmapped = act.event.enforced is True and act.delivery.mapping_shown and not act.delivery.keys
            return Subject(destination=breach.destination) if unmapped else None
    return None


CAUSE = CauseKind(
    slug="destination-unmapped",
    order=20,
    claims=claims,
    title="{destination} has no consent category in the workspace, so it receives whatever the person chose",
    fix=(
        "Map the destination to a category in the workspace (in Segment: Privacy, Consent Management), or record in the policy why it"
        " needs none."
    ),
)
