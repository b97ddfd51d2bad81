"""region"""

from addon.judge.acts.act import Act
from addon.judge.acts.calls import RegionAct
from addon.judge.cause import CauseKind, Subject
from addon.judge.rule import Breach


def claims(rule: str, act: Act, breach: Breach) -> Subject | None:
    return Subject(breach.vendor) if isinstance(act, RegionAct) else None


CAUSE = CauseKind(
    slug="region",
    order=100,
    claims=claims,
    title="Data for {vendor} on {site} goes to an address outside the region that the policy names",
    fix="Set the vendor's regional endpoint in the SDK and in the workspace (for Segment the EU endpoint of a regional workspace).",
)
