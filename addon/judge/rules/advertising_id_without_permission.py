"""advertising-id-without-permission"""

from addon.judge.acts.messages import EventAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity
from addon.judge.verdict import Phase, Verdict
from vendor_catalog import Category

_REFUSED = ("denied", "restricted", "notdetermined")


def check(act: EventAct, consent_view: ConsentView) -> Breach | None:
    carried = act.advertising_id
    if carried is None or carried.vendor_scoped:
        return None
    status = (carried.permission or "").lower()
    if status in _REFUSED:
        said = f"trackingStatus is {carried.permission}"
    elif carried.tracking_enabled is False and status != "authorized":
        said = "adTrackingEnabled is false"
    else:
        return None
    verdict, beside = Verdict.CONFIRMED, ""
    if carried.apple and carried.beside_vendor_id is not None:
        beside = (
            f" It differs from context.device.id, into which {carried.beside_vendor_id} puts the id for the vendor's own apps (IDFV),"
            " so that it is not that one."
        )
    elif carried.apple:
        verdict = Verdict.UNPROVEN
        beside = (
            " On Apple's systems no advertising id is given out without permission, so that this may be the id for the"
            " vendor's own apps (IDFV), which Segment's example plugin puts in its place; the device's own setting tells."
        )
    return Breach(
        verdict=verdict,
        phase=Phase.BEFORE_CHOICE if status == "notdetermined" else Phase.AFTER_DENIAL,
        category=Category.MARKETING,
        vendor=act.need.vendor,
        event_name=act.title,
        explanation=f"The {act.label} carries context.device.advertisingId although {said}.{beside}",
    )


RULE = Rule(
    slug="advertising-id-without-permission",
    severity=Severity.ERROR,
    summary="An advertising id travels while the device denies ad tracking.",
    needs="a mobile message with advertisingId beside trackingStatus or adTrackingEnabled",
    why=(
        "The id joins one person across apps of different makers. Apple's rules forbid tracking without permission, Google's"
        " forbid using the id where ads personalization is switched off, and the law asks for consent on top of both."
    ),
    fix=(
        "Leave the id out unless ad tracking is allowed: on iOS, read it only when ATTrackingManager says authorized; on"
        " Android, drop it when limit ad tracking is on (analytics-react-native's plugin-advertising-id does not)."
    ),
    references=(
        "Apple, App Tracking Transparency",
        "Google Play, Advertising ID policy",
        "segmentio/analytics-react-native plugin-advertising-id",
    ),
    acts=(EventAct,),
    awaits_evidence=False,
    check=check,
)
