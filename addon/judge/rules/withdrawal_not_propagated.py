"""withdrawal-not-propagated"""

from addon.consent.signal import Rank
from addon.judge.acts.consent import WithdrawalAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity
from addon.judge.verdict import Phase, Verdict
from addon.judge.wording import carrier, clock, distance

GRACE = 10.0
"""Seconds in which a message that reports the choice may still wait in a queue: batches are sent every 5, and once more."""


def check(act: WithdrawalAct, consent_view: ConsentView) -> Breach | None:
    if act.messages == 0:
        return None
    went_on = act.until - act.withdrawn_by
    listed = " and ".join(act.categories)
    count = "one message" if act.messages == 1 else f"{act.messages} messages"
    obligation = "the workspace enforces consent" if act.enforced else "they carry consent in their stamps"
    report = (
        f"one reports a choice, but one that still grants {listed}"
        if act.reported_otherwise
        else f"none is {act.reported_by!r}, by which a choice is reported to it"
    )
    return Breach(
        verdict=_verdict(act, went_on),
        phase=Phase.AFTER_WITHDRAWAL,
        category=act.categories[0],
        vendor=act.cdp,
        explanation=(
            f"No message told {act.cdp_name} that consent to {listed} was withdrawn by {clock(act.withdrawn_by)}, as"
            f" {carrier(act.signal)} shows. {count.capitalize()} to {act.cdp_name} followed, the last of them {distance(went_on)} later"
            f" ({obligation}); {report}, and nobody was suppressed."
            f"{_doubt(act, went_on)}"
        ),
        signal=act.signal,
    )


def _verdict(act: WithdrawalAct, went_on: float) -> Verdict:
    if act.unread or went_on < GRACE:
        return Verdict.UNPROVEN
    # the site's own stamps, or what a tester remembers, show a withdrawal less surely than the consent manager's record
    return Verdict.CONFIRMED if act.signal.rank >= Rank.STANDARD else Verdict.LIKELY


def _doubt(act: WithdrawalAct, went_on: float) -> str:
    if act.unread:
        return " A request of this session could not be read, which may have reported it."
    return " It may still have waited in a queue when the capture ended." if went_on < GRACE else ""


RULE = Rule(
    slug="withdrawal-not-propagated",
    severity=Severity.WARNING,
    summary="Consent was withdrawn, and no message reported the choice to the CDP and no suppression followed.",
    needs="a grant and then a refusal in one session, and messages after it of a source that enforces or stamps consent",
    why=(
        "Withdrawing must be as easy as giving, and must have an effect. The CDP's profiles keep the last choice that was"
        " reported to them: without a report they stay consented, and what is made from them (audiences, syncs) goes on."
    ),
    fix=(
        "Leave the consent-changed event of Segment's consent wrapper on, or send 'Segment Consent Preference Updated' with the"
        " new categoryPreferences whenever the choice changes; suppress a known user with a regulation if they want no more."
    ),
    references=("GDPR, Article 7(3)", "Segment documentation, Consent in Unify"),
    acts=(WithdrawalAct,),
    awaits_evidence=False,
    check=check,
)
