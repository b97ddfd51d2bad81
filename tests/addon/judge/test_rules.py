"""What holds for every rule: it is found, named as designed, explained, and tells the truth when it fires."""

from __future__ import annotations

import importlib
import pkgutil
import re
from itertools import product

import pytest

from addon.consent.timeline import Need
from addon.decode.facts import NO_STAMP, AdvertisingId, Stamp, StampShape, Surface
from addon.judge import rules as package
from addon.judge.acts import (
    Act,
    ConsentModeAct,
    ConsentStringAct,
    MappingAct,
    RecordAct,
    WithdrawalAct,
    WorkspaceTokenAct,
)
from addon.judge.rule import Breach, ConsentView, Rule, Severity, by_slug
from addon.judge.rules import all_rules
from addon.judge.verdict import Regime, Verdict
from addon.routing.delivery import Basis, Outcome
from vendor_catalog import CallKind, Category

from .consent_views import (
    NOON,
    call,
    conflict,
    consent_view,
    cookie,
    delivery,
    denied,
    event,
    granted,
    handover,
    lasting_cookie,
    no_cookie,
    opt_out,
    personal_data,
    place,
    region,
    signal,
    stamp_signal,
    stamped,
    tracking_domain,
    warehouse,
    withdrawal,
)

SEVERITIES = {
    "sdk-load-without-consent": "error",
    "event-without-consent": "error",
    "fanout-without-consent": "error",
    "destination-without-consent": "error",
    "cookie-without-consent": "error",
    "consent-not-stamped": "warning",
    "stamp-contradicts-choice": "error",
    "stamp-denies-granted": "note",
    "unmapped-destination": "warning",
    "integrations-override": "error",
    "server-event-without-consent": "error",
    "withdrawal-not-propagated": "warning",
    "identity-consent-conflict": "error",
    "warehouse-ungated": "warning",
    "workspace-token-exposed": "error",
    "consent-before-choice": "error",
    "invalid-consent-string": "warning",
    "gpc-ignored": "error",
    "opt-out-ignored": "error",
    "consent-mode-contradicts-choice": "error",
    "data-leaves-region": "warning",
    "personal-data-in-payload": "warning",
    "advertising-id-without-permission": "error",
    "queued-before-consent": "note",
    "cookie-outlives-limit": "note",
    "unknown-tracker": "note",
    "cookieless-ping": "note",
    "undeclared-tracking-domain": "note",
}
"""Slugs and severities are public."""

each_rule = pytest.mark.parametrize("rule", all_rules().values(), ids=lambda rule: rule.slug)


def test_every_module_in_the_folder_is_a_rule_and_is_found() -> None:
    modules = {module.name for module in pkgutil.iter_modules(package.__path__)}
    assert {importlib.import_module(f"{package.__name__}.{name}").RULE for name in modules} == set(all_rules().values())
    assert len(modules) >= 12


@each_rule
def test_a_rule_is_named_like_its_module_and_has_the_severity_that_was_designed(rule: Rule) -> None:
    assert rule.slug in SEVERITIES
    assert str(rule.severity) == SEVERITIES[rule.slug]
    module = importlib.import_module(f"{package.__name__}.{rule.slug.replace('-', '_')}")
    assert module.RULE is rule
    assert (module.__doc__ or "").startswith(rule.slug)


@each_rule
def test_a_rule_has_a_test_module_of_its_name_beside_the_others(rule: Rule) -> None:
    module = importlib.import_module(f"{__package__}.rules.test_{rule.slug.replace('-', '_')}")
    assert rule.slug == module.RULE
    assert [name for name in vars(module) if name.startswith("test_")]
    assert (module.__doc__ or "").startswith(f"{rule.slug}: ")


@each_rule
def test_a_rule_says_what_it_finds_what_it_needs_why_it_matters_and_how_to_fix_it(rule: Rule) -> None:
    for text in (rule.summary, rule.why, rule.fix):
        assert len(text) > 40
        assert text[0].isupper() or text.startswith("context.")
        assert text.endswith(".")
        assert not re.search(r"[{}]|TODO|XXX|  ", text)
    assert "\n" not in rule.summary
    assert len(rule.summary) <= 120
    assert rule.needs
    assert rule.references
    assert all(reference and not reference.endswith(".") for reference in rule.references)
    assert rule.acts


