"""personal-data-in-payload: what looks like personal data, whatever was consented."""

from __future__ import annotations

from tests.addon.judge.consent_views import consent_view, event, judged, personal_data
from tests.addon.judge.rules.choices import GRANTED

RULE = "personal-data-in-payload"


def test_personal_data_in_a_message_is_named_by_kind_and_place() -> None:
    breach = judged(RULE, personal_data(message=event(type="identify"), where="traits.email"), GRANTED)
    assert breach is not None
    assert (breach.verdict, breach.phase, breach.vendor) == ("confirmed", "no-signal", "segment")
    assert breach.event_name == "email at traits.email"
    assert breach.explanation == (
        "A message of type identify, sent to Twilio Segment on api.segment.io, carries what looks like an e-mail address at"
        " traits.email: potential personal data. It goes on with the message, to every destination that this reaches."
    )


def test_personal_data_in_a_call_is_named_with_its_vendor() -> None:
    breach = judged(RULE, personal_data(), consent_view())
    assert breach is not None
    assert breach.explanation == (
        "A call to Meta Pixel on www.facebook.com carries what looks like an e-mail address at query.em: potential personal data."
    )
