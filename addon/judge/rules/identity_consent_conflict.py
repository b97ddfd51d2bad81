"""identity-consent-conflict"""

from addon.judge.acts.messages import ConflictAct
from addon.judge.identity_evidence import grade
from addon.judge.rule import Breach, ConsentView, Rule, Severity
from addon.judge.verdict import Phase, Verdict
from addon.judge.wording import moment


def check(act: ConflictAct, consent_view: ConsentView) -> Breach | None:
    graded = grade(act.sent, act.refusal)
    if graded is None:
        return None
    refusal = act.refusal
    return Breach(
        verdict=_verdict(act, graded),
        phase=Phase.AFTER_WITHDRAWAL if refusal.withdrawn else Phase.AFTER_DENIAL,
        category=refusal.category,
        vendor=None,
        explanation=" ".join((_observed(act), _order(act, graded), *_doubts(act))),
    )


def _verdict(act: ConflictAct, graded: int) -> Verdict:
    if graded == 2 or not act.certain_link or not act.refusal.decided:
        return Verdict.UNPROVEN
    return Verdict.LIKELY if graded == 1 or _long_unseen(act) else Verdict.CONFIRMED


def _long_unseen(act: ConflictAct) -> bool:
    """Whether the person may have changed their mind where they had refused, after the capture that shows it."""
    other_capture = act.refused_in.capture != act.acted_in.capture
    return other_capture and act.refusal.seen_until < act.sent.at


def _observed(act: ConflictAct) -> str:
    refusal, sent = act.refusal, act.sent
    goes_on = "" if sent.destination is None else f", which goes on to {sent.destination},"
    refused = "withdrawn" if refusal.withdrawn else "refused"
    return (
        f"The message {sent.title}{goes_on} was made in {act.acted_in.label}, although consent to {refusal.category} was {refused}"
        f" by the same identity ({act.link}) in {act.refused_in.label}. There {refusal.shown_by} showed it by"
        f" {moment(refusal.by, sent.at)}; the message was made at {moment(sent.at, sent.at)} under {_ground(act)}."
    )


def _ground(act: ConflictAct) -> str:
    grant = act.sent.grant
    if grant is None:
        return "no answer at all there, where none is needed to begin with (opt-out)"
    return f"a grant that {grant.shown_by} showed there"


def _order(act: ConflictAct, graded: int) -> str:
    grant = act.sent.grant
    if grant is None:
        return "The only answer of this identity is the refusal."
    if graded == 0:
        return "That grant is older than the refusal, which did not reach this surface."
    if graded == 1:
        return "Nothing shows that this grant is newer than the refusal."
    return (
        "That grant is newer than the refusal: whether the person meant it for every surface, or only for this one, cannot be"
        " told from the wire."
    )


def _doubts(act: ConflictAct) -> list[str]:
    doubts = []
    if not act.certain_link:
        doubts.append(
            "Another organisation may know the same person, or somebody else, by such an id, and nothing shows that both"
            " surfaces are of one: it is a conflict if they are."
        )
    if not act.refusal.decided:
        doubts.append(
            "Nothing shows that anybody was asked there: it may be a default that nobody chose; a message that reports the"
            " choice would decide it."
        )
    if _long_unseen(act):
        doubts.append("What was chosen there after that capture is not known.")
    return doubts


RULE = Rule(
    slug="identity-consent-conflict",
    severity=Severity.ERROR,
    summary="One identity acts under different consent on different surfaces; the most restrictive counts.",
    needs="two sessions in one database (browser, app or server) whose messages carry ids that belong together",
    why=(
        "Consent is a person's, not a device's. Whoever recognises the same person on the website, in the app and on the server"
        " knows of the refusal on all of them, and a CDP joins what it gets from all of them into one profile."
    ),
    fix=(
        "Keep the choice with the account and let every surface ask for it at login; pass it to servers with the person's id, and"
        " send the CDP's consent event from where the choice changed. Where two surfaces disagree, use the stricter answer until"
        " the person is asked again."
    ),
    references=(
        "GDPR, Articles 4(11) and 7(3)",
        "Segment documentation, Consent in Unify (consent preferences of a profile that are in conflict)",
    ),
    acts=(ConflictAct,),
    awaits_evidence=False,
    check=check,
)
