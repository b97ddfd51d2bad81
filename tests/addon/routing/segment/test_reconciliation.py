"""Segment's documented reconciliation of consent (C) and integrations (I), row by row.

Rows are those of the tables in "Consent in Segment Connections" (segment-docs, privacy/consent-management), in their order.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.decode.facts import NO_STAMP, DestinationSetting, Mode, Stamp, StampShape
from addon.decode.segment.settings import aliases_of
from addon.routing import Message, Plan
from addon.routing.delivery import Basis, Delivery, Outcome
from addon.routing.segment import ROUTER

EMPTY_CONSENT = Stamp(StampShape.EMPTY_CONSENT)
EMPTY_PREFERENCES = Stamp(StampShape.EMPTY_PREFERENCES)


def stamped(**preferences: bool | None) -> Stamp:
    return Stamp(StampShape.PREFERENCES, preferences)


def destination(
    name: str, *categories: str, mode: Mode = Mode.CLOUD, mapping_shown: bool = True, alias: str | None = None
) -> DestinationSetting:
    return DestinationSetting(name, aliases_of(name, alias), mode, categories, mapping_shown)


def routed(
    stamp: Stamp,
    integrations: Mapping[str, bool],
    *destinations: DestinationSetting,
    bundled: tuple[str, ...] | None = None,
    unbundled: tuple[str, ...] | None = None,
    legacy_mobile: bool = False,
    hidden: frozenset[str] = frozenset(),
) -> list[Delivery]:
    library = "analytics-ios" if legacy_mobile else "analytics.js"
    message = Message(stamp, integrations, bundled, unbundled, library=library)
    mapped = hidden.union(*(each.categories for each in destinations))
    return ROUTER.deliveries(message, Plan(destinations, mapped_categories=mapped))


def outcomes(stamp: Stamp, integrations: Mapping[str, bool], *destinations: DestinationSetting) -> dict[str, str]:
    return {each.destination: str(each.outcome) for each in routed(stamp, integrations, *destinations)}


def outcome(stamp: Stamp, integrations: Mapping[str, bool], one: DestinationSetting, **more: object) -> Delivery:
    (delivery,) = routed(stamp, integrations, one, **more)  # type: ignore[arg-type]
    return delivery


FB, GADS, AMP, FREE = (
    destination("fb", "ad"),
    destination("gads", "ad"),
    destination("amp", "an"),
    destination("free"),
)
FB_BOTH = destination("fb", "ad", "an")
FLOWS, FILTERED, AMBIGUOUS, UNKNOWN = "flows", "filtered", "ambiguous", "unknown"

TABLE = [
    ("row 1: no consent object, no integrations: everywhere", NO_STAMP, {}, (FB, AMP, FREE), (FLOWS, FLOWS, FLOWS)),
    (
        "row 1 with consent {}: everywhere, but the Unify page counts every category as refused (contradiction b)",
        EMPTY_CONSENT, {}, (FB, AMP, FREE), (AMBIGUOUS, AMBIGUOUS, FLOWS),
    ),
    (
        "row 2: categoryPreferences {}: mapped ones blocked, unmapped ones flow",
        EMPTY_PREFERENCES, {}, (FB, AMP, FREE), (FILTERED, FILTERED, FLOWS),
    ),
    (
        "row 3: no consent object: integrations alone decide",
        NO_STAMP, {"fb": True, "amp": False}, (FB, AMP, GADS), (FLOWS, FILTERED, FLOWS),
    ),
    (
        "row 4 with consent {}: mapped ones blocked, and those that I switches on flow (contradictions a and c)",
        EMPTY_CONSENT, {"fb": True, "amp": False}, (FB, AMP, GADS, FREE), (AMBIGUOUS, FILTERED, AMBIGUOUS, FLOWS),
    ),
    (
        "row 4 with categoryPreferences {}: the same (contradiction c)",
        EMPTY_PREFERENCES, {"fb": True, "amp": False}, (FB, AMP, GADS, FREE), (AMBIGUOUS, FILTERED, AMBIGUOUS, FLOWS),
    ),
    (
        "row 5: categories of which Segment maps none, nothing is mapped: all flow",
        stamped(x=True, y=False), {}, (FREE, destination("other")), (FLOWS, FLOWS),
    ),
    (
        "row 5: integrations may restrict it",
        stamped(x=True), {"other": False}, (FREE, destination("other")), (FLOWS, FILTERED),
    ),
    (
        "row 5 where others are mapped: 'all flow' against 'a missing category is refused'",
        stamped(x=True), {}, (FB, FREE), (AMBIGUOUS, FLOWS),
    ),
    (
        "row 6: ad granted, an refused, no integrations: fb and gads",
        stamped(ad=True, an=False), {}, (FB, GADS, AMP), (FLOWS, FLOWS, FILTERED),
    ),
    (
        "row 7: fb on, amp off: fb and gads, which need not stand in I",
        stamped(ad=True, an=False), {"fb": True, "amp": False}, (FB, GADS, AMP), (FLOWS, FLOWS, FILTERED),
    ),
    (
        "row 8: fb off, amp off: gads only",
        stamped(ad=True, an=False), {"fb": False, "amp": False}, (FB, GADS, AMP), (FILTERED, FLOWS, FILTERED),
    ),
    (
        "row 9: fb needs both: gads only, although fb is on",
        stamped(ad=True, an=False), {"fb": True, "amp": False}, (FB_BOTH, GADS, AMP), (FILTERED, FLOWS, FILTERED),
    ),
    (
        "row 10: both granted: gads and fb, not amp",
        stamped(ad=True, an=True), {"fb": True, "amp": False}, (FB_BOTH, GADS, AMP), (FLOWS, FLOWS, FILTERED),
    ),
    (
        "row 11: ad refused: nothing",
        stamped(ad=False, an=True), {"fb": True, "amp": False}, (FB_BOTH, GADS, AMP), (FILTERED, FILTERED, FILTERED),
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("stamp", "integrations", "destinations", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_the_documented_table_holds(
    stamp: Stamp,
    integrations: dict[str, bool],
    destinations: tuple[DestinationSetting, ...],
    expected: tuple[str, ...],
) -> None:
    assert tuple(outcomes(stamp, integrations, *destinations).values()) == expected


@pytest.mark.parametrize(
    ("stamp", "integrations"),
    [(EMPTY_CONSENT, {}), (EMPTY_CONSENT, {"fb": True}), (EMPTY_PREFERENCES, {"fb": True}), (stamped(x=True), {})],
    ids=["b", "a", "c", "row 5"],
)
def test_a_contradiction_says_between_what(stamp: Stamp, integrations: dict[str, bool]) -> None:
    predicted = outcome(stamp, integrations, FB)
    assert predicted.outcome is Outcome.AMBIGUOUS
    assert "Segment's documentation" in predicted.reason


# --- what the table leaves out


def test_a_category_that_the_stamp_does_not_name_counts_as_refused_and_is_not_called_a_refusal() -> None:
    predicted = outcome(stamped(an=True), {}, FB_BOTH)
    assert predicted.outcome is Outcome.FILTERED
    assert predicted.reason == "the stamp does not name ad, which counts as refused"
    both = outcome(stamped(an=False), {}, FB_BOTH)
    assert both.reason == "the stamp refuses an and does not name ad, which counts as refused"


def test_a_hidden_destination_of_a_category_makes_the_missing_one_a_refusal() -> None:
    """The settings name all categories that are mapped, those of destinations which they do not list too."""
    assert outcome(stamped(x=True), {}, FB).outcome is Outcome.AMBIGUOUS
    assert outcome(stamped(x=True), {}, FB, hidden=frozenset({"x"})).outcome is Outcome.FILTERED


def test_switched_on_does_not_override_a_refused_category() -> None:
    assert outcome(stamped(ad=False), {"fb": True}, FB).outcome is Outcome.FILTERED


def test_category_ids_are_case_sensitive() -> None:
    assert outcome(stamped(AD=True, ad=False), {}, FB).outcome is Outcome.FILTERED
    assert outcome(stamped(AD=True, an=True), {}, FB, hidden=frozenset({"an"})).outcome is Outcome.FILTERED


@pytest.mark.parametrize("value", [None], ids=["no boolean"])
def test_a_stamp_that_is_no_boolean_is_not_coerced(value: None) -> None:
    assert outcome(stamped(ad=value), {}, FB).outcome is Outcome.AMBIGUOUS
    assert "not a boolean" in outcome(stamped(ad=value), {}, FB).reason
    # one that is refused for certain decides, whatever the other means
    assert outcome(stamped(ad=value, an=False), {}, FB_BOTH).outcome is Outcome.FILTERED


def test_all_false_keeps_it_from_everything_that_is_not_named() -> None:
    predicted = outcomes(NO_STAMP, {"All": False, "Segment.io": True, "fb": True}, FB, GADS, FREE)
    assert predicted == {"fb": FLOWS, "gads": FILTERED, "free": FILTERED}


def test_all_true_is_the_default_and_names_nobody() -> None:
    assert outcomes(EMPTY_PREFERENCES, {"All": True, "Segment.io": False}, FB, FREE) == {"fb": FILTERED, "free": FLOWS}


def test_an_unmapped_destination_receives_whatever_is_refused() -> None:
    predicted = outcome(stamped(ad=False, an=False), {}, FREE, hidden=frozenset({"ad"}))
    assert (predicted.outcome, predicted.reason) == (
        Outcome.FLOWS,
        "it has no category in the workspace, so consent is not checked",
    )


def test_a_destination_whose_mapping_is_not_shown_is_unknown_unless_the_message_carries_no_consent() -> None:
    named = destination("Snowflake", mapping_shown=False)
    assert outcome(stamped(ad=True), {}, named).outcome is Outcome.UNKNOWN
    assert outcome(EMPTY_PREFERENCES, {}, named).outcome is Outcome.UNKNOWN
    assert outcome(NO_STAMP, {}, named).outcome is Outcome.FLOWS
    assert outcome(stamped(ad=True), {"Snowflake": False}, named).outcome is Outcome.FILTERED


@pytest.mark.parametrize("name", ["AWS S3", "Amazon S3"])
def test_consent_is_not_enforced_on_exempt_destinations_but_integrations_are(name: str) -> None:
    exempt = destination(name, "ad")
    assert outcome(stamped(ad=False), {}, exempt).outcome is Outcome.FLOWS
    assert outcome(stamped(ad=False), {name: False}, exempt).outcome is Outcome.FILTERED


@pytest.mark.parametrize(
    ("listed", "written"),
    [("Actions Amplitude", "Amplitude (Actions)"), ("Amplitude (Actions)", "Actions Amplitude")],
)
def test_a_destination_is_recognised_under_its_other_name(listed: str, written: str) -> None:
    assert outcome(NO_STAMP, {written: False}, destination(listed)).outcome is Outcome.FILTERED
    switched_on = outcome(NO_STAMP, {"All": False, written: True}, destination(listed))
    assert (switched_on.outcome, switched_on.switched_on) == (Outcome.FLOWS, True)


def test_the_name_of_a_remote_plugin_counts_too() -> None:
    plugin = destination("Braze Web Mode (Actions)", alias="Braze Web Device Mode (Actions)")
    assert outcome(NO_STAMP, {"Braze Web Device Mode (Actions)": False}, plugin).outcome is Outcome.FILTERED


def test_another_destination_with_a_similar_name_is_not_it() -> None:
    assert outcomes(NO_STAMP, {"Amplitude": False}, destination("Actions Amplitude")) == {"Actions Amplitude": FLOWS}


# --- device mode


def test_segments_servers_cannot_keep_a_message_from_a_destination_in_the_page() -> None:
    on_device = destination("fb", "ad", mode=Mode.DEVICE)
    refused = outcome(stamped(ad=False), {}, on_device)
    assert refused.outcome is Outcome.UNKNOWN
    assert refused.reason.startswith("the stamp refuses ad, but only the page can keep it")
    assert outcome(stamped(ad=True), {}, on_device).outcome is Outcome.FLOWS
    assert outcome(stamped(ad=False), {"fb": False}, on_device).outcome is Outcome.FILTERED
    assert outcome(stamped(ad=False), {"All": False}, on_device).outcome is Outcome.FILTERED


def test_a_refused_category_called_integrations_is_not_taken_for_the_integrations_object() -> None:
    on_device = destination("fb", "integrations", mode=Mode.DEVICE)
    assert outcome(stamped(integrations=False), {}, on_device).outcome is Outcome.UNKNOWN


def test_the_messages_own_metadata_says_where_a_destination_runs() -> None:
    unclear = destination("fb", "ad", mode=Mode.UNKNOWN)
    assert outcome(NO_STAMP, {}, unclear, bundled=("fb",)).mode is Mode.DEVICE
    assert outcome(NO_STAMP, {}, unclear, unbundled=("fb",)).mode is Mode.CLOUD
    assert outcome(NO_STAMP, {}, unclear).mode is Mode.UNKNOWN
    assert outcome(NO_STAMP, {}, destination("fb", mode=Mode.DEVICE), unbundled=("fb",)).mode is Mode.CLOUD
    aliased = destination("Actions Amplitude", mode=Mode.CLOUD)
    assert outcome(NO_STAMP, {}, aliased, bundled=("Amplitude (Actions)",)).mode is Mode.DEVICE


def test_what_the_metadata_does_not_list_may_have_been_taken_out_or_may_run_unlisted() -> None:
    """analytics.js lists destinations that the settings call bundled, and installs others too."""
    on_device = destination("fb", "ad", mode=Mode.DEVICE)
    assert outcome(stamped(ad=True), {}, on_device, bundled=("Segment.io",)).outcome is Outcome.UNKNOWN
    assert outcome(stamped(ad=False), {}, on_device, bundled=("Segment.io",)).outcome is Outcome.UNKNOWN
    assert outcome(stamped(ad=True), {}, on_device, bundled=("Segment.io", "fb")).outcome is Outcome.FLOWS


# --- legacy mobile libraries


def test_a_legacy_mobile_library_writes_false_for_what_it_delivered_on_the_device() -> None:
    delivered = outcome(NO_STAMP, {"fb": False}, destination("fb", "ad", mode=Mode.DEVICE), legacy_mobile=True)
    assert delivered.outcome is Outcome.FLOWS
    assert "already delivered on the device" in delivered.reason
    assert outcome(NO_STAMP, {"fb": False}, FB, legacy_mobile=True).outcome is Outcome.UNKNOWN
    assert outcome(NO_STAMP, {"fb": True}, FB, legacy_mobile=True).outcome is Outcome.FLOWS
    assert outcome(NO_STAMP, {"fb": False}, FB).outcome is Outcome.FILTERED


# --- whatever comes

STAMPS = st.one_of(
    st.sampled_from([NO_STAMP, EMPTY_CONSENT, EMPTY_PREFERENCES]),
    st.dictionaries(st.sampled_from(["ad", "an", "x"]), st.sampled_from([True, False, None]), min_size=1).map(
        lambda preferences: Stamp(StampShape.PREFERENCES, preferences)
    ),
)
INTEGRATIONS = st.dictionaries(st.sampled_from(["All", "Segment.io", "fb", "amp", "free", "new"]), st.booleans())
NAMES = st.none() | st.lists(st.sampled_from(["fb", "amp", "free", "Segment.io"])).map(tuple)


@given(STAMPS, INTEGRATIONS, NAMES, NAMES, st.booleans())
def test_every_delivery_is_predicted_with_a_reason_and_a_named_off_switch_never_flows(
    stamp: Stamp,
    integrations: dict[str, bool],
    bundled: tuple[str, ...] | None,
    unbundled: tuple[str, ...] | None,
    legacy_mobile: bool,
) -> None:
    found = routed(
        stamp, integrations, FB, AMP, FREE, bundled=bundled, unbundled=unbundled, legacy_mobile=legacy_mobile
    )
    assert [delivery.destination for delivery in found] == ["fb", "amp", "free"]
    for delivery in found:
        assert delivery.basis is Basis.PREDICTED
        assert delivery.reason
        if integrations.get(delivery.destination) is False and not legacy_mobile:
            assert delivery.outcome is Outcome.FILTERED
        refused = any(stamp.preferences.get(key) is False for key in delivery.keys)
        assert not (refused and delivery.outcome is Outcome.FLOWS and not legacy_mobile)
