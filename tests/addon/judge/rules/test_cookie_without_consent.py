"""cookie-without-consent: a vendor's cookie, sent or set."""

from __future__ import annotations

import pytest

from tests.addon.judge.consent_views import ANALYTICS, MARKETING, NECESSARY, cookie, judged
from tests.addon.judge.rules.choices import ANALYTICS_ONLY, DENIED, GRANTED
from vendor_catalog import Category

RULE = "cookie-without-consent"


@pytest.mark.parametrize(("seen_by", "phrase"), [("sent", "was sent to"), ("set-cookie", "was set by a response of")])
def test_a_cookie_says_how_it_was_seen(seen_by: str, phrase: str) -> None:
    breach = judged(RULE, cookie(seen_by=seen_by), DENIED)
    assert breach is not None
    assert breach.explanation.startswith(f"Meta Pixel's cookie _fbp {phrase} www.shop.example. Consent was refused")
    assert breach.event_name == "_fbp"


def test_a_cookie_with_consent_is_fine() -> None:
    assert judged(RULE, cookie(), GRANTED) is None
    assert judged(RULE, cookie(need=NECESSARY), DENIED) is None


def test_each_category_is_judged_by_itself() -> None:
    assert judged(RULE, cookie(need=ANALYTICS), ANALYTICS_ONLY) is None
    breach = judged(RULE, cookie(need=MARKETING), ANALYTICS_ONLY)
    assert breach is not None
    assert breach.category is Category.MARKETING
