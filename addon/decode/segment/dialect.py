"""What Segment's own messages have that those of other CDPs have not."""

from __future__ import annotations

from addon.decode.facts import Surface
from addon.decode.message import Dialect, category_preferences, sent_before

CONSENT_EVENTS = ("Segment Consent Preference Updated", "Segment Consent Preference")
"""The second is what analytics-react-native sends (ConsentPlugin.ts); the first is the documented, reserved name."""

SIGNAL_EVENT = "Segment Signal Generated"
"""What the auto-instrumentation SDK sends for every observed interaction."""

SURFACES = {
    "analytics.js": Surface.WEB,
    "amp": Surface.WEB,
    "analytics-swift": Surface.MOBILE,
    "analytics-kotlin": Surface.MOBILE,
    "analytics-react-native": Surface.MOBILE,
    "@segment/analytics-react-native": Surface.MOBILE,
    "analytics-ios": Surface.MOBILE,
    "analytics-android": Surface.MOBILE,
    "@segment/analytics-node": Surface.SERVER,
    "analytics-node-next": Surface.SERVER,
    "analytics-node": Surface.SERVER,
    "analytics-python": Surface.SERVER,
    "analytics-go": Surface.SERVER,
    "analytics-java": Surface.SERVER,
    "analytics-php": Surface.SERVER,
    "analytics-ruby": Surface.SERVER,
}

LEGACY_MOBILE = ("analytics-ios", "analytics-android")
"""Libraries that write ``false`` for a destination which they have fed themselves, on the device."""

VENDOR_IDS = frozenset(
    {"analytics-swift", "analytics-ios", "analytics-react-native", "@segment/analytics-react-native"}
)
"""Libraries that put ``identifierForVendor`` into ``context.device.id``. Source: github.com/segmentio/analytics-swift
Sources/Segment/Plugins/Context.swift; segmentio/analytics-ios Segment/Internal/SEGUtils.m; segmentio/analytics-react-native
packages/core/ios/AnalyticsReactNative.swift."""

DIALECT = Dialect(
    cdp="segment",
    surfaces=SURFACES,
    consent_events=CONSENT_EVENTS,
    stamp_key="consent",
    stamp=category_preferences,
    sent_before=sent_before,
    vendor_ids=VENDOR_IDS,
)
