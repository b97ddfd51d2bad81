"""One person on several surfaces of one capture: a browser, a second one, an app, a server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from addon.exchange import Exchange
from addon.pipeline import CaptureTraits, Pipeline
from addon.pipeline.collectors.identity_graph import IdentityGraph
from addon.policy import Policy
from addon.records import IdentityRecord
from tests.addon.building import (
    BANNER,
    App,
    Browser,
    Run,
    Server,
    dated_choice,
    iso,
    message,
    onetrust_choice,
    run,
    settings_of,
)
from vendor_catalog import shipped_catalogue

RULE = "identity-consent-conflict"
REPORT = "Segment Consent Preference Updated"
ANN, BOB = "user-ann-1", "user-bob-2"
WEB = "0d7e4a0c-aaaa-4aaa-8aaa-000000000001"
PHONE = "0d7e4a0c-aaaa-4aaa-8aaa-000000000002"
SECOND = "0d7e4a0c-aaaa-4aaa-8aaa-000000000003"
GRANTS = {"analytics": True, "marketing": True}
REFUSES = {"analytics": False, "marketing": False}
live_and_file = pytest.mark.parametrize("live", [True, False], ids=["live", "file"])


def story(*parts: Sequence[Exchange] | Exchange, **options: Any) -> Run:
    """Exchanges of several clients, in the order of time."""
    flat = [each for part in parts for each in ([part] if isinstance(part, Exchange) else part)]
    return run(*sorted(flat, key=lambda exchange: exchange.started_at), **options)


def chosen(
    at: float,
    *categories: str,
    user: str | None = ANN,
    anonymous: str = WEB,
    browser: Browser | None = None,
    **more: Any,
) -> list[Exchange]:
    """A browser in which somebody makes a dated choice, known by a userId once the page was read."""
    browser = browser or Browser()
    begun = [browser.open(at - 3), browser.fetch(at - 2, BANNER)]
    browser.cookies = dated_choice(*categories, at=at)
    stamp = {name: name in categories for name in GRANTS}
    said = message(anonymousId=anonymous, userId=user, stamp=stamp, **more)
    return [*begun, browser.open(at + 1), *([browser.send(at + 2, said)] if user or categories else [])]


def app_sends(
    *at: float,
    stamp: dict[str, bool] = GRANTS,
    user: str | None = ANN,
    app: App | None = None,
    key: str = "app-key",
) -> list[Exchange]:
    app = app or App()
    return [app.send(each, message(anonymousId=PHONE, userId=user, stamp=stamp), key=key) for each in at]


def verdicts(found: Run) -> list[tuple[str, str | None, str]]:
    return [(str(each.verdict), each.category, each.session_id) for each in found.found(RULE)]


@live_and_file
def test_an_app_that_goes_on_under_an_older_grant_after_a_refusal_on_the_website(live: bool) -> None:
    found = story(app_sends(1, 5, 60, 90), chosen(20), live=live)
    (violation,) = found.found(RULE)
    assert (violation.verdict, violation.category, violation.severity) == ("confirmed", "analytics", "error")
    assert violation.site == "com.example.shop"
    assert violation.event_id == "1.7.0"
    assert "the same userId" in violation.explanation
    assert "the web session" in violation.explanation
    assert "the cookie cc_cookie" in violation.explanation
    assert "a message's stamp" in violation.explanation
    assert ANN not in violation.explanation, "an explanation is stored as it is, whatever the policy says of ids"
    assert violation.signal_id is not None


def test_it_is_one_violation_for_a_pair_of_sessions_and_a_category_and_not_one_for_each_message() -> None:
    settings = App().settings(0, settings_of({"Facebook Pixel": ["marketing"]}, key="app-key"), key="app-key")
    found = story(settings, app_sends(1, *range(60, 160)), chosen(20))
    assert sorted(category or "" for _, category, _ in verdicts(found)) == ["analytics", "marketing"]
    (marketing,) = [each for each in found.found(RULE) if each.category == "marketing"]
    assert "goes on to Facebook Pixel" in marketing.explanation


def test_the_same_consent_on_both_is_clean() -> None:
    assert not verdicts(story(app_sends(1, 60), chosen(20, "analytics", "marketing")))
    assert not verdicts(story(app_sends(1, 60, stamp=REFUSES), chosen(20)))


def test_another_persons_app_is_no_concern() -> None:
    assert not verdicts(story(app_sends(1, 60, user=BOB), chosen(20)))


def test_a_message_from_before_the_refusal_is_clean() -> None:
    assert not verdicts(story(app_sends(1, 10), chosen(20)))


def test_a_refusal_that_was_taken_back_is_none() -> None:
    browser = Browser()
    refused = chosen(20, browser=browser)
    browser.cookies = dated_choice("analytics", "marketing", at=40)
    assert not verdicts(
        story(app_sends(1, 60), refused, browser.open(41), browser.send(42, message(userId=ANN, anonymousId=WEB)))
    )


def test_what_was_sent_while_a_refusal_held_counts_though_it_was_taken_back_later() -> None:
    browser = Browser()
    refused = [*chosen(20, browser=browser), browser.open(70)]
    browser.cookies = dated_choice("analytics", "marketing", at=80)
    found = story(app_sends(1, 60, 200), refused, browser.open(81))
    assert [verdict for verdict, _, _ in verdicts(found)] == ["confirmed"]


def test_a_newer_grant_in_the_app_is_unproven() -> None:
    asked = App().send(
        30, message(REPORT, stamp=GRANTS, userId=ANN, anonymousId=PHONE, timestamp=iso(30)), key="app-key"
    )
    first = app_sends(1, stamp=REFUSES)
    found = story(chosen(20), first, asked, app_sends(60))
    assert [verdict for verdict, _, _ in verdicts(found)] == ["unproven"]


def test_an_app_that_is_first_seen_after_the_refusal_is_likely() -> None:
    found = story(chosen(20), app_sends(60))
    (violation,) = found.found(RULE)
    assert violation.verdict == "likely"
    assert "Nothing shows that this grant is newer" in violation.explanation


def test_a_change_of_mind_on_the_same_site_is_no_conflict() -> None:
    second = Browser(client="10.0.0.20")
    found = story(chosen(20), chosen(200, "analytics", "marketing", anonymous=SECOND, browser=second))
    assert not verdicts(found)


def test_a_second_browser_that_goes_on_under_an_older_grant_is_a_conflict() -> None:
    second = Browser(client="10.0.0.20")
    granted = chosen(20, "analytics", "marketing", anonymous=SECOND, browser=second)
    later = [second.open(300), second.send(301, message(userId=ANN, anonymousId=SECOND, stamp=GRANTS))]
    found = story(granted, chosen(100), later)
    assert [(verdict, category) for verdict, category, _ in verdicts(found)] == [("confirmed", "analytics")]


def test_a_browser_whose_address_changes_is_still_one_browser() -> None:
    """It keeps its anonymousId and its answers, whatever a stale copy of them says."""
    moved = Browser(client="10.0.0.20", cookies=dated_choice("analytics", "marketing", at=1))
    later = [moved.open(300), moved.send(301, message(userId=ANN, anonymousId=WEB, stamp=GRANTS))]
    assert not verdicts(story(chosen(100), later))


def test_within_one_session_other_rules_speak() -> None:
    browser = Browser()
    found = story(chosen(20, browser=browser), browser.send(60, message(userId=ANN, anonymousId=WEB, stamp=GRANTS)))
    assert not verdicts(found)
    assert found.found("event-without-consent")


# --- two people on one browser


def shared_browser(first: str, then: str) -> tuple[Browser, list[Exchange]]:
    """Somebody refuses and is known; later somebody else is, under the same anonymousId."""
    browser = Browser()
    refused = chosen(100, user=first, browser=browser)
    return browser, [*refused, browser.send(200, message(userId=then, anonymousId=WEB, stamp=REFUSES))]


def test_the_refusal_of_who_used_the_browser_before_is_not_the_next_ones() -> None:
    _, shared = shared_browser(ANN, BOB)
    found = story(shared, app_sends(1, 300, user=BOB))
    assert not verdicts(found)


def test_a_refusal_before_the_first_of_two_logins_is_nobodys() -> None:
    """Ann is only known after the choice, and so is Bob: it may have been either's."""
    browser = Browser()
    begun = chosen(100, user=None, browser=browser)
    sent = [
        browser.send(at, message(userId=user, anonymousId=WEB, stamp=REFUSES)) for at, user in ((150, ANN), (200, BOB))
    ]
    assert not verdicts(story(begun, sent, app_sends(1, 300, user=BOB)))


