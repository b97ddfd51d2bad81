"""Records of one host of a site and the acts of another: a record binds the hosts whose requests carry it, in both directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from addon.exchange import Exchange
from addon.records import ConsentStateRecord
from tests.addon.building import (
    BANNER,
    COOKIEBOT,
    KLARO,
    SHOP,
    Browser,
    Run,
    cookiebot_choice,
    dated_choice,
    message,
    run,
    settings_of,
    undated_choice,
)

from .test_cmp_api import klaro
from .test_observations import reported, stored

BLOG = "blog.shop.example"
EVERYTHING = ("functional", "analytics", "marketing")


@dataclass
class Site:
    """A shop and its blog, in one browser; each has cookies of its own."""

    shop: Browser
    blog: Browser

    def visited(self, *, live: bool = False, policy: str = "") -> Run:
        """The blog, the shop, the blog again; each with a vendor's call."""
        story: list[Exchange] = []
        for at, browser in ((0, self.blog), (10, self.shop), (20, self.blog), (30, self.shop), (40, self.blog)):
            story += [browser.open(at), browser.fetch(at + 0.5, f"https://{browser.host}/cookieconsent.umd.js")]
            story += [browser.pixel(at + 1)]
        return run(*story, live=live, policy=policy)


def site(shop: dict[str, str], blog: dict[str, str]) -> Site:
    return Site(Browser(cookies=shop), Browser(host=BLOG, cookies=blog))


def accused(shown: Run) -> dict[str, set[str]]:
    """Host of the page -> the verdicts on its calls."""
    found: dict[str, set[str]] = {}
    for violation in shown.found("destination-without-consent"):
        seconds = round(violation.occurred_at % 100) // 10 % 2
        found.setdefault(SHOP if seconds else BLOG, set()).add(str(violation.verdict))
    return found


@pytest.mark.parametrize("live", [False, True])
def test_a_grant_of_one_host_is_none_of_another_that_never_sends_it(live: bool) -> None:
    shown = site(dated_choice(*EVERYTHING, at=-60), {}).visited(live=live)
    assert accused(shown) == {BLOG: {"likely", "unproven"}}


@pytest.mark.parametrize("live", [False, True])
def test_a_refusal_of_one_host_is_none_of_another_that_never_sends_it(live: bool) -> None:
    shown = site(dated_choice(at=-60), dated_choice(*EVERYTHING, at=-90)).visited(live=live)
    assert accused(shown) == {SHOP: {"confirmed"}}


def test_nor_is_it_a_confirmed_one_where_the_other_was_never_asked() -> None:
    shown = site(dated_choice(at=-60), {}).visited()
    assert accused(shown)[SHOP] == {"confirmed"}
    assert "confirmed" not in accused(shown)[BLOG]
    for violation in shown.found("destination-without-consent"):
        assert ("cc_cookie" in violation.explanation) == (violation.verdict == "confirmed"), violation.explanation


def test_a_record_of_the_whole_site_binds_every_host() -> None:
    everything, nothing = dated_choice(*EVERYTHING, at=-60), dated_choice(at=-60)
    assert accused(site(everything, everything).visited()) == {}
    assert accused(site(nothing, nothing).visited()) == {SHOP: {"confirmed"}, BLOG: {"confirmed"}}


def test_a_host_of_which_no_request_could_show_it_goes_by_the_other_s() -> None:
    """Its page came from another site, which leaves cookies out."""
    for cookies, verdicts in ((dated_choice(*EVERYTHING, at=-60), []), (dated_choice(at=-60), ["confirmed"])):
        shop, blog = Browser(cookies=cookies), Browser(host=BLOG)
        story = [
            shop.open(0),
            shop.fetch(0.5, BANNER),
            blog.open(10, coming_from="cross-site"),
            blog.pixel(11),
            shop.open(20),
        ]
        shown = run(*story).found("destination-without-consent")
        assert [str(violation.verdict) for violation in shown] == verdicts


@pytest.mark.parametrize(("domain", "verdicts"), [("", ["unproven"]), ("; Domain=shop.example", ["confirmed"])])
def test_a_response_says_which_hosts_its_record_binds(domain: str, verdicts: list[str]) -> None:
    (value,) = dated_choice(at=-60).values()
    shop, blog = Browser(), Browser(host=BLOG)
    story = [
        shop.open(0, set_cookies=[f"cc_cookie={value}; Path=/{domain}"]),
        blog.open(10, coming_from="cross-site"),
        blog.pixel(11),
    ]
    assert [str(one.verdict) for one in run(*story).found("destination-without-consent")] == verdicts


