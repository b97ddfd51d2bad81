"""What an exchange tells of consent: cookies, their absence, recording calls, stamps, opt-out signals."""

from __future__ import annotations

import pytest

from addon.pipeline.session_state import SessionState
from addon.records import SessionRecord, SignalRecord
from tests.addon.building import (
    BANNER,
    COOKIEBOT,
    KLARO,
    META_PIXEL,
    NOON,
    SHOP,
    App,
    Browser,
    Run,
    Server,
    cookiebot_choice,
    dated_choice,
    message,
    onetrust_choice,
    pipeline_of,
    run,
    undated_choice,
)

OPT_OUT = "[policy]\nregime = 'opt-out'\n"
EVENT = "event-without-consent"


def carriers(found: Run) -> list[str]:
    return [signal.carrier for signal in found.of(SignalRecord)]


def test_a_cookie_is_recorded_once_however_often_it_travels() -> None:
    browser = Browser(cookies=dated_choice("analytics", at=-10))
    found = run(*(browser.open(at, f"/{at}") for at in range(5)))
    (signal,) = found.of(SignalRecord)
    assert (signal.carrier, signal.analytics, signal.marketing, signal.answered) == (
        "cookie cc_cookie",
        True,
        False,
        True,
    )
    assert (signal.observed_at, signal.effective_at) == (NOON, NOON - 10)


def test_a_changed_cookie_is_another_signal_and_the_old_value_again_a_third() -> None:
    browser = Browser(cookies=undated_choice(analytics=True))
    story = [browser.open(0)]
    browser.cookies |= undated_choice(analytics=False)
    story.append(browser.open(1))
    browser.cookies |= undated_choice(analytics=True)
    assert [one.analytics for one in run(*story, browser.open(2)).of(SignalRecord)] == [True, False, True]


HOUSE = """
[consent_managers.house-banner]
name = "House banner"
cookie = "shop_consent"
categories = { stats = "analytics", ads = "marketing" }
declared = { shape = "pairs", answered_key = "decided" }
"""


def test_a_consent_manager_of_the_policy_is_believed_like_any_other() -> None:
    browser = Browser(cookies={"shop_consent": "decided:1,stats:no,ads:no"})
    found = run(browser.open(0), browser.send(5, message()), browser.open(60), policy=HOUSE)
    (signal,) = found.of(SignalRecord)
    assert (signal.source, signal.answered, signal.analytics, signal.marketing) == ("house-banner", True, False, False)
    assert found.verdicts(EVENT) == [("confirmed", "after-denial")]
    browser.cookies["shop_consent"] = "decided:1,stats:yes,ads:no"
    assert run(browser.open(0), browser.send(5, message()), browser.open(60), policy=HOUSE).verdicts(EVENT) == []


def test_a_missing_cookie_is_a_signal_only_where_a_consent_manager_is_in_use() -> None:
    browser = Browser()
    assert carriers(run(browser.open(0), browser.open(1))) == []
    assert carriers(run(browser.open(0), browser.fetch(1, KLARO), browser.open(2))) == ["no cookie"]


def test_a_consent_manager_that_is_recognised_late_explains_the_earlier_requests_too() -> None:
    browser = Browser()
    found = run(browser.open(0), browser.send(5, message()), browser.fetch(6, KLARO))
    (absence,) = found.of(SignalRecord)
    assert absence.observed_at == NOON
    assert found.verdicts(EVENT) == [("likely", "before-choice")]


def test_a_consent_manager_that_only_its_cookie_gives_away_explains_them_as_well() -> None:
    """Its script is part of the shop's own bundle, so that nothing names it before the first answer."""
    browser = Browser()
    story = [browser.open(0), browser.send(5, message()), browser.open(60)]
    assert run(*story).verdicts(EVENT) == [("likely", "no-signal")]
    browser.cookies |= dated_choice("analytics", at=70)
    for live in (True, False):
        assert run(*story, browser.open(300), live=live).verdicts(EVENT) == [("likely", "before-choice")]


def test_the_policy_names_a_consent_manager_that_nothing_gives_away() -> None:
    browser = Browser()
    policy = "[sites.'shop.example']\nconsent_manager = 'klaro'\n"
    story = [browser.open(0), browser.send(5, message()), browser.open(10)]
    assert run(*story).verdicts(EVENT) == [("likely", "no-signal")]
    assert run(*story, policy=policy).verdicts(EVENT) == [("likely", "before-choice")]


@pytest.mark.parametrize(
    "look",
    [{"coming_from": "cross-site"}, {"method": "OPTIONS"}],
    ids=["a page reached from another site", "a preflight"],
)
def test_a_request_that_may_leave_cookies_out_shows_nothing_by_it(look: dict[str, str]) -> None:
    """The person may have accepted; that the cookie is not there says nothing."""
    browser = Browser()
    banner = browser.fetch(0, "https://cdn.kiprotect.com/klaro/v0.7/klaro.js")
    found = run(banner, browser.open(1, **look), browser.send(5, message()), browser.open(10, **look))
    assert carriers(found) == []
    assert found.verdicts(EVENT) == [("unproven", "no-signal")]


