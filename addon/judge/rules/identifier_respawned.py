"""identifier-respawned"""

from addon.judge.acts.cookies import RespawnedCookieAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity, breach_of
from addon.judge.wording import clock, reason


def check(act: RespawnedCookieAct, consent_view: ConsentView) -> Breach | None:
    lack = consent_view.lack(act.need, act)
    if lack is None:
        return None
    return breach_of(
        lack,
        category=act.need.category,
        vendor=act.vendor,
        event_name=act.name,
        explanation=(
            f"The cookie {act.name} of {act.vendor_name} on {act.host} came back with the identifier that it had before; it was gone at"
            f" {clock(act.gone_at)}, when a request that would have carried it did not. {reason(lack, act.at)}"
        ),
    )


RULE = Rule(
    slug="identifier-respawned",
    severity=Severity.ERROR,
    summary="A vendor's identifier that was deleted comes back with the same value, without consent.",
    needs="a website, a vendor's cookie with an identifier, and requests that show it, then show it gone, then show it again",
    why=(
        "Who withdraws and has the cookies deleted is known again under the old identifier: it was kept elsewhere (local storage, another"
        " cookie, a server) and restored. Regulators take such respawning for a circumvention of the choice."
    ),
    fix=(
        "Delete the identifier everywhere it is kept (local and session storage, server-side cookies, the vendor's own restore), and let a"
        " new one be made only after a new consent. Segment's analytics.reset() clears its ids in all of its stores."
    ),
    references=(
        "GDPR, Article 7(3)",
        "ePrivacy Directive 2002/58/EC, Article 5(3)",
        "EDPB Guidelines 2/2023 on the technical scope of Article 5(3) of the ePrivacy Directive",
    ),
    acts=(RespawnedCookieAct,),
    check=check,
)
