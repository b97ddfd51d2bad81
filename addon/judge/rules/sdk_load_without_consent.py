"""sdk-load-without-consent"""

from addon.judge.acts.calls import CallAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity, breach_of
from addon.judge.wording import reason
from vendor_catalog import CallKind, Category

_TRACKING = (Category.ANALYTICS, Category.MARKETING)


def check(act: CallAct, consent_view: ConsentView) -> Breach | None:
    if act.kind is not CallKind.LIBRARY or act.need.category not in _TRACKING:
        return None
    lack = consent_view.lack(act.need, act)
    if lack is None:
        return None
    known_by = "" if act.known_by is None else f" {act.known_by}"
    return breach_of(
        lack,
        category=act.need.category,
        vendor=act.vendor,
        explanation=f"The {act.vendor_name} library was fetched from {act.host}.{known_by} {reason(lack, act.at)}",
    )


RULE = Rule(
    slug="sdk-load-without-consent",
    severity=Severity.ERROR,
    summary="A CDP's or tracker's library was fetched without consent for its category.",
    needs="the request for the library, and some sign of the person's choice",
    why=(
        "Fetching a tracker's code already sends it the address, the browser and the page, and running it reads and"
        " writes the device. Article 5(3) of the ePrivacy Directive asks for consent before that, whatever the code does next."
    ),
    fix=(
        "Insert the library only once its category is granted: a consent manager's blocked script type, the callback of"
        " the choice, or Segment's consent wrapper in opt-in mode."
    ),
    references=(
        "ePrivacy Directive 2002/58/EC, Article 5(3)",
        "EDPB Guidelines 2/2023 on the technical scope of Article 5(3)",
    ),
    acts=(CallAct,),
    check=check,
)