def test_a_rule_without_sources_is_refused_and_so_are_two_of_one_name() -> None:
    one = next(iter(all_rules().values()))
    with pytest.raises(ValueError, match="states its sources"):
        Rule(
            slug="x",
            severity=Severity.NOTE,
            summary="",
            needs="",
            why="",
            fix="",
            references=(),
            acts=(),
            check=one.check,
        )
    with pytest.raises(ValueError, match=f"two rules are called {one.slug}"):
        by_slug([one, one])


def test_severities_are_ordered() -> None:
    assert Severity.ERROR.at_least(Severity.NOTE)
    assert Severity.WARNING.at_least(Severity.WARNING)
    assert not Severity.NOTE.at_least(Severity.WARNING)


# --- every rule on every act in every consent view

UNANSWERED = signal(Category.ANALYTICS, answered=False)


VIEWS = {
    "nothing": consent_view(),
    "absent": consent_view((0, no_cookie()), (10, no_cookie())),
    "absent before": consent_view((0, no_cookie())),
    "denied": consent_view((0, denied()), (10, denied())),
    "granted": consent_view((0, granted()), (10, granted())),
    "window": consent_view((0, no_cookie()), (10, granted())),
    "withdrawn": consent_view((0, granted()), (3, denied()), (10, denied())),
    "gpc": consent_view((0, no_cookie()), (10, no_cookie()), regime=Regime.OPT_OUT, gpc=0),
    "opted out": consent_view((0, opt_out()), (10, opt_out()), regime=Regime.OPT_OUT),
    "unanswered": consent_view((0, UNANSWERED), (10, UNANSWERED)),
    "granted by now": consent_view((0, no_cookie()), (3, granted(at=3)), (10, granted(at=3))),
    "opt-out": consent_view((0, no_cookie()), (10, no_cookie()), regime=Regime.OPT_OUT),
    "stamps": consent_view((0, no_cookie()), (5, stamp_signal(grants=True)), (10, no_cookie())),
}
ADVERTISING_IDS = [
    AdvertisingId(permission, enabled, vendor_scoped, apple)
    for permission, enabled, vendor_scoped, apple in product(
        (None, "denied", "authorized"), (None, True, False), (True, False), (True, False)
    )
]
STAMPS = [
    NO_STAMP,
    Stamp(StampShape.EMPTY_CONSENT),
    Stamp(StampShape.EMPTY_PREFERENCES),
    stamped(analytics=True, marketing=True),
    stamped(analytics=False, marketing=None, custom=True),
]
ACTS: list[Act] = [
    *(event(stamp=stamp, surface=surface) for stamp, surface in product(STAMPS, Surface)),
    event(name=None, type="page", failure="connection reset", reports_choice=True),
    *(
        delivery(outcome, basis=basis, switched_on=switched_on, need=need)
        for outcome, basis, switched_on, need in product(
            Outcome, Basis, (True, False), (Need((Category.MARKETING,), "meta-pixel"), Need((), None, ("x",)), None)
        )
    ),
    *(call(kind, failure=failure) for kind, failure in product(CallKind, (None, "refused"))),
    *(call(CallKind.COLLECT, events=events, ping="gcs=G100") for events in ((), ("page_view",))),
    *(call(CallKind.COLLECT, events=events) for events in (("Lead",), ("a", "b"), tuple("abcdefgh"))),
    *(cookie(seen_by=seen_by) for seen_by in ("sent", "set-cookie")),
    MappingAct(place=place(1), write_key="k", destination="Braze", vendor="braze", keys=()),
    MappingAct(place=place(1), write_key="k", destination=None, vendor=None, keys=()),
    MappingAct(place=place(1), write_key="k", destination="Amazon S3", vendor="aws-s3", keys=(), warehouse=True),
    *(warehouse(outcome) for outcome in Outcome),
    MappingAct(place=place(1), write_key="k", destination="Braze", vendor="braze", keys=("C0004",)),
    ConsentStringAct(place=place(1), carrier="cookie euconsent-v2", problems=("too short",)),
    ConsentStringAct(place=place(1), carrier="cookie euconsent-v2", problems=()),
    *(handover(given_by_site=given, failure=failure) for given, failure in product((True, False), (None, "refused"))),
    event(made_at=NOON + 1),
    *(event(advertising_id=carried) for carried in ADVERTISING_IDS),
    ConsentModeAct(
        place=place(5),
        vendor="google-analytics-4",
        vendor_name="Google Analytics 4",
        host="region1.google-analytics.com",
        granted=(Category.MARKETING, Category.ANALYTICS),
        shown="gcs=G111",
    ),
    *(
        withdrawal(messages=messages, until=until, enforced=enforced, reported_otherwise=not enforced, unread=unread)
        for messages, until, enforced, unread in product((0, 1, 4), (8, 60), (True, False), (True, False))
    ),
    *(
        conflict(refused_at=refused_at, granted=granted_between, decided=decided, certain_link=certain, capture=capture)
        for refused_at, granted_between, decided, certain, capture in product(
            (100, 900), ((None, 50), (None, 500), (400, 500), None), (True, False), (True, False), (1, 2)
        )
    ),
    *(
        WorkspaceTokenAct(
            place=place(1), cdp="segment", cdp_name="Segment", host="api.segmentapis.com", surface=surface
        )
        for surface in (Surface.WEB, Surface.MOBILE)
    ),
    RecordAct(
        place=place(0),
        origin="klaro",
        origin_name="Klaro",
        carrier="cookie klaro",
        granted=(Category.ANALYTICS,),
        signal=UNANSWERED,
    ),
    personal_data(),
    personal_data(message=event(), where="traits.email"),
    *(lasting_cookie(days, known=known) for days, known in product((30, 399, 730, 1e7), (True, False))),
    region("us"),
    region("us", "au", settings_host="events.eu1.segmentapis.com"),
    region("eu", inside=True),
    tracking_domain(),
    tracking_domain(tracks=False, manifests=3),
    tracking_domain(declared=True),
]


