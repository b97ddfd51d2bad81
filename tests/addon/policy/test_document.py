"""What a whole policy says: which key wins, and what holds for whom."""

from __future__ import annotations

from datetime import date

import pytest

from addon.judge.verdict import Regime
from addon.policy import IngestionHost, Policy
from addon.policy.section import Section
from vendor_catalog import CallKind, Category, shipped_catalogue

from .texts import WHOLE, parsed

TABLES = Section.__subclasses__()


def test_a_whole_policy_is_read() -> None:
    policy = parsed(WHOLE)
    assert policy.policy.regime is Regime.OPT_OUT
    assert policy.policy.region == "us"
    assert policy.categories == {"C0002": Category.ANALYTICS, "Marketing & Ads": Category.MARKETING}
    assert policy.site("shop.example").consent_manager == "klaro"
    assert policy.site("shop.example").ingestion_hosts == [IngestionHost(host="metrics.shop.example", cdp="segment")]
    assert policy.destinations["Snowflake"].category is Category.ANALYTICS
    assert policy.destinations["Snowflake"].owner == "data team"
    assert policy.destinations["House Lake"].hidden
    assert policy.destinations["House Lake"].sources == ["writekey1"]
    assert policy.destinations["House Lake"].workspace_categories == ["C0004"]
    assert policy.vendors["amplitude"].category is Category.FUNCTIONAL
    assert policy.suppress[0].expires == date(2027, 6, 30)
    assert (policy.storage.payloads, policy.storage.identifiers) == ("shape", "hashed")


def test_the_policys_own_consent_manager_joins_the_catalogue() -> None:
    extended = parsed(WHOLE).extended(shipped_catalogue())
    house = extended.consent_managers["house-banner"]
    assert house.categories == {"stats": Category.ANALYTICS, "ads": Category.MARKETING}
    assert [manager.id for manager, _ in extended.consent_cookies("shop_consent")] == ["house-banner"]
    match = extended.match("GET", "banner.shop.example", "/x.js")
    assert match is not None and (match.vendor, match.kind) == ("house-banner", CallKind.CONSENT)
    assert "house-banner" not in shipped_catalogue().consent_managers
    assert parsed("").extended(shipped_catalogue()) is shipped_catalogue()


def test_an_empty_policy_is_opt_in_and_records_everything_as_sent() -> None:
    for text in ("", "# nothing\n"):
        policy = parsed(text)
        assert policy == Policy()
        assert policy.regime_of("shop.example") is Regime.OPT_IN
        assert policy.in_scope("shop.example")
        assert policy.in_scope(None)
        assert (policy.storage.payloads, policy.storage.identifiers) == ("full", "plain")


def test_every_section_and_key_says_what_it_is() -> None:
    assert len(TABLES) > 10
    for table in TABLES:
        assert table.__doc__
        for name, field in table.model_fields.items():
            assert field.description, f"{table.__name__}.{name}"


def test_a_site_has_its_own_regime_and_others_the_general_one() -> None:
    policy = parsed(WHOLE)
    assert policy.regime_of("shop.example") is Regime.OPT_IN
    assert policy.regime_of("com.example.shop") is Regime.OPT_IN
    assert policy.regime_of("other.example") is Regime.OPT_OUT
    assert policy.regime_of(None) is Regime.OPT_OUT


def test_a_site_is_found_however_it_is_spelled() -> None:
    policy = parsed("[sites.'Shop.Example']\nregime = 'opt-out'\n")
    assert policy.regime_of("shop.example") is Regime.OPT_OUT
    assert parsed("[scope]\ninclude = ['*.Shop.Example']\n").in_scope("shop.example")


@pytest.mark.parametrize(
    ("site", "inside"),
    [
        ("shop.example", True),
        ("www.shop.example", True),
        ("com.example.shop", True),
        ("notshop.example", False),
        ("shop.example.evil", False),
        ("com.example", False),
        (None, False),
    ],
)
def test_a_scope_covers_a_domain_and_what_is_below_it(site: str | None, inside: bool) -> None:
    assert parsed(WHOLE).in_scope(site) is inside


def test_category_overrides_are_looked_up_in_lower_case() -> None:
    overrides = parsed(WHOLE).category_overrides()
    assert overrides == {"c0002": Category.ANALYTICS, "marketing & ads": Category.MARKETING}


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("api.shop-backend.example", True),
        ("shop-backend.example", True),
        ("metrics.shop.example", True),
        ("cdn.wild.example", True),
        ("notshop-backend.example", False),
        ("example", False),
    ],
)
def test_a_sites_own_domains_take_in_everything_below_them(host: str, own: bool) -> None:
    policy = parsed(
        '[sites."shop.example"]\nown_domains = ["Shop-Backend.example", "*.wild.example"]\n'
        'ingestion_hosts = ["metrics.shop.example"]\n'
    )
    assert policy.is_own(host, "shop.example") is own
    assert policy.is_own(host, "other.example") is False
