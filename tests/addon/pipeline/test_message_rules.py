"""Messages that were made before consent, and advertising ids without permission."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from addon.body import Body
from addon.exchange import Exchange
from tests.addon.building import BANNER, App, Browser, dated_choice, iso, message, run

QUEUED = "queued-before-consent"
IDENTIFIER = "advertising-id-without-permission"
IDFA = "11111111-2222-3333-4444-555555555555"


def story(made: float, sent: float, *, chosen: float) -> list[Exchange]:
    browser = Browser()
    opened = [browser.open(0), browser.fetch(0.5, BANNER)]
    browser.cookies |= dated_choice("analytics", at=chosen)
    waiting = message(timestamp=iso(made), sentAt=iso(sent))
    return [*opened, browser.send(sent + 0.1, waiting), browser.open(60)]


def test_a_message_that_waited_for_the_choice_is_noted() -> None:
    for live in (False, True):
        found = run(*story(1, 30, chosen=20), live=live)
        assert found.verdicts(QUEUED) == [("confirmed", "before-choice")]
        assert not found.found("event-without-consent")


@pytest.mark.parametrize(
    ("made", "sent", "chosen"),
    [(25, 30, 20), (29.8, 30, 29.9), (1, 10, 20)],
    ids=["made after it", "made by the click", "sent before it"],
)
def test_no_other_message_is(made: float, sent: float, chosen: float) -> None:
    assert run(*story(made, sent, chosen=chosen)).verdicts(QUEUED) == []


def test_a_clock_that_is_wrong_as_a_whole_does_not_matter() -> None:
    browser = Browser()
    opened = [browser.open(0), browser.fetch(0.5, BANNER)]
    browser.cookies |= dated_choice("analytics", at=20)
    waiting = message(timestamp=iso(1 - 86400), sentAt=iso(30 - 86400))
    assert run(*opened, browser.send(30, waiting), browser.open(60)).verdicts(QUEUED) == [
        ("confirmed", "before-choice")
    ]


@pytest.mark.parametrize(
    "times",
    [{}, {"timestamp": "soon", "sentAt": iso(30)}, {"timestamp": iso(40), "sentAt": iso(30)}, {"timestamp": iso(1)}],
)
def test_a_message_that_does_not_say_when_it_was_made_is_not_judged_by_it(times: dict[str, Any]) -> None:
    browser = Browser()
    opened = [browser.open(0), browser.fetch(0.5, BANNER)]
    browser.cookies |= dated_choice("analytics", at=20)
    assert run(*opened, browser.send(30, message(**times)), browser.open(60)).verdicts(QUEUED) == []


# --- advertising ids


def with_device(**device: Any) -> list[tuple[str, str]]:
    app = App()
    sent = app.send(0, message(stamp={"analytics": True}))
    document = sent.request_body.content().replace(  # type: ignore[union-attr]
        b'{"id": "d"}',
        str({"id": "d", **device}).replace("'", '"').replace("True", "true").replace("False", "false").encode(),
    )
    return run(replace(sent, request_body=Body(document))).verdicts(IDENTIFIER)


@pytest.mark.parametrize(
    ("device", "verdicts"),
    [
        ({"advertisingId": IDFA, "adTrackingEnabled": False, "type": "android"}, [("confirmed", "after-denial")]),
        ({"advertisingId": IDFA, "adTrackingEnabled": True, "type": "android"}, []),
        ({"advertisingId": IDFA, "type": "android"}, []),
        ({"adTrackingEnabled": False, "type": "android"}, []),
        ({"advertisingId": "", "adTrackingEnabled": False}, []),
        ({"advertisingId": "00000000-0000-0000-0000-000000000000", "adTrackingEnabled": False}, []),
        ({"advertisingId": "D", "adTrackingEnabled": False, "trackingStatus": "denied", "type": "ios"}, []),
        ({"advertisingId": IDFA, "trackingStatus": "denied", "manufacturer": "Apple"}, [("unproven", "after-denial")]),
        ({"advertisingId": IDFA, "trackingStatus": "notDetermined", "type": "ios"}, [("unproven", "before-choice")]),
        ({"advertisingId": IDFA, "trackingStatus": "authorized", "adTrackingEnabled": False, "type": "ios"}, []),
        ({"advertisingId": 7, "adTrackingEnabled": "no"}, []),
    ],
)
def test_an_advertising_id_needs_permission_and_the_id_for_vendors_is_none(
    device: dict[str, Any], verdicts: list[tuple[str, str]]
) -> None:
    assert with_device(**device) == verdicts
