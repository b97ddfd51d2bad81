"""Destinations that Segment's settings count or hint at, and do not list."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from addon.consent.timeline import Need
from addon.decode.facts import DestinationSetting, Mode, Origin, Settings
from addon.routing.delivery import UNLISTED
from addon.routing.segment.unlisted import inferred
from vendor_catalog import Category

ADS = DestinationSetting("Braze", (), Mode.CLOUD, ("ads",), mapping_shown=True)
NAMED = DestinationSetting("Mixpanel", (), Mode.UNKNOWN, (), mapping_shown=False)


def settings(*categories: str, unmapped: bool | None = False, origin: str = "settings") -> Settings:
    return Settings("segment", "key", origin, (ADS,), categories, unmapped, ())


def found(
    shown: Settings, *known: DestinationSetting, needs: Mapping[str, Need | None] | None = None
) -> list[tuple[str, Origin]]:
    return [(each.name, each.origin) for each in inferred([shown], known, needs or {})]


def test_a_category_that_no_listed_destination_has_is_that_of_a_hidden_one() -> None:
    assert found(settings("ads", "more"), ADS) == [("(not listed in the settings; needs more)", Origin.INFERRED)]
    assert found(settings("ads"), ADS) == []


def test_settings_that_count_one_without_a_category_have_one() -> None:
    assert found(settings("ads", unmapped=True), ADS) == [(UNLISTED, Origin.INFERRED)]


@pytest.mark.parametrize(
    ("need", "origin"), [(None, Origin.DOUBTED), (Need((Category.ANALYTICS,), "mixpanel"), Origin.COVERED)]
)
def test_it_may_be_one_that_is_known_by_name_alone(need: Need | None, origin: Origin) -> None:
    hidden = found(settings("ads", "more", unmapped=True), ADS, NAMED, needs={"Mixpanel": need})
    assert hidden == [("(not listed in the settings; needs more)", origin)]


def test_nothing_is_inferred_from_a_fetched_list_or_from_a_workspace_without_consent() -> None:
    assert found(settings("ads", "more", origin="integrations"), ADS) == []
    assert found(settings("ads", "more", unmapped=None), ADS) == []


def test_what_is_inferred_is_bounded() -> None:
    assert len(found(settings(*(f"category {number}" for number in range(100)), "x" * 300), ADS)) == 20
