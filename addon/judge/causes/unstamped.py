"""unstamped"""

from addon.decode.facts import StampShape, Surface
from addon.judge.acts.act import Act
from addon.judge.acts.deliveries import DeliveryAct
from addon.judge.acts.messages import EventAct
from addon.judge.cause import CauseKind, Subject
from addon.judge.rule import Breach


def claims(rule: str, act: Act, breach: Breach) -> Subject | None:
    match act:
        case EventAct() if rule == "consent-not-stamped":
            return Subject(act.cdp)
        case DeliveryAct() if rule == "fanout-without-consent":
            event = act.event
            bare = event.stamping is not None and event.stamp.shape is not StampShape.PREFERENCES
            return Subject(event.cdp) if bare and event.surface is not Surface.SERVER else None
    return None


CAUSE = CauseKind(
    slug="unstamped",
    order=50,
    claims=claims,
    title="Messages to {vendor} on {site} carry no choice of consent",
    fix=(
        "Use the CDP's own consent integration (Segment's consent wrapper or the consent plugin of its mobile SDKs, RudderStack's"
        " consentManagement option), so that every message carries the person's choice and the CDP holds back what was refused."
    ),
)
