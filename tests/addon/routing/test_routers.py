"""Each CDP decides by rules of its own where a message goes on."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping

import pytest

import addon.routing
from addon.decode import decoders
from addon.decode.facts import NO_STAMP, ConsentMapping, DestinationSetting, Mode, Stamp, StampShape
from addon.judge.acts import Delivery, Outcome
from addon.routing import Message, fanouts

FLOWS, FILTERED, UNKNOWN = Outcome.FLOWS, Outcome.FILTERED, Outcome.UNKNOWN


def message(
    stamp: Stamp = NO_STAMP,
    integrations: Mapping[str, bool] | None = None,
    bundled: tuple[str, ...] | None = None,
) -> Message:
    return Message(stamp, integrations or {}, bundled, None, legacy_mobile=False)


def delivered(cdp: str, sent: Message, *destinations: DestinationSetting) -> list[Delivery]:
    return fanouts()[cdp].deliveries(sent, destinations, frozenset(), {})


def outcome(cdp: str, sent: Message, destination: DestinationSetting) -> Outcome:
    (one,) = delivered(cdp, sent, destination)
    assert one.reason
    return one.outcome


def test_every_module_with_rules_is_picked_up() -> None:
    folder = {module.name for module in pkgutil.iter_modules(addon.routing.__path__)}
    assert folder - {"message"} == {found.__name__.rpartition(".")[2] for found in fanouts().values()}  # type: ignore[attr-defined]
    assert fanouts().keys() <= {decoder.cdp for decoder in decoders()}


# --- RudderStack


def denied(
    *denied_ids: str, allowed: tuple[str, ...] = (), provider: str | None = "oneTrust", one: bool = False
) -> Stamp:
    preferences = {**dict.fromkeys(allowed, True), **dict.fromkeys(denied_ids, False)}
    shape = StampShape.PREFERENCES if preferences else StampShape.EMPTY_PREFERENCES
    return Stamp(shape, preferences, provider=provider, any_suffices=one)


def mapped(*mappings: ConsentMapping, mode: Mode = Mode.CLOUD) -> DestinationSetting:
    categories = tuple(key for each in mappings for key in each.categories)
    return DestinationSetting("Braze", (), mode, categories, mapping_shown=True, mappings=mappings)


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
    assert outcome("rudderstack", message(stamp), mapped(*mappings)) is expected


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
    assert outcome("rudderstack", message(stamp), mapped(*mappings, mode=Mode.DEVICE)) is expected


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
    (one,) = delivered("rudderstack", message(integrations=integrations), mapped())
    assert (one.outcome, one.switched_on) == (expected, switched_on)


def test_what_only_an_integrations_object_names_may_not_exist() -> None:
    sent = message(integrations={"All": True, "Braze": True})
    (named,) = fanouts()["rudderstack"].named(sent)
    assert (named.name, named.mapping_shown) == ("Braze", False)
    assert outcome("rudderstack", sent, named) is UNKNOWN


# --- Jitsu


def test_what_jitsus_answer_names_the_page_feeds() -> None:
    sent = message(denied("ads"), bundled=("ga4-tag", "hotjar"))
    named = fanouts()["jitsu"].named(sent)
    assert [each.names for each in named] == [("ga4-tag", "Google Analytics 4"), ("hotjar",)]
    assert [(one.outcome, one.mode) for one in delivered("jitsu", sent, *named)] == [(FLOWS, Mode.DEVICE)] * 2


# --- Hightouch


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
    assert outcome("hightouch", message(stamp, integrations), destination) is expected
