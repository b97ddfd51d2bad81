"""identifier-respawned: a vendor's identifier that was gone, and is back as it was."""

from __future__ import annotations

import pytest

from addon.exchange import Exchange
from tests.addon.building import BANNER, META_PIXEL, Browser, dated_choice, run

RULE = "identifier-respawned"
FBP = "fb.1.1700000000000.1234567890123456"
OTHER = "fb.1.1700000000000.6543210987654321"
each_way = pytest.mark.parametrize("live", [True, False], ids=["live", "file"])


def story(*values: str | None, name: str = "_fbp", regranted: bool = False, path: str = "/") -> list[Exchange]:
    """A person accepts, a page carries the cookie; they withdraw at 20 s; a page each ten seconds carries each value."""
    accepted = {"basket": "1"} | dated_choice("analytics", "marketing", at=-60)
    browser = Browser(cookies=accepted | {name: FBP})
    found = [browser.open(0, path), browser.fetch(0.5, BANNER)]
    withdrawn = {"basket": "1"} | dated_choice(at=20)
    for number, value in enumerate(values):
        browser.cookies = dict(
            withdrawn if value is None or not regranted else accepted | dated_choice("analytics", "marketing", at=31)
        )
        if value is not None:
            browser.cookies[name] = value
        found.append(browser.open(30 + 10 * number, path, coming_from="same-origin"))
    return [*found, browser.pixel(100, META_PIXEL)]


@each_way
def test_an_identifier_that_is_back_after_a_withdrawal_is_shown_with_when_it_was_gone(live: bool) -> None:
    (violation,) = run(*story(None, FBP), live=live).found(RULE)
    assert (violation.verdict, violation.phase, violation.vendor) == ("confirmed", "after-withdrawal", "meta-pixel")
    assert "it was gone at 12:00:30.000Z" in violation.explanation


@pytest.mark.parametrize(
    "values",
    [(FBP, FBP), (None, OTHER), (None, None), (OTHER, None)],
    ids=["never gone", "a new one", "gone", "changed"],
)
def test_what_was_never_gone_or_is_new_is_no_respawning(values: tuple[str | None, ...]) -> None:
    assert run(*story(*values)).found(RULE) == []


def test_with_a_new_consent_it_may_come_back() -> None:
    assert run(*story(None, FBP, regranted=True)).found(RULE) == []


@pytest.mark.parametrize("name", ["theme", "my_fbp_copy"])
def test_a_cookie_of_nobody_known_is_no_identifier_of_a_vendor(name: str) -> None:
    assert run(*story(None, FBP, name=name)).found(RULE) == []


def test_a_value_that_many_browsers_have_names_nobody() -> None:
    browser = Browser(cookies={"basket": "1", "_gid": "yes"})
    found = [browser.open(0)]
    for at, cookies in ((10, {"basket": "1"}), (20, {"basket": "1", "_gid": "yes"})):
        browser.cookies = cookies
        found.append(browser.open(at))
    assert run(*found).found(RULE) == []


def test_a_cookie_of_one_path_is_not_gone_on_another() -> None:
    browser = Browser(cookies={"basket": "1"})
    found = []
    for at, path, there in ((0, "/shop/cart", True), (10, "/blog/", False), (20, "/shop/cart", True)):
        browser.cookies = {"basket": "1"} | ({"_fbp": FBP} if there else {})
        found.append(browser.open(at, path))
    assert run(*found).found(RULE) == []


def test_a_request_that_leaves_cookies_out_does_not_show_that_one_is_gone() -> None:
    browser = Browser(cookies={"basket": "1", "_fbp": FBP})
    bare = Browser(cookies={"basket": "1"})
    story = [browser.open(0), bare.open(10, coming_from="cross-site"), browser.open(20, coming_from="same-origin")]
    assert run(*story).found(RULE) == []