def test_the_refusal_of_a_known_user_stays_theirs_when_somebody_else_comes() -> None:
    browser = Browser()
    before = [browser.open(1), browser.send(2, message(userId=ANN, anonymousId=WEB))]
    refused = chosen(100, user=ANN, browser=browser)
    then = browser.send(200, message(userId=BOB, anonymousId=WEB, stamp=REFUSES))
    found = story(before, refused, then, app_sends(1, 300, user=ANN))
    assert [verdict for verdict, _, _ in verdicts(found)] == ["confirmed"]
    assert not verdicts(story(before, refused, then, app_sends(1, 300, user=BOB)))


def test_a_refusal_just_before_somebody_else_is_known_is_nobodys() -> None:
    """Bob may have logged in before the choice, though his first message came after it."""
    browser = Browser()
    before = [browser.open(1), browser.send(2, message(userId=ANN, anonymousId=WEB))]
    refused = chosen(100, user=BOB, browser=browser)
    assert not verdicts(story(before, refused, app_sends(1, 300, user=ANN)))


def test_a_refusal_that_is_not_known_to_be_an_answer_is_unproven() -> None:
    """OneTrust stores its defaults before anybody was asked."""
    browser = Browser(cookies=onetrust_choice("C0001:1,C0002:0,C0004:0"))
    sent = browser.send(20, message(userId=ANN, anonymousId=WEB, stamp=REFUSES))
    found = story(browser.open(10), sent, browser.open(30), app_sends(1, 60))
    assert {verdict for verdict, _, _ in verdicts(found)} <= {"unproven"}


