"""preference-event-repeated"""

from addon.judge.acts.consent import RepeatedReportAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity
from addon.judge.verdict import Phase, Verdict
from addon.judge.wording import carrier, distance


def check(act: RepeatedReportAct, consent_view: ConsentView) -> Breach | None:
    if act.renewed is True:
        return None
    dated = act.signal is not None and act.signal.effective_at is not None
    shown = f", as {carrier(act.signal).rstrip(',')} shows" if act.signal is not None and act.renewed is False else ""
    between = (
        f"no other choice was made in between{shown}"
        if act.renewed is False
        else "nothing shows that the person answered again in between"
    )
    doubt = "" if act.renewed is False else " The in-page probe, which sees when an answer is stored, would decide it."
    sure = Verdict.CONFIRMED if dated else Verdict.LIKELY
    return Breach(
        verdict=sure if act.renewed is False else Verdict.UNPROVEN,
        phase=Phase.NO_SIGNAL,
        category=None,
        vendor=act.cdp,
        event_name=act.title,
        explanation=(
            f"The message {act.title} told {act.cdp_name} the same choice that had been reported to it"
            f" {distance(act.at - act.reported_at)} before; {between}.{doubt}"
        ),
        signal=act.signal,
    )


RULE = Rule(
    slug="preference-event-repeated",
    severity=Severity.NOTE,
    summary="A preference event is sent again although the choice has not changed.",
    needs="two messages by which a choice is reported to the CDP, of one source and session, with the same stamp",
    why=(
        "The event stands for a change: profiles, audiences and audits count it as a choice that somebody made at that moment. Sent on"
        " every page it buries the real choices, moves their dates, and costs an event each time."
    ),
    fix=(
        "Send it from the consent manager's change callback alone, and compare with the choice that was reported last. Segment's wrappers"
        " take registerOnConsentChanged for changes; what is called on each page load does not belong there."
    ),
    references=("Segment documentation, Consent in Unify", "Segment, analytics-consent-tools documentation"),
    acts=(RepeatedReportAct,),
    awaits_evidence=False,
    check=check,
)
