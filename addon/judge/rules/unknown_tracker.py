"""unknown-tracker"""

from addon.judge.acts.calls import HandoverAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity, breach_of
from addon.judge.wording import reason, unanswered


def check(act: HandoverAct, consent_view: ConsentView) -> Breach | None:
    lack = consent_view.lack(act.need, act)
    if lack is None:
        return None
    failed = unanswered(act.place)
    doubt = (
        " The site itself gave this id, and servers of its own on another domain get it for their work: whose the host is would"
        " decide it."
        if act.given_by_site
        else ""
    )
    return breach_of(
        lack,
        unsure=act.given_by_site,
        category=act.need.category,
        vendor=None,
        destination=act.host,
        explanation=(
            f"An unlisted third party, {act.host}, got {act.identifier}, in {act.where}.{failed} If it is the site's own, name it in"
            f" the policy (own_domains); if it is somebody's, add it to the catalogue.{doubt} {reason(lack, act.at)}"
        ),
    )


RULE = Rule(
    slug="unknown-tracker",
    severity=Severity.NOTE,
    summary="An unlisted third party got an identifier of a known vendor, without consent for what that vendor does.",
    needs="a website, cookies or messages of a known vendor with their ids, and a request to a host that is nobody's",
    why=(
        "Whoever is handed the id by which an analytics or advertising vendor knows a browser can join what both of them know."
        " That needs the consent under which the vendor has the id, at the least; nobody listed the receiver, so nobody asked"
        " for it."
    ),
    fix=(
        "Find out whose host it is. The site's own go into own_domains in the policy; a vendor goes into the catalogue"
        " (a folder of your own will do), where its calls are judged by its own category, and behind the consent manager."
    ),
    references=("GDPR, Articles 4(1), 6(1)(a) and recital 30", "ePrivacy Directive 2002/58/EC, Article 5(3)"),
    acts=(HandoverAct,),
    check=check,
)
