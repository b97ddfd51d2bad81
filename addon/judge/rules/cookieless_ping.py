"""cookieless-ping"""

from addon.judge.acts.calls import CallAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity, breach_of
from addon.judge.wording import called, reason
from vendor_catalog import CallKind


def check(act: CallAct, consent_view: ConsentView) -> Breach | None:
    if act.kind is not CallKind.COLLECT or act.ping is None:
        return None
    lack = consent_view.lack(act.need, act)
    if lack is None:
        return None
    return breach_of(
        lack,
        category=act.need.category,
        vendor=act.vendor,
        explanation=(
            f"{called(act)}, as a ping that tells Google of the denial ({act.ping}); no cookie, no id of the person and no lasting id"
            f" of the browser was seen in it. {reason(lack, act.at)}"
        ),
    )


RULE = Rule(
    slug="cookieless-ping",
    severity=Severity.NOTE,
    summary="A Google tag sends a ping without cookies or ids while storage is denied (advanced consent mode).",
    needs="the call with gcs or gcd, readable, and some sign of the person's choice",
    why=(
        "In advanced consent mode Google's tags load before the choice, and send pings without identifiers while it is denied; in"
        " basic mode they send nothing. A ping still tells Google the page's address, the browser and the network address, and how"
        " much of that needs consent is disputed. It is no leak of an identifier, so it is noted and not counted as one."
    ),
    fix=(
        "If nothing shall reach Google without consent, use basic consent mode: load the tags only after the choice. Otherwise"
        " record the decision for advanced mode, and set ads_data_redaction so that click ids are left out as well."
    ),
    references=(
        "Google, Consent mode reference (tag behavior when consent is denied)",
        "Google Ads Help, About consent mode (basic and advanced)",
    ),
    acts=(CallAct,),
    check=check,
)
