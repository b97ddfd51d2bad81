"""Cookies of consent managers as live sites write them, through the shipped catalogue: what they mean in our categories."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from addon.consent.reader import ConsentReader, Read
from addon.consent.signal import Resolver, Unread
from vendor_catalog import Category, shipped_catalogue

CATALOGUE = shipped_catalogue()


def read(**cookies: str) -> Read:
    return ConsentReader(CATALOGUE, Resolver(CATALOGUE, {})).cookies(cookies, "shop.example")


def packed(document: object) -> str:
    return quote(base64.b64encode(json.dumps(document).encode()).decode(), safe="")


def ketch(**purposes: tuple[str, str]) -> str:
    return packed({code: {"status": status, "canonicalPurposes": [own]} for code, (status, own) in purposes.items()})


def approved(*names: str) -> str:
    every = ["necessary", "functional", "statistic", "marketing"]
    return quote(
        json.dumps(
            {
                "website_uuid": "w",
                "timestamp": "2026-05-01T10:00:00.000Z",
                "user_uid": "somebody",
                "consents_approved": [f"cookie_cat_{name}" for name in names],
                "consents_denied": [f"cookie_cat_{name}" for name in every if name not in names],
            }
        )
    )


@pytest.mark.parametrize(
    ("name", "value", "answered", "functional", "analytics", "marketing"),
    [
        ("CookieInformationConsent", approved("necessary", "statistic"), True, False, True, False),
        ("c15t", "c.necessary:1,c.measurement:1,i.t:1777629600000,i.y:custom", True, False, True, False),
        ("c15t", "c.necessary:1,i.t:1777629600000", True, False, False, False),
        ("moove_gdpr_popup", '{"strict":"1","thirdparty":"1","advanced":"1"}', True, True, True, True),
        ("moove_gdpr_popup", quote('{"strict":"1","thirdparty":"0","advanced":"0"}'), True, None, False, False),
        ("moove_gdpr_popup", '{"strict":"1","thirdparty":"1","advanced":"0","version":"1"}', True, None, None, None),
        ("notice_preferences", "0:", True, False, False, False),
        ("cookie-agreed", "0", True, False, False, False),
        ("TC_PRIVACY", "0@007@1,2@@1777629600000@", True, None, None, None),
    ],
)
def test_what_a_cookie_means(
    name: str,
    value: str,
    answered: bool | None,
    functional: bool | None,
    analytics: bool | None,
    marketing: bool | None,
) -> None:
    (signal,) = read(**{name: value}).signals
    said = [signal.values[each] for each in (Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING)]
    assert (signal.answered, *said) == (answered, functional, analytics, marketing)
    assert "somebody" not in str(signal.raw)


def test_ketch_is_read_by_the_purposes_that_the_sites_own_stand_for() -> None:
    value = ketch(
        required=("granted", "essential_services"),
        stats=("granted", "analytics"),
        ads=("denied", "behavioral_advertising"),
        ours=("granted", "something_else"),
    )
    (signal,) = read(_ketch_consent_v1_=value).signals
    assert signal.answered is None  # the default of a region is written, too
    assert (signal.values[Category.ANALYTICS], signal.values[Category.MARKETING]) == (True, False)
    assert signal.unmapped == ("something_else",)


def test_a_purpose_that_is_granted_and_refused_is_neither() -> None:
    value = ketch(one=("granted", "analytics"), other=("denied", "analytics"))
    (signal,) = read(_ketch_consent_v1_=value).signals
    assert signal.values[Category.ANALYTICS] is None


@pytest.mark.parametrize("name", ["osano_consentmanager", "didomi_dcs"])
def test_a_record_that_nobody_can_read_is_there_and_says_nothing(name: str) -> None:
    found = read(**{name: "CGazIAynMbjOEnoddpATKoEG6UfOkG6UfUwABBBsAAFooINiAAkUgABoAAQACg0p"})
    assert found.signals == []
    assert [signal.unread for signal in found.unread] == [Unread.NO_READER]
    assert found.recognised == {signal.origin for signal in found.unread}
    assert [kind for kind, _ in found.problems] == ["unknown-format"]


def test_what_can_be_read_counts_before_what_cannot() -> None:
    token = base64.b64encode(b'{"user_id":"x","purposes":{"enabled":[],"disabled":["analytics"]}}').decode()
    found = read(didomi_token=token, didomi_dcs="CGazIAynMbjOEnod")
    assert [signal.origin for signal in found.signals] == ["didomi"]
    assert found.unread == []


def test_several_cookies_of_trustarc_are_one_answer() -> None:
    found = read(
        notice_preferences="2:", notice_gdpr_prefs="0,1,2:", cmapi_cookie_privacy="permit 1,2,3", cmapi_gtm_bl=""
    )
    (signal,) = found.signals
    assert (signal.origin, signal.answered, signal.values[Category.MARKETING]) == ("trustarc", True, True)
    assert signal.unmapped == ()
