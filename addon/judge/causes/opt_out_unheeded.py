"""opt-out-unheeded"""

from addon.judge.acts.act import Act
from addon.judge.cause import CauseKind, Subject
from addon.judge.rule import Breach


def claims(rule: str, act: Act, breach: Breach) -> Subject | None:
    return Subject() if rule in ("gpc-ignored", "opt-out-ignored") else None


CAUSE = CauseKind(
    slug="opt-out-unheeded",
    order=70,
    claims=claims,
    title="On {site}, calls that sell or share personal data do not follow an opt-out from it",
    fix=(
        "Treat the opt-out (Global Privacy Control, US Privacy, GPP) as a refusal of marketing: do not load the advertising tags, or pass"
        " the opt-out on to each of them in the form that its vendor documents."
    ),
)
