"""The signals that exchanges carry: cookies and recording calls."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from datetime import datetime
from urllib.parse import quote

import pytest

from addon.consent import reader as module
from addon.consent.missing import absence
from addon.consent.reader import TCF_ORIGIN, ConsentReader
from addon.consent.signal import Rank, Resolver, Signal, Unread
from vendor_catalog import Category, ConsentManager, shipped_catalogue

from .managers import ANALYTICS, BOX, CATALOGUE, FUNCTIONAL, LITERAL, MANAGERS, MARKETING, NECESSARY, TCF, resolver
from .strings.tc_samples import ACCEPTED, REFUSED, day
from .wire import Core, exchange, tc_string

HOST = "www.shop.example"
LISTED = json.dumps(
    {
        "categories": ["stats"],
        "consentId": "0b3d5a5e",
        "consentTimestamp": "2026-05-01T12:00:00Z",
        "lastConsentTimestamp": "2026-05-01T12:00:00Z",
    }
)
CLOSED = "2026-05-01T12:00:00.123Z"


def make(**overrides: Category) -> ConsentReader:
    return ConsentReader(CATALOGUE, resolver(**overrides))


def content(signals: list[Signal]) -> list[tuple[object, ...]]:
    return [(s.origin, s.carrier, s.rank, s.host, s.raw, s.answered, s.values, s.keys, s.effective_at) for s in signals]


# --- cookies


def test_a_cookie_becomes_its_managers_signal() -> None:
    read = make().cookies({"_ga": "GA1.1.1", "services": quote('{"stats":true,"pixel":false}')}, HOST)
    (signal,) = read.signals
    assert (signal.origin, signal.carrier, signal.host, signal.rank) == (
        "services",
        "cookie services",
        HOST,
        Rank.MANAGER,
    )
    assert signal.answered is True
    assert signal.values == {NECESSARY: True, FUNCTIONAL: None, ANALYTICS: True, MARKETING: False}
    assert signal.vendors == {"pixel": False}
    assert read.present == {"services"}
    assert (read.problems, read.invalid_strings) == ([], [])


def test_cookies_of_nobody_say_nothing() -> None:
    read = make().cookies({"_ga": "GA1.1.1", "consent": "yes"}, HOST)
    assert (read.signals, read.present, read.problems) == ([], set(), [])
    assert make().cookies({}, HOST).signals == []


def test_the_policy_reaches_what_cookies_say() -> None:
    (signal,) = make(stats=MARKETING).cookies({"services": '{"stats":true}'}, HOST).signals
    assert signal.values[MARKETING] is True
    assert signal.values[ANALYTICS] is None


def test_of_two_managers_that_share_a_name_the_value_tells_whose_it_is() -> None:
    read = make().cookies({"shared": quote('{"stats":true}')}, HOST)
    assert [signal.origin for signal in read.signals] == ["services"]
    assert read.recognised == {"services"}
    assert read.present == {"services", "lists"}, "for neither it is a cookie that is missing"
    assert read.unread == []
    assert read.problems == [], "whoever wrote it is known, so nothing is unknown about its format"


def test_a_name_that_both_could_have_written_is_broken_for_the_one_and_read_for_the_other() -> None:
    read = make().cookies({"shared": quote(LISTED)}, HOST)
    assert [signal.origin for signal in read.signals] == ["lists"]
    assert read.present == {"services", "lists"}
    assert [kind for kind, _ in read.problems] == ["bad-consent"]


def test_a_value_of_another_grammar_is_no_signal_and_no_sign_of_the_manager_but_no_missing_cookie_either() -> None:
    read = make().cookies({"CookieConsent": "accepted"}, HOST)
    assert (read.signals, read.recognised, read.present) == ([], set(), {"literal"})
    assert [(one.origin, one.unread, one.raw) for one in read.unread] == [("literal", Unread.UNKNOWN_FORMAT, None)]
    ((kind, reason),) = read.problems
    assert kind == "unknown-format"
    assert "the cookie CookieConsent is not as Literal writes it" in reason


def test_if_nobody_who_shares_the_name_knows_the_value_each_says_so() -> None:
    read = make().cookies({"shared": "accepted"}, HOST)
    assert [kind for kind, _ in read.problems] == ["unknown-format", "unknown-format"]


def test_a_broken_value_is_no_signal_but_a_sign_of_the_manager() -> None:
    read = make().cookies({"services": '{"stats":"yes"}'}, HOST)
    assert (read.signals, read.present) == ([], {"services"})
    assert [kind for kind, _ in read.problems] == ["bad-consent"]
    assert read.invalid_strings == []


def test_a_companion_is_read_beside_its_cookie_and_is_no_signal_itself() -> None:
    cookies = {"OptanonConsent": "landingPath=NotLandingPage&groups=C0002:1"}
    (open_box,) = make().cookies(cookies, HOST).signals
    (closed_box,) = make().cookies({"OptanonAlertBoxClosed": CLOSED, **cookies}, HOST).signals
    assert (open_box.answered, open_box.effective_at) == (None, None)
    assert (closed_box.answered, closed_box.effective_at) == (True, datetime.fromisoformat(CLOSED).timestamp())
    assert make().cookies({"OptanonAlertBoxClosed": CLOSED}, HOST).signals == []


def test_the_same_value_with_another_companion_is_not_taken_from_memory() -> None:
    one = make()
    cookies = {"OptanonConsent": "landingPath=NotLandingPage&groups=C0002:1"}
    assert [s.answered for s in one.cookies(cookies, HOST).signals] == [None]
    assert [s.answered for s in one.cookies({**cookies, "OptanonAlertBoxClosed": CLOSED}, HOST).signals] == [True]
    assert [s.answered for s in one.cookies(cookies, HOST).signals] == [None]


def test_a_cookie_that_a_response_sets_says_so() -> None:
    (signal,) = make().cookies({"services": "{}"}, HOST, "set-cookie").signals
    assert signal.carrier == "set-cookie services"


def test_memory_gives_equal_answers() -> None:
    one = make()
    for cookies in (
        {"services": '{"stats":true}'},
        {"shared": quote(LISTED)},
        {"euconsent-v2": ACCEPTED},
        {"shared": "x"},
    ):
        fresh, again, new = one.cookies(cookies, HOST), one.cookies(cookies, HOST), make().cookies(cookies, HOST)
        assert content(fresh.signals) == content(again.signals) == content(new.signals)
        assert fresh.problems == again.problems == new.problems
        assert fresh.present == again.present == new.present


def test_no_observation_changes_what_the_next_one_is_read_as() -> None:
    one = make()
    (first,) = one.cookies({"services": "{}"}, HOST).signals
    with pytest.raises(FrozenInstanceError):
        first.id = "c1"  # type: ignore[misc]
    (second,) = one.cookies({"services": "{}"}, HOST).signals
    assert second.id == ""


def test_memory_does_not_mix_up_hosts_and_carriers() -> None:
    one = make()
    seen = [
        one.cookies({"services": "{}"}, host, carrier).signals[0]
        for host in (HOST, "blog.shop.example")
        for carrier in ("cookie", "set-cookie")
    ]
    assert len({(signal.host, signal.carrier) for signal in seen}) == 4


def test_what_memory_forgot_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CACHE", 3)
    one = make()
    values = [json.dumps({"stats": True, "n": bool(number % 2), str(number): False}) for number in range(20)]
    for value in [*values, *values]:
        (signal,) = one.cookies({"services": value}, HOST).signals
        assert signal.keys == json.loads(value)


# --- TC strings


def test_a_tc_string_ranks_below_a_managers_own_record() -> None:
    (signal,) = make().cookies({"euconsent-v2": ACCEPTED}, HOST).signals
    assert (signal.origin, signal.rank) == (TCF_ORIGIN, Rank.STANDARD)
    assert Rank.STAMP < signal.rank < Rank.MANAGER
    assert signal.raw == ACCEPTED


def test_a_sound_tc_string_breaks_no_rule() -> None:
    assert make().cookies({"euconsent-v2": ACCEPTED}, HOST).invalid_strings == []
    old = tc_string(Core(created=day("2021-01-01"), policy_version=2, legitimate_interests=[3]))
    assert make().cookies({"euconsent-v2": old}, HOST).invalid_strings == []


def test_the_rules_that_a_tc_string_breaks_are_told_and_its_values_still_count() -> None:
    broken = Core(created=day("2026-06-01"), purposes=[1, 8, 9, 10]).segment()
    one = make()
    for _ in range(2):
        read = one.cookies({"euconsent-v2": broken}, HOST)
        ((carrier, problems),) = read.invalid_strings
        assert carrier == "cookie euconsent-v2"
        assert len(problems) == 1
        assert "disclosed vendors" in problems[0]
        assert read.signals[0].values[ANALYTICS] is True


def test_a_tc_string_that_cannot_be_read_is_invalid_and_no_signal() -> None:
    read = make().cookies({"euconsent-v2": ACCEPTED[:24]}, HOST)
    assert read.signals == []
    ((carrier, (reason,)),) = read.invalid_strings
    assert carrier == "cookie euconsent-v2"
    assert "ends within" in reason
    assert [kind for kind, _ in read.problems] == ["bad-consent"]


def test_a_cookie_that_was_emptied_is_no_invalid_string() -> None:
    read = make().cookies({"euconsent-v2": ""}, HOST)
    assert (read.signals, read.invalid_strings, read.recognised) == ([], [], set())
    assert [(one.origin, one.unread) for one in read.unread] == [("iab-tcf", Unread.TAKEN_OUT)]


@pytest.mark.parametrize(
    "mark", ["[REDACTED]", "***", "", "redacted", "<removed>", "%5BREDACTED%5D", "[cookie redacted]", '""']
)
def test_a_value_that_was_taken_out_is_there_and_not_known(mark: str) -> None:
    read = make().cookies({"CookieConsent": mark}, HOST)
    assert [(one.unread, one.speaks) for one in read.unread] == [(Unread.TAKEN_OUT, False)]
    assert [kind for kind, _ in read.problems] == ["cookies-stripped"]


@pytest.mark.parametrize("stale_first", [True, False])
def test_of_two_tc_strings_the_newer_counts(stale_first: bool) -> None:
    # a former consent manager's string stays for up to a year
    stale = tc_string(Core(created=day("2025-06-01"), purposes=[1, 8, 9, 10]))
    current = tc_string(Core(created=day("2026-05-01")))
    values = (stale, current) if stale_first else (current, stale)
    read = make().cookies(dict(zip(("euconsent-v2", "eupubconsent-v2"), values, strict=True)), HOST)
    (signal,) = read.signals
    assert signal.raw == current


def test_of_two_tc_strings_of_one_day_the_first_counts() -> None:
    cookies = {"euconsent-v2": ACCEPTED, "eupubconsent-v2": REFUSED}
    assert [signal.raw for signal in make().cookies(cookies, HOST).signals] == [ACCEPTED]


def test_managers_beside_each_other_are_all_heard() -> None:
    cookies = {"euconsent-v2": ACCEPTED, "services": "{}", "OptanonConsent": "groups=C0002:1"}
    assert {signal.origin for signal in make().cookies(cookies, HOST).signals} == {TCF_ORIGIN, "services", "box"}


# --- recording calls

LOG = "https://consent.example/logconsent.ashx"


def test_a_recording_call_is_a_dated_signal_of_the_page() -> None:
    read = make().recording_call(exchange(f"{LOG}?action=accept&clp=1&cls=0&clm=1"), HOST)
    (signal,) = read.signals
    assert (signal.origin, signal.carrier, signal.host, signal.rank) == (
        "literal",
        "call logconsent.ashx",
        HOST,
        Rank.MANAGER,
    )
    assert signal.values == {NECESSARY: True, FUNCTIONAL: True, ANALYTICS: False, MARKETING: True}
    assert signal.effective_at == 1_780_000_000.0
    assert read.problems == []


def test_a_recording_call_from_an_unknown_page_is_kept_under_its_own_host() -> None:
    (signal,) = make().recording_call(exchange(f"{LOG}?action=decline"), None).signals
    assert signal.host == "consent.example"


@pytest.mark.parametrize("url", [f"{LOG}/x?action=accept", "https://consent.example/uc.js", "https://other.example/"])
def test_other_addresses_record_nothing(url: str) -> None:
    assert make().recording_call(exchange(url), HOST).signals == []


def test_a_preflight_records_nothing() -> None:
    read = make().recording_call(exchange(f"{LOG}?action=accept", method="OPTIONS"), HOST)
    assert (read.signals, read.problems) == ([], [])


@pytest.mark.parametrize("query", ["", "action=show", "&".join(f"a{number}=1" for number in range(200))])
def test_a_recording_call_that_cannot_be_read_leaves_a_gap(query: str) -> None:
    read = make().recording_call(exchange(f"{LOG}?{query}"), HOST)
    assert read.signals == []
    assert [kind for kind, _ in read.problems] == ["bad-consent"]


# --- absence


def test_a_missing_cookie_is_unanswered_only_where_the_manager_writes_none_before() -> None:
    assert absence(LITERAL, HOST).answered is False
    assert absence(BOX, HOST).answered is None


@pytest.mark.parametrize("manager", MANAGERS, ids=[manager.id for manager in MANAGERS])
def test_a_missing_cookie_grants_nothing_and_ranks_as_its_manager_does(manager: ConsentManager) -> None:
    missing = absence(manager, HOST)
    assert missing.absent
    assert missing.raw is None
    assert (missing.origin, missing.host) == (manager.id, HOST)
    assert missing.value((ANALYTICS,), "pixel", ("stats",)) is None
    assert missing.rank is (Rank.STANDARD if manager is TCF else Rank.MANAGER)


@pytest.mark.parametrize("host", ["cdn.privacy-mgmt.com", "cmp.shop.example"])
@pytest.mark.parametrize(("kind", "value"), [("11", True), ("13", False)])
def test_sourcepoint_records_a_choice_on_its_own_host_and_on_the_customers(host: str, kind: str, value: bool) -> None:
    catalogue = shipped_catalogue()
    call = exchange(f"https://{host}/wrapper/v2/choice/gdpr/{kind}?env=prod", method="POST")
    (signal,) = ConsentReader(catalogue, Resolver(catalogue, {})).recording_call(call, "www.shop.example").signals
    assert (signal.origin, signal.answered, signal.values[Category.MARKETING]) == ("sourcepoint", True, value)
    found = catalogue.match("GET", host, "/wrapper/v2/messages", "env=prod")
    assert found is not None
    assert found.vendor == "sourcepoint"
