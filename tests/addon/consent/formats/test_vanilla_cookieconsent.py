"""The cookie ``cc_cookie``."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from addon.consent.formats.vanilla_cookieconsent import cookie
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from addon.jsontext import Json

_SAMPLE = (
    '{"categories":[%s],"consentTimestamp":"2026-05-01T12:00:00.123Z",'
    '"consentId":"0b3d5a5e-0c6f-4a52-8c09-5a4a3b1c2d3e","lastConsentTimestamp":"2026-05-01T12:00:00.123Z"}'
)
GRANT = _SAMPLE % '"necessary","analytics","marketing"'
REFUSAL = _SAMPLE % ""

CONSENT_ID = "0b3d5a5e-0c6f-4a52-8c09-5a4a3b1c2d3e"
FIRST, LAST = "2026-05-01T12:00:00.123Z", "2026-05-02T12:00:00.456Z"
LAST_AT = 1_777_723_200.456

ACCEPTED: dict[str, Json] = {
    "categories": ["necessary", "functionality", "analytics", "marketing"],
    "revision": 0,
    "data": {"uuid": CONSENT_ID},
    "consentTimestamp": FIRST,
    "consentId": CONSENT_ID,
    "services": {"analytics": ["ga"]},
    "languageCode": "en",
    "lastConsentTimestamp": LAST,
    "expirationTime": 1_793_448_000_123,
}


def read(document: Json, *, encoded: bool = True) -> Answer:
    text = json.dumps(document, separators=(",", ":"))
    return cookie("cc_cookie", {"cc_cookie": quote(text, safe="") if encoded else text})


def changed(**fields: Json) -> dict[str, Json]:
    return ACCEPTED | fields


def test_an_acceptance_is_read_encoded_or_raw() -> None:
    for encoded in (True, False):
        answer = read(ACCEPTED, encoded=encoded)
        assert answer.answered is True
        assert answer.keys == dict.fromkeys(("necessary", "functionality", "analytics", "marketing"), True)


def test_what_is_not_listed_is_refused() -> None:
    answer = read(changed(categories=["necessary"], services={}))
    assert answer.keys == {"necessary": True}
    assert answer.complete is True
    assert read(changed(categories=[], services={})).keys == {}


def test_what_is_offered_and_not_accepted_is_refused_by_name() -> None:
    offered: Json = {"necessary": [], "functionality": [], "analytics": ["ga"]}
    answer = read(changed(categories=["necessary", "analytics"], services=offered))
    assert answer.keys == {"necessary": True, "functionality": False, "analytics": True}


def test_a_choice_in_between_lists_what_was_accepted() -> None:
    assert read(changed(categories=["necessary", "analytics"])).keys == {"necessary": True, "analytics": True}


def test_the_latest_choice_dates_it() -> None:
    assert read(ACCEPTED).effective_at == LAST_AT


@pytest.mark.parametrize(
    "last", ["2026-05-02T12:00:00.456", "yesterday", "1970-01-01T00:00:00Z", 1_777_723_200_456, None, "", True, [LAST]]
)
def test_the_first_choice_does_not_date_a_later_one(last: Json) -> None:
    assert read(changed(lastConsentTimestamp=last)).effective_at is None


@pytest.mark.parametrize("key", ["consentId", "consentTimestamp", "lastConsentTimestamp"])
@pytest.mark.parametrize("value", [None, "", 0, False, {}, 7])
def test_without_id_or_timestamp_the_plugin_asks_again_so_it_is_no_answer(key: str, value: Json) -> None:
    answer = read(changed(**{key: value}))
    assert answer.answered is None
    assert answer.keys["analytics"] is True
    without = {name: kept for name, kept in ACCEPTED.items() if name != key}
    assert read(without).answered is None


@pytest.mark.parametrize("document", [{}, {"category": ["analytics"]}, [], "analytics", None, True, ["analytics"]])
def test_another_document_under_the_same_name_is_refused(document: Json) -> None:
    with pytest.raises(NotThisFormat):
        read(document)


@pytest.mark.parametrize(
    "categories",
    ["analytics", {"analytics": True}, None, True, 3, [1], ["analytics", None], [["analytics"]], ["a"] * 201],
)
def test_categories_of_another_shape_are_broken(categories: Json) -> None:
    with pytest.raises(MalformedSignal):
        read(changed(categories=categories))


def test_names_are_the_sites_own() -> None:
    assert read(changed(categories=["Überblick", "統計", ""], services={})).keys == {
        "Überblick": True,
        "統計": True,
        "": True,
    }
    assert read(changed(categories=["a" * 100_000], services={})).keys == {"a" * 100_000: True}


def test_the_evidence_does_not_say_who_it_was() -> None:
    named = changed(
        revision={"uuid": CONSENT_ID}, consentTimestamp=CONSENT_ID, lastConsentTimestamp=f"{LAST} {CONSENT_ID}"
    )
    for document in (ACCEPTED, named, changed(revision=CONSENT_ID)):
        assert CONSENT_ID not in read(document).evidence


def test_the_evidence_says_what_was_accepted_and_when() -> None:
    assert json.loads(read(ACCEPTED).evidence) == {
        key: ACCEPTED[key] for key in ("categories", "revision", "consentTimestamp", "lastConsentTimestamp")
    }
