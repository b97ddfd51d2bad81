"""RudderStack's server filters by denied ids, its page loads by allowed ones."""

from __future__ import annotations

import pytest

from addon.decode.facts import NO_STAMP, DestinationSetting, Mode, Stamp
from addon.decode.rudderstack.settings import ConsentMapping, ConsentMappings
from addon.routing import Message, Plan
from addon.routing.delivery import Outcome
from addon.routing.rudderstack import ROUTER

from .predictions import denied, outcome

FLOWS, FILTERED, UNKNOWN = Outcome.FLOWS, Outcome.FILTERED, Outcome.UNKNOWN


def mapped(*mappings: ConsentMapping, mode: Mode = Mode.CLOUD) -> DestinationSetting:
    categories = tuple(key for each in mappings for key in each.categories)
    return DestinationSetting("Braze", (), mode, categories, mapping_shown=True, rules=ConsentMappings(mappings))


ONETRUST = ConsentMapping("oneTrust", ("C0002", "C0004"))
CUSTOM_OR = ConsentMapping("custom", ("a", "b"), any_suffices=True)
CUSTOM_AND = ConsentMapping("custom", ("a", "b"), any_suffices=False)
OLD_ONETRUST = ConsentMapping("oneTrust", ("C0002", "C0004"), any_suffices=False, legacy=True)
OLD_KETCH = ConsentMapping("ketch", ("a", "b"), any_suffices=True, legacy=True)


@pytest.mark.parametrize(
    ("stamp", "mappings", "expected"),
    [
        # allowed ids are never looked at: with nothing denied, everything flows
        (NO_STAMP, (ONETRUST,), FLOWS),
        (denied(allowed=("C0001",)), (ONETRUST,), FLOWS),
        (denied(), (ONETRUST,), FLOWS),
        # and: one denied id is enough to filter; or: all have to be
        (denied("C0004"), (ONETRUST,), FILTERED),
        (denied("C0009"), (ONETRUST,), FLOWS),
        (denied("C0004", one=True), (ONETRUST,), FLOWS),
        (denied("C0002", "C0004", one=True), (ONETRUST,), FILTERED),
        # a custom consent manager's strategy is the destination's, whatever the message says
        (denied("a", provider="custom"), (CUSTOM_OR,), FLOWS),
        (denied("a", "b", provider="custom"), (CUSTOM_OR,), FILTERED),
        (denied("a", provider="custom", one=True), (CUSTOM_AND,), FILTERED),
        # unmapped, or mapped for another consent manager
        (denied("C0004"), (), FLOWS),
        (denied("a"), (CUSTOM_AND,), FLOWS),
        # older mappings count where there is no newer one, for their own consent manager or if the message names none
        (denied("C0004"), (OLD_ONETRUST,), FILTERED),
        (denied("C0004", provider=None), (OLD_ONETRUST,), FILTERED),
        (denied("C0004", provider=None), (ONETRUST,), FLOWS),
        (denied("C0004", provider="custom"), (OLD_ONETRUST,), FLOWS),
        (denied("a", provider="ketch"), (OLD_KETCH,), FLOWS),
        (denied("a", "b", provider="ketch"), (OLD_KETCH,), FILTERED),
        (denied("C0004"), (ConsentMapping("oneTrust", ("C0009",)), OLD_ONETRUST), FLOWS),
    ],
)
def test_rudderstacks_server_filters_by_denied_ids(
    stamp: Stamp, mappings: tuple[ConsentMapping, ...], expected: Outcome
) -> None:
    assert outcome(ROUTER, Message(stamp), mapped(*mappings)) is expected


@pytest.mark.parametrize(
    ("stamp", "mappings", "expected"),
    [
        (NO_STAMP, (ONETRUST,), FLOWS),
        (denied(allowed=("C0002", "C0004")), (ONETRUST,), FLOWS),
        (denied(allowed=("C0002",)), (ONETRUST,), UNKNOWN),
        (denied(allowed=("C0002",), one=True), (ONETRUST,), FLOWS),
        (denied("C0004"), (), FLOWS),
        (denied("a", provider="custom", allowed=("b",)), (CUSTOM_OR,), FLOWS),
        (denied("a", provider="custom", allowed=("b",)), (CUSTOM_AND,), UNKNOWN),
    ],
)
def test_rudderstacks_page_loads_by_allowed_ids(
    stamp: Stamp, mappings: tuple[ConsentMapping, ...], expected: Outcome
) -> None:
    assert outcome(ROUTER, Message(stamp), mapped(*mappings, mode=Mode.DEVICE)) is expected


@pytest.mark.parametrize(
    ("integrations", "expected", "switched_on"),
    [
        ({"All": True}, FLOWS, False),
        ({"Braze": False}, FILTERED, False),
        ({"All": False}, FILTERED, False),
        ({"All": False, "Braze": True}, FLOWS, True),
        # the SDK writes such an entry itself, for what it feeds in the page
        ({"All": True, "Braze": True}, FLOWS, False),
    ],
)
def test_rudderstacks_integrations_switch_off_and_on(
    integrations: dict[str, bool], expected: Outcome, switched_on: bool
) -> None:
    (one,) = ROUTER.deliveries(Message(NO_STAMP, integrations), Plan((mapped(),)))
    assert (one.outcome, one.switched_on) == (expected, switched_on)


def test_what_only_an_integrations_object_names_may_not_exist() -> None:
    sent = Message(NO_STAMP, {"All": True, "Braze": True})
    (named,) = ROUTER.named(sent)
    assert (named.name, named.mapping_shown) == ("Braze", False)
    assert outcome(ROUTER, sent, named) is UNKNOWN


@pytest.mark.parametrize(
    ("stamp", "mappings", "expected"),
    [
        (denied("a", provider=None), (CUSTOM_OR,), (("a", "b"), False)),
        (denied("a", provider="custom"), (CUSTOM_OR, ONETRUST), (("a", "b"), True)),
        (denied("a", one=True), (CUSTOM_OR, ONETRUST), (("C0002", "C0004"), True)),
        (denied("a"), (OLD_ONETRUST, ONETRUST), (("C0002", "C0004"), False)),
        (denied("a", provider="ketch"), (ONETRUST,), ((), False)),
    ],
)
def test_a_destination_needs_what_the_consent_manager_of_the_stamp_is_mapped_to(
    stamp: Stamp, mappings: tuple[ConsentMapping, ...], expected: tuple[tuple[str, ...], bool]
) -> None:
    found = ROUTER.mapped_for(mapped(*mappings), stamp)
    assert (found.categories, found.any_suffices) == expected
