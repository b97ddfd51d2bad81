"""What Hightouch makes of consent is documented only where nothing is refused."""

from __future__ import annotations

import pytest

from addon.decode.facts import NO_STAMP, DestinationSetting, Mode, Stamp, StampShape
from addon.routing import Message
from addon.routing.delivery import Outcome
from addon.routing.hightouch import ROUTER

from .predictions import denied, outcome

FLOWS, FILTERED, UNKNOWN = Outcome.FLOWS, Outcome.FILTERED, Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("stamp", "integrations", "expected"),
    [
        (NO_STAMP, {}, FLOWS),
        (NO_STAMP, {"Braze": False}, FILTERED),
        (NO_STAMP, {"All": False}, FILTERED),
        (denied(allowed=("ads",), provider=None), {}, FLOWS),
        (denied("ads", provider=None), {}, UNKNOWN),
        (denied("other", provider=None), {}, UNKNOWN),
        (Stamp(StampShape.EMPTY_CONSENT), {}, UNKNOWN),
    ],
)
def test_what_hightouch_makes_of_a_refusal_is_not_known(
    stamp: Stamp, integrations: dict[str, bool], expected: Outcome
) -> None:
    destination = DestinationSetting("Braze", (), Mode.CLOUD, ("ads",), mapping_shown=True)
    assert outcome(ROUTER, Message(stamp, integrations), destination) is expected
