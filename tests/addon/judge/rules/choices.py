"""What the person chose, as one consent view each: for the tests of every rule that weighs it."""

from __future__ import annotations

from tests.addon.judge.consent_views import consent_view, denied, granted, signal
from vendor_catalog import Category

DENIED = consent_view((0, denied()), (10, denied()))
GRANTED = consent_view((0, granted()), (10, granted()))
_HALF = signal(Category.ANALYTICS, refused=(Category.MARKETING,))
ANALYTICS_ONLY = consent_view((0, _HALF), (10, _HALF))
