"""personal-data-in-payload"""

from addon.judge.acts.personal_data import PersonalDataAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity
from addon.judge.verdict import Phase, Verdict


def check(act: PersonalDataAct, consent_view: ConsentView) -> Breach | None:
    if act.event is not None:
        carrier = f"A message of type {act.event.type}, sent to {act.vendor_name} on {act.host},"
        onward = " It goes on with the message, to every destination that this reaches."
    else:
        carrier, onward = f"A call to {act.vendor_name} on {act.host}", ""
    doubt = "" if act.doubt is None else f" {act.doubt}"
    return Breach(
        verdict=Verdict.CONFIRMED if act.doubt is None else Verdict.UNPROVEN,
        phase=Phase.NO_SIGNAL,
        category=None,
        vendor=act.vendor,
        event_name=f"{act.kind} at {act.where}",
        explanation=f"{carrier} carries what looks like {act.label} at {act.where}: potential personal data.{doubt}{onward}",
    )


RULE = Rule(
    slug="personal-data-in-payload",
    severity=Severity.WARNING,
    summary="A message or call carries what looks like an e-mail address, a name or other personal data of somebody.",
    needs="messages of a CDP, or the query, form or JSON body of calls to vendors that are not strictly necessary",
    why=(
        "What names a person directly spreads with the message to every destination, into logs and, within a page's address, to"
        " whoever is told of the page. The law asks that no more is processed than a purpose needs, vendors forbid it in analytics"
        " and advertising data, and consent to analytics hardly covers it. It is held against a site whatever consent was in force."
    ),
    fix=(
        "Leave it out, or send a pseudonymous id; keep forms from putting it into addresses (POST, not GET). Where it was decided"
        " that it travels, such as traits.email of an identify call, write that into the policy:"
        ' [personal_data] allow = ["traits.email"].'
    ),
    references=(
        "GDPR, Articles 4(1), 5(1)(c) and 25",
        "Google Analytics Help, Best practices to avoid sending Personally Identifiable Information (PII)",
        "Segment documentation, Spec: Identify (reserved traits); Privacy Portal (recommended matchers)",
        "California Civil Code 1798.140(w), precise geolocation",
    ),
    acts=(PersonalDataAct,),
    awaits_evidence=False,
    check=check,
)