def test_a_scripts_fetch_without_credentials_shows_nothing_by_its_missing_cookies() -> None:
    browser = Browser(cookies=undated_choice(analytics=True))
    fetch = browser.fetch(2, f"https://{SHOP}/api", mode="cors", dest="empty")
    found = run(browser.open(0), browser.fetch(1, KLARO), fetch, browser.send(3, message()))
    assert carriers(found) == ["cookie klaro"]
    assert not found.found(EVENT)


def test_a_page_of_another_host_of_the_site_does_not_speak_for_this_one() -> None:
    """The consent cookie lives on www only; on the blog nobody has answered, on www somebody has."""
    shop, blog = Browser(cookies=undated_choice(analytics=True)), Browser(host="blog.shop.example")
    story = [shop.open(0), shop.fetch(1, KLARO), blog.open(2), shop.send(3, message()), blog.open(4), shop.open(5)]
    assert not run(*story).found(EVENT)
    assert run(*story[:3], blog.send(3, message()), *story[4:]).verdicts(EVENT) == [("likely", "before-choice")]


def test_a_capture_without_cookies_never_tells_that_one_is_missing() -> None:
    browser = Browser()
    found = run(
        browser.open(0), browser.fetch(1, KLARO), browser.send(2, message()), browser.open(3), cookies_visible=False
    )
    assert carriers(found) == []
    assert found.verdicts(EVENT) == [("unproven", "no-signal")]


def test_a_choice_that_is_recorded_by_a_call_holds_from_that_call_on() -> None:
    browser = Browser()
    accept = f"{COOKIEBOT.replace('uc.js', 'logconsent.ashx')}&action=accept&clp=1&cls=1&clm=1"
    story = [browser.open(0), browser.fetch(1, COOKIEBOT), browser.send(2, message("early"))]
    story += [browser.fetch(5, accept), browser.send(6, message("late"))]
    found = run(*story)
    assert [violation.event_name for violation in found.found(EVENT)] == ["track 'early'"]
    assert "call logconsent.ashx" in carriers(found)


def test_an_answer_that_a_response_sets_holds_from_the_response_on() -> None:
    browser = Browser()
    (name, value), *_ = undated_choice(analytics=True).items()
    saved = browser.fetch(5, f"https://{SHOP}/consent", method="POST", set_cookies=[f"{name}={value}; Path=/"])
    browser.cookies[name] = value
    story = [
        browser.open(0),
        browser.send(2, message("early")),
        saved,
        browser.send(6, message("late")),
        browser.open(9),
    ]
    found = run(browser.fetch(-1, KLARO), *story)
    assert [violation.event_name for violation in found.found(EVENT)] == ["track 'early'"]


def test_a_cookie_that_exists_before_any_answer_is_not_an_answer() -> None:
    """OneTrust writes its groups, all granted, before the banner was answered."""
    browser = Browser(cookies=onetrust_choice("C0001:1,C0002:1,C0004:1"))
    story = [browser.open(0), browser.send(2, message()), browser.open(5)]
    assert run(*story).verdicts(EVENT) == [("confirmed", "before-choice")]
    browser.cookies |= onetrust_choice("C0001:1,C0002:1,C0004:1", closed_at=1)
    assert not run(story[0], story[1], browser.open(5)).found(EVENT)


def test_consent_that_is_only_implied_is_no_answer_either() -> None:
    implied = cookiebot_choice(-10, statistics=True, marketing=True, method="implied")
    browser = Browser(cookies=implied)
    story = [browser.open(0), browser.send(2, message()), browser.open(5)]
    assert run(*story).verdicts(EVENT) == [("confirmed", "before-choice")]
    assert not run(*story, policy=OPT_OUT).found(EVENT)


def test_where_the_consent_manager_asked_nobody_the_region_decides_which_the_wire_does_not_show() -> None:
    implied = cookiebot_choice(-10, statistics=True, marketing=True, method="implied")
    unasked = {name: value.replace("abc", "-1") for name, value in implied.items()}
    browser = Browser(cookies=unasked)
    story = [browser.open(0), browser.send(2, message()), browser.open(5)]
    assert run(*story).verdicts(EVENT) == [("unproven", "before-choice")]
    assert not run(*story, policy=OPT_OUT).found(EVENT)


# --- opt-out preference signals


def test_gpc_counts_from_the_first_request_that_carries_it() -> None:
    browser = Browser(gpc=True)
    story = [browser.open(0), browser.pixel(2), browser.open(5)]
    assert run(*story, policy=OPT_OUT).verdicts("destination-without-consent") == [("confirmed", "after-denial")]
    assert not run(*(Browser().open(0), Browser().pixel(2)), policy=OPT_OUT).violations


