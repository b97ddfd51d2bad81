"""stamp-untrue"""

from addon.judge.acts.act import Act
from addon.judge.acts.deliveries import DeliveryAct
from addon.judge.acts.messages import EventAct
from addon.judge.cause import CauseKind, Subject
from addon.judge.rule import Breach


def claims(rule: str, act: Act, breach: Breach) -> Subject | None:
    match act:
        case EventAct() if rule == "stamp-contradicts-choice":
            return Subject(act.cdp)
        case DeliveryAct() if rule == "fanout-without-consent":
            stamped = any(act.event.stamp.preferences.get(key) is True for key in act.delivery.keys)
            return Subject(act.event.cdp) if stamped else None
    return None


CAUSE = CauseKind(
    slug="stamp-untrue",
    order=40,
    claims=claims,
    title="Messages to {vendor} on {site} are stamped with consent that does not match what the person chose",
    fix=(
        "Read the categories from the consent manager at the moment of sending, not from a default or from a value that was cached when"
        " the page loaded, and check that the category ids of the stamp are those of the consent manager."
    ),
)
