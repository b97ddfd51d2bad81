"""Real consent managers from their packages, and what a person does with each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from .scenarios import accept_only, withdraw


@dataclass(frozen=True)
class Library:
    """A consent manager: a page below ``web/src/libraries``, and how its banner is used."""

    name: str
    banner: str
    """What is visible while it asks."""
    accept: str
    reject: str
    partial: Callable[[Page], None] | None
    """Grants analytics alone, if it can."""
    withdraw: Callable[[Page], None]
    settles: int = 0
    """Milliseconds from when the banner is visible to when its buttons do something."""
    reloads: bool = False
    """Whether it loads the page again after a choice, if Segment was there already."""


def _allow_segment_alone(page: Page) -> None:
    page.locator("#tarteaucitronCloseAlert").click()
    page.locator("#facebookpixelDenied").click()
    page.locator("#segmentAllowed").click()
    page.locator("#tarteaucitronClosePanel").click()


def _deny_all_services(page: Page) -> None:
    page.wait_for_timeout(700)
    page.evaluate("tarteaucitron.userInterface.openPanel()")
    page.locator("#tarteaucitronAllDenied").click()
    page.evaluate("tarteaucitron.userInterface.closePanel()")  # it may have closed by itself


def _preferences(page: Page, **choices: bool) -> None:
    for category, allowed in choices.items():
        page.locator(f"input[name={category}][value={str(allowed).lower()}]").click()
    page.locator("[data-consent-manager-dialog] button[type=submit]").click()


def _marketing_and_analytics_alone(page: Page) -> None:
    page.locator("#subContentBtn").click()
    _preferences(page, functional=False, marketingAndAnalytics=True, advertising=False)


def _take_back_all_preferences(page: Page) -> None:
    page.evaluate("consentManager.openConsentManager()")
    _preferences(page, functional=False, marketingAndAnalytics=False, advertising=False)


def _revoke(page: Page) -> None:
    # the button that asks again stands outside the window until the mouse is near
    page.locator(".cc-revoke").evaluate("button => button.click()")
    page.locator(".cc-window .cc-deny").click()


def _ask_again(page: Page) -> None:
    page.evaluate("askAgain()")
    page.get_by_role("button", name="Reject all").click()


def _save_in_klaro(page: Page, **services: bool) -> None:
    for service, allowed in services.items():
        # the switch is drawn over its checkbox
        toggle = page.locator(f".klaro .cookie-modal #service-item-{service.replace('_', '-')}")
        toggle.evaluate("(toggle, allowed) => toggle.checked === allowed || toggle.click()", allowed)
    page.locator(".klaro .cookie-modal .cm-btn-accept").click()


def _segment_alone_in_klaro(page: Page) -> None:
    page.locator(".klaro .cookie-notice .cm-link").click()
    _save_in_klaro(page, segment=True, meta_pixel=False)


def _withdraw_in_klaro(page: Page) -> None:
    page.evaluate("askAgain()")
    _save_in_klaro(page, segment=False, meta_pixel=False)


LIBRARIES = (
    Library(
        "vanilla-cookieconsent",
        banner="#cc-main .cm",
        accept="#cc-main .cm [data-role=all]",
        reject="#cc-main .cm [data-role=necessary]",
        partial=lambda page: accept_only(page, "analytics"),
        withdraw=withdraw,
    ),
    Library(
        "klaro",
        banner=".klaro .cookie-notice",
        accept=".klaro .cookie-notice .cm-btn-success",
        reject=".klaro .cookie-notice .cn-decline",
        partial=_segment_alone_in_klaro,
        withdraw=_withdraw_in_klaro,
    ),
    Library(
        "osano-cookieconsent",
        banner=".cc-window",
        accept=".cc-window .cc-allow",
        reject=".cc-window .cc-deny",
        partial=None,
        withdraw=_revoke,
    ),
    Library(
        "tarteaucitron",
        banner="#tarteaucitronAlertBig",
        accept="#tarteaucitronPersonalize2",
        reject="#tarteaucitronAllDenied2",
        partial=_allow_segment_alone,
        withdraw=_deny_all_services,
        settles=700,
    ),
    Library(
        "segment-consent-manager",
        banner="#subContentBtn",
        accept="#banner button:text('Allow all')",
        reject="#banner button:text('Deny all')",
        partial=_marketing_and_analytics_alone,
        withdraw=_take_back_all_preferences,
        reloads=True,
    ),
    Library(
        "tcf",
        banner="#tcf",
        accept="#tcf button:text('Accept all')",
        reject="#tcf button:text('Reject all')",
        partial=lambda page: page.locator("#tcf button:text('Analytics only')").click(),
        withdraw=_ask_again,
    ),
)
