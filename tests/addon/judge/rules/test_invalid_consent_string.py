"""invalid-consent-string: strings that are broken, or break their version's rules."""

from __future__ import annotations

from addon.judge.acts.consent import ConsentStringAct
from tests.addon.judge.consent_views import consent_view, judged, place

RULE = "invalid-consent-string"


def test_a_broken_consent_string_tells_its_problems() -> None:
    act = ConsentStringAct(place=place(1), carrier="cookie euconsent-v2", problems=("too short", "no vendors"))
    breach = judged(RULE, act, consent_view())
    assert breach is not None
    assert breach.explanation == "The consent string in the cookie euconsent-v2 is invalid: too short; no vendors."
    fine = ConsentStringAct(place=place(1), carrier="cookie euconsent-v2", problems=())
    assert judged(RULE, fine, consent_view()) is None
