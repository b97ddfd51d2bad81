"""unmapped-destination, server-event-without-consent, invalid-consent-string: what the act alone decides."""

from __future__ import annotations

import pytest

from addon.decode.facts import Stamp, StampShape, Surface
from addon.judge.acts import ConsentStringAct, MappingAct
from tests.addon.judge.consent_views import consent_view, event, judged, place, stamped


def mapping(destination: str | None, *keys: str) -> MappingAct:
    return MappingAct(place=place(1), write_key="writekey1", destination=destination, vendor=None, keys=keys)


def test_a_destination_without_a_category_always_receives() -> None:
    breach = judged("unmapped-destination", mapping("Braze"), consent_view())
    assert breach is not None
    assert (breach.verdict, breach.destination) == ("confirmed", "Braze")
    assert breach.explanation == (
        "Braze has no consent category in the workspace of source writekey1, so it always receives."
    )


def test_a_destination_that_the_settings_count_but_do_not_list_is_told_as_that() -> None:
    breach = judged("unmapped-destination", mapping(None), consent_view())
    assert breach is not None
    assert breach.destination == "(not listed in the settings)"
    assert "hasUnmappedDestinations" in breach.explanation


def test_a_mapped_destination_is_fine() -> None:
    assert judged("unmapped-destination", mapping("Braze", "C0004"), consent_view()) is None


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        (StampShape.MISSING, "carries no context.consent"),
        (StampShape.EMPTY_CONSENT, "carries a context.consent without categoryPreferences"),
        (StampShape.EMPTY_PREFERENCES, "carries empty categoryPreferences"),
    ],
)
def test_a_servers_message_without_a_choice_says_what_it_lacks(shape: StampShape, told: str) -> None:
    breach = judged("server-event-without-consent", event(stamp=Stamp(shape), surface=Surface.SERVER), consent_view())
    assert breach is not None
    assert (breach.verdict, breach.phase) == ("confirmed", "no-signal")
    assert told in breach.explanation


def test_a_servers_message_with_a_choice_is_fine_whatever_the_choice() -> None:
    for stamp in (stamped(analytics=True), stamped(analytics=False)):
        assert (
            judged("server-event-without-consent", event(stamp=stamp, surface=Surface.SERVER), consent_view()) is None
        )


@pytest.mark.parametrize("surface", [Surface.WEB, Surface.MOBILE, Surface.UNKNOWN])
def test_only_servers_are_judged_by_it(surface: Surface) -> None:
    assert judged("server-event-without-consent", event(surface=surface), consent_view()) is None


def test_a_broken_consent_string_tells_its_problems() -> None:
    act = ConsentStringAct(place=place(1), carrier="cookie euconsent-v2", problems=("too short", "no vendors"))
    breach = judged("invalid-consent-string", act, consent_view())
    assert breach is not None
    assert breach.explanation == "The consent string in the cookie euconsent-v2 is invalid: too short; no vendors."
    fine = ConsentStringAct(place=place(1), carrier="cookie euconsent-v2", problems=())
    assert judged("invalid-consent-string", fine, consent_view()) is None
