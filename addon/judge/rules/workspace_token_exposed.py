"""workspace-token-exposed"""

from addon.decode.facts import Surface
from addon.judge.acts.calls import WorkspaceTokenAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity
from addon.judge.verdict import Phase, Verdict


def check(act: WorkspaceTokenAct, consent_view: ConsentView) -> Breach | None:
    client = "An app" if act.surface is Surface.MOBILE else "A page"
    return Breach(
        verdict=Verdict.CONFIRMED,
        phase=Phase.NO_SIGNAL,
        category=None,
        vendor=act.cdp,
        explanation=(
            f"{client} called {act.host}, the management interface of {act.cdp_name}, with a bearer token. Whoever uses"
            " it can read that token and act for the workspace with it. The token itself is not stored."
        ),
    )


RULE = Rule(
    slug="workspace-token-exposed",
    severity=Severity.ERROR,
    summary="A page or an app calls the CDP's management interface with a token of the workspace.",
    needs="a request of a page or an app to the management interface",
    why=(
        "The management interface is meant for servers. Its tokens are for the whole workspace: with one, anybody can delete or"
        " suppress people, read the list of them, or change where data goes and which consent it needs."
    ),
    fix="Revoke the token, and let the page or app ask a server of yours, which keeps a new one and calls the interface itself.",
    references=("Segment documentation, Public API", "GDPR, Article 32(1)"),
    acts=(WorkspaceTokenAct,),
    awaits_evidence=False,
    check=check,
)
