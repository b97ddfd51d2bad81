"""cookie-without-consent"""

from addon.judge.acts.cookies import STORAGE, CookieAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity, breach_of
from addon.judge.wording import reason

_HOW = {
    "set-cookie": "was set by a response of",
    "sent": "was sent to",
    "probe": "was written by a script on",
    "message": "existed by then, because a message already carried the id that it holds, on",
    STORAGE: "was written to the browser's storage by a script on",
}


def check(act: CookieAct, consent_view: ConsentView) -> Breach | None:
    lack = consent_view.lack(act.need, act)
    if lack is None:
        return None
    how, kept_as = _HOW[act.seen_by], "key" if act.seen_by == STORAGE else "cookie"
    return breach_of(
        lack,
        category=act.need.category,
        vendor=act.vendor,
        event_name=f"{act.name} (storage)" if act.seen_by == STORAGE else act.name,
        explanation=f"{act.vendor_name}'s {kept_as} {act.name} {how} {act.host}. {reason(lack, act.at)}",
    )


RULE = Rule(
    slug="cookie-without-consent",
    severity=Severity.ERROR,
    summary="A non-essential vendor cookie, or identifier in the browser's storage, existed without consent for its category.",
    needs="first-party requests with their cookies, responses that set them, or the in-page probe",
    why=(
        "Storing on the device, and reading what is stored, needs consent unless it is strictly necessary for what the"
        " person asked for. A cookie of the vendor's own domain that was merely sent is not held against this site: it may"
        " come from another."
    ),
    fix="Keep the vendor's code from running before the choice, and delete its first-party cookies when consent is withdrawn.",
    references=("ePrivacy Directive 2002/58/EC, Article 5(3)", "CJEU C-673/17 (Planet49)"),
    acts=(CookieAct,),
    check=check,
)
