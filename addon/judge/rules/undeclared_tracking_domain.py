"""undeclared-tracking-domain"""

from addon.judge.acts import TrackingDomainAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity
from addon.judge.verdict import Phase, Verdict
from vendor_catalog import Category


def check(act: TrackingDomainAct, consent_view: ConsentView) -> Breach | None:
    if act.declared:
        return None
    given = (
        "the privacy manifest that the policy names"
        if act.manifests == 1
        else f"none of the {act.manifests} privacy manifests that the policy names"
    )
    lists = "does not list" if act.manifests == 1 else "lists"
    denial = "" if act.tracks else " NSPrivacyTracking says that the app does not track."
    return Breach(
        verdict=Verdict.CONFIRMED,
        phase=Phase.NO_SIGNAL,
        category=Category.MARKETING,
        vendor=act.vendor,
        event_name=act.host,
        explanation=(
            f"The app {act.app} called {act.vendor_name} on {act.host}; {given} {lists} that domain under NSPrivacyTrackingDomains."
            f"{denial} Whether the call is tracking in Apple's sense, the wire does not show."
        ),
    )


RULE = Rule(
    slug="undeclared-tracking-domain",
    severity=Severity.NOTE,
    summary="An app calls an advertising vendor on a domain that its privacy manifests do not declare.",
    needs='a policy with privacy_manifests for the app ([sites."com.example.shop"]), and calls that name the app or its own agent',
    why=(
        "Calls to the domains under NSPrivacyTrackingDomains fail on iOS until the person allows tracking. A tracking domain that is"
        " not declared is called whatever the person answered, and what the App Store shows of the app is wrong."
    ),
    fix=(
        "Declare the domain in the app's or the SDK's PrivacyInfo.xcprivacy, with NSPrivacyTracking true; or call the vendor only"
        " once App Tracking Transparency gave permission. Name the manifests of all SDKs in the policy: each declares its own."
    ),
    references=(
        "Apple, Bundle Resources, NSPrivacyTrackingDomains",
        "Apple, TN3182: Adding privacy tracking keys to your privacy manifest",
    ),
    acts=(TrackingDomainAct,),
    awaits_evidence=False,
    check=check,
)
