"""mParticle, Snowplow, Piwik PRO and Freshpaint before the rules: what they are accused of, and above all what they are not."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from addon.decode.mparticle.kits import purpose_hash
from addon.exchange import Exchange
from addon.jsontext import Json
from addon.records import DuplicateRecord, SignalRecord
from tests.addon.building import META_PIXEL, SHOP, Browser, Run, dated_choice, request, run
from tests.addon.decode.mparticle import wire as mparticle
from tests.addon.decode.mparticle.test_kits import configuration, kit, rule
from tests.addon.decode.snowplow import wire as snowplow

EVENT, STAMP, FANOUT = "event-without-consent", "stamp-contradicts-choice", "fanout-without-consent"
OPT_OUT = "[policy]\nregime = 'opt-out'\n"
BANNER = f"https://{SHOP}/cookieconsent.umd.js"
PIWIK = "https://stats.shop.example/ppms.php"


def post(browser: Browser, at: float, url: str, document: Json, **more: Any) -> Exchange:
    return browser.fetch(at, url, mode="cors", dest="empty", method="POST", body=json.dumps(document).encode(), **more)


def ids(at: float) -> dict[str, Any]:
    """A message of its own at each moment."""
    return {"message_id": f"m-{at}"}


def stamped(at: float, **purposes: bool) -> dict[str, Json]:
    gdpr: Json = {name: mparticle.purpose(given) for name, given in purposes.items()}
    return mparticle.batch(mparticle.custom(**ids(at)), consent_state={"gdpr": gdpr, "ccpa": None})


def opted_out(at: float, *, out: bool) -> dict[str, Json]:
    ccpa: Json = {"data_sale_opt_out": mparticle.purpose(out)}
    return mparticle.batch(mparticle.custom(**ids(at)), consent_state={"gdpr": None, "ccpa": ccpa})


def view(at: float, **changes: Json) -> dict[str, Json]:
    return snowplow.page_view(eid=f"0e37d1ab-7a33-4c05-9c33-{round(at * 10):012d}", **changes)


def choosing(*categories: str) -> tuple[Browser, list[Exchange]]:
    """Somebody who sees a banner, and what was chosen at 5 seconds and is known from 8 on."""
    browser = Browser()
    story = [browser.open(0), browser.fetch(1, BANNER)]
    browser.cookies = dated_choice(*categories, at=5)
    return browser, [*story, browser.open(8, coming_from="same-origin")]


def both(*story: Exchange, policy: str = "") -> Run:
    """The run of a file; a live one ends the same."""
    found = run(*story, policy=policy)
    live = run(*story, policy=policy, live=True)
    assert sorted((one.rule, str(one.verdict)) for one in found.violations) == sorted(
        (one.rule, str(one.verdict)) for one in live.violations
    )
    return found


# --- what is clean


def test_messages_after_the_consent_that_they_need_are_not_accused() -> None:
    browser, story = choosing("analytics", "marketing")
    hit = urlencode({"idsite": "1", "rec": "1", "url": f"https://{SHOP}/", "_id": "257cc22df0ec483a"})
    fresh: Json = {"event": "Signed Up", "properties": {"token": "t", "distinct_id": "d"}}
    story += [
        post(browser, 10, mparticle.WEB, stamped(10, analytics=True, marketing=True)),
        post(browser, 11, snowplow.TP2, snowplow.posted(view(11))),
        browser.fetch(12, snowplow.pixel(view(12)), dest="image"),
        browser.fetch(13, f"{PIWIK}?{hit}", dest="image"),
        post(browser, 14, "https://api.perfalytics.com/track", fresh),
        browser.open(20, coming_from="same-origin"),
    ]
    found = both(*story)
    assert [event.cdp for event in found.events] == ["mparticle", "snowplow", "snowplow", "piwik-pro", "freshpaint"]
    assert found.rules == set()


@pytest.mark.parametrize(
    ("url", "document"),
    [
        (f"https://{SHOP}/i?id=5&e=pv&size=2", None),
        (f"https://{SHOP}/images/i", None),
        (f"https://{SHOP}/track", {"event": "x", "properties": {"token": "t"}}),
        (f"https://{SHOP}/api/events", {"events": [{"event_type": "custom_event", "data": {}}], "mpid": "1"}),
        (f"https://{SHOP}/api/data", {"schema": "x", "data": [{"e": "pv"}]}),
        (f"https://{SHOP}/v2/orders/events", {"msgs": [], "dt": "h", "sdk": "1"}),
    ],
)
def test_what_only_looks_alike_is_nobodys(url: str, document: Json) -> None:
    browser = Browser()
    call = browser.fetch(2, url, dest="image") if document is None else post(browser, 2, url, document)
    found = both(browser.open(0), browser.fetch(1, BANNER), call, browser.open(9))
    assert (found.events, found.rules) == ([], set())


# --- the event itself


def test_messages_before_the_choice_are_accused() -> None:
    browser, (opened, banner, later) = choosing()
    sent = [
        post(browser, 2, mparticle.WEB, stamped(2)),
        post(browser, 3, snowplow.TP2, snowplow.posted(view(3))),
    ]
    assert both(opened, banner, *sent, later).verdicts(EVENT) == [("confirmed", "before-choice")] * 2


def test_only_messages_that_can_carry_consent_are_asked_for_it() -> None:
    browser, story = choosing("analytics", "marketing")
    bare = mparticle.batch(mparticle.custom())
    story += [
        post(browser, 10, mparticle.WEB, bare),
        post(browser, 11, snowplow.TP2, snowplow.posted(view(11))),
        browser.open(20, coming_from="same-origin"),
    ]
    (only,) = both(*story).violations
    assert (only.rule, only.vendor) == ("consent-not-stamped", "mparticle")
    assert "carries no consent_state" in only.explanation


@pytest.mark.parametrize("header", ["*", None])
def test_an_anonymous_message_is_not_proven_to_need_consent(header: str | None) -> None:
    browser, (opened, banner, later) = choosing()
    nobody = view(2, duid=None, uid=None, sid=None)
    sent = post(browser, 2, snowplow.TP2, snowplow.posted(nobody), headers={"sp-anonymous": header})
    found = both(opened, banner, sent, later).found(EVENT)
    assert [str(one.verdict) for one in found] == ["unproven" if header else "confirmed"]
    assert ("anonymous mode" in found[0].explanation) is bool(header)


@pytest.mark.parametrize(("distinct", "verdict"), [("$posthog_cookieless", "unproven"), ("d-1", "confirmed")])
def test_posthogs_cookieless_mode_is_an_anonymous_one(distinct: str, verdict: str) -> None:
    browser, (opened, banner, later) = choosing()
    sent: Json = {"event": "$pageview", "api_key": "phc_1", "properties": {"distinct_id": distinct, "$lib": "web"}}
    found = both(opened, banner, post(browser, 2, "https://eu.i.posthog.com/e/", sent), later).found(EVENT)
    assert [str(one.verdict) for one in found] == [verdict]


def test_a_message_that_is_sent_again_counts_once() -> None:
    browser, story = choosing("analytics")
    for at in (10, 12):
        story += [
            post(browser, at, mparticle.WEB, stamped(0, analytics=True)),
            post(browser, at + 1, snowplow.TP2, snowplow.posted(view(0), view(0))),
        ]
    found = run(*story)
    assert [event.cdp for event in found.events] == ["mparticle", "snowplow"]
    assert len(found.of(DuplicateRecord)) == 4


def test_a_servers_batch_is_asked_for_its_consent() -> None:
    body = json.dumps(mparticle.batch()).encode()
    sent = request(1, mparticle.SERVER, method="POST", body=body, headers={"user-agent": "java"}, client="10.0.0.9")
    (only,) = both(sent).found("server-event-without-consent")
    assert "carries no consent_state" in only.explanation


# --- what messages say of consent


def test_a_stamp_that_grants_what_was_refused_is_accused() -> None:
    browser, story = choosing()
    sent = post(browser, 10, mparticle.WEB, stamped(10, analytics=True))
    found = both(*story, sent, browser.open(20, coming_from="same-origin"))
    assert found.verdicts(STAMP) == [("confirmed", "after-denial")]


def test_a_stamp_that_says_what_was_chosen_is_not() -> None:
    browser, story = choosing("analytics")
    sent = post(browser, 10, mparticle.WEB, stamped(10, analytics=True, marketing=False))
    assert both(*story, sent, browser.open(20, coming_from="same-origin")).rules == set()


def test_a_refusal_that_a_tracker_reports_holds_for_what_follows() -> None:
    browser = Browser()
    refusal = snowplow.consent("deny_all", [], eid="0e37d1ab-7a33-4c05-9c33-bbbbbbbbbbbb", dtm=None, stm=None)
    story = [
        browser.open(0),
        post(browser, 2, snowplow.TP2, snowplow.posted(refusal)),
        post(browser, 5, snowplow.TP2, snowplow.posted(view(5))),
    ]
    found = both(*story)
    assert found.verdicts(EVENT) == [("confirmed", "after-denial")]
    (signal,) = found.of(SignalRecord)
    assert (signal.source, signal.answered, signal.analytics, signal.marketing) == ("message-stamp", True, False, False)


def test_a_choice_that_a_tracker_reports_is_not_accused_itself() -> None:
    browser, (opened, banner, later) = choosing("analytics")
    consent_event = snowplow.consent("allow_selected", ["analytics"], dtm=None, stm=None)
    found = both(opened, banner, post(browser, 5.5, snowplow.TP2, snowplow.posted(consent_event)), later)
    assert found.rules == set()


@pytest.mark.parametrize(
    ("out", "policy", "verdicts"), [(True, OPT_OUT, ["confirmed"]), (False, OPT_OUT, []), (True, "", [])]
)
def test_an_opt_out_from_sale_that_batches_carry_is_heard(out: bool, policy: str, verdicts: list[str]) -> None:
    browser = Browser()
    story = [
        browser.open(0),
        post(browser, 2, mparticle.WEB, opted_out(2, out=out)),
        browser.pixel(4, META_PIXEL),
        post(browser, 6, mparticle.WEB, opted_out(6, out=out)),
    ]
    found = both(*story, policy=policy)
    assert [str(one.verdict) for one in found.found("opt-out-ignored")] == verdicts
    (signal,) = found.of(SignalRecord)
    assert (signal.source, signal.carrier) == ("mparticle-ccpa", "message data_sale_opt_out")
    assert signal.marketing is (not out)


def test_an_opt_out_is_never_a_grant() -> None:
    browser, (opened, banner, later) = choosing()
    found = both(opened, banner, post(browser, 2, mparticle.WEB, opted_out(2, out=False)), later)
    assert found.verdicts(EVENT) == [("confirmed", "before-choice")]


# --- kits


def kitted(browser: Browser, at: float, *kits: Json) -> Exchange:
    answer = json.dumps(configuration(*kits)).encode()
    return browser.fetch(at, mparticle.CONFIG, mode="cors", dest="empty", answer=answer)


def test_a_kit_receives_what_its_rule_does_not_keep_from_it() -> None:
    browser, story = choosing("analytics")
    ads = purpose_hash("1", "marketing")
    kits = kitted(
        browser, 9, kit("Facebook Pixel"), kit("TikTok Pixel", **rule(includes=True, **{ads: True})), kit("Amplitude")
    )
    sent = post(browser, 10, mparticle.WEB, stamped(10, analytics=True, marketing=False))
    found = both(*story, kits, sent, browser.open(20, coming_from="same-origin"))
    assert {name: outcome for name, (outcome, _) in found.outcomes.items()} == {
        "Facebook Pixel": "flows",
        "TikTok Pixel": "filtered",
        "Amplitude": "flows",
    }
    assert [(one.destination, str(one.verdict)) for one in found.found(FANOUT)] == [("Facebook Pixel", "confirmed")]
    assert found.rules == {FANOUT}
    (reason,) = found.gap("settings-not-seen")
    assert "what its servers send on never crosses the wire" in reason


def test_without_the_configuration_the_fan_out_is_a_gap() -> None:
    browser, story = choosing("analytics")
    found = run(*story, post(browser, 10, mparticle.WEB, stamped(10, analytics=True)))
    (reason,) = found.gap("settings-not-seen")
    assert "us1-key" in reason


def test_trackers_that_send_nothing_on_leave_no_such_gap() -> None:
    browser, story = choosing("analytics")
    assert run(*story, post(browser, 10, snowplow.TP2, snowplow.posted(view(10)))).gap("settings-not-seen") == []


# --- Piwik PRO's own consent manager


def privacy(**statuses: int) -> dict[str, str]:
    consents = {kind: {"status": status} for kind, status in statuses.items()}
    return {"ppms_privacy_892d04bd": quote(json.dumps({"visitorId": "v", "consents": consents}))}


@pytest.mark.parametrize(
    ("status", "uia", "verdicts"),
    [
        (1, "0", []),
        (0, "0", [("confirmed", "after-denial")]),
        (-1, "0", [("confirmed", "before-choice")]),
        (-1, "1", [("unproven", "before-choice")]),
    ],
)
def test_its_cookie_says_whether_it_may_track(status: int, uia: str, verdicts: list[tuple[str, str]]) -> None:
    browser = Browser(cookies=privacy(analytics=status))
    hit = urlencode({"idsite": "1", "rec": "1", "url": f"https://{SHOP}/", "_id": "257cc22df0ec483a", "uia": uia})
    story = [
        browser.open(0),
        browser.fetch(2, f"{PIWIK}?{hit}", dest="image"),
        browser.open(6, coming_from="same-origin"),
    ]
    assert both(*story).verdicts(EVENT) == verdicts


def test_the_report_of_a_decision_is_not_accused() -> None:
    browser = Browser(cookies=privacy(analytics=0))
    fields = {
        "idsite": "1",
        "rec": "1",
        "url": f"https://{SHOP}/",
        "e_c": "consent_decision",
        "e_a": "x",
        "_id": "257cc22df0ec483a",
    }
    call = browser.fetch(2, f"{PIWIK}?{urlencode(fields)}", dest="image")
    assert both(browser.open(0), call, browser.open(6, coming_from="same-origin")).rules == set()
