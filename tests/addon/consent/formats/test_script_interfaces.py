"""What the script interfaces of consent managers answer: an answer only where they say that somebody answered."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.consent.formats import api_format
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from addon.jsontext import Json
from vendor_catalog import Category, ScriptApi, shipped_catalogue

APIS = [(manager.id, api) for manager in shipped_catalogue().consent_managers.values() for api in manager.apis]
FORMATS = sorted({api.format for _, api in APIS})
ACCEPTED = "CQgcD4AQgcD4AEsABBENCxFoAP_gAEPgAAYgF5wAgAtgLzAAAAAA.IF5wAgAtgLzA"
COOKIEBOT: dict[str, Json] = {
    "answered": True,
    "necessary": True,
    "preferences": False,
    "statistics": True,
    "marketing": False,
}
ONETRUST: dict[str, Json] = {"groups": ",C0001,C0002,", "closed": True, "notice": True}
DIDOMI: dict[str, Json] = {"purposes": {"analytics": True}, "vendors": {"c:hotjar": False}}
ACCEPTS: dict[str, Json] = {"valid": True, "accepted": ["necessary", "ads"], "rejected": ["analytics"]}
SHOPIFY: dict[str, Json] = {"analytics": "yes", "marketing": "no", "preferences": "", "sale": "no"}
CONSENT_EVENT: dict[str, Json] = {"categories": ["ads"], "dated": "2026-05-01T12:00:00Z"}


@pytest.mark.parametrize("api", [api for _, api in APIS], ids=lambda api: api.format)
def test_every_interface_has_a_reader(api: ScriptApi) -> None:
    assert callable(api_format(api.format))


@pytest.mark.parametrize(
    ("name", "state", "event", "keys"),
    [
        ("cookiebot", COOKIEBOT, None, {"necessary": True, "preferences": False, "statistics": True, "marketing": False}),
        ("onetrust", ONETRUST, "OneTrustGroupsUpdated", {"C0001": True, "C0002": True}),
        ("didomi", DIDOMI, "consent.changed", {"analytics": True, "hotjar": False}),
        ("klaro", {"confirmed": True, "services": {"ga": False, "ads": True}}, "watch", {"ga": False, "ads": True}),
        ("vanilla_cookieconsent", ACCEPTS, None, {"necessary": True, "ads": True, "analytics": False}),
        ("vanilla_cookieconsent", CONSENT_EVENT, "cc:onConsent", {"ads": True}),
        ("shopify", SHOPIFY, None, {"analytics": True, "marketing": False}),
    ],
)  # fmt: skip
def test_an_answer_is_read(name: str, state: dict[str, Json], event: str | None, keys: dict[str, bool]) -> None:
    answer = api_format(name)(state, event)
    assert (answer.answered, answer.keys) == (True, keys)


@pytest.mark.parametrize(
    ("name", "state", "event", "answered"),
    [
        ("cookiebot", {**COOKIEBOT, "answered": False, "open": True}, None, False),
        ("cookiebot", {**COOKIEBOT, "answered": False}, None, None),
        ("cookiebot", {**COOKIEBOT, "method": "implied"}, "CookiebotOnAccept", False),
        ("onetrust", {**ONETRUST, "closed": False}, "OneTrustGroupsUpdated", False),
        ("onetrust", {**ONETRUST, "closed": False, "notice": False}, "OneTrustGroupsUpdated", None),
        ("didomi", {**DIDOMI, "needed": True}, None, False),
        ("didomi", {**DIDOMI, "needed": False}, None, None),
        ("klaro", {"confirmed": False, "services": {"ads": True}}, "watch", False),
        ("vanilla_cookieconsent", {**ACCEPTS, "valid": False}, None, None),
        ("vanilla_cookieconsent", CONSENT_EVENT, None, None),
        ("shopify", {"analytics": "", "marketing": "", "preferences": "", "sale": ""}, None, False),
        ("shopify", {"analytics": None}, None, None),
        ("tcf", {"string": ACCEPTED, "status": "cmpuishown"}, None, False),
        ("tcf", {"string": ACCEPTED, "status": "tcloaded", "applies": False}, None, None),
        ("tcf", {"status": "useractioncomplete"}, None, None),
        ("tcf", {"status": "cmpuishown"}, None, False),
        ("tcf", {"status": "cmpuishown", "applies": False}, None, None),
    ],
)
def test_what_nobody_answered_is_none(
    name: str, state: dict[str, Json], event: str | None, answered: bool | None
) -> None:
    assert api_format(name)(state, event).answered is answered


@pytest.mark.parametrize("status", ["useractioncomplete", "tcloaded"])
def test_a_tc_string_is_an_answer_by_its_event_status(status: str) -> None:
    answer = api_format("tcf")({"string": ACCEPTED, "status": status, "applies": True}, None)
    assert (answer.answered, answer.values[Category.ANALYTICS]) == (True, True)
    with pytest.raises(MalformedSignal):
        api_format("tcf")({"string": ACCEPTED[:24], "status": status}, None)


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=20)
STATES: Any = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


@pytest.mark.parametrize("name", FORMATS)
@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.data())
def test_arbitrary_states_give_an_answer_or_are_refused(name: str, data: st.DataObject) -> None:
    fields = sorted({field for _, api in APIS if api.format == name for field in (*api.window_paths, *api.event_paths)})
    state = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(fields, STATES)))
    try:
        answer = api_format(name)(
            state, data.draw(st.none() | st.sampled_from(["consent.changed", "cc:onChange", "x"]))
        )
    except (NotThisFormat, MalformedSignal):
        return
    assert isinstance(answer, Answer)
    if answer.answered is not True:
        assert True not in answer.keys.values()
