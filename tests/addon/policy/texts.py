"""A policy file in which every table stands, and how the tests read one."""

from __future__ import annotations

import pytest

from addon.policy import Policy, PolicyError, parse_policy
from vendor_catalog import shipped_catalogue

WHOLE = """
[policy]
regime = "opt-out"
region = "us"
[categories]
C0002 = "analytics"
"Marketing & Ads" = "marketing"
[sites."shop.example"]
consent_manager = "klaro"
ingestion_hosts = ["metrics.shop.example"]
regime = "opt-in"
[sites."com.example.shop"]
regime = "opt-in"
[destinations."Snowflake"]
category = "analytics"
owner = "data team"
[destinations."House Lake"]
category = "marketing"
hidden = true
sources = ["writekey1"]
workspace_categories = ["C0004"]
[vendors.amplitude]
category = "functional"
[consent_managers.house-banner]
name = "House banner"
cookie = "shop_consent"
categories = { Stats = "analytics", ads = "marketing" }
hosts = ["banner.shop.example"]
declared = { shape = "json", answered_key = "decided" }
[sites."second.example"]
consent_manager = "house-banner"
[scope]
include = ["*.shop.example", "com.example.*"]
[[suppress]]
rule = "unmapped-destination"
destination = "Snowflake"
reason = "reviewed"
owner = "privacy"
expires = 2027-06-30
[storage]
payloads = "shape"
identifiers = "hashed"
"""


def parsed(text: str) -> Policy:
    return parse_policy(text, shipped_catalogue())


def refused(text: str) -> str:
    with pytest.raises(PolicyError) as caught:
        parsed(text)
    return str(caught.value)