def test_a_refusal_before_the_only_login_is_of_who_logs_in() -> None:
    browser = Browser()
    begun = chosen(20, user=None, browser=browser)
    login = browser.send(30, message(None, kind="identify", userId=ANN, anonymousId=WEB, stamp=REFUSES))
    assert [verdict for verdict, _, _ in verdicts(story(app_sends(1, 60), begun, login))] == ["confirmed"]


# --- servers


def served(*at: float, stamp: dict[str, bool] | None = GRANTS, **more: Any) -> list[Exchange]:
    ids = {"userId": ANN, "anonymousId": None, **more}
    return [Server().send(each, message(stamp=stamp, **ids), key="server-key") for each in at]


def test_a_server_that_still_stamps_the_old_grant_is_a_conflict() -> None:
    found = story(served(1, 60), chosen(20))
    (violation,) = found.found(RULE)
    assert (violation.verdict, violation.category, violation.site) == ("confirmed", "analytics", None)
    assert "the server session" in violation.explanation


def test_a_server_that_agrees_is_clean() -> None:
    assert not verdicts(story(served(1), served(60, stamp=REFUSES), chosen(20)))


def test_a_server_without_consent_context_is_accused_by_its_own_rule_alone() -> None:
    found = story(served(1, 60, stamp=None), chosen(20))
    assert not verdicts(found)
    assert found.found("server-event-without-consent")


def test_a_server_that_passes_the_anonymous_id_on_is_recognised_by_it() -> None:
    found = story(served(1, 60, userId=None, anonymousId=WEB), chosen(20))
    assert "the same anonymousId" in found.found(RULE)[0].explanation


def test_what_a_server_stamps_is_no_refusal_of_the_persons_own() -> None:
    assert not verdicts(story(served(1, 20, stamp=REFUSES), chosen(10, "analytics", "marketing"), app_sends(60)))


def test_a_server_that_speaks_for_many_is_judged_for_each() -> None:
    many = [Server().send(60 + n, message(stamp=GRANTS, userId=f"user-no-{n}", anonymousId=None)) for n in range(30)]
    assert not verdicts(story(many, chosen(20)))
    assert len(verdicts(story(many, served(1, 100), chosen(20)))) == 1


# --- ids that must not link


@pytest.mark.parametrize(
    "shared", ["anonymous", "null", "0", "guest", "undefined", "00000000-0000-0000-0000-000000000000", "abc"]
)
def test_an_id_that_everybody_shares_links_nobody(shared: str) -> None:
    found = story(chosen(20, user=shared, anonymous=shared), app_sends(1, 60, user=shared))
    assert not verdicts(found)


def test_an_e_mail_address_links_two_surfaces_of_perhaps_two_organisations_only_as_far_as_unproven() -> None:
    address = "ann@mail.example"
    (violation,) = story(chosen(20, user=address), app_sends(1, 60, user=address)).found(RULE)
    assert violation.verdict == "unproven"
    assert "Another organisation" in violation.explanation


