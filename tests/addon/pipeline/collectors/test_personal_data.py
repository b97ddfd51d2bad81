"""Personal data on its way: which messages and calls are looked at, what the policy allows, and that the data is never told."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from tests.addon.building import META_PIXEL, App, Browser, Run, Server, dated_choice, message, run, settings_of
from tests.addon.personal_data.clean import ADDRESSES, CLEAN

RULE = "personal-data-in-payload"
EMAIL = "ada.lovelace@gmail.com"
AMPLITUDE = "https://api2.amplitude.com/2/httpapi"


def places(found: Run) -> list[tuple[str | None, str | None]]:
    return [(violation.vendor, violation.event_name) for violation in found.found(RULE)]


def identify(**traits: Any) -> dict[str, Any]:
    return message(None, kind="identify", traits=traits)


def sent(*messages: dict[str, Any], policy: str = "", live: bool = False) -> Run:
    browser = Browser()
    return run(browser.open(0), browser.send(1, *messages), browser.open(2), policy=policy, live=live)


@pytest.mark.parametrize("live", [False, True])
def test_it_is_held_against_a_site_whatever_was_consented(live: bool) -> None:
    browser = Browser(cookies=dated_choice("analytics", "marketing", at=-60))
    found = run(browser.open(0), browser.send(1, identify(email=EMAIL)), browser.open(2), live=live)
    assert places(found) == [("segment", "email at traits.email")]
    assert found.verdicts(RULE) == [("confirmed", "no-signal")]
    (violation,) = found.found(RULE)
    assert violation.event_id == found.events[0].id
    assert violation.severity == "warning"


def test_the_data_itself_is_nowhere_in_what_is_told() -> None:
    values = {
        "email": EMAIL,
        "phone": "+491701234567",
        "first_name": "Augusta",
        "iban": "DE89370400440532013000",
        EMAIL: EMAIL,
    }
    found = sent(
        identify(**values), message(properties={"products": [{EMAIL: EMAIL}], "card_number": "4111111111111111"})
    )
    assert len(found.found(RULE)) == 7
    for violation in found.found(RULE):
        text = f"{violation.explanation} {violation.event_name} {violation.destination}"
        assert not any(value in text for value in (*values.values(), "4111111111111111", "ada", "gmail"))


def test_one_place_is_told_once_a_session_and_source() -> None:
    browser, other = Browser(), Browser(client="10.0.0.5")
    found = run(
        browser.open(0),
        browser.send(1, identify(email=EMAIL), identify(email="bob@gmail.com")),
        browser.send(2, identify(email=EMAIL)),
        browser.send(3, identify(email=EMAIL), key="another"),
        other.open(4),
        other.send(5, identify(email=EMAIL)),
    )
    assert len(found.found(RULE)) == 3
    assert len({violation.fingerprint for violation in found.found(RULE)}) == 1


def test_a_message_that_is_sent_again_is_not_told_again() -> None:
    again = identify(email=EMAIL)
    browser = Browser()
    assert len(run(browser.open(0), browser.send(1, again), browser.send(2, again)).found(RULE)) == 1


def test_apps_and_servers_are_looked_at_too() -> None:
    assert places(run(App().send(0, identify(phone="+491701234567")))) == [("segment", "phone at traits.phone")]
    assert places(run(Server().send(0, identify(email=EMAIL)))) == [("segment", "email at traits.email")]


# --- calls to vendors


def called(url: str = META_PIXEL, policy: str = "", **more: Any) -> Run:
    browser = Browser()
    return run(browser.open(0), browser.pixel(1, url, **more), policy=policy)


def test_a_vendors_call_is_looked_at_in_its_query_its_form_and_its_json() -> None:
    assert places(called(f"{META_PIXEL}&ud[em]={quote(EMAIL)}")) == [("meta-pixel", "email at query.ud[em]")]
    page = quote(f"https://www.shop.example/?mail={quote(EMAIL)}", safe="")
    assert places(called(f"{META_PIXEL}&dl={page}")) == [("meta-pixel", "email at query.dl?mail")]
    form = f"cd[note]={quote(EMAIL)}".encode()
    assert places(called(META_PIXEL, method="POST", body=form)) == [("meta-pixel", "email at body.cd[note]")]
    body = json.dumps({"events": [{"user_properties": {"email": EMAIL}}]}).encode()
    assert places(called(AMPLITUDE, method="POST", body=body)) == [
        ("amplitude", "email at body.events[].user_properties.email")
    ]
    form = b"e=" + quote(json.dumps([{"user_id": EMAIL}])).encode()
    assert places(called("https://api.amplitude.com/", method="POST", body=form)) == [
        ("amplitude", "email at body.e[].user_id")
    ]


def test_the_page_that_a_call_names_as_its_referrer_is_looked_at() -> None:
    headers = {"referer": f"https://www.shop.example/reset?email={quote(EMAIL)}"}
    assert places(called(META_PIXEL, headers=headers)) == [("meta-pixel", "email at referer?email")]


def test_who_is_strictly_necessary_is_given_what_the_person_asked_for() -> None:
    policy = '[vendors.meta-pixel]\ncategory = "necessary"\n'
    assert places(called(f"{META_PIXEL}&em={quote(EMAIL)}", policy=policy)) == []
    assert (
        places(called(f"https://m.stripe.com/6?email={quote(EMAIL)}", method="POST", body=b"card=4111111111111111"))
        == []
    )


def test_a_form_that_the_person_submits_to_its_maker_is_what_they_asked_for() -> None:
    body = json.dumps({"fields": [{"name": "email", "value": EMAIL}]}).encode()
    url = "https://forms.hsforms.com/submissions/v3/public/submit/formsnext/multipart/1/2"
    assert places(called(url, method="POST", body=body)) == []
    posted = f"https://shop.us1.list-manage.com/subscribe/post-json?u=abc&id=1&EMAIL={quote(EMAIL)}"
    assert places(called(posted)) == []
    copied = "https://forms.hubspot.com/collected-forms/submit/form"
    assert places(called(copied, method="POST", body=body)) == [("hubspot", "email at body.fields[].value")]


def test_the_sites_own_calls_preflights_and_strangers_are_not_looked_at() -> None:
    browser = Browser()
    body = f"email={quote(EMAIL)}&card_number=4111111111111111".encode()
    found = run(
        browser.open(0, f"/login?email={quote(EMAIL)}"),
        browser.fetch(1, "https://www.shop.example/api/login", method="POST", body=body),
        browser.fetch(2, "https://api.stranger.example/collect", method="POST", body=body),
        browser.fetch(3, f"{META_PIXEL}&em={quote(EMAIL)}", method="OPTIONS"),
    )
    assert places(found) == []


def test_a_call_that_was_read_as_messages_is_told_once() -> None:
    browser = Browser()
    data = quote(json.dumps({"userId": "1", "properties": {"email": EMAIL}, "writeKey": "k", "event": "x"}))
    url = f"https://api.segment.io/v1/pixel/track?data={data}"
    assert places(run(browser.open(0), browser.pixel(1, url))) == [("segment", "email at properties.email")]


def test_what_a_batch_says_of_all_its_messages_is_told_once() -> None:
    browser = Browser()
    batch = {"batch": [message(), message()], "writeKey": "k", "context": {"traits": {"email": EMAIL}}}
    body = json.dumps(batch).encode()
    sent_so = browser.fetch(1, "https://api.segment.io/v1/b", mode="cors", dest="empty", method="POST", body=body)
    assert places(run(browser.open(0), sent_so)) == [("segment", "email at body.context.traits.email")]
    assert places(sent(identify(email=EMAIL), message())) == [("segment", "email at traits.email")]


def test_a_body_that_is_too_large_leaves_a_gap() -> None:
    found = called(AMPLITUDE, method="POST", body=b'{"events": "' + b"x" * 300_000 + b'"}')
    assert len(found.gap("not-searched")) == 1
    assert "Amplitude" in found.gap("not-searched")[0]
    assert called(META_PIXEL).gap("not-searched") == []


def test_a_session_with_personal_data_everywhere_is_cut_and_says_so() -> None:
    messages = [
        message(properties={f"k{letter}{other}": EMAIL})
        for letter in "abcdefghijklmnop"
        for other in "abcdefghijklmnop"
    ]
    found = sent(*messages)
    assert len(found.found(RULE)) == 200
    assert len(found.gap("not-searched")) == 1


# --- the policy


@pytest.mark.parametrize(
    ("allow", "left"),
    [
        ('["traits.email"]', ["phone at traits.phone", "email at properties.email"]),
        ('["traits.*"]', ["email at properties.email"]),
        ('["email"]', ["phone at traits.phone"]),
        ('["email at *", "phone at traits.phone"]', []),
        ('["email at traits.phone"]', ["email at traits.email", "phone at traits.phone", "email at properties.email"]),
        ("[]", ["email at traits.email", "phone at traits.phone", "email at properties.email"]),
    ],
)
def test_the_policy_allows_kinds_and_places(allow: str, left: list[str]) -> None:
    messages = identify(email=EMAIL, phone="+491701234567"), message(properties={"email": EMAIL})
    found = sent(*messages, policy=f"[personal_data]\nallow = {allow}\n")
    assert [place for _, place in places(found)] == left


def test_a_finding_can_be_suppressed_as_it_is_named() -> None:
    policy = """
        [[suppress]]
        rule = "personal-data-in-payload"
        event = "email at traits.email"
        reason = "documented"
        owner = "privacy"
        expires = 2099-01-01
    """
    (violation,) = sent(identify(email=EMAIL), policy=policy).found(RULE)
    assert violation.suppressed is not None


# --- clean traffic


@pytest.mark.parametrize("about", CLEAN)
def test_clean_messages_and_calls_are_not_accused(about: str) -> None:
    browser = Browser()
    plain = {key: value for key, value in CLEAN[about].items() if not isinstance(value, (dict, list))}
    document = json.dumps({"events": [{"event_properties": CLEAN[about]}]}).encode()
    found = run(
        browser.open(0),
        browser.settings(1, settings_of({"Actions Amplitude": ["analytics"]})),
        browser.send(2, message(properties=CLEAN[about]), message(None, kind="page", properties=plain)),
        browser.pixel(3, f"{META_PIXEL}&{urlencode(plain)}"),
        browser.pixel(4, META_PIXEL, method="POST", body=urlencode(plain).encode()),
        browser.pixel(5, AMPLITUDE, method="POST", body=document),
        browser.open(6),
    )
    assert places(found) == []


def test_clean_pages_are_not_accused() -> None:
    browser = Browser()
    calls = [browser.pixel(number, f"{META_PIXEL}&dl={quote(url, safe='')}") for number, url in enumerate(ADDRESSES)]
    pages = [message(None, kind="page", context={"page": {"url": url, "referrer": url}}) for url in ADDRESSES]
    assert places(run(browser.open(0), *calls, browser.send(99, *pages))) == []
