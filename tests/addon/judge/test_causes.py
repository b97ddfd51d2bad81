"""Causes: which change would end a violation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from addon.decode.facts import NO_STAMP, Stamp, StampShape, Surface
from addon.judge.acts.act import Act
from addon.judge.acts.deliveries import DeliveryAct
from addon.judge.cause import CauseKind, CauseName, cause_of
from addon.judge.causes import all_causes
from addon.judge.rule import Breach
from addon.judge.verdict import Phase, Verdict
from tests.addon.judge.consent_views import delivery, event, stamped

KINDS = list(all_causes().values())


def breach(vendor: str | None = "segment", destination: str | None = None) -> Breach:
    return Breach(
        verdict=Verdict.CONFIRMED,
        phase=Phase.BEFORE_CHOICE,
        category=None,
        vendor=vendor,
        destination=destination,
        explanation="",
    )


def cause(rule: str, act: Act, found: Breach | None = None) -> CauseName:
    return cause_of(KINDS, rule, act, found or breach(), "f00d")


def fanout(act: DeliveryAct) -> str:
    return cause("fanout-without-consent", act, breach(act.delivery.vendor, act.delivery.destination)).kind


def test_a_message_without_a_stamp_and_what_it_reaches_are_ended_by_stamping() -> None:
    assert cause("consent-not-stamped", event()).kind == "unstamped"
    assert fanout(delivery(stamp=NO_STAMP)) == "unstamped"
    assert fanout(delivery(stamp=Stamp(StampShape.EMPTY_PREFERENCES))) == "unstamped"


def test_a_message_that_grants_what_its_destination_needs_is_ended_by_a_true_stamp() -> None:
    assert cause("stamp-contradicts-choice", event(stamp=stamped(marketing=True))).kind == "stamp-untrue"
    assert fanout(delivery(keys=("marketing",), stamp=stamped(marketing=True))) == "stamp-untrue"


def test_a_stamp_that_refuses_what_its_destination_needs_is_no_untrue_one() -> None:
    assert fanout(delivery(keys=("marketing",), stamp=stamped(marketing=False))) == "alone"


def test_a_destination_is_unmapped_only_where_the_settings_show_it_and_enforce_categories() -> None:
    def kind(*, shown: bool, enforced: bool | None, keys: tuple[str, ...] = ()) -> str:
        act = delivery(keys=keys, enforced=enforced)
        return fanout(replace(act, delivery=replace(act.delivery, mapping_shown=shown)))

    assert kind(shown=True, enforced=True) == "destination-unmapped"
    assert kind(shown=False, enforced=True) == "unstamped"
    assert kind(shown=True, enforced=None) == "unstamped"
    assert kind(shown=True, enforced=True, keys=("marketing",)) == "unstamped"


def test_where_messages_have_no_place_for_consent_nothing_but_a_gate_ends_it() -> None:
    assert fanout(delivery(stamping=None, cdp="snowplow")) == "ungated"
    assert cause("event-without-consent", event(cdp="snowplow", stamping=None)).kind == "ungated"


def test_a_servers_message_has_a_cause_of_its_own() -> None:
    assert cause("server-event-without-consent", event(surface=Surface.SERVER)).kind == "server-unstamped"
    assert cause("event-without-consent", event(surface=Surface.WEB)).kind == "ungated"


def test_what_no_kind_claims_stands_alone_with_its_finding() -> None:
    found = cause("queued-before-consent", event())
    assert (found.kind, found.fingerprint, str(found)) == ("alone", "f00d", "alone:f00d")


def test_the_cause_of_an_act_is_the_same_whatever_its_verdict() -> None:
    act = event()
    assert {
        str(cause("event-without-consent", act, replace(breach(), verdict=verdict, phase=phase)))
        for verdict in Verdict
        for phase in Phase
    } == {"ungated:segment::shop.example"}


@pytest.mark.parametrize("odd", ["a:b", "ä/ö", "% 25", "x\ny", "'\"<script>", ":::", "a" * 300])
def test_an_id_says_what_it_is_about_whatever_the_names_are(odd: str) -> None:
    name = CauseName("unstamped", odd, odd, odd)
    assert CauseName.read(str(name)) == name
    assert str(name).count(":") == 3


@pytest.mark.parametrize("text", ["", "unstamped", "a:b", "a:b:c:d:e"])
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="names no cause"):
        CauseName.read(text)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.slug)
def test_a_kind_has_a_sentence_and_a_fix(kind: CauseKind) -> None:
    named = kind.title.format(vendor="Segment", destination="Braze", site="shop.example")
    assert named[0].isupper()
    assert not named.endswith(".")
    assert kind.fix.endswith(".")


def test_two_kinds_never_have_one_place() -> None:
    assert len({kind.order for kind in KINDS}) == len(KINDS)
