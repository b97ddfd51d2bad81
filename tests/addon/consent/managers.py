"""A small catalogue whose consent managers and vendors are what the tests need, whatever ships."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from addon.consent.signal import Resolver
from vendor_catalog import Catalogue, Category, ConsentCookie, ConsentManager, RecordingCall, Vendor

SOURCES = ["made up for a test"]
NECESSARY, FUNCTIONAL, ANALYTICS, MARKETING = Category


def manager(
    name: str,
    *cookies: ConsentCookie,
    categories: Mapping[str, Category] | None = None,
    absence: Literal["unanswered", "unknown"] = "unanswered",
    recording: list[RecordingCall] | None = None,
    role: Literal["manager", "standard"] = "manager",
) -> ConsentManager:
    return ConsentManager(
        id=name,
        name=name.title(),
        website=f"https://{name}.example",
        role=role,
        absence=absence,
        storage="cookie",
        categories=dict(categories or {}),
        sources=SOURCES,
        cookies=list(cookies),
        recording=recording or [],
    )


def cookie(name: str, grammar: str, *companions: str) -> ConsentCookie:
    return ConsentCookie(name=name, format=grammar, companions=list(companions), sources=SOURCES)


def vendor(name: str, category: Category, *segment_keys: str) -> Vendor:
    return Vendor(
        id=name,
        name=name.title(),
        category=category,
        category_reason="made up for a test",
        website=f"https://{name}.example",
        segment_keys=list(segment_keys),
        sources=SOURCES,
    )


TCF = manager(
    "iab-tcf", cookie("euconsent-v2", "tcf"), cookie("eupubconsent-v2", "tcf"), absence="unknown", role="standard"
)
SERVICES = manager(
    "services", cookie("services", "klaro"), cookie("shared", "klaro"), categories={"stats": ANALYTICS, "x": FUNCTIONAL}
)
LISTS = manager(
    "lists",
    cookie("lists", "vanilla_cookieconsent"),
    cookie("shared", "vanilla_cookieconsent"),
    categories={"stats": ANALYTICS, "ads": MARKETING, "x": MARKETING},
)
BOX = manager(
    "box",
    cookie("OptanonConsent", "onetrust", "OptanonAlertBoxClosed"),
    categories={"c0002": ANALYTICS, "c0003": FUNCTIONAL, "c0004": MARKETING},
    absence="unknown",
)
LITERAL = manager(
    "literal",
    cookie("CookieConsent", "cookiebot"),
    categories={
        "necessary": NECESSARY,
        "preferences": FUNCTIONAL,
        "statistics": ANALYTICS,
        "marketing": MARKETING,
    },
    recording=[
        RecordingCall(
            host="consent.example",
            path=r"^/logconsent\.ashx$",
            format="cookiebot",
            sources=SOURCES,
            matches=["https://consent.example/logconsent.ashx"],
            rejects=["https://consent.example/uc.js"],
        )
    ],
)
PREFERENCES = manager(
    "preferences",
    cookie("tracking-preferences", "segment_consent_manager"),
    categories={"functional": FUNCTIONAL, "marketingandanalytics": ANALYTICS, "advertising": MARKETING},
)
MANAGERS = (TCF, SERVICES, LISTS, BOX, LITERAL, PREFERENCES)
VENDORS = (
    vendor("heatmap", ANALYTICS, "Heatmap", "Heatmap (Actions)"),
    vendor("pixel", MARKETING, "Pixel", "Pixel Conversions API"),
    vendor("chat", FUNCTIONAL, "Chat"),
)
CATALOGUE = Catalogue({entry.id: entry for entry in VENDORS}, {entry.id: entry for entry in MANAGERS})


def resolver(**overrides: Category) -> Resolver:
    """``overrides`` is the policy's ``[categories]``."""
    return Resolver(CATALOGUE, overrides)
