"""Other vendors' real SDKs beside Segment, and what each sends."""

from __future__ import annotations

from dataclasses import dataclass, field

from .origin import RUDDER_CONFIG


@dataclass(frozen=True)
class Sdk:
    """A vendor's SDK: a script below ``web/src/sdks``."""

    name: str
    host: str
    """Where its events go."""
    path: str
    """What the path begins with."""
    page: str
    """What the event of a page view is called."""
    order: str = "Order Completed"
    types: tuple[str, str] | None = None
    """For a CDP: the types of these two messages."""
    cookies: tuple[str, ...] = ()
    destinations: tuple[tuple[str, str], ...] = ()
    """Vendor and name of each destination that its messages go on to."""
    also: tuple[str, ...] = ()
    """Other rules that it breaks."""
    answers: dict[str, object] = field(default_factory=dict, hash=False)
    """What it asks for before, by host and path."""

    @property
    def is_cdp(self) -> bool:
        return self.types is not None

    @property
    def names(self) -> tuple[str, str]:
        """How violations call its two messages."""
        assert self.types is not None
        page, order = self.types
        return f"{page} {self.page!r}", f"{order} {self.order!r}"


SDKS = (
    Sdk(
        "rudderstack",
        "shop.dataplane.rudderstack.com",
        "/v1/",
        page="Shop",
        types=("page", "track"),
        cookies=("rl_anonymous_id", "rl_session"),
        destinations=(("mixpanel", "Mixpanel"),),
        also=("consent-not-stamped",),
        answers={"api.rudderstack.com/sourceConfig/": RUDDER_CONFIG},
    ),
    Sdk(
        "posthog",
        "eu.i.posthog.com",
        "/e/",
        page="$pageview",
        types=("page", "track"),
        cookies=("ph_phc_shop_posthog",),
        answers={"eu-assets.i.posthog.com/array/phc_shop/config": {"supportedCompression": []}},
    ),
    Sdk(
        "mixpanel",
        "api-js.mixpanel.com",
        "/track/",
        page="$mp_web_page_view",
        cookies=("mp_0123456789abcdef0123456789abcdef_mixpanel",),
    ),
    Sdk(
        "amplitude",
        "api2.amplitude.com",
        "/2/httpapi",
        page="[Amplitude] Page Viewed",
        cookies=("AMP_0123456789",),
    ),
    Sdk(
        "snowplow",
        "com-shop-prod1.collector.snplow.net",
        "/com.snowplowanalytics.snowplow/tp2",
        page="Shop",
        types=("page_view", "struct"),
        cookies=("_sp_id.7b23", "_sp_ses.7b23"),
    ),
)
