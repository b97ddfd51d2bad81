"""event-without-consent"""

from addon.decode.facts import Surface
from addon.judge.acts.messages import EventAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity, breach_of
from addon.judge.wording import reason, unanswered


def check(act: EventAct, consent_view: ConsentView) -> Breach | None:
    # a server's message belongs to no session that this capture could show: server-event-without-consent judges its stamp
    if act.reports_choice or act.surface is Surface.SERVER:
        return None
    lack = consent_view.lack(act.need, act)
    if lack is None:
        return None
    anonymous = (
        f" It was sent in {act.cdp_name}'s anonymous mode and names no person; whether it is kept under an identifier, and"
        " whether it needs consent without one, the wire cannot tell."
        if act.anonymous
        else ""
    )
    failed = unanswered(act.place)
    made = (
        f" Nobody wrote it by hand: {act.cdp_name}'s auto-instrumentation made it of what the person did."
        if act.made_by == "signal"
        else ""
    )
    return breach_of(
        lack,
        unsure=act.anonymous,
        category=act.need.category,
        vendor=act.need.vendor,
        event_name=act.title,
        explanation=f"The {act.label} was sent to {act.cdp_name}.{failed}{made}{anonymous} {reason(lack, act.at)}",
    )


RULE = Rule(
    slug="event-without-consent",
    severity=Severity.ERROR,
    summary="A CDP message was sent without at least analytics consent.",
    needs="the message, and some sign of the person's choice",
    why=(
        "The CDP records every message under an identifier before it routes any of it, so the message itself needs the"
        " consent, whatever the destinations need. The message that only reports a choice is exempt. One in the CDP's own"
        " anonymous mode that names no person is never more than unproven."
    ),
    fix=(
        "Load the SDK, or call track, identify and page, only after the choice: Segment's consent wrapper in opt-in mode"
        " holds calls back until then. Withdrawals need a reload, because opt-in mode does not block at run time."
    ),
    references=(
        "GDPR, Articles 6(1)(a) and 7",
        "segmentio/analytics-next, packages/consent/consent-tools (create-wrapper.ts)",
    ),
    acts=(EventAct,),
    check=check,
)
