"""server-unstamped"""

from addon.decode.facts import Surface
from addon.judge.acts.act import Act
from addon.judge.acts.messages import EventAct
from addon.judge.cause import CauseKind, Subject
from addon.judge.rule import Breach


def claims(rule: str, act: Act, breach: Breach) -> Subject | None:
    judged = rule == "server-event-without-consent" and isinstance(act, EventAct) and act.surface is Surface.SERVER
    return Subject(breach.vendor) if judged else None


CAUSE = CauseKind(
    slug="server-unstamped",
    order=10,
    claims=claims,
    title="What the server sends to {vendor} carries no choice of consent",
    fix=(
        "Pass the person's categories to the server with the request or the session that causes the message, and set the consent"
        " object on every server call (for Segment context.consent.categoryPreferences)."
    ),
)