def test_a_choice_that_was_recorded_by_a_call_is_the_page_s_whose_requests_carry_it() -> None:
    shop, blog = Browser(cookies={}), Browser(host=BLOG)
    recorded = (
        "https://consent.cookiebot.com/logconsent.ashx?action=accept&cbid=1&clp=true&cls=true&clm=true&cbt=leveloptin"
    )
    story = [shop.open(0), shop.fetch(0.5, COOKIEBOT), shop.fetch(1, recorded)]
    shop.cookies = cookiebot_choice(1, statistics=True, marketing=True)
    story += [shop.open(5), shop.pixel(6), blog.open(10), blog.pixel(11), shop.open(20), shop.pixel(21), blog.open(30)]
    found = run(*story).found("destination-without-consent")
    assert [(round(one.occurred_at % 100), str(one.verdict)) for one in found] == [(11, "likely")]


def test_two_hosts_that_answer_differently_took_nothing_back() -> None:
    """A grant on one and a refusal on the other are no withdrawal."""
    everything, nothing = dated_choice(*EVERYTHING, at=-90), dated_choice(at=-60)
    shop, blog = Browser(cookies=nothing), Browser(host=BLOG, cookies=everything)
    story: list[Exchange] = []
    for at, browser in ((0, blog), (10, shop), (20, blog), (30, shop), (40, blog)):
        story += [browser.open(at), browser.fetch(at + 0.2, f"https://{browser.host}/cookieconsent.umd.js")]
        story += [browser.settings(at + 0.4, settings_of({"Amplitude": ["analytics"]}, cloud=["Amplitude"]))]
        if browser is blog:
            story += [browser.send(at + 1, message(stamp={"analytics": True, "marketing": True}))]
    shown = run(*story)
    assert shown.found("withdrawal-not-propagated") == []
    assert shown.found("event-without-consent") == []


def test_a_us_privacy_string_of_one_host_opts_nobody_out_on_another() -> None:
    opted_out: dict[str, Any] = {"usprivacy": "1YYN"}
    shown = site(opted_out, {"session": "1"}).visited(policy='[policy]\nregime = "opt-out"\n')
    found = {round(one.occurred_at % 100) // 10 for one in shown.found("opt-out-ignored")}
    assert found == {1, 3}
    both = site(opted_out, opted_out).visited(policy='[policy]\nregime = "opt-out"\n')
    assert {round(one.occurred_at % 100) // 10 for one in both.found("opt-out-ignored")} >= {1, 2, 3, 4}


def test_what_is_stored_of_a_session_s_consent_says_on_which_host_it_held() -> None:
    shown = site(dated_choice(at=-60), {}).visited()
    states = {(record.host, record.state) for record in shown.of(ConsentStateRecord) if record.category == "marketing"}
    assert (SHOP, "denied") in states or (None, "denied") in states
    assert (BLOG, "denied") not in states and any(host == BLOG for host, _ in states)


def test_each_host_goes_by_its_own_record_though_another_has_the_same() -> None:
    """Klaro's has no date and nobody's name in it."""
    yes = undated_choice(**{"meta-pixel": True})
    shop, blog = Browser(cookies=yes), Browser(host=BLOG)
    story = [shop.open(0), shop.fetch(0.5, KLARO), blog.open(5), blog.pixel(6), shop.open(8)]
    blog.cookies = yes
    story += [blog.open(10), blog.pixel(11), shop.open(15), blog.pixel(16), blog.open(20)]
    found = run(*story).found("destination-without-consent")
    assert [(round(one.occurred_at % 100), str(one.verdict)) for one in found] == [(6, "unproven")]


# --- what pages report


def test_a_stored_record_of_one_host_does_not_silence_the_script_interface_of_another() -> None:
    shop, blog = Browser(), Browser(host=BLOG)
    shop.cookies = undated_choice(**{"meta-pixel": False})
    refusal = stored(0, written=False, **{"meta-pixel": False})
    story = [shop.open(0), shop.fetch(0.5, KLARO), reported(shop, 1, refusal | {"at": 1}), shop.pixel(2)]
    story += [blog.open(10), reported(blog, 11, klaro(11, granted=True)), blog.pixel(12)]
    story += [reported(blog, 13, klaro(13, granted=True)), shop.open(20), reported(shop, 21, refusal | {"at": 21})]
    found = run(*story).found("destination-without-consent")
    assert [(round(one.occurred_at % 100), str(one.verdict)) for one in found] == [(2, "confirmed")]
