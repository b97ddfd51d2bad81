"""ungated"""

from addon.judge.acts.act import Act
from addon.judge.acts.calls import CallAct
from addon.judge.acts.cookies import CookieAct
from addon.judge.acts.deliveries import DeliveryAct
from addon.judge.acts.messages import EventAct
from addon.judge.cause import CauseKind, Subject
from addon.judge.rule import Breach

_RULES = (
    "cookie-without-consent",
    "destination-without-consent",
    "event-without-consent",
    "sdk-load-without-consent",
)


def claims(rule: str, act: Act, breach: Breach) -> Subject | None:
    match act:
        case EventAct() | CallAct() | CookieAct() if rule in _RULES:
            return Subject(breach.vendor)
        case DeliveryAct() if rule == "fanout-without-consent" and act.event.stamping is None:
            return Subject(act.event.cdp)
    return None


CAUSE = CauseKind(
    slug="ungated",
    order=60,
    claims=claims,
    title="{vendor} runs on {site} without matching consent",
    fix=(
        "Load the library only once the consent manager says that its category is granted (a tag's consent trigger, Segment's consent"
        " wrapper, or a script that the consent manager unblocks), hold back what was queued until then, and remove its cookies when"
        " the person refuses."
    ),
)
