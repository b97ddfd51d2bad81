"""The signals that messages carry in their stamps."""

from __future__ import annotations

import pytest

from addon.consent.signal import Rank
from addon.consent.stamps import STAMP_ORIGIN, stamp_signal

from .managers import ANALYTICS, MARKETING, resolver
from .wire import stamped

HOST = "www.shop.example"


def test_a_stamp_is_the_sites_own_statement() -> None:
    signal = stamp_signal(stamped({"stats": True, "ads": False, "TAB01": True}), HOST, resolver())
    assert signal is not None
    assert (signal.origin, signal.carrier, signal.rank, signal.host) == (STAMP_ORIGIN, "stamp", Rank.STAMP, HOST)
    assert signal.answered is None, "a stamp says what is in force, not that anybody chose it"
    assert signal.values == {ANALYTICS: True, MARKETING: False}
    assert signal.keys == {"stats": True, "ads": False, "TAB01": True}
    assert signal.unmapped == ("TAB01",)
    assert signal.effective_at is None


def test_what_a_stamp_does_not_name_it_does_not_refuse() -> None:
    signal = stamp_signal(stamped({"ads": False}), HOST, resolver())
    assert signal is not None
    assert signal.value((ANALYTICS,), None, ()) is None


def test_mixed_keys_of_one_category_cannot_be_told() -> None:
    signal = stamp_signal(stamped({"stats": True, "extra": False}), HOST, resolver(extra=ANALYTICS))
    assert signal is not None
    assert signal.values == {ANALYTICS: None}


def test_a_value_that_is_no_boolean_cannot_be_told() -> None:
    signal = stamp_signal(stamped({"stats": None}), HOST, resolver())
    assert signal is not None
    assert signal.values == {ANALYTICS: None}


def test_a_message_without_preferences_says_nothing() -> None:
    assert stamp_signal(stamped({}), HOST, resolver()) is None


@pytest.mark.parametrize(
    ("timestamp", "effective_at"),
    [("2026-05-01T12:00:00.000Z", 1_777_636_800.0), ("2026-05-01T12:00:00", None), ("soon", None), (None, None)],
)
def test_the_message_that_reports_a_choice_dates_it(timestamp: str | None, effective_at: float | None) -> None:
    signal = stamp_signal(stamped({"stats": True}, reports_choice=True, timestamp=timestamp), HOST, resolver())
    assert signal is not None
    assert signal.answered is True
    assert signal.effective_at == effective_at


def test_the_moment_of_any_other_message_dates_nothing() -> None:
    signal = stamp_signal(stamped({"stats": True}, timestamp="2026-05-01T12:00:00Z"), HOST, resolver())
    assert signal is not None
    assert signal.effective_at is None


def test_equal_stamps_are_equal_in_whatever_order_they_name_their_keys() -> None:
    one, other = (
        stamp_signal(stamped(preferences), HOST, resolver())
        for preferences in ({"stats": True, "ads": False}, {"ads": False, "stats": True})
    )
    assert one is not None and other is not None
    assert one.same_content(other)


def test_a_huge_stamp_is_kept_within_bounds_and_still_told_from_the_next() -> None:
    many: dict[str, bool | None] = {f"{number:060}": True for number in range(500)}
    one, other = (
        stamp_signal(stamped({**many, "z": True}), HOST, resolver()),
        stamp_signal(stamped({**many, "z": False}), HOST, resolver()),
    )
    assert one is not None and other is not None
    assert one.raw is not None and len(one.raw) == 4000
    assert not one.same_content(other)
