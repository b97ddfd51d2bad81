"""unmapped-destination"""

from addon.judge.acts.deliveries import MappingAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity
from addon.judge.verdict import Phase, Verdict
from addon.routing.delivery import UNLISTED


def check(act: MappingAct, consent_view: ConsentView) -> Breach | None:
    if act.keys or act.warehouse:  # of warehouses speaks warehouse-ungated
        return None
    if act.destination is not None:
        explanation = f"{act.destination} has no consent category in the workspace of source {act.write_key}, so it always receives."
    else:
        explanation = (
            f"The settings of source {act.write_key} say that a destination without a consent category exists"
            " (hasUnmappedDestinations), which they do not list: probably a cloud-mode one. It always receives."
        )
    return Breach(
        verdict=Verdict.CONFIRMED,
        phase=Phase.NO_SIGNAL,
        category=None,
        vendor=act.vendor,
        destination=act.destination or UNLISTED,
        explanation=explanation,
    )


RULE = Rule(
    slug="unmapped-destination",
    severity=Severity.WARNING,
    summary="A destination has no consent category in the workspace: it always receives.",
    needs="the source's settings, in a workspace that uses consent categories",
    why=(
        "A CDP enforces consent only for destinations that are mapped to a category; all others receive every event,"
        " whatever was refused."
    ),
    fix="Map the destination to a category in the workspace (Privacy, Consent Management), or record in the policy why it needs none.",
    references=(
        "Segment documentation, Configure Consent Management",
        "segmentio/analytics-next, browser/settings.ts (hasUnmappedDestinations)",
    ),
    acts=(MappingAct,),
    awaits_evidence=False,
    check=check,
)
