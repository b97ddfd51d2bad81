"""cookie-outlives-limit"""

from addon.judge.acts.cookies import LastingCookieAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity
from addon.judge.verdict import Phase, Verdict

_DAY = 86_400
_CAP = 400
"""Days for which browsers keep a cookie at most."""


def check(act: LastingCookieAct, consent_view: ConsentView) -> Breach | None:
    if not act.outlives:
        return None
    days = act.lasts / _DAY
    whose = f"{act.vendor_name}'s cookie" if act.vendor_name is not None else "The cookie"
    capped = (
        f" A browser that follows the current specification keeps it for {_CAP} days, and anew with every visit that sets it again."
        if days > _CAP
        else ""
    )
    unclear = (
        " Nobody knows what it is for: if it is strictly necessary, name it under exempt in the policy's [cookies]."
        if act.category is None
        else ""
    )
    return Breach(
        verdict=Verdict.UNPROVEN if act.category is None else Verdict.CONFIRMED,
        phase=Phase.NO_SIGNAL,
        category=act.category,
        vendor=act.vendor,
        event_name=act.name,
        explanation=(
            f"{whose} {act.name}, set by a response of {act.host}, asks to be kept for {days:.0f} days; the policy allows"
            f" {act.limit}.{capped}{unclear}"
        ),
    )


RULE = Rule(
    slug="cookie-outlives-limit",
    severity=Severity.NOTE,
    summary="A response sets a cookie that asks to live longer than the policy allows.",
    needs="responses that set cookies; how long a cookie lives that a script writes does not cross the wire",
    why=(
        "What is kept may not be kept for longer than its purpose needs, and the person has to be told for how long. Thirteen months"
        " are what the French authority allows where it asks for no consent at all. Strictly necessary cookies, the answer to a"
        " consent banner among them, are judged only if the policy names them."
    ),
    fix="Shorten the cookie's lifetime in the vendor's settings, or set the limit that was decided under [cookies] in the policy.",
    references=(
        "CNIL, deliberation 2020-091 of 17 September 2020 (guidelines on cookies and other trackers)",
        "CJEU C-673/17 (Planet49), on telling for how long cookies operate",
        "RFC 6265, 5.2 and 5.3; its revision (RFC 6265bis) lets browsers keep cookies for 400 days at most",
    ),
    acts=(LastingCookieAct,),
    awaits_evidence=False,
    check=check,
)
