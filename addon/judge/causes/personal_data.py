"""personal-data"""

from addon.judge.acts.act import Act
from addon.judge.acts.personal_data import PersonalDataAct
from addon.judge.cause import CauseKind, Subject
from addon.judge.rule import Breach


def claims(rule: str, act: Act, breach: Breach) -> Subject | None:
    return Subject(breach.vendor) if isinstance(act, PersonalDataAct) else None


CAUSE = CauseKind(
    slug="personal-data",
    order=80,
    claims=claims,
    title="What {vendor} is sent on {site} contains what looks like personal data",
    fix=(
        "Send an internal id in place of it, strip it from addresses before they are sent, or hash it where the receiver documents that"
        " it takes a hash; and block the property in the CDP's tracking plan, so that it stays out."
    ),
)