def test_gpc_that_a_slow_request_shows_late_counts_from_when_that_was_sent() -> None:
    """Exchanges arrive when they end: the page, sent first, may be the last."""
    browser = Browser(gpc=True)
    late = [Browser().pixel(2), browser.pixel(4), browser.open(0)]
    for live in (True, False):
        found = run(*late, policy=OPT_OUT, live=live)
        assert sorted(one.occurred_at - NOON for one in found.found("destination-without-consent")) == [2, 4]


def test_gpc_stands_back_behind_an_answer_and_is_unproven_where_one_may_have_come_first() -> None:
    browser = Browser(gpc=True)
    story = [browser.open(0), browser.fetch(1, KLARO), browser.pixel(5)]
    browser.cookies |= undated_choice(analytics=True, marketing=True)
    found = run(*story, browser.open(9), browser.pixel(10), policy=OPT_OUT)
    assert found.verdicts("destination-without-consent") == [("unproven", "after-denial")]


def test_a_site_may_have_another_law_than_the_rest() -> None:
    policy = OPT_OUT + "[sites.'shop.example']\nregime = 'opt-in'\n"
    shop, news = Browser(), Browser(host="www.news.example")
    story = [shop.open(0), news.open(0), shop.pixel(2), news.pixel(2), shop.open(5), news.open(5)]
    assert {one.site for one in run(*story, policy=policy).found("destination-without-consent")} == {"shop.example"}


# --- stamps


def test_a_stamp_is_believed_where_nothing_else_speaks_and_that_is_a_gap() -> None:
    app = App()
    found = run(app.send(0, message(stamp={"analytics": False})), app.send(5, message(stamp={"analytics": True})))
    assert found.verdicts(EVENT)[-1:] != [("confirmed", "before-choice")]
    assert [one.occurred_at - NOON for one in found.found(EVENT)] == [0]
    assert found.gap("consent-by-stamp-alone")


def test_what_a_message_says_of_its_own_moment_is_not_put_in_doubt_by_the_next() -> None:
    app = App()
    found = run(app.send(0, message(stamp={"analytics": True})), app.send(5, message(stamp={"analytics": False})))
    assert [(one.occurred_at - NOON, one.verdict) for one in found.found(EVENT)] == [(5, "confirmed")]


def test_a_cookie_beside_the_grant_is_not_put_in_doubt_by_a_later_withdrawal() -> None:
    browser = Browser(cookies={"_ga": "GA1", **undated_choice(analytics=True)})
    story = [browser.open(0)]
    browser.cookies |= undated_choice(analytics=False)
    found = run(*story, browser.open(10))
    assert [one.occurred_at - NOON for one in found.found("cookie-without-consent")] == [10]


def test_a_servers_stamp_says_nothing_of_anybodys_choice() -> None:
    found = run(Server().send(0, message(stamp={"analytics": True})))
    assert carriers(found) == []
    assert not found.rules


def test_equal_stamps_of_a_batch_are_one_signal() -> None:
    found = run(App().send(0, *(message(stamp={"analytics": True}) for _ in range(5))))
    assert carriers(found) == ["stamp"]


# --- sessions and their sources of consent


def test_a_session_says_where_its_consent_is_known_from() -> None:
    browser = Browser(cookies=undated_choice(analytics=True))
    assert run(browser.open(0)).of(SessionRecord)[-1].consent_source == "klaro"
    assert run(Browser().open(0), Browser().fetch(1, BANNER)).of(SessionRecord)[-1].consent_source == (
        "vanilla-cookieconsent"
    )
    assert (
        run(App().send(0, message(stamp={"analytics": True}))).of(SessionRecord)[-1].consent_source == "message-stamp"
    )
    assert run(Browser().open(0)).of(SessionRecord)[-1].consent_source is None


@pytest.mark.parametrize(
    ("client", "one_clock", "margin"),
    [("127.0.0.1", False, 0.0), ("::1", False, 0.0), ("10.0.0.5", False, 2.0), ("har: Chrome", True, 0.0), ("har: x", False, 2.0)],
)  # fmt: skip
def test_a_phones_clock_is_not_trusted_to_the_second(client: str, one_clock: bool, margin: float) -> None:
    pipeline = pipeline_of(one_clock=one_clock)
    pipeline.process(Browser(client=client).open(0))
    sessions: list[SessionState] = list(pipeline._sessions)
    assert [session.timeline.clock_margin for session in sessions] == [margin]


def test_a_call_to_a_consent_manager_is_nobodys_fault() -> None:
    browser = Browser()
    found = run(browser.open(0), browser.fetch(1, COOKIEBOT), browser.pixel(2, META_PIXEL), browser.open(3))
    assert {one.vendor for one in found.violations} == {"meta-pixel"}