def judgements(rule: Rule) -> list[tuple[Act, ConsentView, Breach]]:
    found = []
    for before, act in product(VIEWS.values(), ACTS):
        breach = rule.check(act, before) if type(act) in rule.acts else None
        if breach is not None:
            found.append((act, before, breach))
    return found


@each_rule
def test_what_a_rule_says_is_whole_and_its_evidence_is_what_was_seen(rule: Rule) -> None:
    found = judgements(rule)
    assert found, "it fires on something"
    for act, before, breach in found:
        assert breach.explanation[0].isupper()
        assert breach.explanation.endswith(".")
        assert not re.search(r"[{}]|\bNone\b|  |\.\.", breach.explanation), breach.explanation
        assert breach.verdict is not Verdict.CLEARED
        known = [point.signal for points in before.timeline._points.values() for point in points]
        known += [act.signal] if isinstance(act, WithdrawalAct) else []
        for evidence in (breach.signal, breach.later_signal):
            assert evidence is None or evidence in known


@each_rule
def test_a_ruling_depends_on_the_act_and_the_consent_view_alone(rule: Rule) -> None:
    assert [breach for _, _, breach in judgements(rule)] == [breach for _, _, breach in judgements(rule)]


@each_rule
def test_a_rule_that_does_not_await_evidence_rules_the_same_in_every_consent_view_of_a_regime(rule: Rule) -> None:
    if not rule.awaits_evidence:
        for act in ACTS:
            if type(act) in rule.acts:
                for regime in Regime:
                    views = [before for before in VIEWS.values() if before.regime is regime]
                    assert len({str(rule.check(act, before)) for before in views}) == 1


CONSENT_RULES = (
    "sdk-load-without-consent",
    "event-without-consent",
    "fanout-without-consent",
    "destination-without-consent",
    "cookieless-ping",
    "cookie-without-consent",
    "integrations-override",
    "stamp-contradicts-choice",
    "unknown-tracker",
)


@pytest.mark.parametrize("slug", CONSENT_RULES)
def test_nobody_is_accused_where_consent_was_granted(slug: str) -> None:
    rule = all_rules()[slug]
    known = [act for act in ACTS if type(act) in rule.acts and getattr(act, "need", None) != Need((), None, ("x",))]
    assert not [breach for act in known if (breach := rule.check(act, VIEWS["granted"])) is not None]


@pytest.mark.parametrize("slug", CONSENT_RULES)
def test_nobody_is_accused_of_more_than_unproven_where_the_grant_may_have_come_first(slug: str) -> None:
    rule = all_rules()[slug]
    for act in ACTS:
        breach = rule.check(act, VIEWS["window"]) if type(act) in rule.acts else None
        assert breach is None or breach.verdict is Verdict.UNPROVEN
