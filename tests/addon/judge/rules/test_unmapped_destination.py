"""unmapped-destination: destinations that no consent category holds back."""

from __future__ import annotations

from addon.judge.acts.deliveries import MappingAct
from tests.addon.judge.consent_views import consent_view, judged, place

RULE = "unmapped-destination"


def mapping(destination: str | None, *keys: str) -> MappingAct:
    return MappingAct(place=place(1), write_key="writekey1", destination=destination, vendor=None, keys=keys)


def test_a_destination_without_a_category_always_receives() -> None:
    breach = judged(RULE, mapping("Braze"), consent_view())
    assert breach is not None
    assert (breach.verdict, breach.destination) == ("confirmed", "Braze")
    assert breach.explanation == (
        "Braze has no consent category in the workspace of source writekey1, so it always receives."
    )


def test_a_destination_that_the_settings_count_but_do_not_list_is_called_unlisted() -> None:
    breach = judged(RULE, mapping(None), consent_view())
    assert breach is not None
    assert breach.destination == "(not listed in the settings)"
    assert "hasUnmappedDestinations" in breach.explanation


def test_a_mapped_destination_is_fine() -> None:
    assert judged(RULE, mapping("Braze", "C0004"), consent_view()) is None
