"""GPP by its script interface: the EU section is a TC string, and counts only where it applies."""

from __future__ import annotations

import pytest

from addon.consent.formats.gpp_eu import api
from addon.jsontext import Json
from vendor_catalog import Category

ACCEPTED = "CQgcD4AQgcD4AEsABBENCxFoAP_gAEPgAAYgF5wAgAtgLzAAAAAA.IF5wAgAtgLzA"
REFUSED = "CQgcD4AQgcD4AEsABBENCxFgAAAAAAAAAAYgAAAAAAAA.IF5wAgAtgLzA"


def state(section: str, **more: Json) -> dict[str, Json]:
    return {"string": f"DBACNY~{section}~1YNN", "sections": [2], "signal": "ready", "display": "hidden", **more}


def test_an_applicable_eu_section_is_read_as_a_tc_string() -> None:
    granted, refused = api(state(ACCEPTED), None), api(state(REFUSED), None)
    assert (granted.answered, granted.values[Category.MARKETING]) == (True, True)
    assert (refused.answered, refused.values[Category.MARKETING]) == (None, False)


def test_while_the_banner_is_up_it_is_no_answer() -> None:
    assert api(state(ACCEPTED, display="visible"), None).answered is False


@pytest.mark.parametrize(
    "changed",
    [
        {"sections": [7]},
        {"sections": [-1]},
        {"sections": None},
        {"signal": "not ready"},
        {"string": "x"},
        {"string": 7},
    ],
)
def test_what_does_not_apply_or_is_not_ready_says_nothing(changed: dict[str, Json]) -> None:
    answer = api({**state(ACCEPTED), **changed}, None)
    assert (answer.answered, answer.values, answer.keys) == (None, {}, {})


def test_a_section_cut_short_grants_no_more_than_the_whole() -> None:
    whole = api(state(ACCEPTED), None).values
    for cut in range(len(ACCEPTED)):
        values = api(state(ACCEPTED[:cut]), None).values
        assert True not in values.values() or values == whole
