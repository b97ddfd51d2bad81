"""workspace-token-exposed: a page or an app that calls a CDP's management interface itself."""

from __future__ import annotations

import pytest

from addon.decode.facts import Surface
from addon.judge.acts.calls import WorkspaceTokenAct
from tests.addon.judge.consent_views import consent_view, judged, place
from tests.addon.judge.rules.choices import DENIED, GRANTED

RULE = "workspace-token-exposed"


def token(surface: Surface) -> WorkspaceTokenAct:
    return WorkspaceTokenAct(
        place=place(1), cdp="segment", cdp_name="Twilio Segment", host="api.segmentapis.com", surface=surface
    )


@pytest.mark.parametrize(("surface", "client"), [(Surface.WEB, "A page"), (Surface.MOBILE, "An app")])
def test_a_token_in_the_clients_hands_is_a_breach_that_says_whose_and_where(surface: Surface, client: str) -> None:
    breach = judged(RULE, token(surface), consent_view())
    assert breach is not None
    assert (breach.verdict, breach.phase, breach.vendor) == ("confirmed", "no-signal", "segment")
    assert breach.explanation.startswith(
        f"{client} called api.segmentapis.com, the management interface of Twilio Segment, with a bearer token."
    )
    assert breach.explanation.endswith("The token itself is not stored.")


def test_no_choice_of_the_person_makes_it_better_or_worse() -> None:
    assert judged(RULE, token(Surface.WEB), GRANTED) == judged(RULE, token(Surface.WEB), DENIED)