def test_an_e_mail_address_within_one_source_or_one_makers_domain_is_certain() -> None:
    address = "ann@mail.example"
    one_source = story(chosen(20, user=address), app_sends(1, 60, user=address, key="writekey1"))
    assert [verdict for verdict, _, _ in verdicts(one_source)] == ["confirmed"]
    theirs = app_sends(1, 60, user=address, app=App(bundle="example.shop.android"))
    assert [verdict for verdict, _, _ in verdicts(story(chosen(20, user=address), theirs))] == ["confirmed"]


def test_an_e_mail_address_on_two_sites_links_nothing() -> None:
    address = "ann@mail.example"
    other = Browser(host="www.other.example", client="10.0.0.20", cookies=dated_choice("analytics", "marketing", at=1))
    sent = [other.fetch(0.5, "https://www.other.example/cookieconsent.umd.js"), other.open(2)]
    sent += [other.send(at, message(userId=address, anonymousId=SECOND, stamp=GRANTS), key="other") for at in (3, 60)]
    assert not verdicts(story(chosen(20, user=address), sent))


def test_a_default_that_nobody_chose_in_the_app_is_unproven_against_the_website() -> None:
    browser = Browser()
    granted = chosen(10, "analytics", "marketing", browser=browser)
    later = browser.send(100, message(userId=ANN, anonymousId=WEB, stamp=GRANTS))
    assert {verdict for verdict, _, _ in verdicts(story(granted, app_sends(50, stamp=REFUSES), later))} == {"unproven"}


# --- what is written down


def test_ids_are_noted_with_the_choices_and_what_was_sent() -> None:
    found = story(app_sends(1, 60), chosen(20))
    rows = found.of(IdentityRecord)
    assert {(row.user_id, row.anonymous_id, row.write_key) for row in rows} == {
        (ANN, PHONE, "app-key"),
        (ANN, WEB, "writekey1"),
    }
    assert all(row.first_at <= row.last_at for row in rows)


def test_opt_out_sites_act_without_a_grant_and_still_hear_of_a_refusal_elsewhere() -> None:
    policy = '[policy]\nregime = "opt-out"\n'
    second = Browser(client="10.0.0.20")
    later = [second.open(100), second.send(101, message(userId=ANN, anonymousId=SECOND))]
    found = story(chosen(20), later, policy=policy)
    (violation,) = found.found(RULE)
    assert (violation.verdict, violation.category) == ("likely", "analytics")
    assert "no answer at all" in violation.explanation


def test_live_and_file_come_to_the_same() -> None:
    parts = (app_sends(1, 60), chosen(20), served(1, 60))
    one, other = ([replace(each, id="") for each in story(*parts, live=live).found(RULE)] for live in (True, False))
    assert one == other
    assert len(one) == 2


def test_more_conflicts_than_are_worth_a_row_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("addon.pipeline.collectors.identity_graph.MAX_CONFLICTS", 1)
    settings = App().settings(0, settings_of({"Facebook Pixel": ["marketing"]}, key="app-key"), key="app-key")
    found = story(settings, app_sends(1, 60), chosen(20))
    assert len(verdicts(found)) == 1
    assert found.gap("identities-not-compared")[0].startswith("2 conflicts")


def test_more_messages_than_are_compared_are_said_to_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("addon.pipeline.collectors.identity_graph._MAX_ALL_NOTES", 2)
    assert len(story(app_sends(1, 2, 3, 4)).gap("identities-not-compared")) == 1


def test_endless_visitors_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("addon.pipeline.collectors.identity_graph._MAX_ROWS", 3)
    pipeline = Pipeline(1, shipped_catalogue(), Policy(), CaptureTraits())
    for number in range(10):
        sent = message(userId=f"user-no-{number}", anonymousId=f"visitor-no-{number}")
        pipeline.process(Browser().send(number, sent))
    graph = pipeline._collectors.of(IdentityGraph)
    assert len(graph._users) == len(graph._rows) == 3


def test_more_ids_than_are_compared_are_said_to_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("addon.pipeline.collectors.identity_graph._MAX_ROWS", 3)
    found = story([Server().send(n, message(userId=f"user-no-{n}", stamp=GRANTS)) for n in range(6)])
    assert len(found.gap("identities-not-compared")) == 1
    assert len(found.of(IdentityRecord)) == 3
