"""refusal-not-kept"""

from addon.judge.acts.consent import UnkeptRefusalAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity
from addon.judge.verdict import Phase, Verdict
from addon.judge.wording import carrier, clock


def check(act: UnkeptRefusalAct, consent_view: ConsentView) -> Breach | None:
    unsure = act.place.presumed or len(consent_view.windows(act)) > 1
    sure = act.others_kept and act.recorded
    verdict = Verdict.UNPROVEN if unsure else Verdict.CONFIRMED if sure else Verdict.LIKELY
    then = (
        f"the record was gone from {act.found.host}"
        if act.found.absent
        else "the banner stood open again with nothing stored"
        if act.found.carrier.startswith("probe")
        else f"{carrier(act.found).rstrip(',')} said that nobody had answered"
    )
    kept = ", though other cookies of the site stayed" if act.others_kept else ""
    doubt = (
        " Another window of the browser, with cookies of its own, may have opened it."
        if unsure
        else ""
        if act.others_kept
        else " Whoever emptied the browser in between would see the same."
    )
    return Breach(
        verdict=verdict,
        phase=Phase.AFTER_DENIAL,
        category=None,
        vendor=None,
        event_name=act.origin_name,
        explanation=(
            f"The person had refused, as {act.shown} showed at {clock(act.refused_at)}; on a page that was opened afterwards {then}{kept}"
            f" ({act.origin_name}).{doubt}"
        ),
        signal=act.refusal,
        later_signal=act.found,
    )


RULE = Rule(
    slug="refusal-not-kept",
    severity=Severity.WARNING,
    summary="A refusal is gone on the next page, or the person is asked again.",
    needs="a consent manager whose record or open banner is seen, a refusal, and a page that is opened after it",
    why=(
        "A refusal has to hold as long as a consent would. Who is asked on every page until they agree is not free to refuse, and what"
        " loads by the missing record runs against the choice."
    ),
    fix=(
        "Store a refusal as an acceptance is stored: same cookie, path, domain and lifetime. Check the consent manager's setting for how"
        " long a refusal is kept, and whether something deletes its cookie (a script that clears cookies on refusal, another subdomain)."
    ),
    references=(
        "CNIL, deliberation 2020-092, Recommendation on cookies and other trackers (17 September 2020), on keeping a refusal",
        "GDPR, Article 7(4) and recital 42",
    ),
    acts=(UnkeptRefusalAct,),
    awaits_evidence=False,
    check=check,
)
