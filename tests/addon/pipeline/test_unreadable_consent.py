"""A record that is there and cannot be read, or that nobody reads, accuses nobody: for every consent manager of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from addon.consent.missing import crosses_wire
from addon.exchange import Exchange
from addon.readers import Unreadable, open_capture
from addon.records import ExchangeRecord, SignalRecord
from addon.store.schema.gaps import KINDS
from tests.addon.building import COOKIEBOT, KLARO, Browser, Run, message, pipeline_of, policy_of, run, undated_choice
from vendor_catalog import ConsentManager, shipped_catalogue

CATALOGUE = shipped_catalogue()
GARBAGE = ("garbage", "%7B%22v%22%3A", "eyJ2IjoyfQ", "[REDACTED]", "***", "")
GTAG = "https://www.googletagmanager.com/gtag/js?id=G-ABC1234567"
CAPTURES = sorted((Path(__file__).parents[3] / "captures").glob("*.mitm"))


def visited(cookies: dict[str, str], *scripts: str) -> list[Exchange]:
    """Two pages, with the same cookies, and between them all that needs consent."""
    browser = Browser(cookies=cookies)
    loaded = [browser.fetch(0.2 + 0.1 * number, script) for number, script in enumerate(scripts)]
    acts = [browser.fetch(1, GTAG), browser.send(2, message()), browser.pixel(3)]
    again = browser.open(8, "/b", coming_from="same-origin")
    return [browser.open(0), *loaded, *acts, again, browser.pixel(9), browser.open(12, "/c", coming_from="same-origin")]


def accused(found: Run) -> list[tuple[str, str, str]]:
    """What is more than unproven for lack of consent; messages without a stamp are no matter of the person's choice."""
    sure = [each for each in found.violations if each.verdict in ("confirmed", "likely")]
    return [
        (each.rule, str(each.verdict), each.explanation)
        for each in sure
        if each.rule not in ("consent-not-stamped", "invalid-consent-string")
    ]


def of_regime(manager: ConsentManager) -> str:
    """An opt-out is a record where nobody has to be asked first."""
    return '[policy]\nregime = "opt-out"\n' if manager.role == "opt-out" else ""


def names(manager: ConsentManager) -> list[str]:
    return [fact.name or f"{fact.prefix}12345678" for fact in manager.cookies]


def script(manager: ConsentManager) -> list[str]:
    return [endpoint.matches[0].rpartition(" ")[2] for endpoint in manager.endpoints[:1]]


WITH_COOKIE = [
    pytest.param(manager, name, id=f"{manager.id}-{name}")
    for manager in CATALOGUE.consent_managers.values()
    for name in names(manager)
]
WITHOUT_READER = [
    manager for manager in CATALOGUE.consent_managers.values() if not crosses_wire(manager) and script(manager)
]


@pytest.mark.parametrize("live", [False, True], ids=["file", "live"])
@pytest.mark.parametrize("seen", [False, True], ids=["cookie alone", "with its script"])
@pytest.mark.parametrize(("manager", "name"), WITH_COOKIE)
def test_a_record_that_cannot_be_read_accuses_nobody(
    manager: ConsentManager, name: str, seen: bool, live: bool
) -> None:
    policy = policy_of(of_regime(manager))
    for value in GARBAGE:
        found = run(*visited({name: value}, *(script(manager) if seen else [])), policy=policy, live=live)
        assert not accused(found), value
        for each in found.violations:
            assert "without the cookie" not in each.explanation, value
        assert {kind for kind, _ in found.gaps} & {"unknown-format", "bad-consent", "cookies-stripped"}, value


@pytest.mark.parametrize("live", [False, True], ids=["file", "live"])
@pytest.mark.parametrize("manager", WITHOUT_READER, ids=lambda manager: manager.id)
def test_a_consent_manager_that_nobody_reads_accuses_nobody(manager: ConsentManager, live: bool) -> None:
    found = run(*visited({"sid": "1"}, *script(manager)), live=live)
    assert found.violations
    assert not accused(found)
    assert not [each for each in found.violations if "without the cookie" in each.explanation]
    assert {kind for kind, _ in found.gaps} & {"unreadable-consent", "off-wire-consent"}


@pytest.mark.parametrize(
    "manager", [each for each in CATALOGUE.consent_managers.values() if script(each)], ids=lambda each: each.id
)
@pytest.mark.parametrize("header", ["[cookie redacted]", "***", "", "[REDACTED]=[REDACTED]"])
def test_where_the_cookies_were_taken_out_no_consent_manager_accuses(manager: ConsentManager, header: str) -> None:
    browser = Browser()
    redacted = {"cookie": header}
    story = [
        browser.open(0, headers=redacted),
        *(browser.fetch(0.2, each) for each in script(manager)),
        *(browser.fetch(1, GTAG), browser.send(2, message()), browser.pixel(3)),
        browser.open(8, "/b", coming_from="same-origin", headers=redacted),
    ]
    found = run(*story)
    assert not accused(found)
    assert "cookies-stripped" in {kind for kind, _ in found.gaps}


def test_a_record_that_cannot_be_read_leaves_those_that_can_be_to_decide() -> None:
    klaro = undated_choice(analytics=False, marketing=False)
    found = run(*visited({**klaro, "CookieConsent": "[REDACTED]"}, KLARO, COOKIEBOT))
    assert {verdict for rule, verdict, _ in accused(found) if rule == "destination-without-consent"} == {"confirmed"}


