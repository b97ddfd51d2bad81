"""After a banner was learned, what people choose in it is decided: on the wire alone where the record crosses it, else by the probe."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import pytest
import tomli_w

from addon.exchange import Exchange
from addon.manager_draft import Draft, Place, drafted
from addon.pipeline import CaptureTraits, Pipeline
from addon.policy import catalogue_with, parse_policy
from tests.addon.building import AMPLITUDE, NOON, Browser, Run
from tests.addon.pipeline.test_observations import reported
from vendor_catalog import Catalogue, shipped_catalogue
from vendor_catalog.lint import problems

from .banners import BANNERS, Banner, answers_to

CALL = "destination-without-consent"
each_banner = pytest.mark.parametrize("name", BANNERS)
each_way = pytest.mark.parametrize("live", [True, False], ids=["live", "file"])
CHOICES = [(True, True), (False, False), (True, False)]


def laid_over(draft: Draft) -> Catalogue:
    """The catalogue with an entry that was learned laid over it."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "cmps").mkdir()
        (Path(folder) / "cmps" / f"{draft.manager.id}.toml").write_text(
            tomli_w.dumps(dict(draft.document)), encoding="utf-8"
        )
        catalogue = catalogue_with([Path(folder)])
    assert catalogue.unread == () and problems(catalogue) == []
    return catalogue


@cache
def learned(name: str) -> Catalogue:
    return laid_over(drafted("shop.example", answers_to(BANNERS[name]), shipped_catalogue()))


def played(name: str, story: list[Exchange], *, live: bool = False) -> Run:
    """A capture with what was learned of a banner, as ``learn`` leaves it."""
    catalogue = learned(name)
    policy = parse_policy('[sites."shop.example"]\nconsent_manager = "shop-example-banner"\n', catalogue)
    return judged(story, Pipeline(1, catalogue, policy, CaptureTraits(live=live)))


def judged(story: list[Exchange], pipeline: Pipeline) -> Run:
    records = [record for exchange in story for record in pipeline.process(exchange)]
    return Run([*records, *pipeline.close()])


def chosen(banner: Banner, browser: Browser, at: float, statistics: bool, advertising: bool) -> list[Exchange]:
    """A choice, as the browser shows it: by its cookie, or by what the probe sees stored."""
    value = banner.value(statistics, advertising, NOON + at)
    if banner.place is Place.COOKIE:
        # where a script writes a value with commas or braces as it is, it is sent as it is
        browser.cookies[banner.name] = value if "%" in value else quote(value, safe=":|=&,~")
        return []
    seen = {"kind": "consent", "name": banner.name, "value": value, "where": "storage", "written": True, "at": at}
    return [reported(browser, at + 0.1, seen)]


def opened(
    banner: Banner, browser: Browser, at: float, statistics: bool, advertising: bool, since: float
) -> list[Exchange]:
    """Another page, on which the probe sees first what is stored where no request carries it."""
    page = [browser.open(at, coming_from="same-origin")]
    if banner.place is Place.COOKIE:
        return page
    value = banner.value(statistics, advertising, NOON + since)
    seen = {
        "kind": "consent",
        "name": banner.name,
        "value": value,
        "where": "storage",
        "written": False,
        "at": at + 0.2,
    }
    return [*page, reported(browser, at + 0.4, seen)]


def calls(browser: Browser, at: float) -> list[Exchange]:
    """Calls to two vendors, after a request to the shop itself that shows nothing of what is kept elsewhere."""
    picture = browser.fetch(at - 0.3, f"https://{browser.host}/favicon.ico", dest="image")
    return [
        picture,
        browser.pixel(at),
        browser.fetch(at + 0.1, AMPLITUDE, mode="cors", dest="empty", method="POST", body=b"{}"),
    ]


def accusations(found: Run) -> list[tuple[str | None, str, str]]:
    return sorted((one.vendor, str(one.verdict), str(one.phase)) for one in found.found(CALL))


@each_way
@each_banner
@pytest.mark.parametrize(("statistics", "advertising"), CHOICES, ids=["accept", "reject", "partly"])
def test_what_follows_a_choice_is_decided(name: str, statistics: bool, advertising: bool, live: bool) -> None:
    banner = BANNERS[name]
    browser = Browser(cookies={"basket": "1"})
    now = (statistics, advertising)
    story = [browser.open(0), *chosen(banner, browser, 2, *now), *opened(banner, browser, 5, *now, 2)]
    story += [*calls(browser, 6), *opened(banner, browser, 9, *now, 2)]
    expected = [
        (vendor, "confirmed", "after-denial")
        for vendor, granted in (("amplitude", statistics), ("meta-pixel", advertising))
        if not granted
    ]
    assert accusations(played(name, story, live=live)) == expected


@each_way
@each_banner
def test_a_withdrawal_is_decided(name: str, live: bool) -> None:
    banner = BANNERS[name]
    browser = Browser(cookies={"basket": "1"})
    story = [browser.open(0), *chosen(banner, browser, 2, True, True), *opened(banner, browser, 5, True, True, 2)]
    story += [
        *calls(browser, 6),
        *opened(banner, browser, 9, True, True, 2),
        *chosen(banner, browser, 20, False, False),
    ]
    story += [
        *opened(banner, browser, 21, False, False, 20),
        *calls(browser, 22),
        *opened(banner, browser, 25, False, False, 20),
    ]
    found = played(name, story, live=live)
    assert accusations(found) == [(vendor, "confirmed", "after-withdrawal") for vendor in ("amplitude", "meta-pixel")]


@pytest.mark.parametrize("name", ["flowconsent cookie", "house-made", "list"])
def test_a_banner_that_nobody_answered_is_known_by_the_missing_record(name: str) -> None:
    browser = Browser(cookies={"basket": "1"})
    story = [browser.open(0), *calls(browser, 1), browser.open(5, coming_from="same-origin")]
    assert accusations(played(name, story)) == [
        (vendor, "likely", "before-choice") for vendor in ("amplitude", "meta-pixel")
    ]


def test_before_it_was_learned_nothing_of_it_was_decided() -> None:
    browser = Browser(cookies={"basket": "1"})
    story = [browser.open(0), *chosen(BANNERS["house-made"], browser, 2, True, True)]
    story += [
        browser.open(5, coming_from="same-origin"),
        *calls(browser, 6),
        browser.open(9, coming_from="same-origin"),
    ]
    shipped = shipped_catalogue()
    found = judged(story, Pipeline(1, shipped, parse_policy("", shipped), CaptureTraits(live=False)))
    assert accusations(found) == [(vendor, "likely", "no-signal") for vendor in ("amplitude", "meta-pixel")]


def test_a_manager_that_the_catalogue_names_and_cannot_read_is_read_once_it_was_learned() -> None:
    banner = BANNERS["flowconsent json"]
    catalogue = laid_over(drafted("shop.example", answers_to(banner), shipped_catalogue(), ["flowconsent"]))
    browser = Browser(cookies={"basket": "1"})
    story = [browser.open(0), browser.fetch(0.2, "https://cdn.flowconsent.com/x.js")]
    story += [*chosen(banner, browser, 2, False, False), browser.open(5, coming_from="same-origin"), *calls(browser, 6)]
    pipeline = Pipeline(1, catalogue, parse_policy("", catalogue), CaptureTraits(live=False))
    found = judged([*story, browser.open(9, coming_from="same-origin")], pipeline)
    assert accusations(found) == [(vendor, "confirmed", "after-denial") for vendor in ("amplitude", "meta-pixel")]
