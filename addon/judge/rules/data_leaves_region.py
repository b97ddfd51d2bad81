"""data-leaves-region"""

from addon.judge.acts.calls import RegionAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity
from addon.judge.verdict import Phase, Verdict


def check(act: RegionAct, consent_view: ConsentView) -> Breach | None:
    if act.inside:
        return None
    served = ", ".join(region.upper() for region in act.regions)
    own = (
        f" The source's own settings name {act.settings_host}, which is in {act.wanted.upper()}: the library was set up with another"
        " address."
        if act.settings_host is not None
        else ""
    )
    return Breach(
        verdict=Verdict.CONFIRMED,
        phase=Phase.NO_SIGNAL,
        category=None,
        vendor=act.vendor,
        event_name=act.host,
        explanation=(
            f"{act.vendor_name} was sent something on {act.host}, which the vendor serves from {served}; the policy says that data"
            f" stays in {act.wanted.upper()}.{own}"
        ),
    )


RULE = Rule(
    slug="data-leaves-region",
    severity=Severity.WARNING,
    summary="Data goes to an address outside the region in which the policy says that it stays.",
    needs='a policy with data_region (or region = "eu"), and calls to addresses whose region the catalogue knows',
    why=(
        "A transfer out of the region needs a basis of its own, and a workspace that was bought for one region keeps its promise only"
        " if every library is set up with that region's address. An address whose region is not known is never held against anybody."
    ),
    fix=(
        "Set the library's address to the region's (Segment: apiHost events.eu1.segmentapis.com/v1 and an EU workspace; Amplitude:"
        " serverZone EU; Mixpanel: api_host api-eu.mixpanel.com). Data that was sent elsewhere before is not moved by that."
    ),
    references=("GDPR, Articles 44 to 46", "Segment documentation, Regional Segment"),
    acts=(RegionAct,),
    awaits_evidence=False,
    check=check,
)