def test_that_one_cookie_is_missing_accuses_nobody_while_another_managers_record_cannot_be_read() -> None:
    assert accused(run(*visited({"sid": "1"}, KLARO)))
    assert not accused(run(*visited({"sid": "1"}, KLARO, "https://app.termly.io/embed.min.js")))


def test_a_foreign_cookie_under_another_managers_name_excuses_nothing() -> None:
    """Klaro is in use and nobody answered; that something calls its cookie 'CookieConsent' is no record of Cookiebot's."""
    assert accused(run(*visited({"CookieConsent": "garbage"}, KLARO)))


def test_what_cannot_be_read_takes_no_answer_back_and_gives_none() -> None:
    browser = Browser(cookies=undated_choice(analytics=True, marketing=True))
    story = [browser.open(0), browser.fetch(0.2, KLARO)]
    browser.cookies = {"klaro": "[REDACTED]"}
    later = [
        browser.pixel(2),
        browser.open(5, coming_from="same-origin"),
        browser.pixel(6),
        browser.open(9, coming_from="same-origin"),
    ]
    found = run(*story, *later)
    assert [
        (round(each.occurred_at) % 10, str(each.verdict)) for each in found.found("destination-without-consent")
    ] == [(6, "unproven")]


def test_a_stamp_speaks_beside_a_record_that_nobody_reads() -> None:
    browser = Browser(cookies={"sid": "1"})
    refused = message(stamp={"analytics": False})
    story = [
        browser.open(0),
        browser.fetch(0.2, "https://cmp.osano.com/1/2/osano.js"),
        browser.send(2, refused),
        browser.open(8),
    ]
    found = run(*story)
    assert {verdict for rule, verdict, _ in accused(found) if rule == "event-without-consent"} == {"confirmed"}
    assert {"consent-by-stamp-alone", "unreadable-consent"} <= {kind for kind, _ in found.gaps}


# --- no sentence of any capture that ships is false of its evidence


@pytest.fixture(scope="module", params=CAPTURES, ids=lambda path: path.stem)
def shipped(request: pytest.FixtureRequest) -> Run:
    file = open_capture(request.param)
    pipeline = pipeline_of(cookies_visible=file.cookies_visible, one_clock=file.one_clock)
    records = [
        record for item in file.exchanges() if not isinstance(item, Unreadable) for record in pipeline.process(item)
    ]
    return Run([*records, *pipeline.close()])


def cookie_names(exchange: ExchangeRecord) -> Iterator[str]:
    for value in exchange.request_headers.get_all("cookie"):
        yield from (part.partition("=")[0].strip() for part in value.split(";"))


def test_no_cookie_is_called_missing_that_was_sent(shipped: Run) -> None:
    exchanges = {one.id: one for one in shipped.of(ExchangeRecord)}
    signals = {one.id: one for one in shipped.of(SignalRecord)}
    absences = [one for one in signals.values() if one.carrier == "no cookie"]
    for absence in absences:
        sent = set(cookie_names(exchanges[absence.exchange_id]))
        assert not sent & set(names(CATALOGUE.consent_managers[absence.source]))
    for each in shipped.violations:
        shown = [signals[number] for number in (each.signal_id, each.later_signal_id) if number in signals]
        if "without the cookie of" in each.explanation:
            assert [one for one in shown if one.carrier == "no cookie"]


def test_what_would_decide_it_is_said_of_nothing_that_is_decided(shipped: Run) -> None:
    assert not [
        each.explanation
        for each in shipped.violations
        if "would decide" in each.explanation and each.verdict != "unproven"
    ]
    assert {kind for kind, _ in shipped.gaps} <= set(KINDS)


# --- what is no record of the person's choice, and what is one


def test_the_mark_on_an_advertisement_makes_nobody_the_sites_consent_manager() -> None:
    overlay = "https://choices.truste.com/ca?pid=tradedesk01&aid=tradedesk01&js=pmw0&w=300&h=250"
    found = run(*visited({"sid": "1"}, overlay))
    assert "no-consent-source" in {kind for kind, _ in found.gaps}
    assert "trustarc" not in " ".join(each.explanation for each in found.violations)


def test_a_region_in_which_nobody_is_asked_is_told_as_that() -> None:
    found = run(*visited({"CookieConsent": "-1"}, COOKIEBOT))
    (pixel, _) = sorted(found.found("destination-without-consent"), key=lambda each: each.occurred_at)
    assert "not answered, because the consent manager says that it asked nobody" in pixel.explanation
    assert pixel.verdict == "unproven"
    assert not found.gap("unknown-format")


def test_everything_refused_in_short_is_a_refusal() -> None:
    found = run(*visited({"CookieConsent": "0"}, COOKIEBOT))
    assert {(str(each.verdict), str(each.phase)) for each in found.found("destination-without-consent")} == {
        ("confirmed", "after-denial")
    }


@pytest.mark.parametrize(
    "services",
    [{"segment": True, "facebook": True}, {"segment": True, "fb": True}, {"measuring": True, "showing": True}],
)
def test_who_grants_every_service_that_is_offered_refuses_nothing(services: dict[str, bool]) -> None:
    found = run(*visited(undated_choice(**services), KLARO))
    assert not found.found("destination-without-consent")
    assert not found.found("event-without-consent")


def test_everyday_names_of_services_are_their_vendors() -> None:
    found = run(*visited(undated_choice(ga=True, facebook=False), KLARO))
    assert {str(each.verdict) for each in found.found("destination-without-consent")} == {"confirmed"}
    assert not found.found("event-without-consent")
    assert not found.gap("unmapped-category")
