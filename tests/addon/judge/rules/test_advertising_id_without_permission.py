"""advertising-id-without-permission: an advertising id beside what the device says of ad tracking."""

from __future__ import annotations

import pytest

from addon.decode.facts import AdvertisingId
from addon.judge.rule import Breach
from tests.addon.judge.consent_views import consent_view, event, judged
from tests.addon.judge.rules.choices import GRANTED

RULE = "advertising-id-without-permission"


def found(
    permission: str | None = None, *, enabled: bool | None = None, vendor_scoped: bool = False, apple: bool = False
) -> Breach | None:
    carried = AdvertisingId(permission, enabled, vendor_scoped, apple)
    return judged(RULE, event(advertising_id=carried), consent_view())


@pytest.mark.parametrize("permission", ["denied", "restricted", "Denied"])
def test_an_id_beside_a_denial_is_a_breach_that_quotes_it(permission: str) -> None:
    breach = found(permission)
    assert breach is not None
    assert (breach.verdict, breach.phase, breach.category) == ("confirmed", "after-denial", "marketing")
    assert breach.explanation == (
        "The message track 'Order Completed' carries context.device.advertisingId although trackingStatus is"
        f" {permission}."
    )


def test_an_id_before_the_device_asked_is_one_before_the_choice() -> None:
    breach = found("notDetermined")
    assert breach is not None
    assert (breach.verdict, breach.phase) == ("confirmed", "before-choice")


def test_ad_tracking_that_is_switched_off_is_a_denial_unless_permission_was_given() -> None:
    breach = found(enabled=False)
    assert breach is not None
    assert "adTrackingEnabled is false" in breach.explanation
    assert found("authorized", enabled=False) is None


def test_an_id_with_permission_or_without_any_word_of_it_is_fine() -> None:
    assert found("authorized") is None
    assert found(enabled=True) is None
    assert found() is None
    assert judged(RULE, event(), consent_view()) is None


def test_an_id_for_the_vendors_own_apps_is_fine() -> None:
    assert found("denied", vendor_scoped=True) is None


def test_on_apples_systems_it_may_be_another_id_so_it_is_unproven() -> None:
    breach = found("denied", apple=True)
    assert breach is not None
    assert breach.verdict == "unproven"
    assert "IDFV" in breach.explanation


def test_an_id_that_differs_from_the_one_for_the_vendors_apps_is_none_of_those() -> None:
    carried = AdvertisingId("denied", None, vendor_scoped=False, apple=True, beside_vendor_id="analytics-swift")
    breach = judged(RULE, event(advertising_id=carried), consent_view())
    assert breach is not None
    assert breach.verdict == "confirmed"
    assert "differs from context.device.id, into which analytics-swift puts" in breach.explanation


def test_consent_on_the_site_does_not_stand_in_for_the_devices_permission() -> None:
    carried = AdvertisingId("denied", None, vendor_scoped=False, apple=False)
    assert judged(RULE, event(advertising_id=carried), GRANTED) is not None
