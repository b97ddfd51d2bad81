"""refusal-stored-as-acceptance"""

from addon.judge.acts.consent import RefusalRecordAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity
from addon.judge.verdict import Phase, Verdict
from addon.judge.wording import carrier, clock
from vendor_catalog import Category


def check(act: RefusalRecordAct, consent_view: ConsentView) -> Breach | None:
    names = " and ".join(act.granted)
    return Breach(
        verdict=_verdict(act, len(consent_view.windows(act)) > 1),
        phase=Phase.AFTER_DENIAL,
        category=act.granted[0],
        vendor=None,
        event_name=act.origin_name,
        explanation=(
            f"A refusal was pressed, as {act.pressed} at {clock(act.pressed_at)} shows; the record of {act.origin_name}"
            f" grants {names} at {clock(act.at)}, as {carrier(act.record).rstrip(',')} shows.{_doubt(act)}"
        ),
        signal=act.record,
    )


def _verdict(act: RefusalRecordAct, windows: bool) -> Verdict:
    if windows or not act.dated or Category.MARKETING not in act.granted:
        return Verdict.UNPROVEN
    return Verdict.CONFIRMED if act.clicked else Verdict.LIKELY


def _doubt(act: RefusalRecordAct) -> str:
    if not act.dated:
        return " Nothing dates the record, so that it may have been changed after the press."
    if Category.MARKETING not in act.granted:
        return " It grants nothing for marketing, so that it may be audience measurement for which the site asks no consent."
    return "" if act.clicked else " Nothing but the tester's word shows what was pressed."


RULE = Rule(
    slug="refusal-stored-as-acceptance",
    severity=Severity.ERROR,
    summary="A refusal was pressed, and the consent manager's record grants what was refused.",
    needs="a refusal that the in-page probe saw being clicked or the tester marked, and the consent manager's record after it",
    why=(
        "What the record says is what every tag, stamp and destination goes by: the person refused, and is treated as somebody who agreed."
        " The record cannot prove a consent that was never given."
    ),
    fix=(
        "Press the button in a fresh profile and read the record: check what the button is bound to, whether categories are preset, and"
        " whether legitimate interest or a mapping of categories is stored as consent."
    ),
    references=("GDPR, Articles 4(11) and 7(1)", "EDPB, Report of the Cookie Banner Taskforce (17 January 2023)"),
    acts=(RefusalRecordAct,),
    awaits_evidence=False,
    check=check,
)
