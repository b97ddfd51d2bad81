"""What a TC string's publisher restricts, vendor by vendor."""

from __future__ import annotations

import pytest

from addon.consent.formats.tcf import cookie
from addon.consent.signal import Answer, Resolver
from tests.addon.consent.wire import Bits, Core, tc_string
from vendor_catalog import Category, shipped_catalogue

CATALOGUE = shipped_catalogue()
VENDOR = 755
"""Google's id in the IAB's list."""
EVERY = range(1, 12)


def restricted(*restrictions: tuple[int, int, int]) -> Bits:
    """Purpose, type and vendor of each."""
    bits = Bits().add(len(restrictions), 12)
    for purpose, kind, vendor in restrictions:
        bits.add(purpose, 6).add(kind, 2).ranges([(vendor, vendor)])
    return bits


def read(core: Core) -> Answer:
    return cookie("euconsent-v2", {"euconsent-v2": tc_string(core, VENDOR, 91)})


def marketing(core: Core) -> dict[str, bool | None]:
    """Consent by vendor, of those for marketing."""
    manager = CATALOGUE.consent_managers["iab-tcf"]
    signal = Resolver(CATALOGUE, {}).signal(read(core), manager, carrier="cookie euconsent-v2", host="shop.example")
    return {
        vendor: value
        for vendor, value in signal.vendors.items()
        if CATALOGUE.vendors[vendor].category is Category.MARKETING
    }


def vendors_of(number: int) -> set[str]:
    return {each.id for each in CATALOGUE.iab_vendors[number] if each.category is Category.MARKETING}


GRANTED = {"purposes": EVERY, "vendors": Bits().bitfield_of([VENDOR, 91], 800)}


def test_a_purpose_that_is_forbidden_to_a_vendor_is_refused_to_it_alone() -> None:
    core = Core(**GRANTED, restrictions=restricted(*((purpose, 0, VENDOR) for purpose in (2, 3, 4, 7))))
    found = marketing(core)
    assert {found[vendor] for vendor in vendors_of(VENDOR)} == {False}
    assert {found[vendor] for vendor in vendors_of(91)} == {True}


def test_storage_that_is_forbidden_refuses_everything() -> None:
    found = marketing(Core(**GRANTED, restrictions=restricted((1, 0, VENDOR))))
    assert {found[vendor] for vendor in vendors_of(VENDOR)} == {False}


def test_some_of_the_purposes_that_are_forbidden_leave_it_open() -> None:
    found = marketing(Core(**GRANTED, restrictions=restricted((4, 0, VENDOR))))
    assert {found[vendor] for vendor in vendors_of(VENDOR)} == {None}


def test_where_consent_is_required_a_legitimate_interest_is_none() -> None:
    claimed = Core(
        purposes=[1],
        legitimate_interests=[2, 7],
        vendors=Bits().bitfield_of([VENDOR], 800),
        vendors_li=Bits().bitfield_of([VENDOR], 800),
    )
    assert {marketing(claimed)[vendor] for vendor in vendors_of(VENDOR)} == {None}
    required = Core(
        purposes=[1],
        legitimate_interests=[2, 7],
        vendors=claimed.vendors,
        vendors_li=claimed.vendors_li,
        restrictions=restricted((2, 1, VENDOR), (7, 1, VENDOR)),
    )
    assert {marketing(required)[vendor] for vendor in vendors_of(VENDOR)} == {False}


def test_where_a_legitimate_interest_is_required_consent_alone_leaves_it_open() -> None:
    restrictions = restricted(*((purpose, 2, VENDOR) for purpose in (2, 7)))
    found = marketing(Core(**GRANTED, restrictions=restrictions))
    assert {found[vendor] for vendor in vendors_of(VENDOR)} == {None}


@pytest.mark.parametrize("restrictions", [restricted((2, 0, 91)), restricted((9, 0, VENDOR)), restricted()])
def test_what_restricts_others_or_other_purposes_changes_nothing(restrictions: Bits) -> None:
    found = marketing(Core(**GRANTED, restrictions=restrictions))
    assert {found[vendor] for vendor in vendors_of(VENDOR)} == {True}
