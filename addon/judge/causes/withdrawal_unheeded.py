"""withdrawal-unheeded"""

from addon.judge.acts.act import Act
from addon.judge.cause import CauseKind, Subject
from addon.judge.rule import Breach


def claims(rule: str, act: Act, breach: Breach) -> Subject | None:
    return Subject(breach.vendor) if rule == "withdrawal-not-propagated" else None


CAUSE = CauseKind(
    slug="withdrawal-unheeded",
    order=90,
    claims=claims,
    title="A withdrawal of consent on {site} is not passed on to {vendor}",
    fix=(
        "When the person changes a choice, send the CDP's consent event at once (for Segment 'Segment Consent Preference Updated') and"
        " clear what is still queued."
    ),
)
